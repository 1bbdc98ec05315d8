"""The verbs for studies in stores: ``run``, ``replay``, ``verify`` and ``merge``."""

from __future__ import annotations

import json
import re
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sensitivity.control.command import KINDS, carry_out, control_options, given

if TYPE_CHECKING:
    from sensitivity.studies.again import Replay
    from sensitivity.studies.until import Settling

SHOWN = 10  # factors of each outcome that a study prints; `rank` prints them all
STEPS_SHOWN = 12
UNITS = {"kb": 2**10, "mb": 2**20, "gb": 2**30, "tb": 2**40}


class Bytes(click.ParamType[int]):
    """A number of bytes, as people write it: 2GB, 800 MB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        found = re.fullmatch(r"\s*([\d.]+)\s*([kmgt]b)\s*", str(value), re.IGNORECASE)
        if found is None or found[1].count(".") > 1 or found[1] == ".":
            self.fail(f"'{value}' is no size: write 2GB or 800MB", param, ctx)
        size = float(found[1]) * UNITS[found[2].lower()]
        if not isfinite(size):
            self.fail(f"'{value}' is more than any machine has", param, ctx)
        return int(size)


class Shard(click.ParamType[tuple[int, int]]):
    """One of several parts: 2/5 is the second of five."""

    name = "i/n"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Return the part and the number of parts."""
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"\s*(\d{1,9})\s*/\s*(\d{1,9})\s*", str(value))
        if found is None or not 1 <= int(found[1]) <= int(found[2]):
            self.fail(f"'{value}' is no part: write 1/5 for the first of five", param, ctx)
        return int(found[1]), int(found[2])


@click.command()
@click.argument("study_file", metavar="STUDY", type=click.Path(exists=True, dir_okay=False))
@control_options
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="The store, a folder ending in .study. Without it, where STUDY says, or its own name "
    "beside it. Where the store holds a part of the study already, only the rest is run. Of a "
    ".vsc also a file (netCDF), of a .voc the .out.",
)
@click.option(
    "--memory",
    type=Bytes(),
    default="2GB",
    show_default=True,
    help="What runs and ranking may take, such as 800MB.",
)
@click.option(
    "--threads", type=click.IntRange(1), help="Runs at a time; all processors without it."
)
@click.option("--workers", type=click.IntRange(1), help="Run in so many processes started here.")
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Run on the Dask cluster whose scheduler is there, such as tcp://10.0.0.1:8786.",
)
@click.option(
    "--shard",
    type=Shard(),
    default="1/1",
    help="Run only this part of the study, such as 2/5; `sensitivity merge` puts parts together.",
)
@click.option(
    "--until-converged",
    is_flag=True,
    help="Double the samples until the first places of every outcome hold.",
)
@click.option(
    "--most-runs",
    type=click.IntRange(1),
    help="With --until-converged: no doubling beyond so many runs (1,000,000 without it).",
)
@click.option("--json", "json_", is_flag=True, help="Print the ranking as JSON for other programs.")
def run(
    study_file: str,
    output: str | None,
    memory: int,
    threads: int | None,
    workers: int | None,
    scheduler: str | None,
    shard: tuple[int, int],
    until_converged: bool,
    most_runs: int | None,
    json_: bool,
    **control: Any,
) -> None:
    """Run the STUDY that a TOML file describes, or go on with it; or a control file of Vensim's.

    A study can be stopped at any moment: the same command goes on where it was, and the result is
    the same, bit for bit.

    \b
    Examples:
      sensitivity run levers.toml
      sensitivity run levers.toml --until-converged --most-runs 500000
      sensitivity run levers.toml --shard 2/5 -o part2.study
      sensitivity run levers.toml --scheduler tcp://10.0.0.1:8786
      sensitivity run model.vsc --model model.mdl --save-list model.lst
      sensitivity run script.cmd
    """
    shown = click.get_current_context()
    if Path(study_file).suffix.lower() in KINDS:
        carry_out(shown, study_file, output, threads, json_=json_, **control)
        return
    if said := given(shown, control):
        raise click.UsageError(f"{said[0]} belongs to the control files {', '.join(KINDS)}")
    import sensitivity as sa
    from sensitivity.studies.store import Store
    from sensitivity.tables import show
    from sensitivity.terminal import bar, notes

    if until_converged and shard != (1, 1):
        raise click.UsageError("--until-converged and --shard exclude each other")
    described = sa.read_study(study_file)
    path = described.store if output is None else Path(output)
    settling: Settling | None = None
    try:
        with notes(), bar(_errors(), path.name, passing=True) as progress:
            options: dict[str, Any] = {
                "memory": memory,
                "threads": threads,
                "workers": workers,
                "scheduler": scheduler,
                "progress": progress,
            }
            if until_converged:
                if most_runs is not None:
                    options["most_runs"] = most_runs
                settling = sa.run_until_converged(described.study, path, **options)
            else:
                sa.run_study(described.study, path, shard=shard, **options)
    except KeyboardInterrupt:
        click.echo(f"stopped; what was run is kept in {path}: the same command goes on", err=True)
        raise
    store = Store.open(path)
    missing = store.missing()
    if missing:
        if json_:
            click.echo(json.dumps({"store": str(path), "chunks_missing": len(missing)}))
        else:
            click.echo(
                f"{store.chunks - len(missing)} of {store.chunks} chunks are in {path}; run the "
                "other shards, then `sensitivity merge`"
            )
        return
    show(sa.open_sweep(path), None, json_, most=SHOWN)
    if not json_:
        if settling is not None:
            _print_settling(settling)
        click.echo(f"store: {path}\ndigest: {store.digest}")


