"""The files of the demo: figures, the runs, the sweep and its ranking, and the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sensitivity.analysis import ranking
from sensitivity.plots import plot_fan, plot_ranking, plot_scatter
from sensitivity.report import whole
from sensitivity.scenarios import draw_scenarios
from sensitivity.store import save
from sensitivity.story import Study, tell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def write(study: Study, out: Path) -> list[Path]:
    """Write everything below a folder; return the files, the page first."""
    pictures = _write_figures(study, out / "figures")
    data = _write_data(study, out)
    report = out / "report.html"
    with whole(report) as path:
        path.write_text(tell(study, pictures), encoding="utf-8")
    return [report, *data, *(p.with_suffix(s) for p in pictures.values() for s in (".svg", ".png"))]


def _write_figures(study: Study, folder: Path) -> dict[str, Path]:
    """Draw each figure once and save it as SVG, for the page and print, and PNG, for slides."""
    from matplotlib import pyplot, rc_context

    drawings: dict[str, Callable[[], Figure]] = {
        "scenarios": lambda: draw_scenarios(study.model, study.runs, study.shown),
        "ranking": lambda: _figure(plot_ranking(study.sweep)),
        "fan": lambda: _figure(plot_fan(study.sweep)),
        "scatter": lambda: _figure(plot_scatter(study.sweep)[0]),
    }
    written = {}
    # Without a date and with fixed identifiers the same study gives the same files.
    with rc_context({"svg.hashsalt": "sdmodel"}):
        for name, draw in drawings.items():
            figure = draw()
            with whole(folder / f"{name}.svg") as path:
                figure.savefig(path, metadata={"Date": None})
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
    units = [study.model.units[str(name)] for name in stacked["variable"].values]
    stacked = stacked.assign_coords(units=("variable", units))
    with whole(out / "runs.nc") as path:
        stacked.to_netcdf(path, engine="h5netcdf")
    base = next(iter(study.runs.values()))
    for name in ("base_run.csv", "base_run.tab"):
        with whole(out / name) as path:
            base.save(path)
    with whole(out / "outcomes.csv") as path:
        study.outcomes.to_csv(path)
    with whole(out / "ranking.csv") as path:
        ranking(study.sweep).to_csv(path)
    save(study.sweep, out / "sweep.nc")
    names = ("runs.nc", "sweep.nc", "base_run.csv", "base_run.tab", "outcomes.csv", "ranking.csv")
    return [out / name for name in names]
