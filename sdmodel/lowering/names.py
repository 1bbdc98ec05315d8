"""The first check: every name in the equations is defined, every function offered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from sdmodel.dimensions import Dimensions
from sdmodel.errors import Problem, did_you_mean, near_names
from sdmodel.expr import Call, Expr, Ref, walk
from sdmodel.functions.manual import advice
from sdmodel.functions.registry import REGISTRY
from sdmodel.lowering.resolve import COMPUTED
from sdmodel.names import key, readable
from sdmodel.program import CONTROL, SAVEPER, TIME
from sdmodel.source import SourceModel, Variable

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")
MOST_COMPARED = 200_000  # names, with unknown ones


def check_names(model: SourceModel, dimensions: Dimensions) -> list[Problem]:
    """Return a problem for every name that cannot be resolved."""
    problems = [problem for name in CONTROL for problem in _control(model, name)]
    clock = model.by_key.get(TIME)
    if clock is not None:
        problems.append(
            model.source.problem(
                clock.at,
                f"{clock.name!r} is the clock of every run and takes no equation",
                kind="definition",
                variable=clock.name,
                name=clock.name,
                cure="give this variable another name",
            )
        )
    problems += _commands(model)
    near = _Near(model)
    for variable in model.variables:
        if variable.equation is not None:
            problems += _equation(model, dimensions, variable, variable.equation, near)
    return problems


def _commands(model: SourceModel) -> Iterator[Problem]:
    """Refuse names that would command a terminal, a spreadsheet or a page that shows them."""
    for variable in model.by_key.values():
        if _CONTROL_CHARACTERS.search(variable.name):
            yield model.source.problem(
                variable.at,
                f"the name {variable.name!r} holds a control character",
                kind="definition",
                variable=variable.name,
                name=variable.name,
                cure="type the name anew; such characters come from damaged or hostile files",
            )


class _Near:
    """Finds names close to unknown ones, as long as that takes no minutes."""

    def __init__(self, model: SourceModel) -> None:
        self.model, self.left = model, MOST_COMPARED

    @cached_property
    def _variables(self) -> list[str]:
        return [v.name for v in self.model.by_key.values() if v.name[0] != "#"]

    @cached_property
    def _functions(self) -> list[str]:
        tables = [v.name for v in self.model.by_key.values() if v.table is not None]
        return [*(info.name for info in REGISTRY.values()), *tables]

    def _among(self, name: str, known: list[str]) -> tuple[str, ...]:
        self.left -= len(known)
        return near_names(name, known) if self.left > 0 else ()

    def variables(self, name: str) -> tuple[str, ...]:
        return self._among(name, self._variables)

    def functions(self, name: str) -> tuple[str, ...]:
        return self._among(name, self._functions)


def _control(model: SourceModel, name: str) -> list[Problem]:
    known = model.by_key.get(name)
    if known is not None and known.table is not None:
        return [
            model.source.problem(
                known.at,
                f"{known.name!r} is a lookup, but a run needs a number there",
                kind="definition",
                variable=known.name,
                name=known.name,
                cure=f"write {known.name} = and a number",
            )
        ]
    if known is not None or name == SAVEPER:
        return []
    return [
        Problem(
            f"{name.upper()} is not defined",
            kind="definition",
            path=model.source.path,
            name=name.upper(),
            cure="give INITIAL TIME, FINAL TIME and TIME STEP an equation each",
        )
    ]


def _equation(
    model: SourceModel, dimensions: Dimensions, variable: Variable, equation: Expr, near: _Near
) -> list[Problem]:
    problems: list[Problem] = []
    lookup_places: set[int] = set()
    for node in walk(equation):
        if isinstance(node, Call):
            info = REGISTRY.get(key(node.function))
            if info is not None and info.lookup and node.args:
                lookup_places.add(id(node.args[0]))
            problem = _call(model, variable, node, near)
            if problem is not None:  # nobody knows what such a function takes
                lookup_places.update(map(id, node.args))
        elif isinstance(node, Ref):
            problem = _reference(model, dimensions, variable, node, id(node) in lookup_places, near)
        else:
            continue
        if problem is not None:
            problems.append(problem)
    return problems


def _call(model: SourceModel, variable: Variable, node: Call, names: _Near) -> Problem | None:
    name = key(node.function)
    called = model.by_key.get(name)
    if name in REGISTRY or name == COMPUTED or (called is not None and called.table is not None):
        return None
    where = f"in the equation of {readable(variable.name)!r}: "
    if called is not None:
        if called.equation is None:
            return None  # its definition was refused already
        return model.source.problem(
            node.at,
            where + f"{called.name!r} is no function or lookup, so it cannot be called",
            kind="definition",
            variable=variable.name,
            name=node.function,
            cure="write an operator between the name and the bracket",
        )
    near = names.functions(node.function)
    cure = advice(node.function) or did_you_mean(near) or "`sdmodel functions` lists what there is"
    return model.source.problem(
        node.at,
        where + f"there is no function named {node.function!r}",
        kind="unsupported",
        variable=variable.name,
        name=node.function,
        near=near,
        cure=cure,
    )


def _reference(
    model: SourceModel,
    dimensions: Dimensions,
    variable: Variable,
    node: Ref,
    may_be_lookup: bool,
    names: _Near,
) -> Problem | None:
    where = f"in the equation of {readable(variable.name)!r}: "
    known = model.by_key.get(key(node.name))
    if known is None:
        bare = key(node.name.removesuffix("!"))
        number = not node.subscripts and (
            dimensions.is_range(bare)
            or (dimensions.is_element(bare) and not node.name.endswith("!"))
        )
        if key(node.name) == TIME or number:
            return None
        if node.name.endswith("!"):
            return model.source.problem(
                node.at,
                where + f"{node.name!r} stands for a number, but {node.name[:-1]!r} is no range",
                kind="definition",
                variable=variable.name,
                name=node.name[:-1],
                cure="write the exclamation mark behind a range only, as in SUM(x[Range!])",
            )
        near = names.variables(node.name)
        return model.source.problem(
            node.at,
            where + f"no variable is named {node.name!r}",
            kind="unknown name",
            variable=variable.name,
            name=node.name,
            near=near,
            cure=did_you_mean(near) or "define it, or correct the name",
        )
    if known.table is not None and not known.data and not may_be_lookup:
        return model.source.problem(
            node.at,
            where + f"{known.name!r} is a lookup and has no value of its own",
            kind="definition",
            variable=variable.name,
            name=known.name,
            cure=f"say where to read it: {known.name}(x)",
        )
    return None
