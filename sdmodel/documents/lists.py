"""Pages that list all variables: by letter, by type and by group; and stocks with their flows."""

from __future__ import annotations

from collections.abc import Iterable

from sdmodel.documents.facts import KINDS, Facts, in_order, plain
from sdmodel.documents.filenames import file_name
from sdmodel.documents.html import Html, section, shown, table
from sdmodel.sketch.structure import structure_of

# How many elements of a range are named.
MOST_ELEMENTS = 60


def _names(found: Facts, names: Iterable[str]) -> Html:
    rows = "".join(f"<li>{found.name(name)}</li>" for name in found.sorted(list(names)))
    return Html(f'<ul class="names">{rows}</ul>')


def _parts(found: Facts, parts: dict[str, list[str]]) -> str:
    """Return lists under headings, with links to each at the top."""
    to = "".join(f'<li><a href="#{file_name(title)}">{shown(title)}</a></li>' for title in parts)
    lists = "\n".join(
        section(
            f"{title} ({len(names)})" if len(title) > 1 else title,
            _names(found, names),
            file_name(title),
        )
        for title, names in parts.items()
    )
    return f'<ul class="letters">{to}</ul>\n{lists}'


def by_letter(found: Facts) -> str:
    """Return all names under their first letters."""
    parts: dict[str, list[str]] = {}
    for name in found.sorted():
        first = plain(name)[:1].upper()
        parts.setdefault(first if first.isalpha() else "#", []).append(name)
    return _parts(found, parts)


def by_type(found: Facts) -> str:
    """Return all names under what they are."""
    parts: dict[str, list[str]] = {title: [] for title in KINDS.values()}
    for info in found.infos.values():
        parts[KINDS[info.kind]].append(info.name)
    return _parts(found, {title: names for title, names in parts.items() if names})


def by_group(found: Facts) -> str:
    """Return all names under the groups of the file, in their order."""
    parts: dict[str, list[str]] = {}
    for info in found.infos.values():
        parts.setdefault(info.group or "Without a group", []).append(info.name)
    return _parts(found, parts)


def stocks_and_flows(found: Facts) -> str:
    """Return a table of the stocks with what fills and drains them."""
    structure = structure_of(found.model.source)
    rows = []
    for stock in sorted(structure.stocks, key=lambda one: in_order(structure.names[one])):
        info = found.infos[stock]

        def flows(names: tuple[str, ...]) -> Html:
            shown_ones = (found.name(structure.names[one]) for one in names)
            return Html("<br>".join(shown_ones) or '<span class="soft">none by name</span>')

        into, out = flows(structure.inflows[stock]), flows(structure.outflows[stock])
        rows.append((found.name(info.name), info.units, into, out))
    if not rows:
        return "<p>The model has no stocks.</p>"
    told = (
        '<p class="soft">A flow is a variable that stands by itself in the rate of a stock; '
        "what else a rate holds is in its equation.</p>"
    )
    named = {
        flow for one in (structure.inflows, structure.outflows) for f in one.values() for flow in f
    }
    count = f"<p>{len(rows)} stocks and {len(named)} flows.</p>"
    return count + table(("stock", "unit", "filled by", "drained by"), rows, label="Stocks") + told


def ranges(found: Facts) -> Html:
    """Return a table of the ranges of subscripts."""
    rows = []
    for one in found.model.source.dimensions:
        shown_ones = ", ".join(map(plain, one.elements[:MOST_ELEMENTS]))
        more = len(one.elements) - MOST_ELEMENTS
        elements = shown_ones + (f" and {more} more" if more > 0 else "")
        to = ", ".join(plain(mapping.target) for mapping in one.mappings)
        rows.append((plain(one.name), len(one.elements), elements, to, one.comment))
    columns = ("range", "elements", "their names", "maps to", "comment")
    return table(columns, rows, label="Ranges of subscripts") if rows else Html("")


def macros(found: Facts) -> Html:
    """Return the macros of the model, with their equations as written."""
    parts = []
    for one in found.model.source.macros:
        head = f"{one.name}({', '.join(one.inputs)})"
        lines = [
            f"{entry.name} = {' '.join(entry.text.split())}" if entry.text else entry.name
            for entry in one.variables
        ]
        body = shown("\n".join(lines))
        parts.append(f"<h3>{shown(head)}</h3><pre>{body}</pre>")
    return Html("".join(parts))
