"""What a model arranged for a reality check consists of, beside its equations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sdmodel.expr import Expr, Op, Ref
from sdmodel.reality.logic import Leaf, Tree
from sdmodel.reality.profiles import Profile
from sdmodel.source import RealityConstraint, SourceModel

Elements = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drive:
    """What makes one statement of a condition true: a variable, set by a comparison.

    `own` are the subscripts it stands under, those of its test input or of the constraint;
    `switch`, `value` and `begun` are the names of variables that have these. Without a profile
    there is no `begun` and no `basis`: it holds from the beginning. `before` and `after` are the
    names of the target before and after it is set, with the subscripts of the target.
    """

    text: str
    own: tuple[str, ...]
    target: Ref
    op: Op
    equation: Expr
    profile: Profile | None
    switch: str
    value: str
    before: str
    after: str
    begun: str = ""
    basis: Basis | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """What a profile starts from: `constant` takes the value `probe` has at the time `start`."""

    constant: str
    probe: str
    start: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One statement as variables: its two sides, and where it is asked, if not everywhere."""

    text: str
    op: Op
    left: str
    right: str
    asked: str = ""
    basis: Basis | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """A statement of the condition: what it is when nothing forces it, and what can force it.

    `elements` gives, for the elements of a constraint, those of the drive. A test input by name has
    no statement of its own: unforced it is false, or true where it is `negated`.
    """

    ask: Ask | None
    drive: Drive | None
    elements: Callable[[Elements], Elements]
    negated: bool = False


@dataclass
class Arrangement:
    """A model with everything a constraint needs, and what is to be looked at in its runs."""

    constraint: RealityConstraint
    source: SourceModel
    instances: list[Elements]
    condition: Tree | Leaf | None
    causes: dict[int, Cause]
    ways: list[tuple[Leaf, ...]]
    parts: list[Tree | Leaf]
    asks: dict[int, Ask]
    renamed: dict[str, str]
    drives: list[Drive] = field(default_factory=list)

    @property
    def bases(self) -> list[tuple[Basis, tuple[str, ...]]]:
        """Every basis, with the subscripts it stands under."""
        found = [(one.basis, one.own) for one in self.drives if one.basis is not None]
        own = self.constraint.subscripts
        return found + [(one.basis, own) for one in self.asks.values() if one.basis is not None]


def element_name(name: str, elements: Sequence[str]) -> str:
    """Return the column of an element of a variable, or of one without subscripts.

    >>> element_name("x", ("a", "b")), element_name("x", ())
    ('x[a,b]', 'x')
    """
    return f"{name}[{','.join(elements)}]" if elements else name
