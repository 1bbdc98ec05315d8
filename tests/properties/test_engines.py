"""The reference kernel against a second, scalar reading of every function, for any numbers."""

from __future__ import annotations

import math
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sdmodel.frontends.mdl import parse
from sdmodel.functions.registry import _DEFINITIONS, REGISTRY
from sdmodel.lowering import program_of
from sdmodel.model import Model
from sdmodel.program import TIME
from sdmodel.reference import ReferenceKernel
from sdmodel.source import SourceText

pytestmark = pytest.mark.slow

CONTROL = "INITIAL TIME=0~~|FINAL TIME=4~~|TIME STEP=0.5~~|SAVEPER=0.5~~|"
NOW = 2.5  # what Time is when a value is looked at
NAN, INF = math.nan, math.inf
thorough = settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


# The second reading: one number at a time, by `math` ---------------------------------------------


def quiet(function: Callable[..., float]) -> Callable[..., float]:
    """Return a function of `math` that gives NaN outside its domain, as IEEE 754 does."""

    def safe(*args: float) -> float:
        try:
            return float(function(*args))
        except ValueError:
            return NAN

    return safe


def odd(x: float) -> bool:
    return math.isfinite(x) and x == math.trunc(x) and math.trunc(x) % 2 == 1


def divide(a: float, b: float) -> float:
    if b != 0:
        return a / b
    return NAN if a == 0 or a != a else math.copysign(INF, a) * math.copysign(1, b)


def multiply(a: float, b: float) -> float:
    return a * b


def power(a: float, b: float) -> float:
    negative = (a < 0 or (a == 0 and math.copysign(1, a) < 0)) and odd(b)
    try:
        return math.pow(a, b)
    except OverflowError:
        return -INF if negative else INF
    except ValueError:
        if a == 0:
            return -INF if negative else INF
        return NAN


def log(x: float) -> float:
    return -INF if x == 0 else quiet(math.log)(x)


def overflowing(function: Callable[[float], float], even: bool) -> Callable[[float], float]:
    def safe(x: float) -> float:
        try:
            return function(x)
        except OverflowError:
            return INF if even or x > 0 else -INF

    return safe


def exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return INF


def trunc(x: float) -> float:
    return float(math.trunc(x)) if math.isfinite(x) else x


def smaller(a: float, b: float) -> float:
    return NAN if a != a or b != b else min(a, b)


def larger(a: float, b: float) -> float:
    return NAN if a != a or b != b else max(a, b)


def gamma_ln(x: float) -> float:
    if 0 < abs(x) < sys.float_info.min and math.isinf(divide(1.0, x)):
        return INF  # SciPy takes numbers without a reciprocal for the pole at zero
    try:
        return math.lgamma(x)
    except (ValueError, OverflowError):
        return INF


def quantum(x: float, step: float) -> float:
    return x if step <= 0 else step * trunc(divide(x, step))


def xidz(a: float, b: float, otherwise: float) -> float:
    return otherwise if abs(b) < 1e-6 else divide(a, b)


def truth(test: Callable[[float, float], bool]) -> Callable[[float, float], float]:
    return lambda a, b: 1.0 if test(a, b) else 0.0


POINTS = ((-2.0, 1.0), (0.0, 3.0), (0.5, -1.0), (4.0, -1.0), (4.0, 6.0), (9.0, 6.5))
XS, YS = [x for x, _ in POINTS], [y for _, y in POINTS]


def line(x: float, i: int) -> float:
    share = (x - XS[i]) / (XS[i + 1] - XS[i])
    return YS[i] + share * (YS[i + 1] - YS[i])


def interpolate(x: float) -> float:
    if x != x:
        return NAN
    i = bisect_right(XS, x) - 1
    return YS[0] if i < 0 else YS[-1] if i >= len(XS) - 1 else line(x, i)


def extrapolate(x: float) -> float:
    if XS[0] <= x <= XS[-1] or x != x:
        return interpolate(x)
    return line(x, 0 if x < XS[0] else len(XS) - 2)


def forward(x: float) -> float:
    return NAN if x != x else YS[min(bisect_left(XS, x), len(XS) - 1)]


def backward(x: float) -> float:
    return NAN if x != x else YS[max(bisect_right(XS, x) - 1, 0)]


