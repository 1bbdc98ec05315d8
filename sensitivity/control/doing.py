"""Running one control file in a terminal: what is printed, and what is told as JSON."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sensitivity.control.changes import changed

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    import sdmodel as sd

_BANDS = (0.025, 0.25, 0.5, 0.75, 0.975)


def sweep(
    path: str | Path,
    model: sd.Model,
    output: str | Path | None,
    *,
    changes: Sequence[str | Path | sd.SourceText],
    save_list: str | Path | None,
    samples: int | None,
    store: bool,
    threads: int | None,
    quiet: bool,
) -> dict[str, Any]:
    """Run a sensitivity control file, print what came out unless `quiet`, and return it."""
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
        _notes(sd.read_vsc(path, changed(model, changes)[0]).warnings),
        bar(Console(stderr=True), Path(path).name, passing=True) as p,
    ):
        swept = sa.run_vsc(
            path,
            model,
            None if save_list is None else Path(save_list),
            changes=changes,
            samples=samples,
            store=target if in_store else None,
            threads=threads,
            progress=p,
        )
    if not in_store:
        sa.save(swept, target)
    told = json.loads(swept.attrs["origin"])
    summary = _summary(swept, told) | {"written": str(target)}
    if quiet:
        return summary
    _print_bands(swept)
    _print_notes(told)
    click.echo(
        f"{swept.attrs['runs']:,} runs by method {told['method']}, seed {swept.attrs['seed']}, "
        f"{swept.attrs['failed_runs']:,} failed; integrated by {swept.attrs['integration']}"
    )
    click.echo(f"written: {target}")
    return summary


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


def optimise(
    path: str | Path,
    model: sd.Model,
    output: str | Path | None,
    *,
    changes: Sequence[str | Path | sd.SourceText],
    payoff: str | Path | None,
    optimizer: str,
    starts: int | None,
    quiet: bool,
) -> dict[str, Any]:
    """Run an optimisation control file, print what came out unless `quiet`, and return it."""
    import sensitivity as sa
    from sensitivity.control.optimum import summary_of

    if payoff is None:
        raise click.UsageError(f"{path} maximises a payoff: name it, as in --payoff file.vpd")
    target = Path(output or Path(path).with_suffix(".out"))
    if target.suffix.lower() not in (".out", ".cin"):
        raise click.UsageError(f"{target}: what is found is a changes file: end it in .out")
    found = sa.run_voc(path, payoff, model, changes=changes, optimizer=optimizer, starts=starts)
    written = found.save(target)
    summary = summary_of(found)
    if quiet:
        return summary
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
    return summary


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
