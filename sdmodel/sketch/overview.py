"""The view of the whole: each sector with its stocks, and the main links among sectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sdmodel.frontends.sketch import View
from sdmodel.sketch.bodies import Body, Item, Look
from sdmodel.sketch.page import Page, best_of
from sdmodel.sketch.scene import Link
from sdmodel.sketch.structure import Structure
from sdmodel.sketch.words import label

_TITLES = ("Overview", "All sectors")
# How many links a sector may have on average; the weaker ones are left out.
_LINKS = 1.5
# How many times it is drawn, to take the clearest.
_TRIES = 6
_HEADING_SCALE = 1.2


def overview(
    parts: Mapping[str, Sequence[str]], structure: Structure, shown: Mapping[str, str]
) -> View:
    """Return a view with a heading for each sector, its stocks under it as shadows, and links.

    A link means that variables of one sector use variables of another: the strongest into and out
    of each sector are drawn, and then the strongest of all.
    """
    title = next((one for one in _TITLES if one not in parts), "")
    page = Page(title, (), structure, shown)
    headings = {}
    for title, own in parts.items():
        stocks = [name for name in structure.stocks if name in own]
        heading, body = _sector(title, stocks, shown)
        headings[title] = heading
        page.bodies.append(body)
    page.links += [Link(headings[a], headings[b]) for a, b in main_links(parts, structure)]
    return best_of(lambda seed: page.laid_out(seed, apart=False, rounds=100, scale=2.2), _TRIES)


def _sector(title: str, stocks: Sequence[str], shown: Mapping[str, str]) -> tuple[Item, Body]:
    size = label(title, 150, _HEADING_SCALE)
    heading = Item(Look.HEADING, "", size.width + 8, size.height + 5, text=title)
    body = Body([heading])
    below = heading.height + 4
    for stock in stocks:
        size = label(f"<{shown[stock]}>", 180)
        body.items.append(Item(Look.SHADOW, stock, size.width, size.height, 0, below + size.height))
        below += 2 * size.height - 4
    return heading, body


def main_links(parts: Mapping[str, Sequence[str]], structure: Structure) -> list[tuple[str, str]]:
    """Return the pairs of sectors whose links are drawn: cause, effect.

    The strength of a link is the number of variables of the cause that the effect uses.
    """
    home = {name: title for title, own in parts.items() for name in own}
    used: dict[tuple[str, str], set[str]] = {}
    for name, title in home.items():
        for cause in structure.causes[name]:
            other = home.get(cause, title)
            if other != title:
                used.setdefault((other, title), set()).add(cause)
    ranked = sorted(used, key=lambda pair: (-len(used[pair]), list(parts).index(pair[0])))
    kept: dict[tuple[str, str], None] = {}
    for title in parts:
        for side in (0, 1):
            strongest = next((pair for pair in ranked if pair[side] == title), None)
            if strongest:
                kept[strongest] = None
    for pair in ranked:
        if len(kept) < _LINKS * len(parts):
            kept[pair] = None
    return [pair for pair in ranked if pair in kept]
