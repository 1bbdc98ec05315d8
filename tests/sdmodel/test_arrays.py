"""Subscripts: shapes, places, order of elements, and what is said of mistakes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import sdmodel as sd
from sdmodel.model import Model

Make = Callable[..., Model]
RANGES = """
    A: a1, a2, a3
    B: b1, b2
    late: a2, a3
    early: a1, a2
"""
ENGINES = ["compiled", "reference"]


def last(model: Model, name: str, engine: str = "compiled") -> np.ndarray:
    """Return the final values of a variable, by both engines the same."""
    values = model.run(method="euler", engine=engine)[name].values[-1]
    other = model.run(method="euler", engine="reference")[name].values[-1]
    np.testing.assert_allclose(values, other, rtol=1e-12)
    return values


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("equations", "expected"),
    [
        ("x[A] = 1, 2, 3", [1, 2, 3]),
        ("x[A] = y[A]*2\ny[A] = 4, 5, 6", [8, 10, 12]),
        ("x[a1] = 1\nx[late] = 5, 6", [1, 5, 6]),
        ("x[A] :EXCEPT: [a2] = 7\nx[a2] = 1", [7, 1, 7]),
        ("x[A] :EXCEPT: [late] = 7\nx[late] = 1", [7, 1, 1]),
        ("x[A] = A*10", [10, 20, 30]),
        ("x[A] = IF THEN ELSE(A = a2, 1, 0)", [0, 1, 0]),
        ("x[A] = SUM(m[A, B!])\nm[A, B] = 1, 2; 3, 4; 5, 6;", [3, 7, 11]),
        ("x[B] = SUM(m[A!, B])\nm[A, B] = 1, 2; 3, 4; 5, 6;", [9, 12]),
        ("x[B] = PROD(m[late!, B])\nm[A, B] = 1, 2; 3, 4; 5, 6;", [15, 24]),
        ("x[A] = m[A, b2]\nm[A, B] = 1, 2; 3, 4; 5, 6;", [2, 4, 6]),
        ("x[A] = look[A](0.5)\nlook[a1]((0,0),(1,2))\nlook[late]((0,4),(1,6))", [1, 5, 5]),
        # A chain of cohorts: each element needs the one before it.
        (
            "x[a1] = 1\nx[next] = x[previous]*2\nnext: a2, a3 -> previous\nprevious: a1, a2",
            [1, 2, 4],
        ),
        # A mapping turned round, and one to a subrange.
        ("x[A] = y[C]\nC: c1, c2 -> (A: a3, early)\ny[C] = 8, 9", [9, 9, 8]),
        ("x[C] = y[A]\nC: c1, c2, c3 -> A\ny[A] = 1, 2, 3", [1, 2, 3]),
        ("x[D] = D\nD: (d3-d5)", [1, 2, 3]),
        ("x[A] = ELMCOUNT(late)", [2, 2, 2]),
        ("x[A] = VECTOR SORT ORDER(y[A], 1)\ny[A] = 3, 1, 2", [1, 2, 0]),
        ("x[A] = VECTOR RANK(y[A], 1)\ny[A] = 3, 1, 2", [3, 1, 2]),
        ("x[A] = VECTOR ELM MAP(y[a1], 3 - A)\ny[A] = 3, 1, 2", [2, 1, 3]),
        ("x[A] = SMOOTH3(y[A], 4)\ny[A] = 3, 1, 2", [3, 1, 2]),
        ("x[A] = DELAY FIXED(Time*y[A], y[A], -1)\ny[A] = 3, 1, 2", [3, 3, 4]),
        ("x[A] = 0*A + SUM(z[B!])\nz[B] = SMOOTH(y[B], 2)\ny[B] = 3, 1", [4, 4, 4]),
        ("x[A] = 0*A + SUM(SMOOTH(y[B!], 2))\ny[B] = 3, 1", [4, 4, 4]),
        # One element is a stock, one a constant, one is computed.
        ("x[a1] = INTEG(1, 0)\nx[a2] = 5\nx[a3] = x[a1] + x[a2]", [4, 5, 9]),
    ],
)
def test_elements(model: Make, equations: str, expected: list[float], engine: str) -> None:
    np.testing.assert_allclose(last(model(RANGES + equations), "x", engine), expected)


def test_matrices(model: Make) -> None:
    text = RANGES + "C: c1, c2\nm[B, C] = 4, 7; 2, 6;\nx[B, C] = INVERT MATRIX(m[B, C], 2)"
    inverse = np.linalg.inv(np.array([[4, 7], [2, 6.0]]))
    np.testing.assert_allclose(last(model(text), "x"), inverse, rtol=1e-12)
    singular = model(text.replace("4, 7; 2, 6;", "1, 2; 2, 4;"))
    with pytest.warns(sd.NonFiniteWarning, match=r"'x\[b1,c1\]' is no longer a finite number"):
        singular.run(method="euler")


STOCKS = (
    RANGES
    + """
    x[A] = INTEG(rate[A]*x[A] - SUM(x[A!])/100, start[A])
    rate[A] = 0.1, 0.2, 0.3
    start[A] = 1, 2, 3
