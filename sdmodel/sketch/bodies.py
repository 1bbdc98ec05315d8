"""What is placed on a page: bodies that move as one, each of one or more items."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from sdmodel.sketch.words import label

# Half the size of a stock's box, a valve and a cloud.
BOX = (60, 25)
VALVE = (6, 8)
CLOUD = (10, 8)


class Look(enum.Enum):
    """What an item is drawn as."""

    WORD = "word"
    SHADOW = "shadow"
    STOCK = "stock"
    FLOW = "flow"
    VALVE = "valve"
    CLOUD = "cloud"
    HEADING = "heading"
    NOTE = "note"


class Side(enum.IntEnum):
    """Where a name stands at its valve, by Vensim's numbers."""

    BELOW = 1
    LEFT = 2
    ABOVE = 3
    RIGHT = 4


@dataclass(slots=True)
class Item:
    """One thing on the page; `x` and `y` are from its body's centre, `width` and `height` halves.

    `name` is the key of the variable it stands for; a valve has its flow's. `upright` is of a
    valve on a vertical pipe, `side` where its name stands.
    """

    look: Look
    name: str
    width: int
    height: int
    x: int = 0
    y: int = 0
    side: Side = Side.BELOW
    upright: bool = False
    text: str = ""


@dataclass(slots=True)
class Pipe:
    """Half of a flow: from a valve to a stock or cloud of the same body, round one corner at most.

    `flows_in` is the half with the arrowhead. `corner` is from the body's centre.
    """

    valve: Item
    end: Item
    flows_in: bool
    corner: tuple[int, int] | None = None

    def points(self) -> list[tuple[int, int]]:
        """Return its line, from the centre of the body."""
        corner = [self.corner] if self.corner else []
        return [(self.valve.x, self.valve.y), *corner, self._reached()]

    def _reached(self) -> tuple[int, int]:
        """Return where the line meets the end: level with what it comes from."""
        x, y = self.corner or (self.valve.x, self.valve.y)
        end = self.end
        if abs(y - end.y) <= end.height:
            return (end.x + (end.width if x > end.x else -end.width), y)
        return (x, end.y + (end.height if y > end.y else -end.height))


@dataclass(slots=True)
class Body:
    """Items that move as one."""

    items: list[Item] = field(default_factory=list)
    pipes: list[Pipe] = field(default_factory=list)

    @property
    def rooted(self) -> bool:
        """Whether it is a stock with its flows, round which all else is placed."""
        return any(item.look is Look.STOCK for item in self.items)


def word(name: str, shown: str, look: Look = Look.WORD) -> Body:
    """Return a body of a single name."""
    size = label(f"<{shown}>" if look is Look.SHADOW else shown)
    return Body([Item(look, name, size.width, size.height)])
