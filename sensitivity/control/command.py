"""``sensitivity run`` for Vensim's control files: `.vsc` and `.voc`."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    import sdmodel as sd

Command = TypeVar("Command", bound=Callable[..., Any])
KINDS = (".vsc", ".voc")
_OF_VSC = ("save_list", "samples", "store")
_OF_VOC = ("payoff", "optimizer", "starts")
# What of `run` has no meaning for a control file.
_OF_STUDIES = ("memory", "workers", "scheduler", "shard", "until_converged", "most_runs")
_BANDS = (0.025, 0.25, 0.5, 0.75, 0.975)


def control_options(command: Command) -> Command:
    """Add the options of control files to a verb."""
    options = [
        click.option(
            "--model",
            type=click.Path(exists=True, dir_okay=False),
            help="The model that a control file (.vsc, .voc) is about.",
        ),
        click.option(
            "--save-list",
            type=click.Path(exists=True, dir_okay=False),
            metavar="FILE",
            help="Of a .vsc: the variables to keep, one a line (.lst); the stocks without it.",
        ),
        click.option(
            "-n",
            "--samples",
            type=click.IntRange(1),
            help="Of a .vsc: another number of runs than the file's.",
        ),
        click.option(
            "--store",
            is_flag=True,
            help="Of a .vsc: write a store (NAME.study), which can be gone on with.",
        ),
        click.option(
            "--payoff",
            type=click.Path(exists=True, dir_okay=False),
            metavar="FILE",
            help="Of a .voc: the payoff definition (.vpd) that is maximised.",
        ),
        click.option(
            "--optimizer",
            type=click.Choice(["powell", "evolution"]),
            default="powell",
            help="Of a .voc: SciPy's Powell, or differential evolution over the whole range first.",
        ),
        click.option(
            "--starts",
            type=click.IntRange(1),
            help="Of a .voc: most random starts, or points of a grid.",
        ),
        click.option(
            "--data",
            metavar="FILE",
            multiple=True,
            type=click.Path(exists=True, dir_okay=False),
            help="A file with the series of data variables; may be given several times.",
        ),
        click.option(
            "--allow",
            metavar="FOLDER",
            multiple=True,
            type=click.Path(exists=True, file_okay=False),
            help="A folder besides the model's own that it may read data from.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def given(context: click.Context, names: Iterable[str]) -> list[str]:
    """Return which of some options stand in the command, as they are written."""
    from click.core import ParameterSource

    written = {one.name: max(one.opts, key=len) for one in context.command.params}
    return [
        written[name]
        for name in names
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]


def carry_out(
    context: click.Context,
    path: str,
    output: str | None,
    threads: int | None,
    *,
    json_: bool,
    model: str | None,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    **options: Any,
) -> None:
    """Run a control file and print what came out."""
    import sdmodel as sd

    if model is None:
        raise click.UsageError(f"{path} is about a model: name it, as in --model model.mdl")
    if said := given(context, _OF_STUDIES):
        raise click.UsageError(f"{said[0]} belongs to studies (.toml), not to {path}")
    kind = Path(path).suffix.lower()
    if said := given(context, _OF_VOC if kind == ".vsc" else (*_OF_VSC, "threads")):
        raise click.UsageError(f"{said[0]} has no meaning for a {kind}")
    loaded = sd.load(model, data=data, allow=allow)
    own = {name: options[name] for name in (_OF_VSC if kind == ".vsc" else _OF_VOC)}
    if kind == ".vsc":
        _sensitivity(path, loaded, output, threads, json_=json_, **own)
    else:
        _optimisation(path, loaded, output, json_=json_, **own)


def _sensitivity(
    path: str,
    model: sd.Model,
    output: str | None,
    threads: int | None,
    *,
    json_: bool,
    save_list: str | None,
    samples: int | None,
    store: bool,
) -> None:
    from rich.console import Console

    import sdmodel as sd
    import sensitivity as sa
    from sensitivity.studies.store import SUFFIX
    from sensitivity.terminal import bar

    target = Path(output or Path(path).with_suffix(SUFFIX if store else ".nc"))
    in_store = target.suffix == SUFFIX
    if store and not in_store:
        raise click.UsageError(f"{target}: a store's name ends in {SUFFIX}")
    with (
        _notes(sd.read_vsc(path, model).warnings),
        bar(Console(stderr=True), path, passing=True) as p,
    ):
        swept = sa.run_vsc(
            path,
            model,
            None if save_list is None else Path(save_list),
            samples=samples,
            store=target if in_store else None,
            threads=threads,
            progress=p,
        )
    if not in_store:
        sa.save(swept, target)
    told = json.loads(swept.attrs["origin"])
    if json_:
        click.echo(json.dumps(_summary(swept, told) | {"written": str(target)}, indent=2))
        return
    _print_bands(swept)
    _print_notes(told)
    click.echo(
        f"{swept.attrs['runs']:,} runs by method {told['method']}, seed {swept.attrs['seed']}, "
        f"{swept.attrs['failed_runs']:,} failed; integrated by {swept.attrs['integration']}"
    )
    click.echo(f"written: {target}")


def _notes(wanted: bool) -> AbstractContextManager[None]:
    """Print warnings of runs as notes, or none of them, as a control file asks."""
    from contextlib import contextmanager

    from sensitivity.errors import SweepWarning
    from sensitivity.terminal import notes

    @contextmanager
    def silent() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SweepWarning)
            yield

    return notes() if wanted else silent()


def _print_notes(told: Mapping[str, Any]) -> None:
    for note in told["notes"]:
        click.secho(f"note: {note}", fg="yellow", err=True)
    if told["method"] != "F":
        click.secho(f"note: {told['draws']}", fg="yellow", err=True)


def _summary(swept: xr.Dataset, told: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {name: swept.attrs[name] for name in ("model", "runs", "failed_runs", "seed")}
    last = swept["percentiles"].isel(time=-1)
    bands = {
        str(name): {f"{q:g}": float(last.sel(series=name, quantile=q)) for q in _BANDS}
        for name in swept["series"].values
    }
    plain = {name: one.item() if hasattr(one, "item") else one for name, one in attributes.items()}
    return {**plain, "origin": dict(told), "at the end": bands}


def _print_bands(swept: xr.Dataset) -> None:
    """Print between what the saved variables lie at the end."""
    from rich import box
    from rich.table import Table

    from sensitivity.tables import console

    last = swept["percentiles"].isel(time=-1)
    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    rows.add_column(f"at the end ({float(last['time']):g})")
    rows.add_column("unit")
    for share in _BANDS:
        rows.add_column("median" if share == 0.5 else f"{share:.1%}", justify="right")
    rows.add_column("at default", justify="right")
    for name in swept["series"].values:
        own = last.sel(series=name)
        cells = [f"{float(own.sel(quantile=share)):.5g}" for share in _BANDS]
        base = float(swept["base_series"].sel(series=name).isel(time=-1))
        rows.add_row(str(name), str(own["series_unit"].values), *cells, f"{base:.5g}")
    console().print(rows)


def _optimisation(
    path: str,
    model: sd.Model,
    output: str | None,
    *,
    json_: bool,
    payoff: str | None,
    optimizer: str,
    starts: int | None,
) -> None:
    import sensitivity as sa
    from sensitivity.control.optimum import as_json

    if payoff is None:
        raise click.UsageError(f"{path} maximises a payoff: name it, as in --payoff file.vpd")
    target = Path(output or Path(path).with_suffix(".out"))
    if target.suffix.lower() not in (".out", ".cin"):
        raise click.UsageError(f"{target}: what is found is a changes file: end it in .out")
    found = sa.run_voc(path, payoff, model, optimizer=optimizer, starts=starts)
    written = found.save(target)
    if json_:
        click.echo(as_json(found))
        return
    _print_table(found.constants, "constant")
    _print_table(found.parts.set_index("variable"), "payoff of")
    if found.sensitivity is not None:
        _print_table(found.sensitivity, "sensitivity of the payoff")
    for note in found.notes:
        click.secho(f"note: {note}", fg="yellow", err=True)
    for name, end in found.constants["touches"].items():
        if end:
            click.secho(f"note: '{name}' lies at its {end}: widen it?", fg="yellow", err=True)
    ended = "converged" if found.converged else f"NOT converged ({found.message})"
    click.echo(
        f"payoff {found.payoff:.8g} (at the start {found.before:.8g}), {found.runs:,} runs by "
        f"{found.origin['optimizer']} from {len(found.starts)} starts, {ended}"
    )
    click.echo(f"written: {', '.join(map(str, written))}")


def _print_table(table: pd.DataFrame, head: str) -> None:
    from rich import box
    from rich.table import Table

    from sensitivity.tables import console

    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    rows.add_column(head)
    for name in table.columns:
        rows.add_column(str(name).replace("_", " "), justify="right")
    for index, row in table.iterrows():
        rows.add_row(str(index), *(_cell(value) for value in row))
    console().print(rows)


def _cell(value: object) -> str:
    return f"{value:.7g}" if isinstance(value, float) else str(value)
