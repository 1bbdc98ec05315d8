"""Every primitive on odd numbers, and random expressions: JavaScript equals the definition."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdmodel.expr import Apply, Const, Expr, Lookup, Op, Ref, Table
from sdmodel.integrators import FixedStep
from sdmodel.javascript.primitives import Value, applied
from sdmodel.javascript.script import library
from sdmodel.javascript.text import number
from sdmodel.primitives import evaluate
from sdmodel.program import Program, Statement
from sdmodel.reference import ReferenceKernel
from sdmodel.simulate import Timing, trajectory
from tests.codegen.test_agreement import ODD
from tests.javascript.running import node, runs_in_node
from tests.javascript.test_methods import model

MORE = [*ODD, 1 - 2**-53, 7.0, 170.5, -0.5, -2.5, 4.0, 2.0**53, -(2.0**53) + 1, 1e300, 5e-324, 0.1]
ONE = [Op.NEG, Op.NOT, Op.ABS, Op.SQRT, Op.TRUNC]
TWO = [Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.LT, Op.LE, Op.GT, Op.GE, Op.EQ, Op.NE, Op.AND, Op.OR]
TWO += [Op.MIN, Op.MAX, Op.REMAINDER]
# The last digit of these is each library's own.
SMOOTH = [Op.EXP, Op.LN, Op.SIN, Op.COS, Op.TAN, Op.ASIN, Op.ACOS, Op.ATAN, Op.SINH, Op.COSH]
SMOOTH += [Op.TANH, Op.ERF, Op.LGAMMA]
NEAR = 1e-13
COUNT = {Op.POW: 2, Op.WHERE: 3, Op.DRAW: 4} | dict.fromkeys(TWO, 2)


def bits(values: list[float]) -> str:
    return np.array(values, dtype=float).tobytes().hex()


def in_javascript(bodies: list[str], rows: list[list[float]]) -> np.ndarray:
    """Return what each expression of a, b, c and d is for each row of them."""
    functions = ", ".join(f"(a, b, c, d) => Number({one})" for one in bodies)
    script = f"""{"".join(library(blocks=False))}
    const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
    const numbers = new Float64Array(Uint8Array.from(Buffer.from(given, "hex")).buffer);
    const found = [{functions}].map((one) => {{
      const values = [];
      for (let i = 0; i < numbers.length; i += 4) values.push(one(...numbers.slice(i, i + 4)));
      return Buffer.from(Float64Array.from(values).buffer).toString("hex");
    }});
    console.log(JSON.stringify(found));
    """
    padded = [x for row in rows for x in (*row, *[0.0] * (4 - len(row)))]
    said = node(script, bits(padded))
    return np.array([np.frombuffer(bytes.fromhex(one)) for one in said])


def assert_near(got: np.ndarray, want: np.ndarray, part: float, least: float = 0.0) -> None:
    assert got.shape == want.shape
    with np.errstate(all="ignore"):
        near = np.abs(got - want) <= np.maximum(part * np.abs(want), least)
    same = (got == want) | (np.isnan(got) & np.isnan(want)) | (near & np.isfinite(want))
    assert same.all(), list(zip(got[~same][:5], want[~same][:5], strict=True))


@pytest.mark.parametrize("op", Op)
def test_every_primitive_on_odd_numbers(op: Op) -> None:
    count = COUNT.get(op, 1)
    numbers = MORE[:7] if count > 2 else MORE
    rows = [list(row) for row in itertools.product(numbers, repeat=count)]
    code = applied(op, tuple(Value(name) for name in "abcd"[:count])).code
    (got,) = in_javascript([code], rows)
    part = NEAR if op in {*SMOOTH, Op.POW} else 0.0
    least = 1e-15 if op is Op.LGAMMA else 0.0  # SciPy's is absolute about 1 and 2
    assert_near(got, np.array([evaluate(op, *row) for row in rows]), part, least)


def test_powers_of_literals() -> None:
    """Where one side is a literal the expression is shorter; it must mean the same."""
    rows = [[x] for x in MORE]
    left = [applied(Op.POW, (Value("a"), Value(number(x)))).code for x in MORE]
    right = [applied(Op.POW, (Value(number(x)), Value("a"))).code for x in MORE]
    found = in_javascript(left + right, rows)
    want = [[evaluate(Op.POW, a, x) for a in MORE] for x in MORE]
    want += [[evaluate(Op.POW, x, a) for a in MORE] for x in MORE]
    assert_near(found, np.array(want), NEAR)


def test_draws_are_the_same_bit_for_bit() -> None:
    draw = np.random.default_rng(4)
    rows = draw.integers(-(2**53) + 1, 2**53, (300, 4)).astype(float)
    rows[::3] = np.round(rows[::3] / 2.0**40)
    (got,) = in_javascript(["draw(a, b, c, d)"], rows.tolist())
    np.testing.assert_array_equal(got, [evaluate(Op.DRAW, *row) for row in rows.tolist()])


def test_the_gamma_and_error_functions_all_along() -> None:
    points = np.concatenate([np.linspace(-30.03, 40, 3001), np.geomspace(1e-9, 1e9, 500)])
    got = in_javascript(["lgamma(a)", "erf(a)"], [[float(x)] for x in points])
    for found, op in zip(got, (Op.LGAMMA, Op.ERF), strict=True):
        want = np.array([evaluate(op, float(x)) for x in points])
        np.testing.assert_allclose(found, want, rtol=1e-13, atol=1e-14)


# Random expressions -------------------------------------------------------------------------------

leaves = st.one_of(
    st.sampled_from(["a", "b", "time"]).map(Ref),
    st.sampled_from([x for x in MORE if math.isfinite(x)]).map(Const),
    st.floats(-10, 10).map(Const),
)
points = st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=1, max_size=6)
modes = st.sampled_from(["interpolate", "extrapolate", "forward", "backward"])


def lookup(pairs: list[tuple[int, int]], x: Expr, mode: str) -> Expr:
    xs, ys = zip(*sorted(pairs), strict=True)
    return Lookup(Table(tuple(map(float, xs)), tuple(map(float, ys))), x, mode)


def larger(below: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    return st.one_of(
        st.builds(lambda op, x: Apply(op, (x,)), st.sampled_from(ONE), below),
        st.builds(lambda op, x, y: Apply(op, (x, y)), st.sampled_from(TWO), below, below),
        st.builds(lambda x, y, z: Apply(Op.WHERE, (x, y, z)), below, below, below),
        st.builds(lookup, points, below, modes),
    )


exact = st.recursive(leaves, larger, max_leaves=12)
smooth = st.one_of(
    exact,
    st.builds(lambda op, x: Apply(op, (x,)), st.sampled_from(SMOOTH), exact),
    st.builds(lambda x, y: Apply(Op.POW, (x, y)), exact, exact),
)


@cache
def skeleton() -> Program:
    return model("a = 1~~|b = 2~~|").program


def program_with(expressions: list[Expr]) -> Program:
    bare = skeleton()
    names = [f"y{i}" for i in range(len(expressions))]
    return replace(
        bare,
        step=(*bare.step, *(Statement(n, e, n) for n, e in zip(names, expressions, strict=True))),
        layout=bare.layout.extended(dict.fromkeys(names, ())),
        display={**bare.display, **{name: name for name in names}},
    )


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(smooth, min_size=20, max_size=40))
def test_random_expressions_agree_with_the_reference(expressions: list[Expr]) -> None:
    one = program_with(expressions)
    slots = [slot for _, slot in one.columns.values()]
    rows = [{"a": 1.0, "b": 2.0}, {"a": -0.0, "b": 1e150}, {"a": -2.5, "b": 0.5}]
    columns = {name: np.array([row[name] for row in rows]) for name in ("a", "b")}
    kernel = ReferenceKernel(one)
    want = trajectory(kernel, columns, len(rows), FixedStep("euler"), Timing(), slots).values
    for i, found in enumerate(runs_in_node(one, rows)):
        assert json.dumps(found.error) == '""'
        assert_near(found.table, want[:, :, i].T, 1e-12)
