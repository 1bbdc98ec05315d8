"""One look for every figure and page: colours that colour-blind readers tell apart, line forms.

The eight colours are those of Okabe and Ito (Color Universal Design, 2008), yellow replaced by a
violet that shows on white. Colour never carries a difference alone: dashes or markers differ too,
for print in grey. No other file writes a colour down.

>>> import sdmodel as sd
>>> sd.style.label("Time", "Year")
'Time (Year)'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
AMBER, SKY, VIOLET, BLACK = "#E69F00", "#56B4E9", "#7A5195", "#222222"
# In this order two colours that some readers mistake for each other never have the same dashes.
PALETTE = (BLUE, ORANGE, GREEN, SKY, PINK, VIOLET, AMBER, BLACK)

# Words, remarks, lines of frames and grids, shaded ground; what is good, bad and in between.
INK, SOFT, LINE, TINT = "#1B1F24", "#55606C", "#D5DBE1", "#F3F6F9"
MARK, GOOD, BAD, MAYBE = "#005A92", "#00694E", "#B3261E", "#7A5000"
# What is neither one thing nor the other, and what stands behind the rest.
NEUTRAL, PALE = "#B4BBC2", "#D9DDE1"
# The ground, frames of what can be filled in, what is under the mouse and under the finger, and
# the ground of an alarm.
PAPER, FRAME, HOVER, PRESSED, ALARM = "#FFFFFF", "#87919C", "#EEF5FA", "#00436E", "#FDF1F0"
# Blue on white, ever denser; opaque, so that a legend shows the colours that are seen.
BANDS = ("#D6E6F2", "#A5CAE4", "#66A8D2")
# Matplotlib's scale of shades for numbers: it rises evenly in brightness for every reader.
SCALE = "cividis"

_DASHES = ("solid", "dashed", "dashdot", "dotted")
# The same as SVG writes them, for lines two wide.
_SVG_DASHES = {"solid": "", "dashed": "8 3", "dashdot": "9 3 2 3", "dotted": "2 2"}
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
NO_UNIT = frozenset({"", "dmnl", "1", "dimensionless", "no unit"})


@dataclass(frozen=True, slots=True)
class Look:
    """How a line is drawn: its colour, and how it is dashed as matplotlib and Bokeh name it."""

    colour: str
    dash: str = "solid"

    @property
    def svg_dash(self) -> str:
        """Return the dashes as SVG writes them; nothing for a solid line."""
        return _SVG_DASHES[self.dash]


def looks(names: Iterable[str], base: str = "") -> dict[str, Look]:
    """Return how the line of each scenario is drawn: the same for the same list, everywhere.

    The base run is black and solid; the others take colours and dashes in turn, so that 28 lines
    differ from each other.

    >>> looks(["base", "open", "closed"], "base")["open"].colour
    '#0072B2'
    """
    found, colours = {}, PALETTE[:-1]
    others = [name for name in dict.fromkeys(names) if name != base]
    if base:
        found[base] = Look(BLACK)
    for place, name in enumerate(others):
        found[name] = Look(colours[place % len(colours)], _DASHES[place % len(_DASHES)])
    return found


def css() -> str:
    """Return the colours as variables of a page: what its style sheet begins with.

    >>> css().splitlines()[1].strip()
    '--ink: #1B1F24;'
    """
    named = {
        "ink": INK,
        "soft": SOFT,
        "line": LINE,
        "tint": TINT,
        "mark": MARK,
        "good": GOOD,
        "bad": BAD,
        "maybe": MAYBE,
        "focus": ORANGE,
        "paper": PAPER,
        "frame": FRAME,
        "hover": HOVER,
        "pressed": PRESSED,
        "alarm": ALARM,
        "pale": PALE,
        **{f"line-{place}": colour for place, colour in enumerate(PALETTE, 1)},
    }
    return "\n".join(
        [":root {", *(f"  --{name}: {colour};" for name, colour in named.items()), "}", ""]
    )


def unit(text: str) -> str:
    """Return a unit as it stands alone at an axis; "no unit" where there is none.

    >>> unit("Year"), unit("Dmnl")
    ('Year', 'no unit')
    """
    return "no unit" if text.strip().casefold() in NO_UNIT else text


def label(name: str, unit_of_it: str) -> str:
    """Return what stands along an axis: a name with its unit, if it has one.

    >>> label("Time", "Year"), label("relative knowledge", "dmnl")
    ('Time (Year)', 'relative knowledge')
    """
    shown = unit(unit_of_it)
    return name if shown == "no unit" else f"{name} ({shown})"


def time_label(units: Mapping[str, str]) -> str:
    """Return what stands along an axis of time, by the units of a model's or a run's variables.

    >>> time_label({"TIME STEP": "Month"})
    'Time (Month)'
    """
    known = {name.strip().casefold(): of_it for name, of_it in units.items()}
    return label("Time", known.get("time step") or known.get("time") or "")


@contextmanager
def figures() -> Iterator[None]:
    """Draw with the common look: sizes of letters, thin frames, a light grid, colours in turn.

    As a decorator it holds for all that a function draws.

    >>> with figures():
    ...     from matplotlib import rcParams
    ...     rcParams["axes.spines.top"]
    False
    """
    from matplotlib import rcParams
    from matplotlib.rcsetup import cycler

    settings: dict[Any, Any] = {
        "axes.axisbelow": True,
        "axes.edgecolor": SOFT,
        "axes.labelcolor": INK,
        "axes.labelsize": 9.5,
        "axes.linewidth": 0.7,
        "axes.prop_cycle": cycler(color=PALETTE),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlecolor": INK,
        "axes.titlesize": 11,
        "figure.facecolor": "white",
        "figure.titlesize": 11,
        "grid.color": LINE,
        "grid.linewidth": 0.7,
        "legend.edgecolor": LINE,
        "legend.fontsize": 9,
        "lines.dashdot_pattern": (6.0, 1.8, 1.2, 1.8),
        "lines.dashed_pattern": (5.0, 1.8),
        "lines.dotted_pattern": (1.4, 1.4),
        "lines.linewidth": 1.8,
        "text.color": INK,
        **{f"{axis}tick.color": SOFT for axis in "xy"},
        **{f"{axis}tick.labelcolor": INK for axis in "xy"},
        **{f"{axis}tick.labelsize": 9 for axis in "xy"},
        **{f"{axis}tick.major.size": 3 for axis in "xy"},
        **{f"{axis}tick.major.width": 0.7 for axis in "xy"},
    }
    # These alone are put back: a notebook's first figure also turns interactive drawing on.
    before = {name: rcParams[name] for name in settings}
    rcParams.update(settings)
    try:
        yield
    finally:
        rcParams.update(before)


def label_ends(ax: Axes, size: float = 8.5) -> None:
    """Write the labels of lines at their right ends in place of a legend, none over another.

    Call it last, when the limits of the axes stand. A short piece of each line leads to its words,
    which are dark: not every colour of a line can be read as letters.
    """
    import numpy as np

    ends = []
    for line in ax.get_lines():
        points = np.asarray(line.get_xydata(), dtype=float)
        points = points[np.isfinite(points).all(axis=1)]
        if len(points) and not str(line.get_label()).startswith("_"):
            ends.append((line, points[-1]))
    if not ends:
        return
    dots = ax.figure.dpi / 72
    box = ax.get_window_extent()
    shown = ax.transData.transform(np.array([end for _, end in ends]))
    wanted = np.clip(shown[:, 1], box.y0, box.y1) / dots
    heights = [1.3 * size * (1 + str(line.get_label()).count("\n")) for line, _ in ends]
    for (line, _), height, place in zip(ends, wanted, apart(wanted, heights), strict=True):
        ax.annotate(
            str(line.get_label()),
            xy=(1.0, (height * dots - box.y0) / box.height),
            xycoords="axes fraction",
            xytext=(22.0, place - height),
            textcoords="offset points",
            va="center",
            fontsize=size,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": line.get_color(),
                "linestyle": line.get_linestyle(),
                "linewidth": line.get_linewidth(),
                "relpos": (0.0, 0.5),
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )


def apart(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Return places as near as can be to those wanted, in their order, at which nothing overlaps.

    >>> apart([0.0, 1.0, 9.0], [2.0, 2.0, 2.0])
    [-0.5, 1.5, 9.0]
    """
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    # Of each pile the lowest edge, the height, and its members.
    piles: list[tuple[float, float, list[int]]] = []
    for one in order:
        low, high, members = wanted[one] - heights[one] / 2, heights[one], [one]
        while piles and piles[-1][0] + piles[-1][1] > low:
            below = piles.pop()
            # Each member of the two would have the pile's edge elsewhere: the mean suits all best.
            count, fewer = len(members), len(below[2])
            low = (fewer * below[0] + count * (low - below[1])) / (fewer + count)
            high, members = below[1] + high, below[2] + members
        piles.append((low, high, members))
    found = [0.0] * len(wanted)
    for low, _, members in piles:
        for one in members:
            found[one] = float(low + heights[one] / 2)
            low += heights[one]
    return found