TABLE = "(" + ",".join(f"({x:g},{y:g})" for x, y in POINTS) + ")"
# How it is written, and what it means; {} stands for an argument.
FUNCTIONS: dict[str, tuple[str, Callable[..., float]]] = {
    "ABS": ("ABS({})", abs),
    "MIN": ("MIN({},{})", smaller),
    "MAX": ("MAX({},{})", larger),
    "EXP": ("EXP({})", exp),
    "LN": ("LN({})", log),
    "LOG": ("LOG({},{})", lambda x, base: divide(log(x), log(base))),
    "SQRT": ("SQRT({})", quiet(math.sqrt)),
    "POWER": ("POWER({},{})", power),
    "SIN": ("SIN({})", quiet(math.sin)),
    "COS": ("COS({})", quiet(math.cos)),
    "TAN": ("TAN({})", quiet(math.tan)),
    "ARCSIN": ("ARCSIN({})", quiet(math.asin)),
    "ARCCOS": ("ARCCOS({})", quiet(math.acos)),
    "ARCTAN": ("ARCTAN({})", math.atan),
    "SINH": ("SINH({})", overflowing(math.sinh, even=False)),
    "COSH": ("COSH({})", overflowing(math.cosh, even=True)),
    "TANH": ("TANH({})", math.tanh),
    "GAMMA LN": ("GAMMA LN({})", gamma_ln),
    "INTEGER": ("INTEGER({})", trunc),
    "MODULO": ("MODULO({},{})", quiet(math.fmod)),
    "QUANTUM": ("QUANTUM({},{})", quantum),
    "XIDZ": ("XIDZ({},{},{})", xidz),
    "ZIDZ": ("ZIDZ({},{})", lambda a, b: xidz(a, b, 0.0)),
    "IF THEN ELSE": ("IF THEN ELSE({},{},{})", lambda c, a, b: a if c != 0 else b),
    "WITH LOOKUP": (f"WITH LOOKUP({{}},{TABLE})", interpolate),
    "LOOKUP EXTRAPOLATE": ("LOOKUP EXTRAPOLATE(table,{})", extrapolate),
    "LOOKUP FORWARD": ("LOOKUP FORWARD(table,{})", forward),
    "LOOKUP BACKWARD": ("LOOKUP BACKWARD(table,{})", backward),
    "GAME": ("GAME({})", float),
}
OPERATORS: dict[str, tuple[str, Callable[..., float]]] = {
    "+": ("({}+{})", lambda a, b: a + b),
    "-": ("({}-{})", lambda a, b: a - b),
    "*": ("({}*{})", multiply),
    "/": ("({}/{})", divide),
    "^": ("({}^{})", power),
    "minus": ("(-{})", lambda a: -a),
    "<": ("({}<{})", truth(lambda a, b: a < b)),
    "<=": ("({}<={})", truth(lambda a, b: a <= b)),
    ">": ("({}>{})", truth(lambda a, b: a > b)),
    ">=": ("({}>={})", truth(lambda a, b: a >= b)),
    "=": ("({}={})", truth(lambda a, b: a == b)),
    "<>": ("({}<>{})", truth(lambda a, b: a != b)),
    ":AND:": ("({} :AND: {})", truth(lambda a, b: a != 0 and b != 0)),
    ":OR:": ("({} :OR: {})", truth(lambda a, b: a != 0 or b != 0)),
    ":NOT:": ("(:NOT: {})", lambda a: 0.0 if a != 0 else 1.0),
    "table": ("table({})", interpolate),
}
EVERY = FUNCTIONS | OPERATORS
# Near a zero of these the last digits of the argument decide.
WITH_ZEROS = {"LN", "LOG", "SIN", "COS", "TAN", "GAMMA LN", "WITH LOOKUP", "table"}
WITH_ZEROS |= {"LOOKUP EXTRAPOLATE"}
# These are what IEEE 754 says to the last digit, on any machine.
EXACT = set(OPERATORS) - {"^", "table"} | {"ABS", "MIN", "MAX", "SQRT", "INTEGER", "IF THEN ELSE"}
EXACT |= {"GAME", "ZIDZ", "XIDZ", "MODULO", "LOOKUP FORWARD", "LOOKUP BACKWARD"}


def test_every_function_of_its_arguments_is_read_a_second_time() -> None:
    defined = {
        REGISTRY[key].name
        for key, define in _DEFINITIONS.items()
        if define.__module__ in ("sdmodel.functions.arithmetic", "sdmodel.functions.lookups")
    }
    # Worked out on paper in test_functions_lookups instead.
    defined -= {"LOOKUP AREA", "LOOKUP INVERT", "LOOKUP SLOPE"}
    assert defined == set(FUNCTIONS)
    for name, (written, _) in FUNCTIONS.items():
        info = REGISTRY[name.lower()]
        given_there = written.count("{}") + ("table," in written) + (TABLE in written)
        assert info.least == info.most == given_there, name


