"""A variable of an XMILE file renamed, added or deleted, in the model and in its views."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from xml.sax.saxutils import escape

from sdmodel.editing.meaning import Meaning, renamed_in, shown
from sdmodel.editing.text import Splice, line_end
from sdmodel.editing.words import VARIABLE, Renamed
from sdmodel.editing.xmile import attribute, element_of, escaped, inner, markup
from sdmodel.errors import OverrideError, ReadError, model_error
from sdmodel.frontends.tokens import ExpressionError
from sdmodel.frontends.xmile.markup import Element, Passage
from sdmodel.frontends.xmile.words import plain_name, words
from sdmodel.names import key
from sdmodel.selection import definition_of
from sdmodel.sketch.words import unquoted
from sdmodel.source import SourceModel, SourceText

# Elements whose attribute is the name of a variable, and those whose text is one.
_NAMED = {
    "stock": "name", "flow": "name", "aux": "name", "gf": "name", "entity": "name",
    "slider": "entity_name", "knob": "entity_name", "switch": "entity_name",
    "numeric_input": "entity_name", "numeric_display": "entity_name", "gauge": "entity_name",
    "lamp": "entity_name", "graphical_input": "entity_name", "list_input": "entity_name",
}  # fmt: skip
_TEXTS = {"inflow", "outflow", "from", "to", "of", "eqn", "init_eqn"}
_DRAWN = {"stock", "flow", "aux"}
_PLAIN = re.compile(r"[^\W\d]\w*")
_KEYWORDS = {"if", "then", "else", "and", "or", "not", "mod"}


def spelled(name: str) -> str:
    """Return a name as an equation of XMILE has it.

    >>> spelled("birth rate"), spelled("R&D share"), spelled("if")
    ('birth_rate', '"R&D share"', '"if"')
    """
    under = "_".join(name.split())
    if _PLAIN.fullmatch(under) and under.lower() not in _KEYWORDS:
        return under
    return '"' + name.replace('"', '\\"') + '"'


def rename_splices(source: SourceText, renamed: Renamed) -> list[Splice]:
    """Return what renames a variable in definitions, equations and views.

    Raises
    ------
    OverrideError
        For a dimension or an element, and in a file with modules.
    """
    root = markup(source)
    if renamed.kind != VARIABLE:
        raise OverrideError(
            renamed.old, f"{renamed.old!r} is no variable: XMILE files keep names of dimensions"
        )
    _no_modules(root, renamed.old)
    found = list[Splice]()
    for element in _outside_of_macros(root):
        found += _in_element(source, element, renamed)
    return found


def _no_modules(root: Element, name: str) -> None:
    if any(one.name == "module" for one in root.everything()):
        raise OverrideError(
            name, "names are not changed in files with modules: in each they mean another variable"
        )


def _outside_of_macros(root: Element) -> Iterator[Element]:
    todo = [root]
    while todo:
        element = todo.pop()
        if element.name not in ("macro", "dimensions", "model_units"):
            yield element
            todo.extend(reversed(element.children))


def _in_element(source: SourceText, element: Element, renamed: Renamed) -> Iterator[Splice]:
    wanted = _NAMED.get(element.name)
    span = attribute(source, element, wanted) if wanted else None
    if span and wanted and key(plain_name(element.get(wanted))) == renamed.old:
        old = source.text[span.start : span.end]
        new = unquoted(renamed.new)
        yield Splice(span.start, span.end, escaped("_".join(new.split()) if "_" in old else new))
    if element.name in _TEXTS and not element.children:
        yield from _in_text(source, element, renamed)


def _in_text(source: SourceText, element: Element, renamed: Renamed) -> Iterator[Splice]:
    passage = element.passage
    if element.name not in ("eqn", "init_eqn"):
        if key(plain_name(passage.text)) == renamed.old:
            span = inner(source, element)
            assert span is not None
            text = source.text[span.start : span.end]
            start = span.start + len(text) - len(text.lstrip())
            yield Splice(start, start + len(text.strip()), escape(spelled(unquoted(renamed.new))))
        return
    yield from _in_equation(source, passage, renamed)


def _in_equation(source: SourceText, passage: Passage, renamed: Renamed) -> Iterator[Splice]:
    try:
        found = words(passage)
    except ExpressionError as error:
        raise ReadError([source.problem(error.at, error.message, cure=error.cure)]) from None
    for word in found:
        if word.kind == "name" and key(plain_name(word.text)) == renamed.old:
            end = word.end
            if source.text[end - 1] == "&":  # it ends with a character that is written &quot;
                end = source.text.index(";", end) + 1
            yield Splice(word.at, end, escape(spelled(unquoted(renamed.new))))


def renamed_meaning(old: Meaning, renamed: Renamed) -> Meaning:
    """Return what a model must say after a variable is renamed; names are told by their keys."""
    new = key(renamed.new)

    def name(before: str) -> str:
        if before.startswith("#"):  # made by the reader for a variable, and called after it
            return re.sub(rf"(?<!\w){re.escape(renamed.old)}(?!\w)", lambda _: new, before)
        return new if before == renamed.old else before

    return replace(old, variables=tuple(renamed_in(one, name) for one in old.variables))


def addition(
    model: SourceModel, name: str, equation: str, units: str, comment: str, after: str
) -> tuple[Splice, int]:
    """Return what adds an auxiliary variable, and the number it will have among all of them."""
    source = model.source
    if "[" in name:
        raise OverrideError(name, "only variables without subscripts are added to XMILE files")
    _no_modules(markup(source), name)
    own = [one for one in model.variables if one.span.start >= 0 and one.kind]
    if own:
        anchor = definition_of(model, after) if after else own[-1]
        place = element_of(source, anchor).at
        behind = element_of(source, anchor).end
        last = max(i for i, one in enumerate(shown(model)) if one.span == anchor.span)
    else:
        place = behind = _inside_of_variables(source, name)
        last = len(shown(model)) - 1
    first = source.text[:place]
    blank = first[len(first.rstrip(" \t\r\n")) :]
    deeper = f"{blank}\t" if line_end(blank) in blank else ""
    said = [f"<eqn>{escape(equation.strip())}</eqn>"]
    said += [f"<units>{escape(units)}</units>"] * bool(units)
    said = [f"<doc>{escape(comment)}</doc>"] * bool(comment) + said
    inside = "".join(deeper + one for one in said)
    text = f'{blank}<aux name="{escaped(name.strip())}">{inside}{blank if deeper else ""}</aux>'
    return Splice(behind, behind, text), last + 1


def _inside_of_variables(source: SourceText, name: str) -> int:
    """Return where the first variable of a file is to stand."""
    for one in markup(source).everything():
        span = inner(source, one) if one.name == "variables" else None
        if span:
            return span.end
    raise OverrideError(name, "the file has no <variables>...</variables> to put it into")


def deletion(model: SourceModel, names: set[str]) -> list[Splice]:
    """Return what takes variables out of the model, out of its groups and out of its views."""
    source, root = model.source, markup(model.source)
    _no_modules(root, min(names))
    drawn = {
        id(one) for view in root.everything() if view.name == "view" for one in view.everything()
    }
    found = list[Splice]()
    for element in _outside_of_macros(root):
        named = key(plain_name(element.get("name"))) in names
        gone = element.name in _DRAWN | {"gf", "entity"} and named
        if element.name == "gf" and not named:
            continue
        if id(element) in drawn and element.name in ("connector", "alias"):
            ends = [one.text for one in element.children if one.name in ("from", "to", "of")]
            gone = any(key(plain_name(one)) in names for one in ends)
        if gone and not any(one.start <= element.at < one.end for one in found):
            found.append(_line(source, element))
    if not found:
        at = next(one.at for one in model.variables if one.key in names)
        raise model_error([source.problem(at, "this is no variable of its own in the file")])
    return found


def _line(source: SourceText, element: Element) -> Splice:
    """Return what takes out an element, and its line where nothing else stands in it."""
    before = source.text[: element.at]
    start = len(before.rstrip(" \t"))
    alone = source.text[element.end : element.end + 1] in ("\r", "\n")
    ends = line_end(source.text)
    if alone and before[:start].endswith(ends):
        return Splice(start - len(ends), element.end, "")
    return Splice(element.at, element.end, "")
