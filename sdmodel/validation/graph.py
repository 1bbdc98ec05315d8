"""Who depends on whom directly, and with which sign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from sdmodel import simulate
from sdmodel.expr import Call, Expr, children, references
from sdmodel.kernel import Array
from sdmodel.model import Model
from sdmodel.names import element_key, key
from sdmodel.reference import ReferenceKernel

# What is read once, when a run begins, is no link of a loop: the place of the arguments that are.
RUNNING = {"integ": 1, "initial": 0, "active initial": 1, "reinitial": 0, "delay fixed": 2}
# How far a variable is nudged, and what of an answer may be rounding, as shares.
NUDGE = 1e-5
ROUNDING = 1e-12


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
    """The signs of links, by nudging one variable at every saved state of the base run.

    The run is that of `engine`; the nudges are always computed by the reference.
    """

    def __init__(self, model: Model, engine: str = "reference") -> None:
        self.model, self.program = model, model.program
        program = model.program
        method, _ = simulate.choose_method(program, "vensim")
        every = list(range(len(program.layout)))
        timing = simulate.Timing()
        done = simulate.trajectory(model.engines.named(engine), {}, 1, method, timing, every)
        self.times, self.states = done.times, done.values[:, :, 0]

    def of_loop(self, path: Sequence[str]) -> Array:
        """Return the sign of a loop at every saved time: the product of those of its links."""
        signs = np.ones(len(self.times))
        for cause, effect in zip(path, [*path[1:], path[0]], strict=True):
            signs *= self.of_link(cause, effect)
        return signs

    def of_link(self, cause: str, effect: str) -> Array:
        """Return the sign of what an effect does when its cause alone is raised, at saved times.

        A stock answers by its net flow. Where the equation delays, what is inside the delay is
        followed until it comes out.
        """
        program, head = self.program, key(effect.partition("[")[0])
        statements = tuple(one for one in program.step if key(one.variable) == head)
        kernel = ReferenceKernel(replace(program, step=statements, start=()))
        inside = [s for s in program.stocks if key(s.variable) == head and s.name != head]
        levels = program.layout.block(stock.name for stock in inside)
        flows = program.layout.block(stock.rate for stock in inside)
        answers, causes = self._answers(effect, head), self._slots(cause)
        up = np.ones((len(causes), len(self.times)))
        signs, moved = self._respond(kernel, causes, up, answers, flows)
        reached = np.zeros_like(moved)
        while np.any((reached == 0) & (moved != 0)):
            reached = np.where(reached == 0, moved, reached)
            later, moved = self._respond(kernel, levels, reached, answers, flows)
            signs = np.where(signs == 0, later, signs)
        return signs

    def _respond(
        self,
        kernel: ReferenceKernel,
        slots: Sequence[int],
        direction: Array,
        answers: Sequence[int],
        flows: Sequence[int],
    ) -> tuple[Array, Array]:
        """Nudge some slots; return the signs of what the answers do together, and each flow."""
        levels = np.abs(self.states[slots])
        nudge = direction * NUDGE * np.maximum(levels, 1e-3 * (levels.max(initial=0.0) or 1.0))
        sides = []
        for side in (nudge, -nudge):
            work = kernel.workspace(len(self.times))
            work.values[...] = self.states
            work.values[slots] += side
            work.rates()
            sides.append((work.values[answers].sum(axis=0), work.values[flows]))
        (above, flows_above), (below, flows_below) = sides
        return _signs(above, below), _signs(flows_above, flows_below)

    def _slots(self, name: str) -> list[int]:
        """Return the slots of a variable, or of one element of it."""
        known = self.program.columns
        return [known[one][1] for one in self.program.elements(element_key(name)) if one in known]

    def _answers(self, effect: str, head: str) -> list[int]:
        """Return where an effect shows: its own slots, or those of its net flow."""
        slots, layout = self._slots(effect), self.program.layout
        for stock in self.program.stocks:
            if stock.name == head:
                return [slot - layout.slots[head] + layout.slots[stock.rate] for slot in slots]
        return slots


def _signs(above: Array, below: Array) -> Array:
    """Return the signs of differences that are more than rounding."""
    difference = above - below
    real = np.abs(difference) > ROUNDING * np.maximum(np.abs(above), np.abs(below))
    return np.where(real, np.sign(difference), 0.0)