"""
)


@pytest.mark.parametrize("method", ["rk4", "LSODA"])
def test_runs_of_arrays(model: Make, method: str) -> None:
    made = model(STOCKS, TIME_STEP=0.125)
    one, other = made.run(method=method), made.run(method="rk4", engine="reference")
    np.testing.assert_allclose(one["x"].values, other["x"].values, rtol=1e-6)
    assert one["x"].dims == ("time", "A")
    assert list(one["x"].coords["A"].values) == ["a1", "a2", "a3"]
    assert one.columns[:3] == ("x[a1]", "x[a2]", "x[a3]")
    np.testing.assert_array_equal(one.values("X[ A2 ]"), one["x"].values[:, 1])


def test_a_batch_of_one_is_a_single_run(model: Make) -> None:
    made = model(STOCKS)
    table = pd.DataFrame({"rate[a2]": np.linspace(0.1, 0.5, 9)})
    batch = made.run_many(table, outputs=["x"])
    assert batch.outputs == ("x[a1]", "x[a2]", "x[a3]")
    for row, value in enumerate(table["rate[a2]"]):
        single = made.run({"rate[A2]": value}, method="vensim")
        np.testing.assert_array_equal(single["x"].values.T, batch.values[:, :, row])


def test_overrides_by_element_and_as_a_whole(model: Make) -> None:
    made = model(STOCKS)
    assert made.constants["rate[a3]"] == 0.3
    run = made.run({"rate": 0, "start[a1]": 7}, method="euler")
    assert run.overrides == {"rate[a1]": 0, "rate[a2]": 0, "rate[a3]": 0, "start[a1]": 7}
    assert run.values("x[a1]")[0] == 7
    with pytest.raises(sd.OverrideError, match=r"there is no variable named 'rates\[a1\]'"):
        made.run({"rates[a1]": 1})
    with pytest.raises(sd.OverrideError, match="is set twice"):
        made.run({"rate": 1, "rate[a1]": 2})
    with pytest.raises(sd.OverrideError, match=r"'rate' has no element 'rate\[b1\]'"):
        made.run_many(pd.DataFrame({"rate": [1.0]}), outputs=["rate[b1]"])


def test_a_failed_element_is_named(model: Make) -> None:
    made = model(RANGES + "x[A] = INTEG(x[A]^(2*A), A)", FINAL_TIME=40)
    with pytest.raises(sd.SolverError, match=r"'x\[a\d\]' is no longer a finite number") as caught:
        made.run(method="euler")
    assert caught.value.variable.startswith("x[a")


MISTAKES = [
    ("x[A] = y[B]\ny[B] = 1, 2", 6, 8, "the range 'B' of 'y' does not stand left of the equals"),
    ("x[A] = y[c1]\ny[A] = 1, 2, 3", 6, 8, "'c1' is no element of 'A', subscript of 'y'"),
    ("x[A] = y[A, B]\ny[A] = 1, 2, 3", 6, 8, "'y' has 1 subscript, here it is given 2"),
    ("x[A] = y[A]\ny[late] = 1", 6, 8, "'y' is not defined for 'a1' (subscript 1)"),
    ("x[A] = y[A!]\ny[A] = 1", 6, 8, "'A!' stands outside of SUM and its like"),
    ("x[A] = y[A]\ny = 1", 6, 8, "'y' has no subscripts where it is defined"),
    ("x[A] = 1, 2", 6, 8, "x[A] has 3 elements, but 2 numbers are listed"),
    ("x[Q] = 1", 6, 1, "'x' has the subscript 'Q', which no range holds"),
    ("x[A] = 1\nx[a2] = 2", 7, 1, "'x[a2]' is defined twice; first in line 6"),
    ("x = y[A]\ny[A] = 1", 6, 5, "the range 'A' of 'y' does not stand left of the equals"),
    ("x = VECTOR RANK(y[A], 1)\ny[A] = 1", 6, 5, "this has a value for each element of a range"),
    ("x[A] = 1\nA: a1, a2", 7, 1, "the range 'A' is defined twice"),
    ("x[A] :EXCEPT: [q] = 1", 6, 1, "an exception of 'x' names 'q', unknown"),
]


@pytest.mark.parametrize(("equations", "line", "column", "message"), MISTAKES)
def test_mistakes(model: Make, equations: str, line: int, column: int, message: str) -> None:
    lines = "\n".join(one.strip() for one in RANGES.strip().splitlines())
    with pytest.raises(sd.SDError) as caught:
        model(lines + "\n" + equations)
    found = caught.value.problems[0]
    assert message in found.message
    assert (found.line, found.column) == (line, column)
    assert found.cure


def test_elements_that_define_each_other_are_refused(model: Make) -> None:
    text = RANGES + "x[a1] = x[a2]\nx[a2] = x[a1] + 1\nx[a3] = 1"
    with pytest.raises(sd.CircularError, match="these define each other: x -> x"):
        model(text)
