"""Subscripts: what ranges, mappings, exceptions and arrays mean, the same in both engines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.model import Model
from sdmodel.run import Run

Maker = Callable[..., Model]
Both = Callable[..., Run]
NAN = np.nan


@pytest.fixture
def both(model: Maker) -> Both:
    """Return a runner by both engines, which must give the same to the last digits."""

    def run(equations: str, method: str = "euler", **controls: object) -> Run:
        made = model(equations, method, **controls)
        wanted = made.run(method="vensim", engine="reference")
        found = made.run(method="vensim", engine="compiled")
        assert found.columns == wanted.columns
        np.testing.assert_allclose(found.table, wanted.table, rtol=1e-12, atol=1e-300)
        return wanted

    return run


def first(run: Run, name: str = "x") -> object:
    """Return the values of a variable at the first saved time."""
    return run.values(name)[0].tolist()


# Ranges -----------------------------------------------------------------------------------------


def test_a_range_and_its_elements(both: Both) -> None:
    run = both("a: a1, a2, a3\nx[a] = 1, 2, 3\ny[a] = 10 * x[a]\nz = y[a2]")
    assert run.columns[:6] == ("x[a1]", "x[a2]", "x[a3]", "y[a1]", "y[a2]", "y[a3]")
    assert (first(run, "y"), first(run, "z")) == ([10, 20, 30], 20)


def test_two_ranges_the_last_runs_fastest(both: Both) -> None:
    run = both("a: a1, a2\nb: b1, b2, b3\nx[a,b] = 1, 2, 3; 4, 5, 6;\ny[b,a] = x[a,b]")
    assert first(run) == [[1, 2, 3], [4, 5, 6]]
    assert first(run, "y") == [[1, 4], [2, 5], [3, 6]]


def test_a_numeric_range(both: Both) -> None:
    run = both("age: (y1-y4)\nx[age] = 1, 2, 3, 4\ny = x[y3]")
    assert run.columns[:4] == ("x[y1]", "x[y2]", "x[y3]", "x[y4]")
    assert first(run, "y") == 3


def test_a_subrange_left_and_right(both: Both) -> None:
    run = both(
        "all: a1, a2, a3, a4\nearly: a1, a2\nlate: a3, a4\nv[all] = 1, 2, 3, 4\n"
        "x[early] = v[early]\nx[late] = 10 * v[late]\ny = SUM(v[late!])\nz[late] = x[late]"
    )
    assert first(run) == [1, 2, 30, 40]
    assert first(run, "y") == 7
    assert run["z"].coords["late"].values.tolist() == ["a3", "a4"]


def test_a_range_made_of_ranges(both: Both) -> None:
    run = both(
        "all: early, a3, late\nearly: a1, a2\nlate: a4, a5\nx[all] = all\ny[early] = x[early]"
    )
    assert first(run) == [1, 2, 3, 4, 5]
    assert first(run, "y") == [1, 2]


def test_a_range_equal_to_another(both: Both) -> None:
    run = both("a: a1, a2\nb <-> a\nv[a] = 1, 2\nx[a,b] = 10 * v[a] + v[b]")
    assert first(run) == [[11, 12], [21, 22]]


def test_two_ranges_with_the_same_elements(both: Both) -> None:
    run = both("from: r1, r2\nto: r1, r2\nv[from] = 1, 2\nx[from,to] = v[from] / v[to]")
    assert first(run) == [[1, 0.5], [2, 1]]


def test_a_range_as_a_number(both: Both) -> None:
    run = both(
        "a: a1, a2, a3\nlate: a2, a3\nx[a] = a\ny[late] = late\nz[a] = IF THEN ELSE(a = a2, 7, 0)\n"
        "s = SUM(x[a!] * x[a!])"
    )
    assert (first(run), first(run, "y"), first(run, "z")) == ([1, 2, 3], [2, 3], [0, 7, 0])
    assert first(run, "s") == 14


def test_elmcount(both: Both) -> None:
    run = both("a: a1, a2, a3\nlate: a2, a3\nx = ELMCOUNT(a)\ny[a] = ELMCOUNT(a) + ELMCOUNT(late)")
    assert (first(run), first(run, "y")) == (3, [5, 5, 5])


# Mappings ---------------------------------------------------------------------------------------


def test_a_mapping_in_order(both: Both) -> None:
    run = both("a: a1, a2 -> b\nb: b1, b2\nv[a] = 1, 2\nx[b] = v[a]")
    assert first(run) == [1, 2]


def test_a_mapping_turned_round(both: Both) -> None:
    """The range that is mapped stands left, the one it is mapped to right."""
    run = both("a: a1, a2 -> b\nb: b1, b2\nv[b] = 1, 2\nx[a] = v[b]")
    assert first(run) == [1, 2]


def test_a_mapping_in_another_order(both: Both) -> None:
    run = both("a: a1, a2, a3 -> (b: b3, b1, b2)\nb: b1, b2, b3\nv[a] = 1, 2, 3\nx[b] = v[a]")
    assert first(run) == [2, 3, 1]


def test_a_mapping_by_subranges(both: Both) -> None:
    """Each element of the small range stands for all of a part of the large one."""
    run = both(
        "country: c1, c2, c3\nnorth: c1, c2\nsouth: c3\n"
        "region: r1, r2 -> (country: north, south)\nv[region] = 10, 20\nx[country] = v[region]"
    )
    assert first(run) == [10, 10, 20]


def test_two_mappings_of_one_range(both: Both) -> None:
    run = both(
        "a: a1, a2 -> b, (c: c2, c1)\nb: b1, b2\nc: c1, c2\nv[a] = 1, 2\nx[b] = v[a]\ny[c] = v[a]"
    )
    assert (first(run), first(run, "y")) == ([1, 2], [2, 1])


# Entries ----------------------------------------------------------------------------------------


def test_an_exception(both: Both) -> None:
    run = both("a: a1, a2, a3\nx[a] :EXCEPT: [a2] = a * 10\nx[a2] = -1")
    assert first(run) == [10, -1, 30]


def test_exceptions_along_two_ranges(both: Both) -> None:
    run = both(
        "a: a1, a2\nb: b1, b2, b3\nx[a,b] :EXCEPT: [a1,b2], [a2,b] = 10 * a + b\n"
        "x[a1,b2] = -1\nx[a2,b] = -b"
    )
    assert first(run) == [[11, -1, 13], [-1, -2, -3]]


def test_an_exception_of_a_subrange_and_a_fixed_element(both: Both) -> None:
    run = both(
        "a: a1, a2\nb: b1, b2, b3\nlate: b2, b3\nx[a1,b] :EXCEPT: [a1,late] = 1\n"
        "x[a1,late] = 2\nx[a2,b] :EXCEPT: [a1,b] = 3"
    )
    assert first(run) == [[1, 2, 2], [3, 3, 3]]


def test_an_exception_that_leaves_nothing(both: Both) -> None:
    run = both("a: a1, a2\nx[a] :EXCEPT: [a] = 1 / 0\nx[a1] = 5\nx[a2] = 6")
    assert first(run) == [5, 6]


def test_a_list_of_which_an_exception_leaves_some_out(both: Both) -> None:
    run = both("a: a1, a2, a3\nx[a] :EXCEPT: [a2] = 1, 2, 3\nx[a2] = 9")
    assert first(run) == [1, 9, 3]


def test_only_some_elements_are_defined(both: Both) -> None:
    run = both("a: a1, a2, a3\nb: b1, b2\nx[a1,b1] = 1\nx[a2,b2] = 2\ny = x[a2,b2]")
    assert [name for name in run.columns if name.startswith("x")] == ["x[a1,b1]", "x[a2,b2]"]
    np.testing.assert_array_equal(run.values("x")[0], [[1, NAN], [NAN, 2]])


def test_stocks_constants_and_auxiliaries_in_one_variable(both: Both) -> None:
    run = both(
        "a: a1, a2, a3\nx[a1] = INTEG(1, 10)\nx[a2] = 7\nx[a3] = x[a1] + x[a2]\n"
        "s = INTEG(SUM(x[a!]), 0)"
    )
    assert run.values("x").tolist() == [[10 + t, 7, 17 + t] for t in range(5)]
    assert run.values("s").tolist() == [0, 34, 70, 108, 148]


# Order ------------------------------------------------------------------------------------------


def test_a_chain_of_cohorts_is_computed_element_by_element(both: Both) -> None:
    run = both(
        "age: c1, c2, c3, c4\nolder: c2, c3, c4 -> (younger: c1, c2, c3)\nyounger: c1, c2, c3\n"
        "x[c1] = Time\nx[older] = 2 * x[younger] + 1"
    )
    assert run.values("x")[3].tolist() == [3, 7, 15, 31]


def test_a_chain_of_stocks(both: Both) -> None:
    run = both(
        "age: c1, c2, c3\nolder: c2, c3 -> (younger: c1, c2)\nyounger: c1, c2\n"
        "x[c1] = INTEG(-out[c1], 8)\nx[older] = INTEG(out[younger] - out[older], 0)\n"
        "out[age] = x[age] / 2"
    )
    assert run.values("x")[2].tolist() == [2, 4, 2]
    assert run.values("x").sum(axis=1)[:1] == 8


def test_two_variables_that_take_turns_along_a_range(both: Both) -> None:
    run = both(
        "a: a1, a2, a3\nnext: a2, a3 -> (last: a1, a2)\nlast: a1, a2\n"
        "x[a] = y[a] + 1\ny[a1] = Time\ny[next] = 10 * x[last]"
    )
    assert run.values("x")[1].tolist() == [2, 21, 211]


def test_elements_in_a_circle_are_refused_by_name(model: Maker) -> None:
    with pytest.raises(sd.CircularError) as caught:
        model(
            "a: a1, a2, a3\nx[a1] = y[a3]\nx[a2] = 1\nx[a3] = x[a2]\ny[a] = 2 * x[a]\nz[a] = z[a]"
        )
    (problem,) = caught.value.problems
    assert problem.message == "these define each other: z -> z"
    assert (problem.line, problem.column, problem.loop) == (7, 1, ("z",))
    with pytest.raises(sd.CircularError) as caught:
        model("a: a1, a2\nx[a1] = y[a2]\nx[a2] = 1\ny[a1] = 3\ny[a2] = x[a1]")
    assert [p.loop for p in caught.value.problems] == [("x", "y")]


# Functions that remember ------------------------------------------------------------------------


def test_each_element_has_a_delay_of_its_own(both: Both, model: Maker) -> None:
    run = both(
        "a: a1, a2\nx[a] = SMOOTH(a * Time, 2 * a)\ny[a] = DELAY1I(a, 2, 0)\n"
        "z[a] = DELAY FIXED(a * Time, a, -1)\ns = SUM(w[a!])\nw[a] = SMOOTH3(a * Time, 2)\n"
        "t = SUM(SMOOTH(v[a!] * Time, 2))\nv[a] = a",
        TIME_STEP=0.5,
    )
    alone = model(
        "x1 = SMOOTH(Time, 2)\nx2 = SMOOTH(2 * Time, 4)\ny1 = DELAY1I(1, 2, 0)\n"
        "y2 = DELAY1I(2, 2, 0)\nz1 = DELAY FIXED(Time, 1, -1)\nz2 = DELAY FIXED(2 * Time, 2, -1)\n"
        "s = SMOOTH3(Time, 2) + SMOOTH3(2 * Time, 2)\nt = SMOOTH(Time, 2) + SMOOTH(2 * Time, 2)",
        TIME_STEP=0.5,
    ).run(method="vensim", engine="reference")
    for name in ("x", "y", "z"):
        for i in (1, 2):
            assert run.values(name)[:, i - 1].tolist() == alone.values(f"{name}{i}").tolist()
    for name in ("s", "t"):
        np.testing.assert_allclose(run.values(name), alone.values(name), rtol=1e-14)


def test_sample_if_true_and_initial_by_element(both: Both) -> None:
    run = both("a: a1, a2\nx[a] = SAMPLE IF TRUE(Time = a, 10 * Time, 0)\ny[a] = INITIAL(a + Time)")
    assert run.values("x")[-1].tolist() == [10, 20]
    assert run.values("y")[-1].tolist() == [1, 2]


def test_each_element_draws_its_own_numbers(both: Both) -> None:
    run = both("a: a1, a2, a3\nx[a] = RANDOM UNIFORM(0, 1, 5)\ny = RANDOM UNIFORM(0, 1, 5)")
    drawn = run.values("x")
    assert len(np.unique(drawn)) == drawn.size
    assert (drawn > 0).all()
    assert (drawn < 1).all()


# Lookups and data -------------------------------------------------------------------------------


def test_a_lookup_for_each_element(both: Both) -> None:
    run = both(
        "a: a1, a2\nt[a1]((0,0),(10,100))\nt[a2]((0,5),(10,5))\nx[a] = t[a](Time)\n"
        "y[a] = LOOKUP EXTRAPOLATE(t[a], 11)\nz = t[a1](1) + SUM(t[a!](2))"
    )
    assert run.values("x")[2].tolist() == [20, 5]
    assert (first(run, "y"), first(run, "z")) == ([110, 5], 35)


def test_one_lookup_for_all_elements(both: Both) -> None:
    run = both("a: a1, a2\nt((0,0),(10,100))\nu[a]((0,0),(10,50))\nx[a] = t(a) + u[a](a)")
    assert first(run) == [15, 30]


def test_data_by_element(mdl: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "m.mdl").write_text(mdl("a: a1, a2 ~ ~ |\nd[a] ~ ~ |\nx[a] = 10 * d[a] ~ ~ |"))
    series = "d[a1]\n0\t1\n2\t3\nd[a2]\n0\t5\n4\t9\n"
    (tmp_path / "d.dat").write_text(series)
    made = sd.load(tmp_path / "m.mdl", data=[tmp_path / "d.dat"])
    for engine in ("reference", "compiled"):
        run = made.run(method="vensim", engine=engine)
        assert run.values("x").tolist() == [[10, 50], [20, 60], [30, 70], [30, 80], [30, 90]]
