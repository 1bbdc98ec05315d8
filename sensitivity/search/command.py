"""The verbs ``sensitivity optimise`` and ``sensitivity discover``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import xarray as xr

    from sensitivity.search.discovery import Discovery
    from sensitivity.search.front import Front

SHOWN = 16


@click.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--maximise",
    metavar="NAME",
    multiple=True,
    help="An outcome, variable or lever to be had high; may be given several times.",
)
@click.option("--minimise", metavar="NAME", multiple=True, help="One to be had low.")
@click.option(
    "--require",
    metavar="CONDITION",
    multiple=True,
    help="A condition such as 'income >= 3'. The share of futures in which all of them hold is to "
    "be had high.",
)
@click.option(
    "--judge",
    metavar="[NAME=]HOW",
    multiple=True,
    help="How an aim is judged over all futures: mean (the usual), median, worst, 'quantile 0.1', "
    "regret or 'mean regret'; of one aim with NAME=.",
)
@click.option("--draws", type=int, default=64, show_default=True, help="Futures during the search.")
@click.option(
    "--fresh", type=int, default=512, show_default=True, help="Futures after it, for what is told."
)
@click.option("--population", type=int, default=64, show_default=True, help="Packages at a time.")
@click.option("--generations", type=int, default=50, show_default=True, help="How many times.")
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed, the same front."
)
@click.option(
    "--compare",
    metavar="SCENARIO",
    multiple=True,
    help="A scenario to judge besides; may be given several times. Without it, all that set levers "
    "only.",
)
@click.option("--threads", type=click.IntRange(min=1), help="How many threads; all without it.")
@click.option("--json", "json_", is_flag=True, help="Print the packages as JSON.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False),
    help="Where to write the front (netCDF), such as front.nc. What has been run is kept beside it "
    "in front.search, so that a search that was interrupted goes on where it was.",
)
def optimise(
    model: str,
    maximise: tuple[str, ...],
    minimise: tuple[str, ...],
    require: tuple[str, ...],
    judge: tuple[str, ...],
    draws: int,
    fresh: int,
    population: int,
    generations: int,
    seed: int,
    compare: tuple[str, ...],
    threads: int | None,
    json_: bool,
    output: str,
) -> None:
    """Search for packages of MODEL's levers that do well in most futures.

    Every package is run in the same draws of the uncertainties. What is found is run again in
    fresh draws, because a search fits its packages to those it sees. Two figures are written
    beside the front.

    \b
    Examples:
      sensitivity optimise models/core.mdl --maximise "final relative knowledge" \\
          --minimise "education effort" --require "brain drain <= 0.25" -o front.nc
      sensitivity discover front.nc --where "final relative knowledge < 0.5"
    """
    from rich.console import Console

    import sdmodel as sd
    import sensitivity as sa
    from sensitivity.terminal import bar

    both = sorted(set(maximise) & set(minimise))
    if both:
        raise click.UsageError(f"'{both[0]}' is to be had high and low: give it once")
    loaded = sd.load(model)
    aims = dict.fromkeys(maximise, "high") | dict.fromkeys(minimise, "low")
    with bar(Console(stderr=True), "search", passing=True) as progress:
        front = sa.optimise(
            loaded,
            None,
            aims,
            judge=_judged(judge, list(aims)),
            require=require,
            draws=draws,
            fresh=fresh,
            population=population,
            generations=generations,
            seed=seed,
            compare=compare or None,
            store=Path(output).with_suffix(".search"),
            threads=threads,
            progress=progress,
        )
    path = front.save(output)
    if json_:
        click.echo(front.table().reset_index().to_json(orient="records", indent=2))
        return
    _print_front(front)
    for line in front.words():
        click.echo(line)
    click.echo(f"written: {path}")
    _written(front.draw(), path.with_name(f"{path.stem}-front.png"))
    if front.data.sizes["aim"] or require:
        _written(front.draw_futures(), path.with_name(f"{path.stem}-futures.png"))


@click.command()
@click.argument("runs", metavar="RUNS", type=click.Path(exists=True))
@click.option(
    "--where",
    metavar="CONDITION",
    multiple=True,
    required=True,
    help="What is sought, such as 'income < 3', or 'failed' for runs that failed; conditions given "
    "several times must all hold.",
)
@click.option(
    "--package",
    metavar="NAME",
    help="Of a front: the package, or scenario, whose futures are searched. Without it, the "
    "compromise.",
)
@click.option(
    "--method", type=click.Choice(["prim", "cart"]), default="prim", show_default=True, help="How."
)
@click.option("--boxes", type=int, default=3, show_default=True, help="How many at most.")
@click.option("--density", type=float, help="The share of runs in a box that should be such.")
@click.option("--seed", type=int, default=1, show_default=True, help="Of the halves of the runs.")
@click.option("--json", "json_", is_flag=True, help="Print the boxes as JSON.")
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="Where to write the boxes (.json) or their figure (.png, .pdf, .svg).",
)
def discover(
    runs: str,
    where: tuple[str, ...],
    package: str | None,
    method: str,
    boxes: int,
    density: float | None,
    seed: int,
    json_: bool,
    output: str | None,
) -> None:
    """Tell in which futures something happens: in a stored sweep, or of a package of a front.

    A limit counts only if it shows in a half of the runs that was not searched.

    \b
    Examples:
      sensitivity discover sweep.nc --where "final relative knowledge < 0.3"
      sensitivity discover sweep.nc --where failed
      sensitivity discover front.nc --package 12 --where "brain drain > 0.3" -o boxes.png
    """
    import sensitivity as sa

    found = sa.discover(
        _runs(runs, package),
        where[0] if len(where) == 1 else where,
        method=method,
        boxes=boxes,
        density=density,
        seed=seed,
    )
    if json_:
        click.echo(_as_json(found))
    else:
        _print_boxes(found)
        for line in found.words():
            click.echo(line)
    if output is None:
        return
    path = Path(output)
    if path.suffix.lower() == ".json":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_as_json(found) + "\n", encoding="utf-8")
        click.echo(f"written: {path}", err=json_)
    else:
        _written(found.draw(), path, err=json_)


def _runs(path: str, package: str | None) -> xr.Dataset:
    """Open a sweep, or the futures of one package of a front."""
    import sensitivity as sa

    try:
        front = sa.Front.open(path)
    except sa.StoreError:
        if package is not None:
            raise
        return sa.open_sweep(path)
    return front.futures(front.compromise if package is None else package)


def _judged(judge: tuple[str, ...], aims: list[str]) -> dict[str, str]:
    """Read how aims are judged: for all, and then for single ones."""
    found: dict[str, str] = {}
    for text in judge:
        name, mark, how = text.rpartition("=")
        if mark:
            found[name] = how
        else:
            found = dict.fromkeys(aims, text) | found
    return found


def _as_json(found: Discovery) -> str:
    return json.dumps(found.to_dict(), indent=2, ensure_ascii=False)


def _written(figure: object, path: Path, *, err: bool = False) -> None:
    from matplotlib.figure import Figure

    assert isinstance(figure, Figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    click.echo(f"written: {path}", err=err)


def _print_front(front: Front) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from sensitivity.tables import console

    rows = Table(
        title="fresh futures; the front thinned for this table",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    rows.add_column("package")
    for name, way in zip(front.objectives, front.ways, strict=True):
        rows.add_column(escape(f"{name} ({way})"), justify="right", overflow="fold")
    step = -(-len(front.packages) // SHOWN)
    shown = [
        name
        for place, name in enumerate(front.packages)
        if place % step == 0 or name == front.compromise
    ]
    for name in (*shown, *front.references):
        told = f"{name} (compromise)" if name == front.compromise else name
        values = front.data["fresh_objectives"].sel(package=name).values
        rows.add_row(escape(told), *(f"{value + 0.0:.3g}" for value in values))
    console().print(rows)


def _print_boxes(found: Discovery) -> None:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    from sensitivity.tables import console

    if not found.boxes:
        return
    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("box", "limit", "p", "stability", "coverage", "density", "not seen"):
        rows.add_column(name, justify="left" if name == "limit" else "right", overflow="fold")
    for number, one in enumerate(found.boxes, 1):
        for place, limit in enumerate(one.limits):
            shares = (one.coverage, one.density, one.fresh_density)
            rows.add_row(
                "" if place else str(number),
                escape(str(limit)),
                f"{limit.p:.1g}",
                f"{found.stability[limit.factor]:.0%}",
                *(["", "", ""] if place else [f"{share:.0%}" for share in shares]),
            )
    console().print(rows)
