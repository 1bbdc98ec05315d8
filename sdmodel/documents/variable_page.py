"""The page of one variable: what it is, what it comes from, what it acts on."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sdmodel import style
from sdmodel.documents.facts import Facts, plain
from sdmodel.documents.filenames import file_name
from sdmodel.documents.html import Html, facts, link, section, shown, table, text
from sdmodel.documents.plots import MOST_LINES, Line, plot
from sdmodel.documents.typeset import equation, number
from sdmodel.explain import VariableInfo
from sdmodel.expr import Call, Lookup, Table, Tables, walk
from sdmodel.names import key
from sdmodel.run import Run
from sdmodel.sketch.picture import Href
from sdmodel.source import Variable

# How many equations of one variable, and cells of one table, are shown.
MOST_ENTRIES, MOST_CELLS, MOST_TABLES, MOST_LOOPS = 40, 400, 12, 12
_TYPES = {"auxiliary": "auxiliary", "control": "control of the run"}


def variable_body(found: Facts, name: str, notes: str = "") -> str:
    """Return what stands on the page of a variable, by its key, below its name."""
    info = found.infos[name]
    entries = found.model.source.entries[name]
    return "\n".join(
        (
            f'<p><span class="tag">{shown(_TYPES.get(info.kind, info.kind))}</span></p>',
            _properties(found, name, info),
            _equations(found, info, entries),
            text(info.comment),
            *_tables(info, entries),
            _constants(found, name),
            _course(found, name, info),
            f'<div class="two">{_neighbours(found, "Causes", info.uses)}'
            f"{_neighbours(found, 'Uses', info.used_by)}</div>",
            notes,
        )
    )


def _properties(found: Facts, name: str, info: VariableInfo) -> Html:
    views = [
        link(f"../views/{found.view_files[place]}", found.views[place].name)
        for place in found.drawn.get(name, ())
    ]
    ends = "".join(
        f"{word} {number(value)} "
        for word, value in (("from", info.low), ("to", info.high), ("by steps of", info.step))
        if value is not None and math.isfinite(value)
    )
    group = link(f"../groups.html#{file_name(info.group)}", info.group) if info.group else ""
    return facts(
        (
            ("Unit", info.units or Html('<span class="maybe">none given</span>')),
            ("Range", ends.strip()),
            ("Over", " and ".join(info.ranges)),
            ("Group", group),
            ("Drawn in", Html(", ".join(views))),
            ("In the file", f"line {info.line}"),
            ("In loops", _loops(found, name)),
        )
    )


def _loops(found: Facts, name: str) -> Html:
    names = found.loops_of.get(name, [])
    more = f" and {len(names) - MOST_LOOPS} more" if len(names) > MOST_LOOPS else ""
    listed = (link(f"../loops.html#{one}", one) for one in names[:MOST_LOOPS])
    return Html(", ".join(listed) + more)


def set_equation(entry: Variable, left: str, href: Href) -> str:
    """Return an entry's equation typeset; `left` is what stands left of its sign in the file."""
    assert entry.equation is not None
    head, mark, rest = left.partition("[")
    head = plain(entry.name) if entry.subscripts else plain(left)
    name = shown(head) + (f'<span class="sub">{shown(mark + rest)}</span>' if mark else "")
    return equation(entry.equation, href, name)


def _equations(found: Facts, info: VariableInfo, entries: tuple[Variable, ...]) -> str:
    rows = []
    for entry, (left, written) in list(zip(entries, info.entries, strict=True))[:MOST_ENTRIES]:
        if entry.equation is not None:
            rows.append(set_equation(entry, left, lambda n: found.href(n, "../")))
        said = " ".join(written.split())
        sign = "" if entry.lookup else " = "
        rows.append(f"<pre>{shown(f'{left}{sign}{said}' if said else left)}</pre>")
    if len(entries) > MOST_ENTRIES:
        rows.append(f"<p>and {len(entries) - MOST_ENTRIES} more equations, in the file</p>")
    return f'<div class="equations">{"".join(rows)}</div>'


# Numbers in tables ------------------------------------------------------------------------------


def _tables(info: VariableInfo, entries: tuple[Variable, ...]) -> Iterator[str]:
    """Yield the points of lookups."""
    drawn = 0
    for entry, (left, _) in zip(entries, info.entries, strict=True):
        for points in _points(entry):
            drawn += 1
            if drawn <= MOST_TABLES:
                yield _lookup(plain(left), points, entry)
    if drawn > MOST_TABLES:
        yield f"<p>and {drawn - MOST_TABLES} more tables, in the file</p>"


