"""The command line: ``sensitivity sweep``, ``rank``, ``plot``, ``claims`` and ``methods``.

Everything heavy is imported inside the verbs, so that help appears at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from sensitivity.claims.command import claims
from sensitivity.converged.command import converged
from sensitivity.figures.table import FIGURES
from sensitivity.page.command import page
from sensitivity.search.command import discover, optimise
from sensitivity.studies.command import merge, replay, run, verify

if TYPE_CHECKING:
    import xarray as xr


SHOWN = 10  # factors of each outcome that a sweep prints; `rank` prints them all
LONGEST = 60  # letters of a subject in the name of a file
PICTURES = (".png", ".pdf", ".svg")


class Refused(click.ClickException):
    """A message on standard error and exit status 1, in place of a traceback."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message as it is: it says what to do by itself."""
        click.secho(f"sensitivity: {self.message}", fg="red", file=file, err=file is None)


class Verbs(click.Group):
    """A group whose errors are messages: what was wrong, where, and what to do."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb, turning what it refuses into a message."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            import sdmodel as sd

            if isinstance(error, sd.SDError):
                raise Refused(str(error)) from error
            if isinstance(error, OSError) and error.filename:
                raise Refused(f"{error.filename}: {error.strerror or error}") from error
            raise


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sdmodel", prog_name="sensitivity")
def main() -> None:
    """Find out which levers and uncertainties of a model matter.

    A sweep runs the model all over the ranges of its levers (what policy can move) and
    uncertainties (what nobody knows), which stand in the .toml beside the model, and ranks
    them by how much an outcome depends on each. The file it writes holds every run's
    settings and outcomes: ranking and plotting it never run the model again.

    \b
    A first round:
      sensitivity sweep models/core.mdl -o sweep.nc
      sensitivity rank  sweep.nc
      sensitivity plot  sweep.nc -o figures/
    """


@main.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--of",
    "outcomes",
    metavar="NAME",
    multiple=True,
    help="An outcome of the model's .toml, or a variable, whose final value is then meant; may "
    "be given several times. Without it, every outcome of the .toml.",
)
@click.option(
    "--levers",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Take levers and uncertainties from this .toml instead of the one beside the model.",
)
@click.option(
    "--what",
    type=click.Choice(["levers", "uncertainties", "both"]),
    default="both",
    show_default=True,
    help="What to vary; the rest keeps its value in the model.",
)
@click.option(
    "--method",
    default="sobol",
    show_default=True,
    metavar="METHOD",
    help="Such as sobol, morris or latin; 'sensitivity methods' says what each tells and costs.",
)
@click.option(
    "-n",
    "--samples",
    type=int,
    help="What the method counts: base samples (sobol: a power of 2), trajectories (morris), "
    "points per factor (fast), levels (all-combinations) or runs. Without it, the method's usual "
    "number.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed, the same sweep."
)
@click.option(
    "--second-order",
    is_flag=True,
    help="Rank pairs of factors too (sobol: twice the runs; hdmr, fractional-factorial).",
)
@click.option(
    "--groups",
    "grouped",
    is_flag=True,
    help="Move the factors of a group together and rank groups (sobol, morris).",
)
@click.option(
    "--threshold",
    type=float,
    help="What tells the runs apart (regional), instead of the outcome's median.",
)
@click.option("--confidence", type=float, default=0.95, show_default=True, help="Of the intervals.")
@click.option(
    "--keep",
    "series",
    metavar="NAME",
    multiple=True,
    help="A variable whose spread over time is kept for 'plot'; may be given several times. "
    "Without it, the variables the outcomes are taken from.",
)
@click.option(
    "--over-time",
    is_flag=True,
    help="Rank at every saved time, too, what the courses of these variables depend on.",
)
@click.option(
    "--integration",
    default="vensim",
    show_default=True,
    metavar="METHOD",
    help="How each run is integrated: vensim (as the file says), euler, rk2, rk4, ...",
)
@click.option("--time-step", type=float, help="Use this TIME STEP instead of the file's.")
@click.option("--save-every", type=float, help="Use this SAVEPER instead of the file's.")
@click.option(
    "--data",
    metavar="FILE",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    help="A file with the series of data variables; may be given several times.",
)
@click.option(
    "--allow",
    metavar="FOLDER",
    multiple=True,
    type=click.Path(exists=True, file_okay=False),
    help="A folder besides the model's own that it may read data from.",
)
@click.option("--json", "json_", is_flag=True, help="Print the ranking as JSON for other programs.")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False),
    help="Where to write the sweep: a file (netCDF) such as sweep.nc, or a store such as "
    "sweep.study, which takes the runs as they come and can be gone on with.",
)
def sweep(
    model: str,
    outcomes: tuple[str, ...],
    levers: str | None,
    what: str,
    method: str,
    samples: int | None,
    seed: int,
    second_order: bool,
    grouped: bool,
    threshold: float | None,
    confidence: float,
    series: tuple[str, ...],
    over_time: bool,
    integration: str,
    time_step: float | None,
    save_every: float | None,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
    output: str,
) -> None:
    """Run MODEL all over its levers and uncertainties, and rank them.

    \b
    Examples:
      sensitivity sweep models/core.mdl -o sweep.nc
      sensitivity sweep models/core.mdl --of "relative knowledge" --what levers -n 2048 -o sweep.nc
      sensitivity sweep models/core.mdl --method morris -n 50 -o screening.nc
    """
    from rich.console import Console

    import sdmodel as sd
    import sensitivity as sa
    from sensitivity.studies.store import SUFFIX
    from sensitivity.tables import show
    from sensitivity.terminal import bar, notes

    loaded = sd.load(model, data=data, allow=allow)
    if levers is None:
        space = sa.Space.from_settings(loaded, what)
    else:
        space = sa.Space.from_toml(levers, loaded, what)
    options: dict[str, Any] = {
        "method": method,
        "samples": samples,
        "seed": seed,
        "second_order": second_order,
        "grouped": grouped,
        "threshold": threshold,
        "confidence": confidence,
        "integration": integration,
        "time_step": time_step,
        "save_every": save_every,
    }
    with notes(), bar(Console(stderr=True), "sweep", passing=True) as progress:
        if output.endswith(SUFFIX):
            options |= {"series": series or None, "courses": over_time}
            study = sa.study(loaded, space, outcomes or None, **options)
            path = sa.run_study(study, output, progress=progress)
            done = sa.open_sweep(path)
        else:
            options |= {"keep_series": series or None, "over_time": over_time}
            done = sa.sweep(loaded, space, outcomes or None, progress=progress, **options)
            path = sa.save(done, output)
    show(done, None, json_, most=SHOWN)
    if not json_:
        click.echo(f"written: {path}")
    if not done["blocks_used"].values.any():
        raise Refused(f"nothing could be ranked; the runs are kept in {path}")


@main.command()
@click.argument("sweep_file", metavar="SWEEP", type=click.Path(exists=True))
@click.option("--of", "outcome", metavar="OUTCOME", help="Only this outcome.")
@click.option(
    "--method",
    metavar="METHOD",
    help="Analyse the same runs by another method: sample, delta, pawn, hdmr, rbd-fast and "
    "regional can stand in for each other.",
)
@click.option("--confidence", type=float, help="Compute the intervals anew with this confidence.")
@click.option("--json", "json_", is_flag=True, help="Print JSON for other programs.")
def rank(
    sweep_file: str,
    outcome: str | None,
    method: str | None,
    confidence: float | None,
    json_: bool,
) -> None:
    """Show what each outcome of a stored SWEEP depends on, the strongest first.

    A place such as 2-3 means that the interval of the factor leaves open which of the two it
    has: a larger sweep (-n) may tell.

    \b
    Examples:
      sensitivity rank sweep.nc
      sensitivity rank sample.nc --method pawn
      sensitivity rank sweep.nc --of "final relative knowledge" --json
    """
    import sensitivity as sa
    from sensitivity.tables import show

    stored = sa.open_sweep(sweep_file)
    if confidence is not None or method is not None:
        stored = sa.analyse(stored, method=method, confidence=confidence)
    show(stored, outcome, json_)


@main.command()
@click.argument("sweep_file", metavar="SWEEP", type=click.Path(exists=True))
@click.option(
    "--figure",
    type=click.Choice(list(FIGURES)),
    help="Only this figure. Without it, those that fit the sweep and its method, or the ranking "
    "when -o names a file.",
)
@click.option(
    "--of",
    "name",
    metavar="NAME",
    help="Only this outcome, or this variable for figures over time.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(),
    help="A folder for all figures, or one file (.png, .pdf, .svg) for one figure. Without it, "
    "the folder of the sweep.",
)
def plot(sweep_file: str, figure: str | None, name: str | None, output: str | None) -> None:
    """Draw a stored SWEEP: rankings, fans over time, scatters, and what else fits its method.

    \b
    Figures:
      ranking    the factors with their indices and intervals
      tornado    which way each factor moves an outcome
      morris     size and spread of effects (method morris)
      fan        how the course of a variable spreads
      over-time  indices of a course over time, as lines (swept with --over-time)
      stacked    the same as shares that add up
      scatter    the outcome against each factor, run by run
      parallel   the settings of the highest and the lowest outcomes
      failed     where in the space runs fail

    \b
    Examples:
      sensitivity plot sweep.nc -o figures/
      sensitivity plot sweep.nc --figure fan --of "relative knowledge" -o fan.pdf
    """
    import matplotlib

    import sensitivity as sa

    matplotlib.use("Agg")
    stored = sa.open_sweep(sweep_file)
    target = Path(output) if output is not None else Path(sweep_file).parent
    if target.suffix.lower() in PICTURES:
        _draw(stored, figure or "ranking", name, target)
        return
    if target.suffix and not target.is_dir():
        raise Refused(
            f"{target} is neither a folder nor one of {', '.join(PICTURES)}: end the name so, or "
            "give a folder"
        )
    wanted = [figure] if figure else [kind for kind, row in FIGURES.items() if row.fits(stored)]
    drawn: set[str] = set()
    for kind, subject in _subjects(stored, wanted, name):
        # Names such as "growth-rate" and "growth rate" would give the same file.
        plain = f"{kind}-{_slug(subject)}"
        file = next(one for one in _numbered(plain) if one not in drawn)
        drawn.add(file)
        _draw(stored, kind, subject, target / f"{file}.png")
    if not drawn:
        raise Refused(f"there is nothing to draw in {sweep_file}: no outcome could be ranked")


for verb in (claims, converged, discover, optimise, page, run, replay, verify, merge):
    main.add_command(verb)


@main.command()
def methods() -> None:
    """List the methods: what each tells, what it costs, and its usual sample size."""
    from rich import box
    from rich.table import Table

    from sensitivity.methods import METHODS
    from sensitivity.tables import console

    rows = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("method", "what it tells", "indices", "cost for D factors", "usual n"):
        rows.add_column(column)
    for row in METHODS.values():
        usual = str(row.default_samples) if row.default_samples > 1 else "-"
        rows.add_row(row.name, row.about, ", ".join(row.indices), row.formula, usual)
    console().print(rows)


def _subjects(
    stored: xr.Dataset, wanted: Iterable[str], name: str | None
) -> Iterator[tuple[str, str]]:
    from sensitivity.errors import among, fold

    found = 0
    for kind in wanted:
        for subject in FIGURES[kind].subjects(stored):
            if name is None or fold(subject) == fold(name):
                found += 1
                yield kind, subject
    if name is not None and not found:
        known = [str(one) for one in (*stored["outcome"].values, *stored["series"].values)]
        raise Refused(f"the sweep has nothing named '{name}' to draw{among(name, known)}")


def _draw(stored: xr.Dataset, kind: str, subject: str | None, path: Path) -> None:
    from matplotlib import pyplot

    FIGURES[kind].draw(stored, subject)
    path.parent.mkdir(parents=True, exist_ok=True)
    pyplot.gcf().savefig(path, dpi=150)
    pyplot.close()
    click.echo(f"written: {path}")


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}-{number}" for number in count(2))


def _slug(text: str) -> str:
    return re.sub(r"[^\w]+", "-", text).strip("-").lower()[:LONGEST] or "figure"
