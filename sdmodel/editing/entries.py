"""Entries added to the equations of a `.mdl` file and taken out of it."""

from __future__ import annotations

import re

from sdmodel.editing import drawing, xmile_names
from sdmodel.editing.memory import is_table
from sdmodel.editing.text import Splice, is_xmile, line_end, with_line_ends
from sdmodel.editing.vensim import plain_text, sheet, wrapped
from sdmodel.editing.words import refuse_function, spelled
from sdmodel.errors import OverrideError, did_you_mean, near_names
from sdmodel.frontends.entries import EQUATION
from sdmodel.names import element_key, key, tidy
from sdmodel.selection import definition_of
from sdmodel.source import SourceModel, SourceText, Variable

_BLANKS = re.compile(r"\s*")
_LINE_END = re.compile(r"\r\n|\r|\n")
_RUN = frozenset({"initial time", "final time", "time step", "saveper"})
_CONTROL = re.compile(r"\.?\s*control", re.I)


def left_side(name: str) -> str:
    """Return a name with its subscripts as an equation begins with it.

    >>> left_side("birth rate[Age]"), left_side("R&D [Age, Sex]"), left_side('"a[b]"')
    ('birth rate[Age]', '"R&D"[Age, Sex]', '"a[b]"')
    """
    name = tidy(name)
    if not name.endswith("]"):
        return spelled(name)
    head, _, inside = name.partition("[")
    return f"{spelled(head)}[{inside}"


def added_key(source: SourceText, name: str) -> str:
    """Return the key by which an added variable is known, its subscripts included."""
    return key(name) if is_xmile(source) else element_key(left_side(name))


def left_of(variable: Variable) -> str:
    """Return the name of an entry with its subscripts."""
    inside = f"[{','.join(variable.subscripts)}]" if variable.subscripts else ""
    return f"{variable.name}{inside}"


def addition(
    model: SourceModel,
    name: str,
    equation: str,
    units: str,
    comment: str,
    group: str,
    after: str,
) -> tuple[Splice, int]:
    """Return what adds an entry, and the number its variable will have among all of them."""
    source = model.source
    bare = added_key(source, name).partition("[")[0]
    if not bare:
        raise OverrideError(name, f"{name!r} is no name: give the new variable one")
    refuse_function(source, bare)
    if is_xmile(source):
        return xmile_names.addition(model, name, equation, units, comment, after)
    plain_text(source, name, "units", units, "~|{}")
    plain_text(source, name, "comment", comment, "~|")
    anchor = _anchor(model, group, after)
    ends = line_end(source.text)
    compact = False
    place, gap = 0, ends * 2
    if anchor is not None:
        place = anchor.span.end
        compact = not _LINE_END.search(source.text[anchor.span.start : place])
        following = _BLANKS.match(source.text, place)
        found = following.group() if following else ""
        gap = found if _LINE_END.search(found) else ends * (1 if compact else 2)
    else:
        head = re.match(r"\s*\{UTF-8\}[ \t]*(?:\r\n|\r|\n)?", source.text)
        place = head.end() if head else 0
    written = _entry(source, name, equation, units, comment, compact=compact)
    text = gap + written if anchor is not None else written + gap
    number = sum(one.span.start < place for one in model.variables)
    return Splice(place, place, text), number


def _entry(
    source: SourceText, name: str, equation: str, units: str, comment: str, *, compact: bool
) -> str:
    ends = line_end(source.text)
    right = with_line_ends(equation.strip(), source.text)
    sign = "" if is_table(right) else "="
    left = left_side(name)
    if compact:
        middle = f" {sign} " if sign else ""
        said = "".join(f" ~ {one}" if one else " ~" for one in (tidy(units), tidy(comment)))
        return f"{left}{middle}{right}{said} |"
    lines = wrapped(comment, ends, backslash=f"\\{ends}" in source.text)
    return (
        f"{left}{sign}{ends}\t{right}{ends}\t~\t{tidy(units)}{ends}\t~\t{lines}{ends}\t|"
        if sign
        else f"{left}({ends}\t{right[1:]}{ends}\t~\t{tidy(units)}{ends}\t~\t{lines}{ends}\t|"
    )


def _anchor(model: SourceModel, group: str, after: str) -> Variable | None:
    """Return the entry that a new one is to follow; None for the beginning of the file."""
    if after:
        return model.entries[definition_of(model, after).key][-1]
    groups = {key(one.group): one for one in model.variables}
    if group:
        found = groups.get(key(group))
        if found is None:
            names = [one.group for one in groups.values() if one.group]
            there = f"there are: {', '.join(names)}" if names else "the file has no groups"
            hint = did_you_mean(near_names(group, names)) or there
            raise OverrideError(group, f"no group is named {group!r}; {hint}")
        return found
    # The controls of a run stand last, mostly in a group of their own.
    others = [
        one for one in model.variables if one.key not in _RUN and not _CONTROL.fullmatch(one.group)
    ]
    return others[-1] if others else (model.variables[-1] if model.variables else None)


def deletion(model: SourceModel, names: set[str]) -> list[Splice]:
    """Return what takes variables out of equations and sketch, by their keys."""
    source = model.source
    if is_xmile(source):
        return xmile_names.deletion(model, names)
    spans = {one.span for one in model.variables if one.key in names}
    found = []
    for entry in sheet(source).entries:
        if entry.kind == EQUATION and entry.whole in spans:
            blanks = _BLANKS.match(source.text, entry.whole.end, sheet(source).end)
            assert blanks is not None
            found.append(Splice(entry.whole.start, blanks.end(), ""))
    return [*found, *drawing.removing(source.text, names)]
