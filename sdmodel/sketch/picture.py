"""A view of a model's drawing as an SVG picture."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Protocol

from sdmodel.errors import SDError, did_you_mean, near_names
from sdmodel.frontends.sketch import View
from sdmodel.names import key
from sdmodel.sketch.geometry import Floats
from sdmodel.sketch.shapes import POINT, Rectangle, Shape, Stroke, Words, drawing
from sdmodel.sketch.views import own_views
from sdmodel.sketch.words import LINE, SIZE
from sdmodel.source import SourceModel

# From the key of a variable to the page it leads to, or "".
Href = Callable[[str], str]


class HasSource(Protocol):
    """A model, as far as it was read from a file."""

    @property
    def source(self) -> SourceModel:
        """What the file says."""


def picture(model: HasSource, view: str = "") -> str:
    """Return a view of a model's drawing as SVG; empty where its file has no drawing.

    Parameters
    ----------
    model
        A loaded model.
    view
        The name of the view; the first, which may be an overview, when left out.

    Raises
    ------
    SDError
        If there is no such view.

    Examples
    --------
    >>> import sdmodel as sd
    >>> sd.picture(sd.load("models/core.mdl"))[:4]
    '<svg'
    """
    views = list(own_views(model.source))
    return svg(view_named(views, view, model.source.source.path)) if views else ""


def view_named(views: list[View], name: str, path: str) -> View:
    """Return a view by its name, the first where none is given, or say which name was meant."""
    if not name:
        return views[0]
    for one in views:
        if key(one.name) == key(name):
            return one
    names = [one.name for one in views]
    hint = did_you_mean(near_names(name, names)) or f"there are: {', '.join(names)}"
    raise SDError(f"{path}: there is no view named '{name}'; {hint}")


def svg(view: View, href: Href = lambda name: "", *, marked: bool = False) -> str:
    """Return a view as SVG: stocks, pipes with valves, causes as thin arrows, shadows in grey.

    `href` gives the page that the name of a variable leads to. Where it is to be `marked`, lines
    and boxes say in ``data-about`` which variable they belong to.

    Examples
    --------
    >>> from sdmodel.frontends.sketch import Element, Kind
    >>> word = Element(Kind.VARIABLE, 1, "R&D", 9, 9, 9, 9, 8, 3)
    >>> "R&amp;D" in svg(View("Main", "", (word,), ()))
    True
    """
    drawn = drawing(view)
    (x, y), (width, height) = drawn.low, drawn.high - drawn.low
    heads = dict.fromkeys(s.colour for s in drawn.shapes if isinstance(s, Stroke) and s.head)
    markers = "".join(
        f'<marker id="head{number or ""}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
        'markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M 0 1 L 10 5 L 0 9 z" fill="{colour}"/></marker>'
        for number, colour in enumerate(heads)
    )
    marker = {colour: f"head{number or ''}" for number, colour in enumerate(heads)}
    body = "\n".join(_linked(one, _written(one, marker, marked), href) for one in drawn.shapes)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" \
viewBox="{x:.0f} {y:.0f} {width:.0f} {height:.0f}" \
font-family="Arial, Helvetica, 'Liberation Sans', sans-serif" font-size="{SIZE * POINT:.1f}">
<title>{escape(view.name)}</title>
<defs>{markers}</defs>
<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" fill="white"/>
{body}
</svg>
"""


def _linked(one: Shape, written: str, href: Href) -> str:
    # A name is one link; its box or valve is left alone, so that a keyboard stops once at each.
    to = href(one.about) if isinstance(one, Words) and one.about else ""
    return f'<a href="{escape(to)}">{written}</a>' if to else written


def _written(one: Shape, marker: dict[str, str], marked: bool) -> str:
    about = f' data-about="{escape(one.about)}"' if marked and one.about else ""
    match one:
        case Stroke():
            dashes = f' stroke-dasharray="{" ".join(f"{n:g}" for n in one.dashes)}"'
            head = f' marker-end="url(#{marker[one.colour]})"' if one.head else ""
            return (
                f'<path d="{_path(one.points)}{" z" if one.closed else ""}" '
                f'fill="{one.fill or "none"}" stroke="{one.colour}" stroke-width="{one.width}"'
                f"{dashes if one.dashes else ''}{head}{about}/>"
            )
        case Rectangle():
            return (
                f'<rect x="{one.x - one.width:g}" y="{one.y - one.height:g}" '
                f'width="{2 * one.width:g}" height="{2 * one.height:g}" rx="{one.corner:g}" '
                f'fill="{one.fill}" stroke="{one.colour}"{about}/>'
            )
        case Words():
            return _words(one)


def _words(one: Words) -> str:
    step = LINE * one.size / SIZE
    first = one.y - (len(one.lines) - 1) * step / 2
    spans = "".join(
        f'<tspan x="{one.x:g}" y="{first + number * step:g}">{escape(line)}</tspan>'
        for number, line in enumerate(one.lines)
    )
    weight = ' font-weight="bold"' if one.bold else ""
    slant = ' font-style="italic"' if one.italic else ""
    size = "" if one.size == SIZE else f' font-size="{one.size * POINT:.1f}"'
    # White round the letters, so that an arrow behind them does not strike them out.
    halo = ' stroke="white" stroke-width="3" paint-order="stroke"' if one.halo else ""
    return (
        f'<text text-anchor="middle" dominant-baseline="central" fill="{one.colour}"'
        f"{weight}{slant}{size}{halo}>{spans}</text>"
    )


def _path(points: Floats) -> str:
    return "M " + " L ".join(f"{x:.1f} {y:.1f}" for x, y in points)
