"""The parts of a variable in an XMILE file, and how they are changed in its text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from xml.sax.saxutils import escape

from sdmodel.editing.numbers import Point, changed_numbers, number_text
from sdmodel.editing.text import Splice, line_end
from sdmodel.editing.vensim import Limit
from sdmodel.errors import OverrideError, model_error
from sdmodel.frontends.xmile.markup import Element, read_markup
from sdmodel.names import tidy
from sdmodel.source import SourceText, Span, Variable

_TAG = re.compile(r"""<[^\s/>]+(?:\s+[^\s=<>"']+\s*=\s*(?:"[^"]*"|'[^']*'))*\s*(/?)>""")
_ATTRIBUTE = re.compile(r"""\s([^\s=<>"']+)\s*=\s*("[^"]*"|'[^']*')""")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
# What stands before what within a variable, as Stella writes it.
_ORDER = ("doc", "eqn", "init_eqn", "inflow", "outflow", "gf", "units", "range", "scale")


@lru_cache(maxsize=4)
def markup(source: SourceText) -> Element:
    """Return the outermost element of a file, names without the prefix that all may share."""
    root = read_markup(source)
    if ":" in root.name:
        prefix = root.name.rpartition(":")[0] + ":"
        for element in list(root.everything()):
            element.name = element.name.removeprefix(prefix)
    return root


def element_of(source: SourceText, variable: Variable) -> Element:
    """Return the element that defines a variable."""
    for one in markup(source).everything():
        if Span(one.at, one.end) == variable.span and one.name != "variables":
            return one
    problem = source.problem(
        max(variable.at, 0),
        f"{variable.name!r} has no element of its own in this file",
        kind="definition",
        variable=variable.name,
        cure="change what it is made from",
    )
    raise model_error([problem])


def units_splices(source: SourceText, variable: Variable, units: str) -> list[Splice]:
    """Return what gives a variable other units."""
    return _child(source, element_of(source, variable), "units", tidy(units))


def comment_splices(source: SourceText, variable: Variable, comment: str) -> list[Splice]:
    """Return what gives a variable another comment."""
    return _child(source, element_of(source, variable), "doc", " ".join(comment.split()))


def limits_splices(
    source: SourceText, variable: Variable, limits: tuple[Limit, Limit, Limit]
) -> list[Splice]:
    """Return what gives a variable other limits; XMILE has no step."""
    if limits[2] is not None:
        raise OverrideError(variable.name, "XMILE has no step between the limits of a variable")
    element = element_of(source, variable)
    known = element.one("range") or element.one("scale")
    said = "".join(
        f' {name}="{number_text(value)}"'
        for name, value in zip(("min", "max"), limits, strict=False)
        if value is not None
    )
    if known is not None:
        behind = known.end if said else _behind_blanks(source.text, known.end)
        name = _raw_name(source, known)
        return [Splice(known.at, behind, f"<{name}{said}/>" if said else "")]
    if not said:
        return []
    return _new_child(source, element, "range", f"<{_prefix(source, element)}range{said}/>")


def point_splices(
    source: SourceText, variable: Variable, xs: Sequence[float], points: list[Point]
) -> list[Splice]:
    """Return what gives a graphical function other points; `xs` are its old ones."""
    element = element_of(source, variable)
    found = element if element.name == "gf" else element.one("gf")
    if found is None or found.one("ypts") is None:
        raise OverrideError(variable.name, f"{variable.name!r} has no points in the file")
    given_xs = [x for x, _ in points]
    if found.one("xpts") is None and given_xs != list(xs):
        told = "its x values are spread evenly over <xscale>"
        raise OverrideError(variable.name, f"{variable.name!r}: {told}: keep them")
    splices = []
    given = {"xpts": given_xs, "ypts": [y for _, y in points]}
    for name, values in given.items():
        one = found.one(name)
        if one is not None:
            splices += _list(source, one, values)
    return splices


def _list(source: SourceText, element: Element, values: list[float]) -> list[Splice]:
    span = inner(source, element)
    assert span is not None
    spans = [
        Span(match.start(), match.end())
        for match in _NUMBER.finditer(source.text, span.start, span.end)
    ]
    if len(spans) == len(values):
        return changed_numbers(source, spans, dict(enumerate(values)))
    separator = element.get("sep", ",") or ","
    return [Splice(span.start, span.end, separator.join(map(number_text, values)))]


def written(source: SourceText, variable: Variable, value: float | str) -> float | str:
    """Return a number as the file has it: the time step may stand there as how many a unit has."""
    if variable.key != "time step":
        return value
    element = next((e for e in markup(source).everything() if e.name == "dt"), None)
    if element is None or element.get("reciprocal").strip().lower() != "true":
        return value
    return 1 / float(value)


def inner(source: SourceText, element: Element) -> Span | None:
    """Return what stands between the tags of an element; None for ``<a/>``."""
    opened = _TAG.match(source.text, element.at)
    assert opened is not None
    if opened[1]:
        return None
    return Span(opened.end(), source.text.rindex("</", opened.end(), element.end))


def attribute(source: SourceText, element: Element, name: str) -> Span | None:
    """Return where the value of an attribute stands, without its quotes."""
    opened = _TAG.match(source.text, element.at)
    assert opened is not None
    for found in _ATTRIBUTE.finditer(source.text, element.at, opened.end()):
        if found[1].rpartition(":")[2].lower() == name:
            return Span(found.start(2) + 1, found.end(2) - 1)
    return None


def escaped(text: str) -> str:
    """Return a text as it stands in XML, also within an attribute."""
    return escape(text, {'"': "&quot;"})


def _child(source: SourceText, element: Element, name: str, text: str) -> list[Splice]:
    """Return what makes a text that of a child, which may not be there yet."""
    known = element.one(name)
    if known is None:
        if not text:
            return []
        tag = _prefix(source, element) + name
        return _new_child(source, element, name, f"<{tag}>{escape(text)}</{tag}>")
    span = inner(source, known)
    if span is None:
        tag = _raw_name(source, known)
        return [Splice(known.at, known.end, f"<{tag}>{escape(text)}</{tag}>")] if text else []
    return [Splice(span.start, span.end, escape(text))]


def _new_child(source: SourceText, element: Element, name: str, text: str) -> list[Splice]:
    """Return what puts a new child in its place, on a line of its own where others stand so."""
    children = element.children
    if not children:
        tag = _raw_name(source, element)
        opened = _TAG.match(source.text, element.at)
        assert opened is not None
        if opened[1]:
            stop = source.text.rindex("/", element.at, opened.end())
            return [Splice(stop, opened.end(), f">{text}</{tag}>")]
        return [Splice(opened.end(), opened.end(), text)]
    rank = _ORDER.index(name)
    before = [one for one in children if one.name in _ORDER and _ORDER.index(one.name) < rank]
    place = before[-1].end if before else children[0].at
    first = children[0].at
    blank = source.text[len(source.text[:first].rstrip()) : first]
    return [Splice(place, place, blank + text if before else text + blank)]


def _behind_blanks(text: str, place: int) -> int:
    end = line_end(text)
    behind = len(text[place:]) - len(text[place:].lstrip(" \t"))
    if text.startswith(end, place + behind):
        place += behind + len(end)
        return place + len(text[place:]) - len(text[place:].lstrip(" \t"))
    return place


def _raw_name(source: SourceText, element: Element) -> str:
    found = re.compile(r"<([^\s/>]+)").match(source.text, element.at)
    assert found is not None
    return found[1]


def _prefix(source: SourceText, element: Element) -> str:
    name = _raw_name(source, element)
    return name[: name.rindex(":") + 1] if ":" in name else ""
