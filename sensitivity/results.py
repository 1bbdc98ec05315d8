"""The files of the demo: figures, the runs, the sweep and its ranking, and the page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sensitivity.analysis import ranking
from sensitivity.computed import Study
from sensitivity.figures.fan import plot_fan
from sensitivity.figures.ranking import plot_ranking
from sensitivity.figures.scatter import plot_scatter
from sensitivity.report import whole
from sensitivity.scenarios import draw_scenarios, figures_of
from sensitivity.store import save
from sensitivity.story import tell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# As many factors as a page's height takes.
RANKED_SHOWN, SCREENED_SHOWN = 16, 24


def write(study: Study, out: Path) -> list[Path]:
    """Write everything below a folder; return the files, the page first."""
    pictures = _write_figures(study, out / "figures")
    data = _write_data(study, out)
    report = out / "report.html"
    with whole(report) as path:
        path.write_text(tell(study, pictures), encoding="utf-8")
    return [report, *data, *(p.with_suffix(s) for p in pictures.values() for s in (".svg", ".png"))]


def _drawings(study: Study) -> dict[str, Callable[[], Figure]]:
    """Return the figures by name, each still to be drawn."""
    model, (base, *others) = study.model, study.runs
    drawings: dict[str, Callable[[], Figure]] = {
        "base_run": lambda: draw_scenarios(model, {base: study.base}, study.shown)
    }
    for name, _, labels in figures_of(model, others):
        members = {label: study.runs[label] for label in (base, *labels)}
        drawings[name] = partial(draw_scenarios, model, members, study.shown)
    if study.screening is not None:
        screened = study.screening.sweep
        drawings["screening"] = lambda: _figure(plot_ranking(screened, most=SCREENED_SHOWN))
    drawings["ranking"] = lambda: _figure(plot_ranking(study.sweep, most=RANKED_SHOWN))
    drawings["fan"] = lambda: _figure(plot_fan(study.sweep))
    drawings["scatter"] = lambda: _figure(plot_scatter(study.sweep)[0])
    return drawings


def _write_figures(study: Study, folder: Path) -> dict[str, Path]:
    """Draw each figure once and save it as SVG, for the page and print, and PNG, for slides."""
    from matplotlib import pyplot, rc_context

    written = {}
    # Without a date and with fixed identifiers the same study gives the same files.
    with rc_context({"svg.hashsalt": "sdmodel"}):
        for name, draw in _drawings(study).items():
            figure = draw()
            with whole(folder / f"{name}.svg") as path:
                figure.savefig(path, metadata={"Date": None})
            # The places are found; to find them again takes as long as to draw.
            figure.set_layout_engine("none")
            with whole(folder / f"{name}.png") as path:
                figure.savefig(path, dpi=160)
            pyplot.close(figure)
            written[name] = folder / f"{name}.svg"
    return written


def _figure(axes: Axes) -> Figure:
    figure = axes.get_figure(root=True)
    if figure is None:
        raise ValueError("these axes stand on no figure")
    return figure


def _write_data(study: Study, out: Path) -> list[Path]:
    import sdmodel as sd

    together = sd.compare(*study.runs.values())
    # Names as a coordinate: one may hold a slash, which netCDF forbids in its own.
    stacked = together.to_array("variable").to_dataset(name="values")
    stacked.attrs = together.attrs
    # An element of a subscripted variable has the unit of the whole.
    heads = (str(name).partition("[")[0] for name in stacked["variable"].values)
    units = [study.model.units[head] for head in heads]
    stacked = stacked.assign_coords(units=("variable", units))
    with whole(out / "runs.nc") as path:
        stacked.to_netcdf(path, engine="h5netcdf")
    for name in ("base_run.csv", "base_run.tab"):
        with whole(out / name) as path:
            study.base.save(path)
    with whole(out / "outcomes.csv") as path:
        study.outcomes.to_csv(path)
    study.validation.to_html(out / "validation.html")
    names = ["runs.nc", "sweep.nc", "base_run.csv", "base_run.tab", "outcomes.csv", "ranking.csv"]
    names.append("validation.html")
    sweeps = {"ranking.csv": ("sweep.nc", study.sweep)}
    if study.screening is not None:
        sweeps["screening.csv"] = ("screening.nc", study.screening.sweep)
        names += ["screening.nc", "screening.csv"]
    for table, (stored, sweep) in sweeps.items():
        with whole(out / table) as path:
            ranking(sweep).to_csv(path)
        save(sweep, out / stored)
    return [out / name for name in names]
