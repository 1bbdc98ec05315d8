"""What a variable comes from and what it acts on, some steps far: causes and uses trees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sdmodel.model import Model

LOOP, AGAIN = "loop", "again"


@dataclass(frozen=True, slots=True)
class Branch:
    """A variable and those next to it; `mark` tells why those are left out.

    It is "loop" where the variable is among those it was reached by, so that a feedback loop
    closes, "again" where it stands in the tree with its branches already, "more" where the tree
    ends before its own branches, and else empty.
    """

    name: str
    branches: tuple[Branch, ...] = ()
    mark: str = ""

    def lines(self) -> Iterator[str]:
        r"""Yield the tree as text.

        Examples
        --------
        >>> tree = Branch("a", (Branch("b", (Branch("a", mark="loop"),)), Branch("c")))
        >>> print("\n".join(tree.lines()))
        a
        ├─ b
        │  └─ a  (loop)
        └─ c
        """
        shown = {LOOP: "  (loop)", AGAIN: "  (see above)", "more": "  ..."}
        yield self.name + shown.get(self.mark, "")
        for place, one in enumerate(self.branches):
            last = place == len(self.branches) - 1
            first, *rest = one.lines()
            yield ("└─ " if last else "├─ ") + first
            yield from (("   " if last else "│  ") + line for line in rest)

    def as_dict(self) -> dict[str, Any]:
        """Return the tree as nested dictionaries."""
        return {
            "name": self.name,
            "mark": self.mark,
            "branches": [one.as_dict() for one in self.branches],
        }


def tree(name: str, near: Callable[[str], Sequence[str]], depth: int) -> Branch:
    r"""Return a tree of what is `near` a variable, and near that, so many steps far.

    Examples
    --------
    >>> near = {"a": ["b"], "b": ["a", "c"], "c": []}
    >>> print("\n".join(tree("a", near.__getitem__, 3).lines()))
    a
    └─ b
       ├─ a  (loop)
       └─ c
    """
    grown: set[str] = set()

    def grow(one: str, path: tuple[str, ...], left: int) -> Branch:
        if one in path:
            return Branch(one, mark=LOOP)
        next_ones = near(one)
        if not next_ones:
            return Branch(one)
        if one in grown:
            return Branch(one, mark=AGAIN)
        if left == 0:
            return Branch(one, mark="more")
        grown.add(one)
        return Branch(one, tuple(grow(other, (*path, one), left - 1) for other in next_ones))

    return grow(name, (), min(depth, 30))


def causes_tree(model: Model, name: str, depth: int) -> Branch:
    """Return what a variable comes from."""
    return tree(model.variable(name).name, lambda one: model.variable(one).uses, depth)


def uses_tree(model: Model, name: str, depth: int) -> Branch:
    """Return what a variable acts on."""
    return tree(model.variable(name).name, lambda one: model.variable(one).used_by, depth)
