"""Random subscripted equations: both engines agree, and each element is an equation of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdmodel.codegen import CompiledKernel
from sdmodel.codegen.jit import widest
from sdmodel.frontends.mdl import parse
from sdmodel.integrators import TABLEAUS, FixedStep, Grid
from sdmodel.integrators.fixed import half_step
from sdmodel.lowering import program_of
from sdmodel.program import Program
from sdmodel.reference import ReferenceKernel
from sdmodel.simulate import Timing, trajectory
from sdmodel.source import SourceText

pytestmark = pytest.mark.slow

thorough = settings(
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
CONTROL = "INITIAL TIME=0~~|FINAL TIME=2~~|TIME STEP=0.5~~|SAVEPER=TIME STEP~~|\n"
SIZES = {"a": 3, "b": 2, "c": 3}
MAPPED = {"a1": "c3", "a2": "c1", "a3": "c2"}  # c: c1, c2, c3 -> (a: a2, a3, a1)
RANGES = "a: a1, a2, a3~~|\nb: b1, b2~~|\nc: c1, c2, c3 -> (a: a2, a3, a1)~~|\n"
POINTS = "(-4,1),(-1,3),(0,-2),(2,2),(8,0)"
OTHERS = "(-3,0),(1,-1),(5,4)"
# The inputs: constants that change with Time, so that nothing is computed once and for all.
INPUTS = {"s": "", "va": "a", "vb": "b", "vc": "c", "m": "ab"}
Places = Mapping[str, str]


def elements(range_: str) -> list[str]:
    return [f"{range_}{i + 1}" for i in range(SIZES[range_])]


def combined(ranges: str) -> list[dict[str, str]]:
    """Return every combination of the elements of some ranges."""
    found: list[dict[str, str]] = [{}]
    for one in ranges:
        found = [{**before, one: element} for before in found for element in elements(one)]
    return found


def scalar(name: str, subscripts: tuple[str, ...], places: Places) -> str:
    """Return the name that an element has in a model without subscripts."""
    return "q".join((name, *(places.get(one, one) for one in subscripts)))


@dataclass(frozen=True)
class Tree:
    """An expression that can be written with subscripts or for one element."""

    form: str
    parts: tuple[Tree, ...] = ()
    name: str = ""
    subscripts: tuple[str, ...] = ()
    over: str = ""

    def array(self) -> str:
        inner = [part.array() for part in self.parts]
        if self.name:
            brackets = f"[{','.join(self.subscripts)}]" if self.subscripts else ""
            return self.form.format(self.name + brackets, *inner)
        return self.form.format(*inner)

    def element(self, places: Places) -> str:
        if self.over:
            each = [
                self.parts[0].element({**places, self.over + "!": one})
                for one in elements(self.over)
            ]
            return REDUCED[self.form](each)
        inner = [part.element(places) for part in self.parts]
        if self.name:
            return self.form.format(scalar(self.name, self.subscripts, places), *inner)
        if self.form in SIZES:  # a range as a number
            return places[self.form][1:]
        return self.form.format(*inner)


def nested(function: str, parts: list[str]) -> str:
    text = parts[0]
    for part in parts[1:]:
        text = f"{function}({text},{part})"
    return text


REDUCED = {
    "SUM({})": lambda each: "(" + "+".join(each) + ")",
    "PROD({})": lambda each: "(" + "*".join(each) + ")",
    "VMIN({})": lambda each: nested("MIN", each),
    "VMAX({})": lambda each: nested("MAX", each),
    "MEAN({})": lambda each: "((" + "+".join(each) + f")/{len(each)})",
}
FORMS = ["({}+{})", "({}-{})", "({}*{})", "MIN({},{})", "MAX({},{})", "({}/(2+ABS({})))"]
FORMS += ["table({})", "SMOOTH({},2)", "DELAY FIXED({},1,0)"]
TABLES = {"table": "", "ta": "a"}


@st.composite
def trees(draw: st.DrawFn, left: str, bound: str, known: Mapping[str, str], depth: int) -> Tree:
    """Return an expression for an entry with these ranges left; `bound` are those of sums."""

    def below(more: str = "") -> Tree:
        # What is marked in an inner sum belongs to that sum alone.
        return draw(trees(left, more or bound, known, depth - 1))

    def subscript(range_: str) -> str:
        choices = [*elements(range_)]
        choices += [range_] * 4 if range_ in left else []
        choices += [range_ + "!"] * 4 if range_ in bound else []
        if range_ == "c" and "a" in left and "c" not in bound:
            choices += ["c"] * 4  # mapped
        return draw(st.sampled_from(choices))

    def reference(names: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
        name = draw(st.sampled_from(sorted(names)))
        return name, tuple(subscript(one) for one in names[name])

    kinds = ["reference"] * 3 + ["number"]
    if depth:
        kinds += ["form"] * 4 + ["choice", "lookup", "reduce", "reduce"]
    kind = draw(st.sampled_from(kinds))
    if kind == "form":
        form = draw(st.sampled_from(FORMS))
        return Tree(form, tuple(below() for _ in range(form.count("{}"))))
    if kind == "choice":  # on inputs only: there rounding decides nothing
        (a, at), (b, bt) = reference(INPUTS), reference(INPUTS)
        tests = Tree("{}", (), a, at), Tree("{}", (), b, bt)
        return Tree("IF THEN ELSE({}<{},{},{})", (*tests, below(), below()))
    if kind == "lookup":
        name, at = reference(TABLES)
        return Tree("{}({})", (below(),), name, at)
    if kind == "reduce":
        over = draw(st.sampled_from(sorted(SIZES)))
        own = Tree("{}", (), f"v{over}", (f"{over}!",))  # a sum runs over what is marked in it
        form = draw(st.sampled_from(["({}+{})", "({}*{})", "MAX({},{})"]))
        inner = Tree(form, (own, below(over)))
        return Tree(draw(st.sampled_from(sorted(REDUCED))), (inner,), over=over)
    if kind == "number":
        numbers = ["0.5", "3", "Time", *(one for one in "ab" if one in left)]
        return Tree(draw(st.sampled_from(numbers)))
    name, at = reference(known)
    return Tree("{}", (), name, at)


@dataclass(frozen=True)
class Random:
    """Equations in both forms."""

    array: str
    scalar: str


@st.composite
def models(draw: st.DrawFn) -> Random:
    """Return a model of a few equations, each of which may use those before it."""
    known = dict(INPUTS)
    arrays, scalars = [RANGES], []
    for name, ranges in INPUTS.items():
        brackets = f"[{','.join(ranges)}]" if ranges else ""
        arrays += [f"k{name}{brackets}=1~~|", f"{name}{brackets}=k{name}{brackets}*(1+Time/4)~~|\n"]
        for places in combined(ranges):
            one = scalar(name, tuple(ranges), places)
            scalars += [f"k{one}=1~~|", f"{one}=k{one}*(1+Time/4)~~|\n"]
    arrays += [f"table({POINTS})~~|", f"ta[a]({POINTS})~~|\n".replace("[a]", "[a1]")]
    arrays += [f"ta[{one}]({OTHERS})~~|\n" for one in ("a2", "a3")]
    scalars += [f"table({POINTS})~~|", f"taqa1({POINTS})~~|\n"]
    scalars += [f"taq{one}({OTHERS})~~|\n" for one in ("a2", "a3")]
    for i in range(draw(st.integers(1, 3))):
        name = f"x{i}"
        left = draw(st.sampled_from(["", "a", "b", "ab", "ba"]))
        tree = draw(trees(left, "", known, 3))
        stock = draw(st.booleans())
        without = draw(st.booleans()) and "a" in left
        form = "INTEG(({})/8,1)" if stock else "{}"
        brackets = f"[{','.join(left)}]" if left else ""
        exception = brackets.replace("a", "a2")
        if without:
            arrays.append(f"{name}{exception}=7~~|\n{name}{brackets}:EXCEPT:{exception}=")
        else:
            arrays.append(f"{name}{brackets}=")
        arrays.append(form.format(tree.array()) + "~~|\n")
        for places in combined(left):
            if without and places["a"] == "a2":
                text = "7"
            else:
                more = {"c": MAPPED[places["a"]]} if "a" in places else {}
                text = form.format(tree.element({**places, **more}))
            scalars.append(f"{scalar(name, tuple(left), places)}={text}~~|\n")
        known[name] = left
    return Random("".join(arrays), "".join(scalars))


def program(equations: str) -> Program:
    return program_of(parse(SourceText("test.mdl", "{UTF-8}\n" + equations + CONTROL)))


def inputs(rows: int, seed: int) -> dict[str, np.ndarray]:
    """Return values of all constants, in quarters, of which sums and products are exact."""
    draw = np.random.default_rng(seed)
    names = [
        f"k{name}" + (f"[{','.join(places.values())}]" if places else "")
        for name, ranges in INPUTS.items()
        for places in combined(ranges)
    ]
    return {name: draw.integers(-12, 13, rows) / 4 for name in names}


def flat(name: str) -> str:
    return name.replace("[", "q").replace(",", "q").replace("]", "")


def by_reference(one: Program, values: dict[str, np.ndarray], rows: int) -> np.ndarray:
    slots = [slot for _, slot in one.columns.values()]
    done = trajectory(ReferenceKernel(one), values, rows, FixedStep("euler"), Timing(), slots)
    return done.values


def assert_close(wanted: np.ndarray, found: np.ndarray, names: list[str]) -> None:
    assert wanted.shape == found.shape
    for want, got, name in zip(wanted, found, names, strict=True):
        np.testing.assert_array_equal(np.isfinite(want), np.isfinite(got), err_msg=name)
        peak = np.abs(np.where(np.isfinite(want), want, 0)).max(initial=1)
        with np.errstate(all="ignore"):
            near = (np.abs(want - got) <= 1e-12 * peak) | ~np.isfinite(want)
        assert near.all(), name


WIDTHS = [width for width in (1, 2, 4, 8) if width <= widest()]


@pytest.mark.parametrize("width", WIDTHS)
@settings(thorough, max_examples=25)
@given(made=models(), seed=st.integers(0, 2**32 - 1))
def test_both_engines_agree(width: int, made: Random, seed: int) -> None:
    one = program(made.array)
    kernel = CompiledKernel(one, width=width)
    grid = Grid.build(0, 2, 0.5, 0.5)
    slots = [slot for _, slot in one.columns.values()]
    for rows in (1, 7, 9):
        values = inputs(rows, seed)
        found = kernel.batch(values, rows, grid, TABLEAUS["euler"], slots, half_step(0.5))[0]
        assert_close(by_reference(one, values, rows), found, list(one.columns))


@settings(thorough, max_examples=150)
@given(made=models(), seed=st.integers(0, 2**32 - 1))
def test_a_subscripted_equation_is_one_for_each_element(made: Random, seed: int) -> None:
    """The same model without any subscripts gives the same."""
    one, other = program(made.array), program(made.scalar)
    values = inputs(3, seed)
    wanted = by_reference(other, {flat(name): value for name, value in values.items()}, 3)
    found = by_reference(one, values, 3)
    names = [flat(name) for name in one.columns]
    order = [list(other.columns).index(name) for name in names]
    assert sorted(names) == sorted(other.columns)
    assert_close(wanted[order], found, names)
