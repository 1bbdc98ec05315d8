"""`python -m sensitivity.demo`: a model, its scenarios and a real sweep, told in one page."""

from __future__ import annotations

import shlex
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sensitivity.scenarios import told

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from rich.console import Console

    import sdmodel as sd

ROOT = Path(__file__).resolve().parents[1]
# Powers of two, as Sobol's sequence wants: with the core model's 26 factors, 28 * 2048 = 57,344
# runs, and 3,584 in the short form.
SAMPLES, SHORT_SAMPLES = 2048, 128
SEED = 1
SHOWN_FACTORS = 10
HEAD_WIDTH = 10


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("model", type=click.Path(path_type=Path), required=False)
@click.option("--short", is_flag=True, help="A smaller sweep: seconds, but wide intervals.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="out",
    show_default=True,
    help="The folder for everything that is written.",
)
def main(model: Path | None, short: bool, out: Path) -> None:
    """Run MODEL and its scenarios, rank what they depend on, and write a report.

    MODEL is models/core.mdl of this project when left out. What comes out: figures, the runs
    and the sweep as netCDF and text, and report.html, one page that holds it all.
    """
    from rich.console import Console

    from sdmodel import SDError

    try:
        _demo(model or ROOT / "models" / "core.mdl", short, out, Console(highlight=False))
    except (SDError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _demo(path: Path, short: bool, out: Path, console: Console) -> None:
    started = time.perf_counter()
    console.print("Loading the libraries ...", style="dim")
    # Nothing here opens a window, whatever this machine could show.
    import matplotlib

    matplotlib.use("Agg")
    import sdmodel as sd
    from sensitivity.results import write
    from sensitivity.scenarios import outcome_table
    from sensitivity.story import Study

    model = sd.load(path)
    settings = model.settings
    console.print(
        f"[bold]{model.name}[/bold]: {len(model.variables)} variables, {len(model.stocks)} stocks, "
        f"{len(settings.levers)} levers, {len(settings.uncertainties)} uncertainties"
    )

    console.rule("Base run and scenarios", align="left")
    runs = {"Base run": model.run(name="Base run")}
    for scenario in settings.scenarios.values():
        runs[scenario.label or scenario.name] = model.run(scenario.name)
    outcomes = outcome_table(model, runs)
    _print_outcomes(model, outcomes, runs["Base run"].method, console)

    console.rule("Integration check", align="left")
    integration = model.check_integration()
    console.print(integration.verdict, markup=False)

    console.rule("Sweep", align="left")
    sweep, notes = _sweep(model, SHORT_SAMPLES if short else SAMPLES, console)
    if short:
        times = SAMPLES // SHORT_SAMPLES
        console.print(
            f"Short form: wide intervals; without --short there are {times} times the runs."
        )
    for note in notes:
        console.print(f"Note: {note}", markup=False)
    _print_ranking(sweep, console)

    console.rule("Writing", align="left")
    command = shlex.join(["python", "-m", "sensitivity.demo", *sys.argv[1:]])
    written = write(
        Study(model, runs, outcomes, integration, sweep, tuple(notes), command, short), out
    )
    for file in written:
        console.print(f"  {file}", markup=False)
    console.print(f"Done in {time.perf_counter() - started:.0f} s. Open [bold]{written[0]}[/bold]")


def _sweep(model: sd.Model, samples: int, console: Console) -> tuple[xr.Dataset, list[str]]:
    """Sweep levers and uncertainties together, with a bar that tells rate and time left."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from sensitivity.space import Space
    from sensitivity.sweeps import sweep

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bars, warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        began = time.perf_counter()
        bar = bars.add_task("Sobol", total=None, rate="")

        def report(done: int, total: int) -> None:
            rate = done / max(time.perf_counter() - began, 1e-9)
            bars.update(bar, completed=done, total=total, rate=f"{rate:,.0f} runs/s")

        space = Space.from_settings(model)
        swept = sweep(model, space, samples=samples, seed=SEED, progress=report)
    return swept, [str(one.message) for one in heard]


def _print_outcomes(model: sd.Model, outcomes: pd.DataFrame, method: str, console: Console) -> None:
    from rich import box
    from rich.table import Table

    longest = max(len(str(label)) for label in outcomes.index)
    fit = max(1, (console.width - longest - 2) // (HEAD_WIDTH + 2))
    left_out = len(outcomes.columns) - fit
    more = f"; {left_out} more outcomes in the report" if left_out > 0 else ""
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        caption=f"method {method}{more}",
        caption_justify="left",
    )
    table.add_column("scenario", no_wrap=True)
    for name in outcomes.columns[:fit]:
        table.add_column(name, justify="right", max_width=HEAD_WIDTH)
    for label, row in outcomes.iterrows():
        table.add_row(
            str(label), *(told(model, str(name), value) for name, value in row.iloc[:fit].items())
        )
    console.print(table)


def _print_ranking(sweep: xr.Dataset, console: Console) -> None:
    from rich import box
    from rich.table import Table

    from sensitivity.analysis import ranking

    ranked = ranking(sweep)
    name = str(sweep["outcome"].values[0])
    table = Table(
        title=f"What '{name}' depends on",
        title_justify="left",
        caption="ST: share of the variance in total, S1: alone; ± half of the "
        f"{float(sweep.attrs['confidence']):.0%} interval; places: what the interval allows",
        caption_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("factor", overflow="fold")
    table.add_column("kind", min_width=11)
    for text, width in (("ST", 11), ("S1", 12), ("places", 6)):
        table.add_column(text, justify="right", min_width=width)
    for factor, row in ranked.head(SHOWN_FACTORS).iterrows():
        table.add_row(
            str(factor),
            row["role"],
            f"{row['ST']:.2f} ± {row['ST_conf']:.2f}",
            f"{row['S1']:.2f} ± {row['S1_conf']:.2f}",
            f"{row['first_rank']}-{row['last_rank']}",
        )
    console.print(table)


if __name__ == "__main__":
    main(prog_name="python -m sensitivity.demo")
