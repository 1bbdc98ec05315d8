"""Mending what can be mended without changing what a model does: the text, and no more of it.

Every change is checked by the editor: the new text is read again, and differs from the old one in
units and marks alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sdmodel.checks.records import Finding
from sdmodel.checks.subject import Subject
from sdmodel.checks.words import clock_units, other_spellings
from sdmodel.editing import Edit
from sdmodel.editing.meaning import Meaning, meaning, with_fields
from sdmodel.editing.text import Splice
from sdmodel.editing.vensim import sheet, units_splices
from sdmodel.errors import SDError
from sdmodel.model import Model
from sdmodel.names import key
from sdmodel.source import Variable

_BLANK = re.compile(r"[ \t\r\n]*\Z")


class Change(NamedTuple):
    """What is put into the text of an entry, and the field that then has another value."""

    entry: Variable
    splices: list[Splice]
    field: str
    value: object


Mend = Callable[[Subject, Finding], list[Change]]


def mended(model: Model, subject: Subject, found: Sequence[Finding]) -> tuple[Edit, list[Finding]]:
    """Return an edit of the model's file with what could be mended, and which findings that were.

    Raises
    ------
    SDError
        If the file is none of Vensim's.
    """
    if model.path.suffix.lower() != ".mdl":
        raise SDError(f"{model.path}: only .mdl files are mended; change this one by hand")
    edit, done, changes = model.edit(), list[Finding](), list[Change]()
    touched: set[tuple[int, str]] = set()
    for one in found:
        for change in MENDS[one.code](subject, one) if one.code in MENDS else ():
            if (change.entry.at, change.field) not in touched:
                touched.add((change.entry.at, change.field))
                changes.append(change)
                done.append(one)
    if not changes:
        return edit, []
    places = {one.at: place for place, one in enumerate(edit.source.variables)}

    def expected(_: Meaning) -> Meaning:
        known = meaning(edit.source)
        for change in changes:
            known = with_fields(known, [places[change.entry.at]], {change.field: change.value})
        return known

    splices = [splice for change in changes for splice in change.splices]
    return edit._with(splices, expected, "this would change more than units and marks"), done


def _supplementary(subject: Subject, found: Finding) -> list[Change]:
    """Mark a variable as an output."""
    one = subject.model.definition(found.problem.variable)
    text, entry = subject.source.source.text, sheet(subject.source.source).entry(one)
    if entry.flags.end > entry.flags.start:
        return []  # it has flags of another kind: these are for its author to arrange
    stop = entry.comment.end if entry.comment.end > entry.comment.start else entry.flags.end
    part = text[entry.equation.end : stop]
    missing = 2 - part.count("~")
    space = _BLANK.search(text[entry.equation.start : stop])
    behind = space.group() if space else ""
    new = f"{'~' * max(missing, 0)}~\t:SUPPLEMENTARY:{behind or ' '}"
    return [Change(one, [Splice(stop, stop, new)], "supplementary", True)]


def _of_clock(subject: Subject, found: Finding) -> list[Change]:
    """Give a run control the units of TIME STEP."""
    wanted = clock_units(subject)
    one = subject.source.by_key[key(found.problem.variable)]
    return [_units(subject, one, wanted)]


def _spelling(subject: Subject, found: Finding) -> list[Change]:
    """Spell the units of an entry as most others do."""
    return [
        _units(subject, one, wanted)
        for one, wanted in other_spellings(subject)
        if one.name == found.problem.variable
    ]


def _units(subject: Subject, one: Variable, wanted: str) -> Change:
    return Change(one, units_splices(subject.source.source, one, wanted), "units", wanted)


MENDS: dict[str, Mend] = {"SD102": _supplementary, "SD306": _of_clock, "SD307": _spelling}
