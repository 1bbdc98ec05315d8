"""What can be wrong with macros and their calls, found before and while they are written out."""

from __future__ import annotations

from collections.abc import Iterator

from sdmodel.errors import Problem, counted, did_you_mean, near_names
from sdmodel.expr import Call, Ref, references, walk
from sdmodel.lowering.order import in_order
from sdmodel.names import key
from sdmodel.program import CONTROL, TIME
from sdmodel.source import Macro, SourceModel, Variable


def calls(variable: Variable) -> Iterator[Call]:
    """Yield every call in the equation of a variable."""
    if variable.equation is not None:
        yield from (node for node in walk(variable.equation) if isinstance(node, Call))


def own_names(macro: Macro) -> dict[str, bool]:
    """Return the keys of what a macro defines, and whether each is a lookup."""
    found = {one.key: one.lookup or one.table is not None for one in macro.variables}
    for one in macro.variables:
        for call in calls(one):
            for output in call.outputs:
                found.setdefault(key(output.name), False)
    return found


class MacroChecks:
    """Collects the problems of a model's macros; the same problem is reported once.

    `macros` are those by key, `unknown` the keys of names in each that nobody defines.
    """

    def __init__(self, model: SourceModel) -> None:
        self.model = model
        self._problems: dict[tuple[int, str], Problem] = {}
        self.macros = {key(one.name): one for one in model.macros}
        self.unknown: dict[str, set[str]] = {name: set() for name in self.macros}
        self.circular = self._circles()
        self._elements = {key(name) for one in model.dimensions for name in one.elements}
        self._elements |= {one.key for one in model.dimensions}
        for name in self._called():
            self._check_names(name)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems found so far."""
        return tuple(self._problems.values())

    def refuse(
        self, at: int, variable: str, what: str, cure: str, kind: str = "definition", name: str = ""
    ) -> None:
        """Report what is wrong with a call in the equation of a variable."""
        message = f"in the equation of {variable!r}: {what}"
        self._problems.setdefault(
            (at, message),
            self.model.source.problem(
                at, message, kind=kind, variable=variable, cure=cure, name=name
            ),
        )

    def fits(self, macro: Macro, node: Call, variable: str) -> bool:
        """Return whether a call has the arguments and outputs of its macro; report it if not."""
        if key(macro.name) in self.circular:
            return False
        shown = f"write {macro.name}({', '.join(macro.inputs)}"
        shown += f" : {', '.join(macro.outputs[1:])})" if macro.outputs[1:] else ")"
        count, wanted = len(node.args), len(macro.inputs)
        if count != wanted:
            what = f"the macro {macro.name!r} takes {counted(wanted, 'argument')}, not {count}"
            self.refuse(node.at, variable, what, shown, name=macro.name)
            return False
        count, wanted = len(node.outputs), len(macro.outputs) - 1
        if count > wanted:
            what = f"the macro {macro.name!r} has {counted(wanted, 'output')} to name, not {count}"
            self.refuse(node.at, variable, what, shown, name=macro.name)
            return False
        return True

    def too_many(self, at: int, variable: str, most: int) -> None:
        """Report, once, that the macros of the model would become too large."""
        message = f"the macros of this model would become more than {most:,} variables"
        if (-1, message) not in self._problems:
            cure = "call fewer macros within macros"
            self._problems[-1, message] = self.model.source.problem(
                at, message, kind="unsupported", variable=variable, cure=cure, name=":MACRO:"
            )

    def defined_twice(self, output: Ref, variable: str, first: Variable) -> None:
        """Report an output of a call that has an equation, too."""
        line = self.model.source.place(first.at)[0]
        what = f"the output {output.name!r} is defined already, in line {line}"
        self.refuse(output.at, variable, what, "give the output another name", "duplicate")

    # The macros themselves ----------------------------------------------------------------------

    def _circles(self) -> set[str]:
        """Report macros that call themselves; return the keys of all that do."""
        needs: dict[str, list[str]] = {}
        for name, macro in self.macros.items():
            found = (key(call.function) for one in macro.variables for call in calls(one))
            needs[name] = [one for one in found if one in self.macros]
        _, circles = in_order(needs, needs)
        for circle in circles:
            names = [self.macros[one].name for one in circle]
            message = f"these macros call each other: {' -> '.join(names)}"
            if len(circle) == 2:
                message = f"the macro {names[0]!r} calls itself"
            at = self.macros[circle[0]].at
            cure = "write its equations out; a macro cannot be repeated"
            self._problems[at, message] = self.model.source.problem(
                at, message, kind="circular", name=names[0], cure=cure, loop=tuple(names[:-1])
            )
        return {one for circle in circles for one in circle}

    def _called(self) -> list[str]:
        """Return the keys of the macros that the model calls, by way of others too."""
        found: dict[str, None] = {}
        todo = [one for one in self.model.variables if one.equation is not None]
        while todo:
            for call in calls(todo.pop()):
                name = key(call.function)
                if name in self.macros and name not in found:
                    found[name] = None
                    todo.extend(self.macros[name].variables)
        return list(found)

    def _check_names(self, name: str) -> None:
        macro = self.macros[name]
        known = own_names(macro).keys() | {key(one) for one in macro.inputs}
        known |= {TIME, *CONTROL} | self._elements
        external = any(one.external is not None for one in self.model.dimensions)
        for variable in macro.variables:
            if variable.equation is None:
                continue
            for ref in references(variable.equation):
                wanted = key(ref.name)
                if wanted in known or wanted.endswith("$") or external:
                    continue
                self.unknown[name].add(wanted)
                in_model = wanted in self.model.by_key
                near = near_names(ref.name, (*macro.inputs, *(v.name for v in macro.variables)))
                what = f"the macro {macro.name!r} has no variable named {ref.name!r}"
                cure = f"write {ref.name}$ for that of the model" if in_model else ""
                cure = cure or did_you_mean(near) or "make it an input, or define it in the macro"
                self.refuse(ref.at, variable.name, what, cure, "unknown name", ref.name)