# Expressions -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Node:
    """An expression as text, what it is made of, and how its value follows from theirs."""

    text: str
    name: str = ""
    parts: tuple[Node, ...] = ()

    def all(self) -> list[Node]:
        return [*(one for part in self.parts for one in part.all()), self]


def combine(name: str, parts: Sequence[Node]) -> Node:
    written = EVERY[name][0].replace("{}", "\0")
    for part in parts:
        written = written.replace("\0", part.text, 1)
    return Node(written, name, tuple(parts))


INPUTS = ("a", "b", "c", "d")
LEAVES = [Node(name) for name in (*INPUTS, "Time")]
LEAVES += [Node(text) for text in ("0", "1", "2", "0.5", "1e-07", "3.25")]


def trees(names: Sequence[str]) -> st.SearchStrategy[Node]:
    def larger(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        return st.sampled_from(sorted(names)).flatmap(
            lambda name: st.tuples(*[inner] * EVERY[name][0].count("{}")).map(
                lambda parts: combine(name, parts)
            )
        )

    return st.recursive(st.sampled_from(LEAVES), larger, max_leaves=12)


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -3.0, 4.0, 1e-7, 1e-6, -1e-6, 0.999999, 1e8]
SPECIAL += [1e308, -1e308, 5e-324, INF, -INF, NAN]
numbers = st.one_of(
    st.sampled_from(SPECIAL), st.floats(-10, 10), st.floats(-1e4, 1e4), st.floats(width=64)
)
LANES = 9  # more than one vector of any processor, and no whole number of them
rows = st.fixed_dictionaries({n: st.lists(numbers, min_size=LANES, max_size=LANES) for n in INPUTS})


def kernel_of(equations: str) -> ReferenceKernel:
    inputs = "".join(f"{name}=1~~|" for name in INPUTS)
    text = f"{{UTF-8}}\n{inputs}table{TABLE}~~|\n{equations}\n{CONTROL}"
    return ReferenceKernel(program_of(parse(SourceText("test.mdl", text))))


def values_of(kernel: ReferenceKernel, columns: dict[str, list[float]], names: list[str]) -> dict:
    program, slots = kernel.program, kernel.program.layout.slots
    work = kernel.workspace(LANES)
    for name, value in program.constants.items():
        work.values[slots[name]] = columns.get(name, value)
    work.values[slots[TIME]] = 0.0
    work.start()
    work.values[slots[TIME]] = NOW
    work.rates()
    return {name: work.values[slots[name]].tolist() for name in names}


def same(expected: float, got: float, name: str) -> bool:
    if expected != expected or got != got:
        return expected != expected and got != got
    if name in EXACT or math.isinf(expected) or math.isinf(got):
        return expected == got
    size = max(abs(expected), abs(got))
    # The smallest numbers have few digits; overflow may come one digit sooner or later.
    return abs(expected - got) <= 1e-12 * size + (1e-12 if name in WITH_ZEROS else 1e-307)


def check(tree: Node, columns: dict[str, list[float]]) -> int:
    """Check each node against its parts, all as the kernel gives them; return how many."""
    nodes = list(dict.fromkeys(tree.all()))
    inner = [node for node in nodes if node.parts]
    names = {node: f"s{i}" for i, node in enumerate(inner)}
    kernel = kernel_of("".join(f"{names[node]}={node.text}~~|\n" for node in inner))
    got = values_of(kernel, columns, list(names.values()))
    known = columns | {"Time": [NOW] * LANES}

    def value(node: Node, lane: int) -> float:
        if node in names:
            return got[names[node]][lane]
        return known[node.text][lane] if node.text in known else float(node.text)

    for node in inner:
        meaning = EVERY[node.name][1]
        for lane in range(LANES):
            args = [value(part, lane) for part in node.parts]
            expected, found = meaning(*args), value(node, lane)
            assert same(expected, found, node.name), (node.text, args, expected, found)
    return len(inner)


@thorough
@given(tree=trees(list(EVERY)), columns=rows)
@example(
    tree=combine("-", [combine("^", [LEAVES[0], LEAVES[1]]), LEAVES[0]]),
    columns={n: [NAN, INF, -INF, 0.0, -0.0, 1.0, -1.0, 1e308, 5e-324] for n in INPUTS},
)
def test_any_expression(tree: Node, columns: dict[str, list[float]]) -> None:
    check(tree, columns)


@pytest.mark.parametrize("name", EVERY)
@settings(thorough, max_examples=30)
@given(columns=rows)
def test_every_function(name: str, columns: dict[str, list[float]]) -> None:
    count = EVERY[name][0].count("{}")
    assert check(combine(name, LEAVES[:count]), columns) == 1


