"""`python -m sensitivity.demo`: a model, its scenarios and real sweeps, told in one page."""

from __future__ import annotations

import shlex
import sys
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import xarray as xr
    from rich.console import Console

    import sdmodel as sd
    from sensitivity.screening import Screening
    from sensitivity.space import Space

ROOT = Path(__file__).resolve().parents[1]
SEED = 1
# With more variables than this, the many small steps of an adaptive method cost seconds a run.
LARGE_MODEL = 200


@dataclass(frozen=True, slots=True)
class Size:
    """How much a form of the demo does.

    Parameters
    ----------
    samples
        Of Sobol's design: powers of two, as his sequence wants. With the core model's 26 factors
        2,048 are 28 * 2048 = 57,344 runs.
    trajectories
        Of Morris's design, where there are too many factors for Sobol's.
    checks
        Draws of all factors, to see how much of the variance the screened ones carry.
    tests
        The confidence tests, by number; all of them if None.
    """

    samples: int
    trajectories: int
    checks: int
    tests: tuple[str, ...] | None


FULL = Size(samples=2048, trajectories=40, checks=4096, tests=None)
# The tests that take seconds with hundreds of variables.
SHORT = Size(samples=128, trajectories=10, checks=512, tests=("V1", "V2", "V10", "V11", "V20"))


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("model", type=click.Path(path_type=Path), required=False)
@click.option("--short", is_flag=True, help="Smaller sweeps and fewer tests: a minute or less.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default="out",
    show_default=True,
    help="The folder for everything that is written.",
)
def main(model: Path | None, short: bool, out: Path) -> None:
    """Run MODEL and its scenarios, rank what they depend on, test it, and write a report.

    MODEL is models/industrial_upgrading.mdl of this project when left out. What comes out:
    figures, the runs and sweeps as netCDF and text, and report.html, one page that holds it all.
    """
    from rich.console import Console

    from sdmodel import SDError

    path = model or ROOT / "models" / "industrial_upgrading.mdl"
    try:
        _demo(path, short, out, Console(highlight=False))
    except (SDError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _demo(path: Path, short: bool, out: Path, console: Console) -> None:
    started = time.perf_counter()
    console.print("Loading the libraries ...", style="dim")
    # Nothing here opens a window, whatever this machine could show.
    import matplotlib

    matplotlib.use("Agg")
    import sdmodel as sd
    from sensitivity import terminal
    from sensitivity.computed import Study
    from sensitivity.results import write
    from sensitivity.scenarios import labels_of, outcome_table

    size = SHORT if short else FULL
    model = sd.load(path)
    settings = model.settings
    console.print(
        f"[bold]{model.name}[/bold]: {len(model.variables)} variables, {len(model.stocks)} stocks, "
        f"{len(settings.levers)} levers, {len(settings.uncertainties)} uncertainties"
    )

    console.rule("Integration check", align="left")
    integration = model.check_integration()
    console.print(integration.verdict, markup=False)

    console.rule("Base run and scenarios", align="left")
    large = len(model.variables) > LARGE_MODEL
    method = "vensim" if large and integration.ok else "auto"
    runs = {"Base run": model.run(name="Base run", method=method)}
    for name, label in labels_of(settings).items():
        runs[label] = model.run(name, method=method)
    outcomes = outcome_table(model, runs)
    terminal.print_outcomes(model, outcomes, runs["Base run"].method, console)

    console.rule("Sweep", align="left")
    screening, sweep, notes = _rank(model, size, console)
    if short:
        times = FULL.samples // SHORT.samples
        console.print(
            f"Short form: wide intervals; without --short there are {times} times the runs."
        )
    for note in notes:
        console.print(f"Note: {note}", markup=False)
    terminal.print_ranking(sweep, console)

    console.rule("Confidence tests", align="left")
    with terminal.tests_bar(console) as tell:
        validation = sd.validate(model, only=size.tests, progress=tell)
    terminal.print_validation(validation, console)

    console.rule("Writing", align="left")
    command = shlex.join(["python", "-m", "sensitivity.demo", *sys.argv[1:]])
    study = Study(
        model,
        runs,
        outcomes,
        integration,
        sweep,
        screening,
        validation,
        tuple(notes),
        command,
        short,
    )
    written = write(study, out)
    for file in written:
        console.print(f"  {file}", markup=False)
    console.print(f"Done in {time.perf_counter() - started:.0f} s. Open [bold]{written[0]}[/bold]")


def _rank(
    model: sd.Model, size: Size, console: Console
) -> tuple[Screening | None, xr.Dataset, list[str]]:
    """Sweep levers and uncertainties together; where they are too many, screen them first."""
    from sensitivity.screening import Screening, only, share_of_variance, strongest, too_dear
    from sensitivity.space import Space

    space = Space.from_settings(model)
    # By the full form's runs, so that the short form tells the same story.
    if not too_dear(len(space), FULL.samples):
        sweep, notes = _sweep(model, space, "sobol", size.samples, console)
        return None, sweep, notes
    screened, notes = _sweep(model, space, "morris", size.trajectories, console)
    kept = strongest(screened)
    sweep, more = _sweep(model, only(space, kept), "sobol", size.samples, console)
    share = share_of_variance(model, space, sweep, samples=size.checks, seed=SEED)
    screening = Screening(screened, kept, share)
    console.print(
        f"Screened {len(space)} factors with {int(screened.attrs['runs']):,} runs; then Sobol over "
        f"the {len(kept)} strongest with {int(sweep.attrs['runs']):,}, the others at default. "
        f"{screening.coverage}"
    )
    return screening, sweep, list(dict.fromkeys([*notes, *more]))


def _sweep(
    model: sd.Model, space: Space, method: str, samples: int, console: Console
) -> tuple[xr.Dataset, list[str]]:
    from sensitivity.sweeps import sweep
    from sensitivity.terminal import bar

    name = f"{method.capitalize():<6}"
    with bar(console, name) as report, warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        swept = sweep(model, space, method=method, samples=samples, seed=SEED, progress=report)
    return swept, [str(one.message) for one in heard]


if __name__ == "__main__":
    main(prog_name="python -m sensitivity.demo")
