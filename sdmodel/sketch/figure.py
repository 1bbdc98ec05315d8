"""A view as a figure of matplotlib: the same shapes as in the SVG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sdmodel.errors import SDError
from sdmodel.frontends.sketch import View
from sdmodel.sketch.picture import HasSource, view_named
from sdmodel.sketch.shapes import POINT, Drawing, Rectangle, Shape, Stroke, drawing
from sdmodel.sketch.views import views_of
from sdmodel.sketch.words import LINE, SIZE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DPI = 96  # a unit of a drawing is a pixel
# The letters that matplotlib brings along are so much wider than those that names were measured in.
_NARROWER = 0.87


def draw(model: HasSource, view: str = "", *, ax: Axes | None = None) -> Axes:
    """Draw a view of a model: that of its file, or one laid out where the file has none.

    Parameters
    ----------
    model
        A loaded model.
    view
        The name of the view; the first when left out.
    ax
        Where to draw; a figure of the view's own size when left out.

    Returns
    -------
    Axes
        Matplotlib's; its `figure` can be saved as PNG, PDF or SVG.

    Raises
    ------
    SDError
        If there is no such view, or nothing to draw.

    Examples
    --------
    >>> import sdmodel as sd
    >>> ax = sd.draw(sd.load("models/core.mdl"))
    >>> ax.get_title()
    'Core model'
    """
    path = model.source.source.path
    views = list(views_of(model.source))
    if not views:
        raise SDError(f"{path}: it has no variables to draw")
    return drawn_on(view_named(views, view, path), ax)


def drawn_on(view: View, ax: Axes | None = None) -> Axes:
    """Draw a view on axes, or on a figure of its own size."""
    found = drawing(view)
    width, height = found.high - found.low
    if ax is None:
        ax = _figure(float(width), float(height)).axes[0]
    ax.set_xlim(found.low[0], found.high[0])
    ax.set_ylim(found.high[1], found.low[1])
    ax.set_aspect("equal")
    ax.axis("off")
    ax.set_title(view.name).set_visible(False)
    scale = _points_of_a_pixel(ax, found)
    for place, one in enumerate(found.shapes):
        _put(ax, one, scale, place)
    return ax


def save(view: View, path: Path) -> None:
    """Save a view in the format of the path's suffix, at twice a screen's sharpness."""
    width, height = drawing(view).high - drawing(view).low
    figure = _figure(float(width), float(height))
    drawn_on(view, figure.axes[0])
    figure.savefig(path, dpi=2 * _DPI, metadata=_without_clock(path))


def _figure(width: float, height: float) -> Figure:
    """Return a figure of a size in pixels, all of it axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
    FigureCanvasAgg(figure)
    figure.add_axes((0.0, 0.0, 1.0, 1.0))
    return figure


def _without_clock(path: Path) -> dict[str, None]:
    """Return what leaves the time out of a file, so that the same view gives the same bytes."""
    return {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}.get(path.suffix.lower(), {})


def _points_of_a_pixel(ax: Axes, found: Drawing) -> float:
    """Return how many points a pixel of the drawing has on the axes, for letters and lines."""
    box = ax.get_window_extent()
    width, height = found.high - found.low
    return float(min(box.width / width, box.height / height) / ax.figure.dpi * 72)


def _put(ax: Axes, one: Shape, scale: float, order: int) -> None:
    from matplotlib import patheffects
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Polygon
    from matplotlib.path import Path as Course

    match one:
        case Stroke(closed=True):
            ax.add_patch(
                Polygon(
                    one.points,
                    facecolor=one.fill or "none",
                    edgecolor=one.colour,
                    linewidth=one.width * scale,
                    zorder=order,
                )
            )
        case Stroke():
            width = one.width * scale
            ax.add_patch(
                FancyArrowPatch(
                    path=Course(one.points),
                    arrowstyle="-|>,head_length=0.45,head_width=0.2" if one.head else "-",
                    mutation_scale=11 * scale / 0.75,
                    shrinkA=0,
                    shrinkB=0,
                    color=one.colour,
                    linewidth=width,
                    linestyle=(0, tuple(n * scale / width for n in one.dashes) or None),
                    capstyle="butt",
                    zorder=order,
                )
            )
        case Rectangle():
            ax.add_patch(
                FancyBboxPatch(
                    (one.x - one.width, one.y - one.height),
                    2 * one.width,
                    2 * one.height,
                    boxstyle=f"round,pad=0,rounding_size={one.corner}"
                    if one.corner
                    else "square,pad=0",
                    facecolor=one.fill,
                    edgecolor=one.colour,
                    linewidth=scale,
                    zorder=order,
                )
            )
        case _:
            step = LINE * one.size / SIZE
            for number, line in enumerate(one.lines):
                text = ax.text(
                    one.x,
                    one.y + (number - (len(one.lines) - 1) / 2) * step,
                    line,
                    ha="center",
                    va="center_baseline",
                    color=one.colour,
                    fontsize=one.size * POINT * scale * _NARROWER,
                    fontweight="bold" if one.bold else "normal",
                    fontstyle="italic" if one.italic else "normal",
                    parse_math=False,
                    zorder=order,
                )
                if one.halo:
                    white = patheffects.withStroke(linewidth=3 * scale, foreground="white")
                    text.set_path_effects([white])
