"""Functions of whole arrays against plain NumPy, by both engines."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.model import Model

Maker = Callable[..., Model]

DRAWN = np.random.default_rng(7)
VECTOR = np.round(DRAWN.normal(size=6), 3)
VECTOR[4] = VECTOR[1]  # a tie
MATRIX = np.round(DRAWN.normal(size=(3, 4)), 3)
SQUARE = np.round(DRAWN.normal(size=(2, 3, 3)), 3)


def listed(values: np.ndarray) -> str:
    return ", ".join(f"{value:g}" for value in values.ravel())


ARRAYS = f"""
n: n1, n2, n3, n4, n5, n6
last: n4, n5, n6
row: r1, r2, r3
col: c1, c2, c3, c4
k: k1, k2
p: p1, p2, p3
q: q1, q2, q3
v[n] = {listed(VECTOR)}
m[row,col] = {"; ".join(map(listed, MATRIX))};
square[k1,p,q] = {"; ".join(map(listed, SQUARE[0]))};
square[k2,p,q] = {"; ".join(map(listed, SQUARE[1]))};
"""


@pytest.fixture
def first(model: Maker) -> Callable[[str], np.ndarray]:
    """Return the values of `x` at the start, the same by both engines."""

    def values(equations: str) -> np.ndarray:
        made = model(ARRAYS + equations)
        wanted = made.run(method="vensim", engine="reference").values("x")[0]
        found = made.run(method="vensim", engine="compiled").values("x")[0]
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
        return np.asarray(wanted)

    return values


First = Callable[[str], np.ndarray]
CHOSEN = VECTOR > 0
REDUCED = [
    ("x = SUM(v[n!])", VECTOR.sum()),
    ("x = SUM(v[last!])", VECTOR[3:].sum()),
    ("x = SUM(v[n!] * v[n!])", VECTOR @ VECTOR),
    ("x = 2 * SUM(v[n!] + 1) - v[n2]", 2 * (VECTOR.sum() + 6) - VECTOR[1]),
    ("x = PROD(v[n!])", VECTOR.prod()),
    ("x = VMIN(v[n!])", VECTOR.min()),
    ("x = VMAX(v[n!])", VECTOR.max()),
    ("x = VMAX(ABS(v[n!]))", np.abs(VECTOR).max()),
    ("x = MEAN(v[n!])", VECTOR.mean()),
    ("x = STDDEV(v[n!])", VECTOR.std(ddof=1)),
    ("x = SIZE(m[row!,col!])", 12),
    ("x = SUM(m[row!,col!])", MATRIX.sum()),
    ("x[row] = SUM(m[row,col!])", MATRIX.sum(axis=1)),
    ("x[col] = VMAX(m[row!,col])", MATRIX.max(axis=0)),
    ("x[row] = SUM(m[row,col!] * m[r2,col!])", MATRIX @ MATRIX[1]),
    ("x[row] = PROD(m[row,col!]) / MEAN(m[row,col!])", MATRIX.prod(1) / MATRIX.mean(1)),
    ("x[row] = STDDEV(m[row,col!])", MATRIX.std(axis=1, ddof=1)),
    ("x = SUM(VMAX(m[row!,col!]) * v[n!])", MATRIX.max() * VECTOR.sum()),
    ("x[row] = VMIN(m[row,col!] + SUM(v[n!]))", MATRIX.min(axis=1) + VECTOR.sum()),
    # Two sums over one range are two loops.
    ("x = SUM(v[n!]) * SUM(v[n!])", VECTOR.sum() ** 2),
    ("x = VECTOR SELECT(v[n!] > 0, v[n!], 9, 0, 0)", VECTOR[CHOSEN].sum()),
    ("x = VECTOR SELECT(v[n!] > 0, v[n!], 9, 1, 0)", VECTOR[CHOSEN].min()),
    ("x = VECTOR SELECT(v[n!] > 0, v[n!], 9, 2, 0)", VECTOR[CHOSEN].mean()),
    ("x = VECTOR SELECT(v[n!] > 0, v[n!], 9, 3, 0)", VECTOR[CHOSEN].max()),
    ("x = VECTOR SELECT(v[n!] > 0, v[n!], 9, 4, 0)", VECTOR[CHOSEN].prod()),
    ("x = VECTOR SELECT(v[n!] > 99, v[n!], 9, 0, 0)", 9),
    ("x[row] = VECTOR SELECT(m[row,col!] < 9, m[row,col!], 9, 3, 0)", MATRIX.max(axis=1)),
]


@pytest.mark.parametrize(("equation", "expected"), REDUCED)
def test_reduced(equation: str, expected: np.ndarray, first: First) -> None:
    np.testing.assert_allclose(first(equation), expected, rtol=1e-12)


RISING = np.argsort(VECTOR, kind="stable")
FALLING = np.argsort(-VECTOR, kind="stable")


def ranks(order: np.ndarray) -> np.ndarray:
    """Return the rank, from 1, that an order gives each element."""
    found = np.empty(len(order))
    found[order] = np.arange(1, len(order) + 1)
    return found


ORDERED = [
    ("x[n] = VECTOR SORT ORDER(v[n], 1)", RISING),
    ("x[n] = VECTOR SORT ORDER(v[n], 0)", FALLING),
    ("x[n] = VECTOR SORT ORDER(v[n], -1)", FALLING),
    ("x[n] = VECTOR RANK(v[n], 1)", ranks(RISING)),
    ("x[n] = VECTOR RANK(v[n], -1)", ranks(FALLING)),
    ("x[row,col] = VECTOR SORT ORDER(m[row,col], 1)", MATRIX.argsort(axis=1)),
    ("x[n] = VECTOR REORDER(v[n], o[n])\no[n] = VECTOR SORT ORDER(v[n], 1)", VECTOR[RISING]),
    ("x[n] = VECTOR REORDER(v[n], 6 - n)", VECTOR[::-1]),
    ("x[n] = VECTOR ELM MAP(v[n1], 6 - n)", VECTOR[::-1]),
    ("x = VECTOR ELM MAP(v[n2], 3)", VECTOR[4]),
    ("x = VECTOR ELM MAP(m[r1,c1], 6)", MATRIX[1, 2]),
    ("x[row] = VECTOR ELM MAP(m[row,c1], 2)", MATRIX[:, 2]),
    ("x = VECTOR ELM MAP(v[n2], 5)", np.nan),
    ("x = RANK(v[n!], 1)", RISING[0] + 1),
    ("x = RANK(v[n!], 6)", RISING[5] + 1),
]


@pytest.mark.filterwarnings("ignore::sdmodel.NonFiniteWarning")
@pytest.mark.parametrize(("equation", "expected"), ORDERED)
def test_order(equation: str, expected: np.ndarray, first: First) -> None:
    np.testing.assert_array_equal(first(equation), expected)


def test_an_order_changes_while_the_model_runs(model: Maker) -> None:
    made = model("a: a1, a2\nv[a1] = Time\nv[a2] = 1.5\nx[a] = VECTOR SORT ORDER(v[a], 1)")
    for engine in ("reference", "compiled"):
        values = made.run(method="vensim", engine=engine).values("x")
        assert values.tolist() == [[0, 1], [0, 1], [1, 0], [1, 0], [1, 0]]


# Matrices ---------------------------------------------------------------------------------------


def test_an_inverse(first: First) -> None:
    found = first("x[p,q] = INVERT MATRIX(square[k1,p,q], 3)")
    np.testing.assert_allclose(found, np.linalg.inv(SQUARE[0]), rtol=1e-10)


def test_an_inverse_for_each_element_of_another_range(first: First) -> None:
    found = first("x[k,p,q] = INVERT MATRIX(square[k,p,q], 3)")
    np.testing.assert_allclose(found, np.linalg.inv(SQUARE), rtol=1e-10)


@pytest.mark.usefixtures("every_engine")
def test_a_matrix_without_an_inverse_is_reported(model: Maker) -> None:
    made = model(ARRAYS + "zero[p,q] = 1\nx[p,q] = INVERT MATRIX(zero[p,q], 3)")
    with pytest.warns(sd.NonFiniteWarning, match=r"'x\[p1,q1\]' is no longer a finite number"):
        run = made.run(method="vensim")
    assert np.isnan(run.values("x")).all()
    assert run.result != "completed"


def test_a_block_in_a_batch_is_computed_run_by_run(model: Maker) -> None:
    import pandas as pd

    made = model(ARRAYS + "x[n] = VECTOR RANK(v[n], 1)\nS = INTEG(0, 1)")
    rows = DRAWN.normal(size=(7, 6))
    table = pd.DataFrame({f"v[n{i + 1}]": rows[:, i] for i in range(6)})
    for engine in ("reference", "compiled"):
        batch = made.run_many(table, outputs=["x"], engine=engine)
        expected = np.array([ranks(np.argsort(row)) for row in rows])
        assert batch.values[:, 0, :].T.tolist() == expected.tolist()


# What they refuse -------------------------------------------------------------------------------

REFUSED = [
    (
        "x = VECTOR SELECT(v[n!], v[n!], 0, 7, 0)",
        "VECTOR SELECT has no numerical action 7",
        "0 is sum, 1 minimum, 2 mean, 3 maximum, 4 product",
    ),
    ("x = VECTOR ELM MAP(s, 1)", "VECTOR ELM MAP picks from an array",
     "name an element of a subscripted variable"),
    ("x = VECTOR RANK(s, 1)", "this function orders a vector", "name a subscripted variable"),
    ("x = VECTOR REORDER(s, 1)", "VECTOR REORDER takes a vector", "name a subscripted variable"),
    ("x[row,col] = INVERT MATRIX(m[row,col], 3)", "INVERT MATRIX takes a square matrix",
     "name a variable with two equal ranges"),
]  # fmt: skip


@pytest.mark.parametrize(("equation", "message", "cure"), REFUSED)
def test_refused(equation: str, message: str, cure: str, model: Maker) -> None:
    with pytest.raises(sd.UnsupportedError) as caught:
        model(ARRAYS.strip("\n") + f"\ns = 1\n{equation}")
    (problem,) = caught.value.problems
    assert problem.message == f"in the equation of 'x': {message}"
    assert (problem.cure, problem.line, problem.variable) == (cure, 14, "x")
    assert problem.column > equation.index("(")


def test_what_must_be_known_before_the_run(model: Maker) -> None:
    with pytest.raises(sd.ModelError) as caught:
        model("a: a1, a2\nv[a] = 1, 2\nx = VECTOR SELECT(v[a!], v[a!], 0, s, 0)\ns = INTEG(1, 0)")
    (problem,) = caught.value.problems
    assert problem.message == (
        "in the equation of 'x': the numerical action of VECTOR SELECT must be known before the "
        "run, but it depends on the stock 's'"
    )
    assert (problem.line, problem.column) == (4, 36)