@click.command()
@click.argument("kept", metavar="STORE", type=click.Path(exists=True))
@click.option("--run", "number", type=int, required=True, help="The run's number, from 0.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    help="Write all courses to this .csv (variables in columns) or .nc.",
)
@click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False),
    help="The model, where it is not where it was; a store has its own copy.",
)
@click.option("--json", "json_", is_flag=True, help="Print settings and cause as JSON.")
def replay(kept: str, number: int, output: str | None, model: str | None, json_: bool) -> None:
    """Run one run of a STORE, or of a sweep's file, again, with all of its courses.

    \b
    Examples:
      sensitivity replay levers.study --run 1234
      sensitivity replay levers.study --run 1234 -o run1234.csv
    """
    import sdmodel as sd
    import sensitivity as sa
    from sensitivity.report import whole

    again = sa.replay(kept, number, None if model is None else sd.load(model))
    if output is not None:
        target = Path(output)
        if target.suffix not in (".csv", ".nc"):
            raise click.UsageError(f"{output}: end the name in .csv or .nc")
        slashed = [str(name) for name in again.courses if "/" in str(name)]
        if target.suffix == ".nc" and slashed:
            raise click.UsageError(
                f"netCDF allows no slash in names such as '{slashed[0]}': end the name in .csv"
            )
        with whole(target) as path:
            if target.suffix == ".csv":
                again.courses.to_dataframe().to_csv(path)
            else:
                again.courses.to_netcdf(path, engine="h5netcdf")
    if json_:
        told = {"run": again.run, "values": again.values, "cause": again.cause, "same": again.same}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    _print_replay(again)
    if output is not None:
        click.echo(f"written: {output}")


@click.command()
@click.argument("store", type=click.Path(exists=True, file_okay=False))
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.01,
    show_default=True,
    help="The share of the runs to run again.",
)
@click.option("--seed", type=int, help="Of the choice; another one each time without it.")
@click.option(
    "--model",
    type=click.Path(exists=True, dir_okay=False),
    help="The model, where the store's own copy cannot be loaded by itself.",
)
def verify(store: str, share: float, seed: int | None, model: str | None) -> None:
    """Read all of a STORE, run a random part of it again, and compare bit for bit.

    \b
    Example:
      sensitivity verify levers.study
    """
    import sdmodel as sd
    import sensitivity as sa
    from sensitivity.errors import StoreError

    loaded = None if model is None else sd.load(model)
    found = sa.verify(store, share=share, seed=seed, model=loaded)
    if found.ok:
        click.echo(f"{store}: nothing was damaged; {found.runs:,} runs again: all the same bits")
        return
    lines = list(found.damaged)
    if found.differing:
        first = ", ".join(f"{run}" for run in found.differing[:5])
        lines.append(
            f"{store}: {len(found.differing):,} of {found.runs:,} runs are not the same bits, "
            f"beginning with {first}"
        )
        if found.made_by != found.here:
            lines.append(f"it was made by {found.made_by}, and this is {found.here}")
    raise StoreError("\n".join(lines))


@click.command()
@click.argument("stores", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False))
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(file_okay=False),
    help="The store of the whole, ending in .study.",
)
@click.option(
    "--memory", type=Bytes(), default="2GB", show_default=True, help="What ranking may take."
)
def merge(stores: tuple[str, ...], output: str, memory: int) -> None:
    """Put the STORES of the shards of one study together, and rank the whole.

    \b
    Example:
      sensitivity merge part1.study part2.study -o whole.study
    """
    import sensitivity as sa
    from sensitivity.studies.store import Store
    from sensitivity.terminal import bar, notes

    with notes(), bar(_errors(), "merge", passing=True, unit="chunks") as progress:
        path = sa.merge(stores, output, memory=memory, progress=progress)
    whole = Store.open(path)
    missing = len(whole.missing())
    told = "complete" if not missing else f"{missing} of {whole.chunks} chunks still missing"
    click.echo(f"{path}: {told}\ndigest: {whole.digest}")


def _errors() -> Any:
    from rich.console import Console

    return Console(stderr=True)


def _print_settling(settling: Settling) -> None:
    for samples, held in settling.steps.items():
        click.echo(f"n = {samples:,}: the ranking {'holds' if held else 'does not hold yet'}")
    for name, one in settling.last.items():
        click.echo(f"{name}: {one.verdict}")


def _print_replay(again: Replay) -> None:
    from rich import box
    from rich.table import Table

    from sensitivity.tables import console

    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    rows.add_column("factor")
    rows.add_column("value", justify="right")
    for name, value in again.values.items():
        rows.add_row(name, f"{value:.6g}")
    console().print(rows)
    click.echo(f"run {again.run}: {again.cause or 'it did not fail'}")
    same = "the same bits as" if again.same else "NOT those"
    click.echo(f"its outcomes are {same} kept")
