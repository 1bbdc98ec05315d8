"""`sdmodel show`: a model in one page, one variable with its causes and uses, or its loops."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sdmodel.cli.options import data_options, json_option, model_argument
from sdmodel.cli.text import as_json, console, number, plain, table
from sdmodel.errors import SDError

if TYPE_CHECKING:
    from rich.console import Console

    from sdmodel.factors import Factor
    from sdmodel.model import Model


@click.command()
@model_argument
@click.argument("name", required=False)
@click.option(
    "--depth",
    type=click.IntRange(0, 30),
    default=2,
    show_default=True,
    help="How many steps the trees of causes and uses go; 0 leaves them out.",
)
@click.option("--loops", is_flag=True, help="List the feedback loops, the shortest first.")
@click.option("--through", metavar="NAME", default="", help="Only loops through this variable.")
@click.option(
    "--most",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
    help="How many loops to list at most.",
)
@click.option(
    "--strip", is_flag=True, help="Draw NAME over time above its causes; -o says where to."
)
@click.option("-o", "--output", metavar="FILE", help="The figure of --strip (.png, .svg, .pdf).")
@click.option(
    "--scenario",
    "scenarios",
    metavar="NAME",
    multiple=True,
    help="Draw this scenario too; may be given several times.",
)
@data_options
@json_option
def show(
    model: str,
    name: str | None,
    depth: int,
    loops: bool,
    through: str,
    most: int,
    strip: bool,
    output: str | None,
    scenarios: tuple[str, ...],
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Show MODEL in one page, or the variable NAME: equation, units, causes and uses as trees.

    \b
    Examples:
      sdmodel show models/core.mdl
      sdmodel show models/core.mdl "relative knowledge" --depth 3
      sdmodel show models/core.mdl --loops --through "Domestic knowledge"
      sdmodel show models/core.mdl "domestic innovation" --strip -o strip.png --scenario autarky
      sdmodel show models/core.mdl --json | jq .levers
    """
    import sdmodel as sd

    loaded = sd.load(model, data=data, allow=allow)
    if strip:
        _strip(loaded, name, output, scenarios)
    elif loops or through:
        _loops(loaded, through or name or "", most, json_)
    elif name is not None:
        _variable(loaded, name, depth, json_)
    elif json_:
        as_json(_summary(loaded))
    else:
        _print_summary(loaded, console())


def _variable(model: Model, name: str, depth: int, json_: bool) -> None:
    from sdmodel.documents.trees import causes_tree, uses_tree

    trees = {"causes": causes_tree(model, name, depth), "uses": uses_tree(model, name, depth)}
    if json_:
        info = asdict(model.variable(name))
        as_json(info | {f"{word}_tree": tree.as_dict() for word, tree in trees.items()})
        return
    click.echo(str(model.explain(name)))
    for word, tree in trees.items():
        if depth and tree.branches:
            click.echo("\n".join(["", f"{word} tree", *tree.lines()]))


def _loops(model: Model, through: str, most: int, json_: bool) -> None:
    import sdmodel as sd

    found = sd.loops(model, through, most=most)
    if json_:
        listed = [asdict(one) for one in found]
        as_json({"summary": found.summary, "complete": found.complete, "loops": listed})
    else:
        click.echo(str(found))


def _strip(model: Model, name: str | None, output: str | None, scenarios: tuple[str, ...]) -> None:
    import sdmodel as sd
    from sdmodel.cli.draw import FORMATS
    from sdmodel.run import atomic

    if name is None or output is None:
        raise SDError(
            "--strip needs a variable and a file: sdmodel show MODEL NAME --strip -o x.png"
        )
    if Path(output).suffix.lower() not in FORMATS:
        raise SDError(f"{output}: figures are {', '.join(FORMATS)}")
    runs = [model.run(), *(model.run(one) for one in scenarios)]
    axes = sd.causes_strip(model, name, runs)
    with atomic(Path(output)) as part:
        model_figure = axes[0].get_figure(root=True)
        assert model_figure is not None
        model_figure.savefig(part, dpi=150)
    click.echo(f"{output}: {len(axes)} panels, {len(runs)} runs, {runs[0].method}")


def _kinds(model: Model) -> Counter[str]:
    return Counter(model.variable(name).kind for name in model.variables)


def _summary(model: Model) -> dict[str, Any]:
    settings = model.settings
    return {
        "name": model.name,
        "path": str(model.path),
        "digest": model.digest,
        "kinds": dict(_kinds(model)),
        "variables": [asdict(model.variable(name)) for name in model.variables],
        "levers": [asdict(lever) for lever in settings.levers.values()],
        "uncertainties": [asdict(factor) for factor in settings.uncertainties.values()],
        "scenarios": [asdict(scenario) for scenario in settings.scenarios.values()],
        "outcomes": [asdict(outcome) for outcome in settings.outcomes.values()],
        "highlights": list(settings.highlights),
        "vensim": asdict(model.vensim_settings),
    }


def _print_summary(model: Model, out: Console) -> None:
    kinds = ", ".join(f"{count} {kind}" for kind, count in _kinds(model).most_common())
    out.print(*plain(f"{model.name}  {model.path}"), style="bold")
    out.print(*plain(f"{kinds}; sha256 {model.digest[:12]}"))

    if not model.stocks:
        out.print("It has no stocks.")
    stocks = table("\nStocks", ["stock", "unit", "rate of change"])
    stocks.columns[1].justify = stocks.columns[2].justify = "left"
    for name in model.stocks:
        stock = model.variable(name)
        for left, text in stock.entries:
            stocks.add_row(*plain(left, stock.units, text))
    if model.stocks:
        out.print(stocks)

    settings = model.settings
    if settings.levers:
        out.print(_factors("Levers: what policy can move", settings.levers.values()))
    if settings.uncertainties:
        out.print(_factors("Uncertainties: what nobody can", settings.uncertainties.values()))
    if settings.scenarios:
        scenarios = table("Scenarios", ["scenario", "what it sets"])
        scenarios.columns[1].justify = "left"
        for scenario in settings.scenarios.values():
            sets = ", ".join(f"{name} = {number(v)}" for name, v in scenario.values.items())
            scenarios.add_row(*plain(scenario.name, sets))
        out.print(scenarios)
    if settings.outcomes:
        outcomes = table("Outcomes", ["outcome", "what it is"])
        outcomes.columns[1].justify = "left"
        for outcome in settings.outcomes.values():
            outcomes.add_row(
                *plain(outcome.name, outcome.label or outcome.of or outcome.expression)
            )
        out.print(outcomes)
    named = model.vensim_settings.files
    if named:
        files = table("Named in Vensim's settings (not loaded)", ["what", "file"])
        files.columns[1].justify = "left"
        for what, file in named.items():
            files.add_row(*plain(what, file))
        out.print(files)


def _factors(title: str, factors: Any) -> Any:
    rows = table(title, ["constant", "default", "low", "high", "unit"])
    rows.columns[4].justify = "left"
    factor: Factor
    for factor in factors:
        ends = (number(value) for value in (factor.default, factor.low, factor.high))
        rows.add_row(*plain(factor.name, *ends, factor.unit))
    return rows
