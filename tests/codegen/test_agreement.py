"""The compiled kernel equals the reference kernel: every function, width and odd number."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.codegen import CompiledKernel
from sdmodel.codegen.jit import widest
from sdmodel.errors import SDError
from sdmodel.frontends.mdl import parse
from sdmodel.integrators import TABLEAUS, FixedStep, Grid
from sdmodel.integrators.fixed import half_step
from sdmodel.lowering import program_of
from sdmodel.reference import ReferenceKernel
from sdmodel.simulate import Timing, trajectory
from sdmodel.source import SourceText

ODD = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 2.5, 3.0, -7.3, 1e-7, 1e-6]
ODD += [40.0, 1e150, -1e150, 1e-300, 6.5, 0.999]
CONTROL = "INITIAL TIME=0~~|FINAL TIME=3~~|TIME STEP=0.5~~|SAVEPER=TIME STEP~~|"
# Functions that want more than plain values.
SPECIAL = {
    # A delay much shorter than the step is unstable: it would show rounding, not meaning.
    **{f"DELAY{n}": f"DELAY{n}(x1, 2+a5)" for n in (1, 3)},
    **{f"DELAY{n}I": f"DELAY{n}I(x1, 2+a5, x3)" for n in (1, 3)},
    "WITH LOOKUP": "WITH LOOKUP(x1, ((0,1),(1,5),(2,4),(4,0)))",
    "LOOKUP EXTRAPOLATE": "LOOKUP EXTRAPOLATE(example lookup, x1)",
    "LOOKUP FORWARD": "LOOKUP FORWARD(example lookup, x1)",
    "LOOKUP BACKWARD": "LOOKUP BACKWARD(example lookup, x1)",
    "SMOOTH N": "SMOOTH N(x1, x2, x3, 3)",
    "DELAY N": "DELAY N(x1, 4, x2, 3)",
    "DELAY FIXED": "DELAY FIXED(x1, a5, x3)",
    "DELAY MATERIAL": "DELAY MATERIAL(x1, a5, x3, x4)",
    "DELAY INFORMATION": "DELAY INFORMATION(x1, a5, x3)",
    "DEPRECIATE STRAIGHTLINE": "DEPRECIATE STRAIGHTLINE(x1, 3, 1, x2)",
    "GET TIME VALUE": "GET TIME VALUE(0, x1, 0)",
    "SINTEG": "SINTEG(x1, x2, x3, :NA:, :NA:, x4, x5)",
    "LOOKUP AREA": "LOOKUP AREA(example lookup, x1, x2)",
    "LOOKUP INVERT": "LOOKUP INVERT(example lookup, x1)",
    "LOOKUP SLOPE": "LOOKUP SLOPE(example lookup, x1, x2)",
    # Draws far from zero: near it their relative error is that of a difference.
    "RANDOM BETA": "RANDOM BETA(5, 25, x5, 2, 10, 9, 1)",
    "RANDOM BINOMIAL": "RANDOM BINOMIAL(5, 30, x5/3, 10*x5, 10, 1, 1)",
    "RANDOM EXPONENTIAL": "RANDOM EXPONENTIAL(11, 30, 10, x5, 1)",
    "RANDOM GAMMA": "RANDOM GAMMA(11, 30, x5, 10, 2, 1)",
    **{
        f"GET DATA {name}": f"GET DATA {name}(example lookup{rest})"
        for name, rest in {
            "AT TIME": ", x1",
            "BETWEEN TIMES": ", x1, x2",
            "FIRST TIME": "",
            "MAX": ", 1, 2",
            "MEDIAN": ", 0, 7",
            "MIN": ", 1, 7",
            "LAST TIME": "",
            "MEAN": ", x1, x2",
            "TOTAL POINTS": "",
        }.items()
    },
    "RANDOM LOOKUP": "RANDOM LOOKUP(density, 11, 12, 10, x5, 1)",
    "RANDOM NEGATIVE BINOMIAL": "RANDOM NEGATIVE BINOMIAL(0, 90, 0.4, x5, 10, 1, 1)",
    "RANDOM NORMAL": "RANDOM NORMAL(0, 19, 9 + x5, 2, 1)",
    "RANDOM PINK NOISE": "RANDOM PINK NOISE(9, 1, x5, 1)",
    "RANDOM POISSON": "RANDOM POISSON(15, 60, 10*x5, 10, 1, 1)",
    "RANDOM TRIANGULAR": "RANDOM TRIANGULAR(8, 20, 9, 9 + x5, 12, 1)",
    "RANDOM WEIBULL": "RANDOM WEIBULL(11, 90, x5 + 1, 10, 2, 1)",
    **{name: f"{name}(v[rng!]*x4)" for name in ("SUM", "PROD", "VMIN", "VMAX")},
    **{name: f"{name}(v[rng!])" for name in ("MEAN", "STDDEV", "SIZE")},
    "RANK": "RANK(v[rng!], 2)",
    "ELMCOUNT": "ELMCOUNT(rng)",
    "VECTOR SELECT": "VECTOR SELECT(v[rng!] > 1, w[rng!], x4, 2, 0)",
    "VECTOR ELM MAP": "VECTOR ELM MAP(v[r1], x1)",
    **{f"VECTOR {name}": f"VECTOR {name}(v[rng], x4)" for name in ("SORT ORDER", "RANK")},
    "VECTOR REORDER": "VECTOR REORDER(w[rng], v[rng])",
    "INVERT MATRIX": "INVERT MATRIX(m[rng,oth], 3)",
    "ALLOCATE AVAILABLE": "ALLOCATE AVAILABLE(w[rng], profile[rng,ptype], a5)",
    "ALLOCATE BY PRIORITY": "ALLOCATE BY PRIORITY(w[rng], v[rng], 3, a5, x4)",
    "FIND MARKET PRICE": "FIND MARKET PRICE(w[r1], profile[r1,ptype], w[r1], profile[r1,ptype])",
    **{
        f"{side} AT PRICE": f"{side} AT PRICE(w[rng], profile[rng,ptype], x1)"
        for side in ("DEMAND", "SUPPLY")
    },
    "XMILE DELAY": "XMILE DELAY(x1, a5, x3)",
    "XMILE LOGNORMAL": "XMILE LOGNORMAL(9, x5, 1)",
}
ARRAYS = """
rng: r1, r2, r3 ~~|
oth: o1, o2, o3 ~~|
part: ptype, ppriority, pwidth, pextra ~~|
v[r1] = x1 ~~|
v[r2] = x2 ~~|
v[r3] = x3 + 2 ~~|
w[r1] = a5 ~~|
w[r2] = 2*a5 ~~|
w[r3] = 1 + 0*Time ~~|
m[rng,oth] = IF THEN ELSE(rng = oth, 2 + a5, a5/4) + 0*Time ~~|
profile[rng,part] = 1,5,2,0; 2,4,1,0; 1,3,2,0; ~~|
"""
SEARCHED = {"ALLOCATE AVAILABLE", "ALLOCATE BY PRIORITY", "FIND MARKET PRICE"}
SEARCHED |= {"DEMAND AT PRICE", "SUPPLY AT PRICE"}
FUNCTIONS = [info for info in sd.functions() if info.name not in SEARCHED]
WIDTHS = [width for width in (1, 2, 4, 8) if width <= widest()]


def program(equations: str):
    lookup = "example lookup((0,3),(1,10),(2,20),(7,-5))~~|density((0,1),(1,3),(2,0),(3,1))~~|"
    inputs = "".join(f"a{i}=1~~|x{i}=a{i}+0*Time~~|" for i in range(1, 6))
    text = f"{{UTF-8}}{ARRAYS}{equations}{lookup}{inputs}{CONTROL}"
    return program_of(parse(SourceText("test.mdl", text)))


def call_of(info: sd.FunctionInfo) -> str:
    arguments = ", ".join(f"x{i % 5 + 1}" for i in range(info.least))
    return SPECIAL.get(info.name, f"{info.name}({arguments})")


def columns(rows: int, seed: int = 1) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(seed)
    odd = {f"a{i}": draw.choice(ODD, rows) for i in range(1, 5)}
    return odd | {"a5": draw.uniform(0.1, 2.2, rows)}


def reference(one, values, rows: int, method: str) -> np.ndarray:
    slots = [slot for _, slot in one.columns.values()]
    done = trajectory(ReferenceKernel(one), values, rows, FixedStep(method), Timing(), slots)
    return done.values


def compiled(one, values, rows: int, method: str, **options) -> np.ndarray:
    slots = [slot for _, slot in one.columns.values()]
    grid = Grid.build(0, 3, 0.5, 0.5)
    kernel = CompiledKernel(one, **options)
    return kernel.batch(values, rows, grid, TABLEAUS[method], slots, half_step(0.5))[0]


def assert_equal(a: np.ndarray, b: np.ndarray, names: list[str]) -> int:
    assert a.shape == b.shape
    peak = np.abs(np.where(np.isfinite(a), a, 0)).max(axis=1, keepdims=True)
    for x, y, scale, name in zip(a, b, peak, names, strict=True):
        assert (np.isnan(x) == np.isnan(y)).all(), name
        same = (x == y) | np.isnan(x)
        with np.errstate(all="ignore"):
            near = np.abs(x - y) <= 1e-12 * np.maximum(np.abs(x), np.abs(y)) + 1e-15 * scale
        assert (same | (near & np.isfinite(x) & np.isfinite(y))).all(), name
    return a.size


@pytest.fixture(scope="module")
def everything():
    """One model in which every function appears once, on inputs that are not constant."""
    equations = "".join(
        f"f{i}{'[rng,oth]' * (info.family == 'array')} = {call_of(info)} ~~|"
        for i, info in enumerate(FUNCTIONS)
    )
    return program(equations)


def test_shares_and_prices_agree_with_the_reference() -> None:
    """They are searched for in NumPy by both engines, which takes its time."""
    one = program("".join(f"f{i}[rng] = {SPECIAL[n]}~~|" for i, n in enumerate(sorted(SEARCHED))))
    values = columns(9)
    want, got = reference(one, values, 9, "euler"), compiled(one, values, 9, "euler")
    assert assert_equal(want, got, list(one.columns)) == 9 * 7 * len(one.columns)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("exact", [False, True])
def test_every_function_agrees_with_the_reference(everything, width: int, exact: bool) -> None:
    rows = 4097 if width == max(WIDTHS) else 257
    values = columns(rows)
    names = list(everything.columns)
    want = reference(everything, values, rows, "euler")
    got = compiled(everything, values, rows, "euler", width=width, exact=exact)
    compared = assert_equal(want, got, names)
    functions = len({name.partition("[")[0] for name in names if re.match(r"f\d+", name)})
    assert functions == len(FUNCTIONS) == len(sd.functions()) - len(SEARCHED) >= 107
    assert compared == rows * 7 * len(names)


@pytest.mark.parametrize("method", sorted(TABLEAUS))
@pytest.mark.parametrize("rows", [7, 9])  # less than a vector of runs, and more than one
def test_a_run_does_not_depend_on_its_neighbours(everything, method: str, rows: int) -> None:
    values = columns(rows, seed=rows)
    together = compiled(everything, values, rows, method)
    for row in range(rows):
        alone = {name: column[row : row + 1] for name, column in values.items()}
        single = compiled(everything, alone, 1, method)
        np.testing.assert_array_equal(single[:, :, 0], together[:, :, row])


@pytest.mark.parametrize("method", sorted(TABLEAUS))
def test_methods_agree_with_the_reference(method: str) -> None:
    one = program("s = INTEG(x1 - s*s/3 + SIN(Time), x2)~~|t = INTEG(s-t, 0)~~|")
    draw = np.random.default_rng(3)
    values = {name: draw.uniform(0.1, 2, 33) for name in ("a1", "a2")}
    names = list(one.columns)
    compared = assert_equal(
        reference(one, values, 33, method), compiled(one, values, 33, method), names
    )
    assert compared == 33 * 7 * len(names)


def tables():
    draw = np.random.default_rng(8)
    for points in (1, 2, 3, 8, 9, 10, 16, 17, 18, 25, 26, 27, 100, 1000):
        even = np.linspace(-2, 3, points) if points > 1 else np.array([0.5])
        uneven = np.sort(draw.uniform(-2, 3, points))
        repeated = np.sort(np.round(uneven, 1))
        for kind, xs in (("even", even), ("uneven", uneven), ("repeated", repeated)):
            yield pytest.param(xs, draw.normal(size=points), id=f"{kind}-{points}")


@pytest.mark.parametrize(("xs", "ys"), list(tables()))
@pytest.mark.parametrize("mode", ["", "EXTRAPOLATE", "FORWARD", "BACKWARD"])
def test_tables_of_every_size_and_spacing(xs, ys, mode: str) -> None:
    points = ",".join(f"({x:.17g},{y:.17g})" for x, y in zip(xs, ys, strict=True))
    read = f"LOOKUP {mode}(shape, x1)" if mode else "shape(x1)"
    one = program(f"shape({points})~~|y = {read}~~|")
    inside = np.random.default_rng(2).uniform(-3, 4, 200)
    outside = [math.nan, *xs[:50], -1e9, 1e9]
    if not mode:
        outside += [math.inf, -math.inf]
    values = {"a1": np.concatenate([inside, outside])}
    rows = len(values["a1"])
    a, b = reference(one, values, rows, "euler"), compiled(one, values, rows, "euler")
    names = list(one.columns)
    i = names.index("y")
    np.testing.assert_array_equal(np.isnan(a[i]), np.isnan(b[i]))
    np.testing.assert_allclose(a[i], b[i], rtol=1e-11, atol=1e-11)


def test_large_models_are_compiled_in_pieces() -> None:
    chain = "v0 = x1~~|" + "".join(f"v{i} = v{i - 1}*0.999 + 1~~|" for i in range(1, 3000))
    one = program(chain + "s = INTEG(v2999, 0)~~|")
    values = {"a1": np.array([0.0, 1.0, 5.0])}
    names = list(one.columns)
    want, got = reference(one, values, 3, "euler"), compiled(one, values, 3, "euler")
    assert_equal(want, got, names)
    assert (
        CompiledKernel(one)
        .batch_text([one.columns["s"][1]], TABLEAUS["euler"])
        .count("define internal")
        > 1
    )


def test_exact_takes_no_short_cuts() -> None:
    one = program("y = x1/a2 + EXP(x1)~~|")
    text = CompiledKernel(one, exact=True).batch_text([one.columns["y"][1]], TABLEAUS["euler"])
    assert "fdiv" in text
    assert "_ZGV" not in text


def test_a_bad_run_is_flagged_and_touches_no_other() -> None:
    one = program("s = INTEG(s*s*x1 + LN(x2), 1)~~|")
    values = {"a1": np.full(20, 0.1), "a2": np.full(20, 1.5)}
    grid, saved = Grid.build(0, 3, 0.5, 0.5), [one.columns["s"][1]]
    good, none = CompiledKernel(one).batch(values, 20, grid, TABLEAUS["rk4"], saved, 0.0)
    assert not none.any()
    values["a1"][5], values["a2"][11] = 1e200, -1.0
    mixed, bad = CompiledKernel(one).batch(values, 20, grid, TABLEAUS["rk4"], saved, 0.0)
    assert np.flatnonzero(bad).tolist() == [5, 11]
    rest = [i for i in range(20) if i not in (5, 11)]
    np.testing.assert_array_equal(mixed[:, :, rest], good[:, :, rest])


def test_unknown_functions_never_reach_the_compiler() -> None:
    with pytest.raises(SDError, match="there is no function named 'FOO'"):
        program("y = FOO(x1)~~|")
