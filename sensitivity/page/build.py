"""Put the page together: what the sweep is, its charts, and Bokeh's own code beside them."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from sensitivity.errors import AnalysisError
from sensitivity.figures.canvas import origin
from sensitivity.report import Section, items, page, paragraph, section, whole

if TYPE_CHECKING:
    import xarray as xr


def write_page(sweep: xr.Dataset, path: str | Path, *, runs: int = 2000) -> Path:
    """Write a sweep as one HTML file that loads nothing from anywhere.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.
    path
        Where to write it.
    runs
        How many runs to show at most.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> write_page(result, "out/page.html").name
    'page.html'
    """
    if find_spec("bokeh") is None:
        raise AnalysisError("the page needs Bokeh: install it with pip install 'sdmodel[page]'")
    path = Path(path)
    with whole(path) as part:
        part.write_text(_html(sweep, runs), encoding="utf-8")
    return path


def _html(sweep: xr.Dataset, runs: int) -> str:
    from bokeh.embed import components
    from bokeh.resources import Resources

    from sensitivity.page.courses import courses_chart
    from sensitivity.page.ranked import ranked_chart
    from sensitivity.page.runs import runs_charts
    from sensitivity.page.shown import Shown

    shown = Shown.of(sweep, runs)
    charts = [
        ("What it depends on", _RANKED, ranked_chart(sweep)),
        ("When it depends on what", _COURSES, courses_chart(sweep)),
        ("Runs", [*_RUNS, shown.about], runs_charts(sweep, shown)),
    ]
    drawn = {heading: chart for heading, _, chart in charts if chart is not None}
    script, divisions = components(drawn)
    sections = [_about(sweep)]
    for heading, texts, _ in charts:
        if heading in drawn:
            parts = [*map(paragraph, texts), divisions[heading]]
            sections.append(section(heading, *parts))
    resources = Resources(mode="inline", components=["bokeh", "bokeh-widgets"])
    # The code goes last, after the places into which it draws.
    last = sections[-1]
    body = "\n".join([last.body, resources.render(), script])
    sections[-1] = Section(last.heading, last.anchor, body)
    model = str(sweep.attrs["model"])
    return page(f"Sweep of {model}", origin(sweep), sections)


_RANKED = [
    "Marks are the index by which factors are ranked, lines its interval; round and blue are "
    "levers, square and orange uncertainties."
]
_COURSES = ["The same index at every saved time, with its interval."]
_RUNS = [
    "Drag up or down along an axis to pick the runs that pass there; drag along another to pick "
    "among them. Click an axis to free it, or double-click to free all. Scatter and histogram show "
    "the same runs; runs can also be picked by a box in the scatter.",
]


def _about(sweep: xr.Dataset) -> Section:
    notes = [
        f"{name}: {note}"
        for name, note in zip(sweep["outcome"].values, sweep["note"].values, strict=True)
        if str(note)
    ]
    return section("What this is", paragraph(str(sweep.attrs["about"])), items(notes))
