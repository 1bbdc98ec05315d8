"""`sdmodel show`: a model in one page, or one variable with its causes and uses."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from sdmodel.cli.options import data_options, json_option, model_argument
from sdmodel.cli.text import as_json, console, number, plain, table

if TYPE_CHECKING:
    from rich.console import Console

    from sdmodel.factors import Factor
    from sdmodel.model import Model


@click.command()
@model_argument
@click.argument("name", required=False)
@data_options
@json_option
def show(
    model: str, name: str | None, data: tuple[str, ...], allow: tuple[str, ...], json_: bool
) -> None:
    """Show MODEL in one page, or the variable NAME: equation, units, causes and uses.

    \b
    Examples:
      sdmodel show models/core.mdl
      sdmodel show models/core.mdl "relative knowledge"
      sdmodel show models/core.mdl --json | jq .levers
    """
    import sdmodel as sd

    loaded = sd.load(model, data=data, allow=allow)
    if name is not None:
        if json_:
            as_json(asdict(loaded.variable(name)))
        else:
            click.echo(str(loaded.explain(name)))
    elif json_:
        as_json(_summary(loaded))
    else:
        _print_summary(loaded, console())


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
