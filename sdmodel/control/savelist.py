"""Save lists (`.lst`): which variables of a run to keep, one name a line."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from sdmodel.control.files import read_control
from sdmodel.dimensions import Dimensions
from sdmodel.errors import OverrideError, Problem, UnknownNameError, model_error
from sdmodel.selection import selected

if TYPE_CHECKING:
    from sdmodel.model import Model

_LINE = re.compile(r"[^\r\n]+")
_SUBSCRIPTS = re.compile(r"(?P<name>.*)\[(?P<inside>[^\[\]]*)\]", re.S)


def read_save_list(path: str | Path, model: Model) -> list[str]:
    """Return the columns that a save list names: of an array all elements, of a range its own.

    Each name stands on a line of its own; a column named twice is kept once.

    Raises
    ------
    ReadError, ModelError
        If the file cannot be read; or with all names that the model has not, each with its line.

    Examples
    --------
    >>> import sdmodel as sd
    >>> model = sd.load("models/epidemic.mdl")
    >>> names = sd.read_save_list("models/epidemic.lst", model)
    >>> model.run(outputs=names).columns
    ('Infected', 'Dead', 'beds')
    """
    source = read_control(path)
    known = Dimensions(model.source)
    found: list[str] = []
    problems: list[Problem] = []
    for match in _LINE.finditer(source.text):
        name = match.group().strip()
        if not name:
            continue
        try:
            found += selected(model.source, model.program, _with_elements(name, known))
        except (UnknownNameError, OverrideError) as error:
            at = match.start() + match.group().index(name)
            if isinstance(error, UnknownNameError):
                one = error.problems[0]
                what, cure, near, kind = one.message, one.cure, one.near, one.kind
            else:
                what, _, cure = error.reason.partition("; ")
                near, kind = (), "definition"
                cure = cure or "name a variable that a run computes"
            problems.append(source.problem(at, what, cure=cure, name=name, near=near, kind=kind))
    if problems:
        raise model_error(problems)
    return list(dict.fromkeys(found))


def _with_elements(name: str, known: Dimensions) -> list[str]:
    """Return a name with each element of the ranges that its subscripts name."""
    parts = _SUBSCRIPTS.fullmatch(name)
    if parts is None or not any(map(known.is_range, parts["inside"].split(","))):
        return [name]
    places = product(*(known.elements(one) for one in parts["inside"].split(",")))
    return [f"{parts['name']}[{','.join(place)}]" for place in places]
