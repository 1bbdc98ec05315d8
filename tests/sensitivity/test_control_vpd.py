"""Payoff definitions: what they say, and that payoffs are added up as they say."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sdmodel as sd
import sensitivity as sa
from sensitivity.control.payoff import Payoff

# Saved each day, although there is a step every half day.
LINES = """
rate = 2 ~ |
scale = 4 ~ |
Stock = INTEG(rate, 1) ~ |
wave = 3 + SIN(Time) ~ |
sinking = 5 - Time ~ |
R: a1, a2 ~ |
cargo[R] = 1,2 ~ |
hull[R] = INTEG(cargo[R], 0) ~ |
"""
TIMES = np.arange(0, 10.5, 0.5)
STOCK = 1 + 2 * TIMES


@pytest.fixture
def model(written) -> sd.Model:
    return written(LINES)


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str, name: str = "a.vpd") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([*lines, ""]))
        return path

    return write


@pytest.fixture
def with_data(model, tmp_path) -> Callable[[str], sd.Model]:
    """Return a maker of the model with data of some series."""

    def load(text: str) -> sd.Model:
        path = tmp_path / "seen.dat"
        path.write_text(text)
        return sd.load(model.path, data=[path])

    return load


def payoff_of(path: Path, model: sd.Model, **values: float) -> float:
    return float(
        Payoff(sd.read_vpd(path, model), model).of(pd.DataFrame([{"rate": 2, **values}]))[0]
    )


# Policies -------------------------------------------------------------------------------------


def test_a_policy_adds_up_at_each_time_step_as_euler_does(model, file) -> None:
    expected = 3 * STOCK[:-1].sum() * 0.5
    assert payoff_of(file("*P", "stock/3"), model) == pytest.approx(expected)
    assert payoff_of(file("*Policy", "Stock / 3"), model) == pytest.approx(expected)


def test_a_weight_may_be_a_variable(model, file) -> None:
    wave = 3 + np.sin(TIMES)
    path = file("*P", "Stock/wave")
    assert payoff_of(path, model) == pytest.approx((STOCK * wave)[:-1].sum() * 0.5)
    assert payoff_of(file("*PF", "Stock/scale"), model, scale=7) == pytest.approx(21 * 7)


def test_final_and_initial_values_count_as_they_are(model, file) -> None:
    assert payoff_of(file("*PF", "Stock/-1"), model) == pytest.approx(-21)
    assert payoff_of(file("*PI", "Stock/2"), model) == pytest.approx(2)
    assert payoff_of(file("*PLF", "Stock/2"), model) == pytest.approx(2 * math.log(21))


def test_types_may_be_mixed_and_hold_until_the_next(model, file) -> None:
    both = file("*PF", "Stock/1", "wave/0", "{more}", "*PI", "Stock/10")
    assert payoff_of(both, model) == pytest.approx(21 + 10)


def test_values_without_a_logarithm_are_passed_over(model, file) -> None:
    values = 5 - TIMES[:-1]
    expected = np.log(values[values > 0]).sum() * 0.5
    assert payoff_of(file("*PL", "sinking/1"), model) == pytest.approx(expected)


# Calibrations ---------------------------------------------------------------------------------

DATA = "Stock\n0\t2\n1.5\t3\n7\t14\n"
AT, SEEN = np.array([0, 1.5, 7]), np.array([2.0, 3, 14])
MODEL = 1 + 2 * AT


@pytest.mark.parametrize(
    ("kind", "weight", "expected"),
    [
        ("*C", 0.5, -(((MODEL - SEEN) * 0.5) ** 2).sum()),
        ("*Calibration", 0.5, -(((MODEL - SEEN) * 0.5) ** 2).sum()),
        ("*CO", 0.5, -(((MODEL - SEEN) * 0.5) ** 2).sum()),
        ("*CG", 2.0, -(0.5 * ((MODEL - SEEN) / 2) ** 2 + math.log(2)).sum()),
        ("*CK", 4.0, -(0.5 * ((MODEL - SEEN) / 2) ** 2 + math.log(2)).sum()),
        ("*CR", 2.0, -(np.abs(MODEL - SEEN) / 2 + math.log(2)).sum()),
        ("*CL", 3.0, -((np.log(MODEL / SEEN) * 3) ** 2).sum()),
        ("*CGL", 2.0, -(0.5 * (np.log(MODEL / SEEN) / 2) ** 2 + math.log(2)).sum()),
        ("*CP", 1.0, (SEEN * np.log(MODEL) - MODEL).sum()),
        (
            "*CB",
            20.0,
            (SEEN * np.log(MODEL / 20) + (20 - SEEN) * np.log(1 - MODEL / 20)).sum(),
        ),
    ],
)
def test_each_error_is_added_up_at_its_data(kind, weight, expected, file, with_data) -> None:
    path = file(kind, f"Stock/{weight}")
    assert payoff_of(path, with_data(DATA)) == pytest.approx(float(expected))


@pytest.mark.parametrize(("kind", "of"), [("*CP", "poisson"), ("*CB", "binom")])
def test_counts_differ_from_likelihoods_by_a_constant(kind, of, file, with_data) -> None:
    from scipy import stats

    model, path = with_data(DATA), file(kind, "Stock/scale" if kind == "*CB" else "Stock/1")

    def likelihood(rate: float) -> float:
        values = 1 + rate * AT
        if of == "poisson":
            return float(stats.poisson.logpmf(SEEN, values).sum())
        return float(stats.binom.logpmf(SEEN, 40, values / 40).sum())

    gained = payoff_of(path, model, rate=1.8, scale=40) - payoff_of(path, model, rate=2.5, scale=40)
    assert gained == pytest.approx(likelihood(1.8) - likelihood(2.5))


def test_data_may_have_another_name_on_either_side(written, file, tmp_path) -> None:
    plain = written(LINES)
    text = plain.path.read_text(encoding="utf-8")
    plain.path.write_text(text.replace("rate = 2", "seen ~ |\nthere = seen ~ |\nrate = 2"))
    (tmp_path / "seen.dat").write_text("seen" + DATA[5:] + "elsewhere\n0\t1\n")
    model = sd.load(plain.path, data=[tmp_path / "seen.dat"])
    expected = payoff_of(file("*C", "Stock|seen/1"), model)
    assert expected == pytest.approx(-((MODEL - SEEN) ** 2).sum())
    assert payoff_of(file("*C", "seen|Stock/1"), model) == expected
    # One that only the file has needs no variable in the model.
    assert payoff_of(file("*C", "Stock|elsewhere/1"), model) == 0


def test_data_between_the_steps_are_left_out_and_told(file, with_data) -> None:
    model = with_data("Stock\n0\t2\n1.3\t3\n99\t3\n")
    measured = Payoff(sd.read_vpd(file("*C", "Stock/1"), model), model)
    assert measured.of(pd.DataFrame({"rate": [2.0]})) == pytest.approx([-1])
    assert "a.vpd:2: 2 of 3 data points of 'Stock'" in measured.notes[0]
    model = with_data("Stock\n1.3\t3\n")
    read = sd.read_vpd(file("*C", "Stock/1"), model)
    with pytest.raises(sa.StudyError, match="nothing can be compared"):
        Payoff(read, model)


def test_each_element_is_a_part_with_its_own_data(file, with_data) -> None:
    model = with_data("hull[a1]\n2\t5\nhull[a2]\n2\t5\n")
    read = sd.read_vpd(file("*C", "hull[R]/cargo[R]"), model)
    assert [(one.variable, one.weight) for one in read.parts] == [
        ("hull[a1]", "cargo[a1]"),
        ("hull[a2]", "cargo[a2]"),
    ]
    parts = Payoff(read, model).parts_of(pd.DataFrame({"rate": [2.0, 2.0]}))
    assert np.allclose(parts, [[-9, -9], [-4, -4]])
    assert payoff_of(file("*C", "hull/1"), model) == pytest.approx(-9 - 1)


def test_a_failed_run_has_no_payoff_and_the_others_theirs(written, file) -> None:
    model = written("rate = 1 ~ |\nlevel = INTEG(EXP(rate*level), 1) ~ |")
    path = file("*PF", "level/1")
    table = pd.DataFrame({"rate": [-1.0, 900.0]})
    good, bad = Payoff(sd.read_vpd(path, model), model).of(table)
    assert math.isfinite(good)
    assert bad == -math.inf


# Mistakes -------------------------------------------------------------------------------------

WRONG = (
    (("Stock/1",), 1, 1, "no type line stands above"),
    (("*Q", "Stock/1"), 1, 1, "no type of payoff"),
    (("*CH", "Stock/1"), 1, 1, "H behind *C is not offered"),
    (("*CX", "Stock/1"), 1, 1, "X behind *C is not offered"),
    (("*PG", "Stock/1"), 1, 1, "G behind *P is not offered"),
    (("*CGR", "Stock/1"), 1, 1, "exclude each other"),
    (("*CPL", "Stock/1"), 1, 1, "not by logarithms"),
    (("*RI", "Stock/1"), 1, 1, "*R are not offered"),
    (("*P", "Stok/1"), 2, 1, "did you mean 'Stock'?"),
    (("*P", "Stock/waves"), 2, 7, "did you mean 'wave'?"),
    (("*P", "Stock|wave/1"), 2, 1, "is not variable/weight"),
    (("*P", "Stock/1/2"), 2, 1, "is not variable/weight"),
    (("*P", "hull[a3]/1"), 2, 1, "hull"),
    (("*P", "hull/wave[R]"), 2, 6, "wave"),
    (("*C", "wave/1"), 2, 1, "no data of 'wave'"),
    (("*C", "wave|Stok/1"), 2, 6, "did you mean 'Stock'?"),
    (("*CG", "Stock/-1"), 2, 7, "must be above 0"),
    (("*P",), 1, 1, "nothing in it"),
    (("*P", 'Stock/"wave'), 2, 7, "never closed"),
)


@pytest.mark.parametrize(("lines", "line", "column", "told"), WRONG)
def test_a_mistake_is_named_with_its_place(lines, line, column, told, file, with_data) -> None:
    with pytest.raises(sd.ReadError) as caught:
        sd.read_vpd(file(*lines), with_data(DATA))
    (problem,) = caught.value.problems
    assert told in str(problem)
    assert (problem.line, problem.column) == (line, column)
