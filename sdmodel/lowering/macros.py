"""Macros written out: each call gets equations of its own, under names that no file can contain.

``y = SSHAPE(a + b, 2)`` becomes ``y = #SSHAPE 1 > SSHAPE`` together with the equations of the
macro, whose variables are all renamed in that way (Vensim Reference Manual, "Macros"). In an
equation with subscripts the new variables have its subscripts, so each element has its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sdmodel.expr import Call, Const, Expr, Ref, Text, rewrite, walk
from sdmodel.lowering.builtin import with_builtin_macros
from sdmodel.lowering.macrocheck import MacroChecks, own_names
from sdmodel.names import key, of_the_model, tidy
from sdmodel.source import Macro, SourceModel, Span, Variable

MOST_VARIABLES = 50_000  # that the macros of one model may become
MOST_NODES = 5_000_000  # in their equations together
# Functions that run over ``range!`` themselves.
_REDUCERS = frozenset({"sum", "prod", "product", "vmin", "vmax", "vector select"})


def expand_macros(model: SourceModel) -> SourceModel:
    """Return the model without macros: every call replaced by equations of its own.

    A macro of the file comes before a function of the same name.

    Whatever is wrong with a call is added to the model's problems.

    Examples
    --------
    >>> from sdmodel.frontends.mdl import parse
    >>> from sdmodel.source import SourceText
    >>> text = ":MACRO: F(a) F = 2*a ~~| :END OF MACRO: x = F(3) ~~|"
    >>> [one.name for one in expand_macros(parse(SourceText("m.mdl", text))).variables]
    ['x', '#F 1 > F']
    """
    model = with_builtin_macros(model)
    return _Expansion(model).run() if model.macros else model


@dataclass(frozen=True, slots=True)
class _Instance:
    """One call of a macro: its inputs by key, and the subscripts of its variables."""

    macro: Macro
    number: int
    subscripts: tuple[str, ...]
    exceptions: tuple[tuple[str, ...], ...]
    inputs: dict[str, Expr] = field(default_factory=dict)

    def hidden(self, name: str) -> str:
        """Return the name that a name of the macro has outside of it."""
        return f"#{_bare(self.macro.name)} {self.number} > {_bare(name)}"


@dataclass(frozen=True, slots=True)
class _Site:
    """Where a call stands: the variable whose equation is read, and the macro it belongs to."""

    variable: Variable
    shown: str
    instance: _Instance | None = None


def _bare(name: str) -> str:
    name = tidy(name)
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] == '"' else name


class _Expansion:
    def __init__(self, model: SourceModel) -> None:
        self.model = model
        self.checks = MacroChecks(model)
        self.macros = self.checks.macros
        self.ranges = {one.key for one in model.dimensions}
        self.locals = {name: own_names(macro) for name, macro in self.macros.items()}
        self.sizes = {name: _nodes(macro) for name, macro in self.macros.items()}
        self.done: list[Variable] = []
        self.queue: deque[_Site] = deque()
        self.calls = self.made = self.nodes = 0
        # Variables of the model that calls fill, by key and subscripts.
        self.filled: dict[tuple[str, tuple[str, ...]], Variable] = {}

    def run(self) -> SourceModel:
        """Write out every call, those within macros included."""
        for variable in self.model.variables:
            self._write_out(_Site(variable, variable.name))
        while self.queue:
            self._write_out(self.queue.popleft())
        variables = tuple(self._merged())
        problems = (*self.model.problems, *self.checks.problems)
        return replace(self.model, variables=variables, macros=(), problems=problems)

    def _write_out(self, site: _Site) -> None:
        variable = site.variable
        if variable.equation is not None:
            new = rewrite(variable.equation, lambda node: self._change(node, site))
            if new is not variable.equation:
                variable = replace(variable, equation=new)
        self.done.append(variable)

    def _change(self, node: Expr, site: _Site) -> Expr:
        if isinstance(node, Ref) and site.instance is not None:
            return self._resolved(node, site.instance)
        if isinstance(node, Call):
            if site.instance is not None:
                node = self._resolved_call(node, site, site.instance)
            if isinstance(node, Call) and key(node.function) in self.macros:
                return self._call(node, site)
        return node

    # Names within a macro -----------------------------------------------------------------------

    def _resolved(self, node: Ref, instance: _Instance) -> Expr:
        """Return what a name in a macro stands for in this call."""
        name, macro = key(node.name), key(instance.macro.name)
        if name in instance.inputs:
            given = instance.inputs[name]
            if isinstance(given, Ref) and node.subscripts:
                return replace(given, subscripts=given.subscripts + node.subscripts)
            return given
        if name in self.locals[macro]:
            shared = () if self.locals[macro][name] else instance.subscripts
            return Ref(instance.hidden(node.name), shared + node.subscripts, node.at)
        if name in self.checks.unknown[macro]:
            return Const(0.0, node.at)  # reported already
        if name.endswith("$"):
            return replace(node, name=of_the_model(node.name))
        return node

    def _resolved_call(self, node: Call, site: _Site, instance: _Instance) -> Expr:
        """Return a call in a macro with the lookup that its name stands for in this call."""
        name, macro = key(node.function), key(instance.macro.name)
        if name in instance.inputs:
            given = instance.inputs[name]
            if not isinstance(given, Ref):
                what = f"the input {node.function!r} of the macro {instance.macro.name!r} is called"
                what += " as a lookup, but no lookup is given for it"
                self.checks.refuse(node.at, site.shown, what, "give the name of a lookup")
                return Const(0.0, node.at)
            return replace(node, function=given.name, subscripts=given.subscripts + node.subscripts)
        if self.locals[macro].get(name):
            return replace(node, function=instance.hidden(node.function))
        if name.endswith("$"):
            return replace(node, function=of_the_model(node.function))
        return node

    # Calls --------------------------------------------------------------------------------------

    def _call(self, node: Call, site: _Site) -> Expr:
        """Return the value of a call; its equations are queued."""
        macro = self.macros[key(node.function)]
        if not self.checks.fits(macro, node, site.shown) or self._too_many(macro, node, site):
            return Const(0.0, node.at)
        self.calls += 1
        subscripts, exceptions = self._subscripts(site.variable)
        running, args = self._running(node, site, subscripts)
        inside = subscripts + running
        left_out = tuple(one + running for one in exceptions)
        instance = _Instance(macro, self.calls, inside, left_out)
        for name, arg in zip(macro.inputs, args, strict=True):
            instance.inputs[key(name)] = self._input(instance, name, arg, node)
        for variable in macro.variables:
            self.queue.append(_Site(_placed(variable, instance), variable.name, instance))
        reference = subscripts + tuple(f"{one}!" for one in running)
        for output, name in zip(node.outputs, macro.outputs[1:], strict=False):
            self._fill(output, Ref(instance.hidden(name), reference, output.at), site)
        return Ref(instance.hidden(macro.outputs[0]), reference, node.at)

    def _too_many(self, macro: Macro, node: Call, site: _Site) -> bool:
        self.made += len(macro.variables) + len(macro.inputs)
        self.nodes += self.sizes[key(macro.name)]
        if self.made <= MOST_VARIABLES and self.nodes <= MOST_NODES:
            return False
        self.checks.too_many(node.at, site.shown, MOST_VARIABLES)
        return True

    def _subscripts(
        self, variable: Variable
    ) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Return the ranges left of the equals sign; elements too where exceptions need them."""
        if variable.exceptions:
            return variable.subscripts, variable.exceptions
        return tuple(one for one in variable.subscripts if key(one) in self.ranges), ()

    def _running(
        self, node: Call, site: _Site, subscripts: tuple[str, ...]
    ) -> tuple[tuple[str, ...], tuple[Expr, ...]]:
        """Return the ranges a function around the call runs over, and arguments without ``!``.

        In ``SUM(F(x[A!]))`` the macro is computed for each element of A.
        """
        found: dict[str, str] = {}
        outer: set[int] = set()
        stack: list[Expr] = list(node.args)
        while stack:
            one = stack.pop()
            if isinstance(one, Call) and key(one.function) in _REDUCERS:
                continue
            if isinstance(one, Ref) and any(part.endswith("!") for part in one.subscripts):
                outer.add(id(one))
                ends = (part[:-1].strip() for part in one.subscripts if part.endswith("!"))
                found |= {key(part): part for part in ends}
            stack.extend(getattr(one, "args", ()))
        if not found:
            return (), node.args
        taken = {key(one) for one in subscripts} & set(found)
        if taken:
            name = found[min(taken)]
            what = f"the macro {node.function!r} cannot run over {name + '!'!r} where {name!r} "
            what += "stands left of the equals sign"
            cure = "compute the macro in a variable of its own and use that"
            self.checks.refuse(node.at, site.shown, what, cure, "unsupported")
            return (), tuple(Const(0.0, node.at) for _ in node.args)

        def still(one: Expr) -> Expr:
            if isinstance(one, Ref) and id(one) in outer:
                return replace(one, subscripts=tuple(s.rstrip("!") for s in one.subscripts))
            return one

        return tuple(found.values()), tuple(rewrite(arg, still) for arg in node.args)

    def _input(self, instance: _Instance, name: str, arg: Expr, node: Call) -> Expr:
        """Return what stands for an input: a plain argument itself, or a variable that holds it."""
        if isinstance(arg, Ref | Const | Text):
            return arg
        hidden = Variable(
            instance.hidden(name),
            arg,
            at=node.at,
            subscripts=instance.subscripts,
            exceptions=instance.exceptions,
        )
        self.done.append(hidden)  # the calls in it were written out before this one
        return Ref(hidden.name, instance.subscripts, node.at)

    def _fill(self, output: Ref, value: Ref, site: _Site) -> None:
        """Define a variable that stands among the outputs of a call."""
        caller, instance = site.variable, site.instance
        if instance is not None:
            new = Variable(output.name, value, at=output.at, subscripts=output.subscripts)
            self.done.append(replace(_placed(new, instance), equation=value))
            return
        own = output.subscripts or caller.subscripts
        new = Variable(
            output.name,
            value,
            group=caller.group,
            at=output.at,
            subscripts=own,
            exceptions=caller.exceptions if own == caller.subscripts else (),
        )
        known = [one for one in self.model.entries.get(new.key, ()) if not _is_bare(one)]
        place = (new.key, tuple(map(key, own)))
        if known or place in self.filled:
            self.checks.defined_twice(output, site.shown, (known or [self.filled[place]])[0])
            return
        self.filled[place] = new
        self.done.append(new)

    def _merged(self) -> Iterator[Variable]:
        """Yield the variables; an entry without equation only describes an output of a call."""
        filled = {name for name, _ in self.filled}
        about = {one.key: one for one in self.model.variables if one.key in filled}
        for one in self.done:
            entry = about.get(one.key)
            if entry is None:
                yield one
            elif one.equation is not None:
                yield replace(one, units=entry.units, comment=entry.comment)


def _is_bare(variable: Variable) -> bool:
    """Return whether an entry has a name, units and a comment, but nothing to compute."""
    return variable.equation is None and variable.table is None and not variable.lookup


def _placed(variable: Variable, instance: _Instance) -> Variable:
    """Return a variable of a macro under its hidden name, with the subscripts of the call."""
    nowhere = Span(-1, -1)
    new = replace(
        variable, name=instance.hidden(variable.name), span=nowhere, equation_span=nowhere
    )
    if variable.lookup or variable.table is not None:
        return new
    exceptions = tuple(one + variable.subscripts for one in instance.exceptions)
    exceptions += tuple(instance.subscripts + one for one in variable.exceptions)
    return replace(new, subscripts=instance.subscripts + variable.subscripts, exceptions=exceptions)


def _nodes(macro: Macro) -> int:
    equations = (one.equation for one in macro.variables if one.equation is not None)
    return sum(1 for equation in equations for _ in walk(equation))