@pytest.mark.parametrize("name", sorted(EVERY))
def test_special_numbers_in_every_combination(name: str) -> None:
    """Each function at zeros, infinities, NaN and their neighbours, all against all."""
    count = EVERY[name][0].count("{}")
    kinds = SPECIAL if count < 3 else [*SPECIAL[::3], NAN]
    grid = np.array(np.meshgrid(*[kinds] * count)).reshape(count, -1)
    grid = np.pad(grid, ((0, len(INPUTS) - count), (0, -grid.shape[1] % LANES)), mode="edge")
    for first in range(0, grid.shape[1], LANES):
        part = grid[:, first : first + LANES].tolist()
        check(combine(name, LEAVES[:count]), dict(zip(INPUTS, part, strict=True)))


# Order and depth ---------------------------------------------------------------------------------


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Return equations that use each other without a circle, and their names."""
    count = draw(st.integers(2, 12))
    lines = []
    for i in range(count):
        parts = [Node(f"v{j}") for j in range(i)] + LEAVES
        name = draw(st.sampled_from(sorted(EVERY)))
        args = [draw(st.sampled_from(parts)) for _ in range(EVERY[name][0].count("{}"))]
        lines.append(f"v{i}={combine(name, args).text}~~|")
    return lines, [f"v{i}" for i in range(count)]


@settings(thorough, max_examples=100)
@given(chain=chains(), columns=rows, order=st.randoms(use_true_random=False))
def test_order_of_the_equations_does_not_matter(
    chain: tuple[list[str], list[str]], columns: dict[str, list[float]], order: object
) -> None:
    lines, names = chain
    shuffled = lines[:]
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    plain = values_of(kernel_of("\n".join(lines)), columns, names)
    other = values_of(kernel_of("\n".join(shuffled)), columns, names)
    for name in names:
        assert np.array(plain[name]).tobytes() == np.array(other[name]).tobytes()


@settings(thorough, max_examples=100)
@given(tree=trees(list(EVERY)), columns=rows)
def test_lanes_do_not_know_each_other(tree: Node, columns: dict[str, list[float]]) -> None:
    """Turning the lanes turns the results, to the last bit."""
    kernel = kernel_of(f"s={tree.text}+0*Time~~|")
    plain = np.array(values_of(kernel, columns, ["s"])["s"])
    turned = {name: values[1:] + values[:1] for name, values in columns.items()}
    other = np.array(values_of(kernel, turned, ["s"])["s"])
    assert np.roll(other, 1).tobytes() == plain.tobytes()


COLUMNS = {name: [1.0 + i for i in range(LANES)] for name in INPUTS}
DEEP = {
    "a long sum": ("+".join(["a"] * 5000), lambda a: 5000 * a),
    "a long difference": ("a" + "-1" * 5000, lambda a: a - 5000),
    "brackets": ("(" * 5000 + "a" + ")" * 5000, lambda a: a),
    "minus signs": ("-" * 5001 + "a", lambda a: -a),
    "sums in brackets": ("(1+" * 3000 + "a" + ")" * 3000, lambda a: 3000 + a),
    "minima": ("MIN(9999," * 2000 + "a" + ")" * 2000, lambda a: a),
    "choices": ("IF THEN ELSE(a<0,0," * 2000 + "a" + ")" * 2000, lambda a: a),
    "roots": ("SQRT(" * 2000 + "a" + ")" * 2000, lambda a: 1.0),
}


@pytest.mark.parametrize("case", DEEP)
@pytest.mark.parametrize("clock", ["", "+0*Time"])
def test_deep_expressions(case: str, clock: str) -> None:
    text, meaning = DEEP[case]
    got = values_of(kernel_of(f"s={text}{clock}~~|"), COLUMNS, ["s"])["s"]
    assert got == pytest.approx([meaning(a) for a in COLUMNS["a"]], rel=1e-12)


def test_a_long_chain_of_variables() -> None:
    lines = ["v0=a+Time~~|", *(f"v{i}=v{i - 1}+1~~|" for i in range(1, 3000))]
    got = values_of(kernel_of("\n".join(reversed(lines))), COLUMNS, ["v2999"])["v2999"]
    assert got == [a + NOW + 2999 for a in COLUMNS["a"]]


def test_a_deep_expression_in_a_run() -> None:
    text = f"{{UTF-8}}x=INTEG({'+'.join(['a'] * 1000)}, 0)~~|a=0.001~~|{CONTROL}"
    run = Model(parse(SourceText("deep.mdl", text))).run(method="euler")
    assert run.values("x")[-1] == pytest.approx(4)