def _points(entry: Variable) -> Iterator[Table]:
    held = [entry.table] if entry.table is not None and not entry.data else []
    if entry.equation is not None:
        for node in walk(entry.equation):
            if isinstance(node, Lookup):
                held.append(node.table)
            elif isinstance(node, Call):
                held += [one for one in node.args if isinstance(one, Table | Tables)]
    for one in held:
        yield from (t for t in one.tables if t is not None) if isinstance(one, Tables) else (one,)


def _lookup(name: str, points: Table, entry: Variable) -> str:
    label = f"{name}: {len(points.xs)} points, from {number(points.xs[0])} to "
    label += f"{number(points.xs[-1])}"
    line, unit = Line(name, points.xs, points.ys), style.unit(entry.units)
    picture = plot([line], "input", unit, label, marks=len(points.xs) < 60)
    shown_points = list(zip(points.xs, points.ys, strict=True))[:MOST_CELLS]
    rows = table(
        ("input", "output"),
        [(Html(number(x)), Html(number(y))) for x, y in shown_points],
        label=f"Points of {name}",
    )
    more = len(points.xs) - len(shown_points)
    rest = f"<p>and {more} more points, in the file</p>" if more else ""
    return (
        f'<div class="two"><figure>{picture}<figcaption>{shown(name)}, '
        f"{len(points.xs)} points</figcaption></figure><div>{rows}{rest}</div></div>"
    )


def _constants(found: Facts, name: str) -> str:
    """Return the values of a subscripted constant; two ranges as rows and columns."""
    shape, known = found.model.program.shapes.get(name), found.model.program.constants
    keys = [name + one for one in shape.keys()] if shape else []  # noqa: SIM118 - no mapping
    if shape is None or keys[0] not in known:
        return ""
    values = [Html(number(known[one])) if one in known else "" for one in keys]
    label = f"Values of {plain(found.infos[name].name)}"
    if len(shape.sizes) == 2 and len(values) <= MOST_CELLS:
        wide = shape.sizes[1]
        rows = [
            (plain(row), *values[place * wide : (place + 1) * wide])
            for place, row in enumerate(shape.elements[0])
        ]
        return table((shape.ranges[0], *map(plain, shape.elements[1])), rows, label=label)
    names = [one[1:-1] for one in shape.labels()[:MOST_CELLS]]
    more = len(values) - len(names)
    rest = f"<p>and {more} more, in the file</p>" if more else ""
    rows = list(zip(names, values[:MOST_CELLS], strict=True))
    return table((", ".join(shape.ranges), "value"), rows, label=label) + rest


# Its course, causes and uses --------------------------------------------------------------------


def _course(found: Facts, name: str, info: VariableInfo) -> str:
    run = found.base
    if info.kind in ("constant", "computed constant", "lookup", "control"):
        return ""
    if not isinstance(run, Run):
        return '<p class="soft">No run to show: see <a href="../checks.html">Checks</a>.</p>'
    program = found.model.program
    columns = [program.columns[one][0] for one in program.elements(name) if one in program.columns]
    lines = [
        Line(plain(one), run.times.tolist(), run.values(one).tolist())
        for one in columns[:MOST_LINES]
    ]
    label = f"{plain(info.name)} over time, in the base run"
    across = style.time_label(found.model.units)
    picture = plot(lines, across, style.unit(info.units), label)
    if not picture:
        return '<p class="soft">It is not a number in the base run.</p>'
    more = len(columns) - len(lines)
    rest = f"; {more} more elements are not drawn" if more else ""
    return (
        f"<figure>{picture}<figcaption>Base run, by {shown(run.method)}{rest}</figcaption></figure>"
    )


def _neighbours(found: Facts, title: str, names: tuple[str, ...]) -> Html:
    rows = []
    for one in found.sorted(names):
        info = found.infos[key(one)]
        unit = f' <span class="soft">{shown(info.units)}</span>' if info.units else ""
        rows.append(f"<li>{found.name(one, '../')}{unit}</li>")
    body = f"<ul>{''.join(rows)}</ul>" if rows else '<p class="soft">none</p>'
    return section(f"{title} ({len(names)})", Html(body))
