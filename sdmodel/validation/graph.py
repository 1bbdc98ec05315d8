"""Who depends on whom directly, and with which sign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from sdmodel import simulate
from sdmodel.expr import Call, Expr, children, references
from sdmodel.kernel import Array, set_constants
from sdmodel.model import Model
from sdmodel.names import element_key, key
from sdmodel.program import Statement
from sdmodel.reference import ReferenceKernel

# What is read once, when a run begins, is no link of a loop: the place of the arguments that are.
RUNNING = {"integ": 1, "initial": 0, "active initial": 1, "reinitial": 0, "delay fixed": 2}
NUDGE = 1e-5


class Dependencies:
    """The direct dependencies of a model's variables, those of stocks on their net flows too."""

    def __init__(self, model: Model) -> None:
        self.model = model

    @cached_property
    def uses(self) -> dict[str, frozenset[str]]:
        """Which variables each one's running equation names, by key."""
        found = {}
        for name, entries in self.model.source.entries.items():
            keys: set[str] = set()
            for entry in entries:
                if entry.equation is not None:
                    keys |= set(_named(entry.equation))
            found[name] = frozenset(keys & self.model.source.entries.keys())
        return found

    def missing(self, path: Sequence[str]) -> list[str]:
        """Return the links of a closed path that the equations do not have."""
        keys = [key(step.partition("[")[0]) for step in path]
        links = zip(path, keys, [*path[1:], path[0]], [*keys[1:], keys[0]], strict=True)
        return [f"{a} -> {b}" for a, of, b, by in links if of not in self.uses.get(by, ())]


def _named(equation: Expr) -> Iterator[str]:
    """Yield the key of every variable and lookup that a running equation reads."""
    todo: list[Expr] = [equation]
    while todo:
        node = todo.pop()
        if isinstance(node, Call):
            name = key(node.function)
            yield name
            todo += node.args[: RUNNING.get(name, len(node.args))]
            continue
        todo += children(node)
        yield from (key(ref.name) for ref in references(node) if node is ref)


class Signs:
    """The signs of links, by nudging one variable at every saved state of the base run."""

    def __init__(self, model: Model) -> None:
        self.model, self.program = model, model.program
        program = model.program
        method, _ = simulate.choose_method(program, "vensim")
        every = list(range(len(program.layout)))
        timing = simulate.Timing()
        done = simulate.trajectory(model._kernel, {}, 1, method, timing, every)
        self.times, self.states = done.times, done.values[:, :, 0]

    def of_loop(self, path: Sequence[str]) -> Array:
        """Return the sign of a loop at every saved time: the product of those of its links."""
        signs = np.ones(len(self.times))
        for cause, effect in zip(path, [*path[1:], path[0]], strict=True):
            signs *= self.of_link(cause, effect)
        return signs

    def of_link(self, cause: str, effect: str) -> Array:
        """Return the sign of what an effect does when its cause alone is raised, at saved times.

        A stock, and a delay inside an equation, answer by their net flow.
        """
        program, head = self.program, key(effect.partition("[")[0])
        statements = [one for one in program.step if key(one.variable) == head]
        kernel = ReferenceKernel(replace(program, step=tuple(statements), start=()))
        causes = self._slots(cause)
        height = np.abs(self.states[causes]).max() or 1.0
        changes = []
        for sign in (1.0, -1.0):
            work = kernel.workspace(len(self.times))
            set_constants(program, work.values, {})
            work.values[...] = self.states
            size = np.abs(work.values[causes])
            work.values[causes] += sign * NUDGE * np.maximum(size, 1e-3 * height)
            work.rates()
            changes.append(work.values[self._answers(effect, statements)].sum(axis=0))
        difference = changes[0] - changes[1]
        size = np.maximum(np.abs(changes[0]), np.abs(changes[1]))
        real = np.abs(difference) > 1e-12 * size
        return np.where(real, np.sign(difference), 0.0)

    def _slots(self, name: str) -> list[int]:
        """Return the slots of a variable, or of one element of it."""
        known = self.program.columns
        return [known[one][1] for one in self.program.elements(element_key(name)) if one in known]

    def _answers(self, effect: str, statements: Sequence[Statement]) -> list[int]:
        """Return where an effect shows: its own slots, or the net flows of its stocks."""
        program, head = self.program, key(effect.partition("[")[0])
        own = {stock.name: stock for stock in program.stocks}
        if head in own:
            first, rate = program.layout.slots[head], program.layout.slots[own[head].rate]
            return [slot - first + rate for slot in self._slots(effect)]
        hidden = [s.rate for s in program.stocks if key(s.variable) == head]
        return [*self._slots(effect), *program.layout.block(hidden)]
