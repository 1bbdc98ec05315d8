"""The reality checks of a model: those in its own file, and those in MODEL.reality beside it.

Not every program that reads models passes over reality checks. So they may stand in a file of
their own, written as in a model: constraints, test inputs, and variables that only these use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from sdmodel.errors import Problem, ReadError
from sdmodel.frontends import mdl, read_bytes
from sdmodel.frontends.text import decode
from sdmodel.source import RealityConstraint, SourceModel

SUFFIX = ".reality"


@dataclass(frozen=True, eq=False, slots=True)
class Case:
    """One constraint, and the model whose text it stands in: for places, and for its inputs."""

    source: SourceModel
    constraint: RealityConstraint

    @property
    def path(self) -> str:
        """The file it stands in."""
        return self.source.source.path

    @property
    def line(self) -> int:
        """The line it begins in."""
        return self.source.source.place(self.constraint.at)[0]


def cases_of(model: SourceModel) -> list[Case]:
    """Return every reality check of a model, of its own file first.

    Raises
    ------
    ReadError
        If the file beside the model holds anything that cannot be read.
    """
    found = [Case(model, one) for one in model.constraints]
    beside = Path(model.source.path).with_suffix(SUFFIX)
    if beside.is_file():
        source = _beside(beside, model)
        found += [Case(source, one) for one in source.constraints]
    return found


def _beside(path: Path, model: SourceModel) -> SourceModel:
    """Return the model with the text of the file beside it, and with what that adds."""
    text = decode(str(path), read_bytes(path))
    read = mdl.parse(text)
    problems = list(read.problems)

    def taken(name: str, at: int, where: str) -> Problem:
        what = f"{name!r} is defined in {where} too"
        return text.problem(at, what, kind="duplicate", name=name, cure="give it another name")

    file = Path(model.source.path).name
    problems += [taken(v.name, v.at, file) for v in read.variables if v.key in model.by_key]
    for mine, theirs in ((read.constraints, model.constraints), (read.inputs, model.inputs)):
        known = {one.key for one in theirs}
        problems += [taken(one.name, one.at, file) for one in mine if one.key in known]
    if read.dimensions or read.macros:
        what = "ranges and macros belong into the model's own file"
        problems.append(Problem(what, "definition", str(path), cure=f"move them to {file}"))
    if problems:
        raise ReadError(problems)
    return replace(
        model,
        source=text,
        variables=(*model.variables, *read.variables),
        constraints=read.constraints,
        inputs=(*read.inputs, *model.inputs),
    )
