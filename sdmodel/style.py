"""One look for every figure and page: colours that colour-blind readers tell apart, line forms.

The eight colours are those of Okabe and Ito (Color Universal Design, 2008), yellow replaced by a
violet that shows on white. Colour never carries a difference alone: dashes or markers differ too,
for print in grey.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
AMBER, SKY, VIOLET, BLACK = "#E69F00", "#56B4E9", "#7A5195", "#222222"
PALETTE = (BLUE, ORANGE, GREEN, VIOLET, AMBER, PINK, SKY, BLACK)

# Words, remarks, lines of frames and grids, shaded ground; what is good, bad and in between.
INK, SOFT, LINE, TINT = "#1B1F24", "#55606C", "#D5DBE1", "#F3F6F9"
MARK, GOOD, BAD, MAYBE = "#005A92", "#00694E", "#B3261E", "#7A5000"

_DASHES = ("solid", "dashed", "dashdot", "dotted")


@dataclass(frozen=True, slots=True)
class Look:
    """How a line is drawn: its colour, and how it is dashed as matplotlib and Bokeh name it."""

    colour: str
    dash: str = "solid"


def looks(names: Iterable[str], base: str = "") -> dict[str, Look]:
    """Return how the line of each scenario is drawn: the same for the same list, everywhere.

    The base run is black and solid; the others take the colours in turn, and another dash when
    the colours begin again.

    >>> looks(["base", "open", "closed"], "base")["open"].colour
    '#0072B2'
    """
    found, colours = {}, PALETTE[:-1]
    others = [name for name in dict.fromkeys(names) if name != base]
    if base:
        found[base] = Look(BLACK)
    for place, name in enumerate(others):
        again, colour = divmod(place, len(colours))
        found[name] = Look(colours[colour], _DASHES[again % len(_DASHES)])
    return found
