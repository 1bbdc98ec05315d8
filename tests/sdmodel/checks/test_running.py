"""Checks that run the model: against what theory says of small models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.checks.facts import Facts
from sdmodel.checks.rules import Rules
from sdmodel.checks.running import Fastest, fastest

CLOCK = "INITIAL TIME=0 ~~|FINAL TIME={end}~~|SAVEPER=1~~|TIME STEP={step}~~|\n"
MODELS = Path(__file__).resolve().parents[3] / "models"
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Write a model of some equations, with run controls."""

    def write(equations: str, *, step: float = 0.125, end: float = 10, method: int = 0) -> Path:
        path = tmp_path / "m.mdl"
        tail = f"\\\\\\---/// Sketch\n///---\\\\\\\n:L<%^E!@\n15:0,0,0,{method},0,0\n"
        path.write_text(equations + CLOCK.format(step=step, end=end) + tail, encoding="utf-8")
        return path

    return write


def found(path: Path, *codes: str, **rules: float) -> list[str]:
    wanted = Rules(select=frozenset(codes), **rules)  # type: ignore[arg-type]
    return [one.problem.message for one in sd.check(path, wanted)]


def shortest(path: Path) -> Fastest:
    answer = fastest(Facts(sd.load(path).program))
    assert answer is not None
    return answer


@pytest.mark.parametrize("tau", [0.25, 1.0, 40.0])
def test_a_first_order_time_constant_is_found(make: Make, tau: float) -> None:
    answer = shortest(make(f"tank= INTEG(3-tank/{tau}, 7) ~~|"))
    assert answer.constant == pytest.approx(tau, rel=1e-6)
    assert (answer.variable, answer.hidden) == ("tank", False)


@pytest.mark.parametrize("stages", [1, 3])
def test_the_stages_of_a_delay_have_a_share_of_its_time(make: Make, stages: int) -> None:
    answer = shortest(make(f"late= DELAY{stages}(Time, 6) ~~|slow= INTEG(-slow/9, 1) ~~|"))
    assert answer.constant == pytest.approx(6 / stages, rel=1e-5)
    assert answer.hidden
    assert answer.variable == "late"


def test_a_loop_is_as_fast_as_its_eigenvalue(make: Make) -> None:
    """An oscillator of two slow-looking stocks: the eigenvalues are +-i times its frequency."""
    path = make("x= INTEG(20*y, 1) ~~|y= INTEG(-5*x, 0) ~~|")
    assert shortest(path).constant == pytest.approx(1 / 10, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_a_linear_model_has_the_eigenvalues_of_its_matrix(make: Make, seed: int) -> None:
    matrix = np.round(np.random.default_rng(seed).normal(size=(4, 4)), 3)
    rates = ["+".join(f"({a})*s{j}" for j, a in enumerate(row)) for row in matrix]
    text = "".join(f"s{i}= INTEG({rate}, {i + 1}) ~~|" for i, rate in enumerate(rates))
    wanted = 1 / np.abs(np.linalg.eigvals(matrix)).max()
    assert shortest(make(text, end=2)).constant == pytest.approx(wanted, rel=1e-4)


def test_a_jump_is_no_time_constant(make: Make) -> None:
    """The rate jumps where the stock is exactly now; it adjusts with 20 everywhere else."""
    path = make("x= INTEG(IF THEN ELSE(x > 5, -1, 1)-x/20, 5) ~~|")
    assert shortest(path).constant == pytest.approx(20, rel=1e-6)


def test_what_the_step_itself_limits_is_passed_over(make: Make) -> None:
    """No step is short enough for an outflow that may empty the stock within a step."""
    text = "x= INTEG(1-MIN(x/TIME STEP, 3), 0) ~~|y= INTEG(-y/4, 1) ~~|"
    assert shortest(make(text)).constant == pytest.approx(4, rel=1e-6)


def test_elements_of_arrays_count_each(make: Make) -> None:
    path = make("k: a,b,c ~~|tau[k]= 8,0.5,4 ~~|x[k]= INTEG(-x[k]/tau[k], 1) ~~|")
    assert shortest(path).constant == pytest.approx(0.5, rel=1e-6)


def test_what_never_adjusts_has_none(make: Make) -> None:
    path = make("x= INTEG(3, 1) ~~|")
    assert fastest(Facts(sd.load(path).program)) is None


@pytest.mark.parametrize(
    ("method", "longest"), [(0, 0.5), (4, 2 / 3), (5, 1.0)], ids=["euler", "rk2", "rk4"]
)
def test_the_step_is_measured_by_the_method(make: Make, method: int, longest: float) -> None:
    tank = "tank= INTEG(3-tank, 7) ~~|"
    assert found(make(tank, step=longest * 0.99, method=method), "SD403") == []
    assert len(found(make(tank, step=longest * 1.01, method=method), "SD403")) == 1
    strict = found(
        make(tank, step=longest * 0.6, method=method), "SD403", steps_per_time_constant=4.0
    )
    assert len(strict) == 1


def test_an_adaptive_method_minds_no_step(make: Make) -> None:
    assert found(make("tank= INTEG(3-tank, 7) ~~|", step=2, method=1), "SD403") == []


TABLE = "f((0,0),(1,1),(2,{last})) ~~|"


@pytest.mark.parametrize(
    ("given", "last", "told"),
    [
        ("Time/5", "3", []),
        ("Time/4", "3", ["above its last point 2 from 9 on, at 2.5 in the extreme"]),
        ("Time/4", "1", []),  # flat at that end
        ("-1", "3", ["below its first point 0 all the time, at -1 in the extreme"]),
        ("3*SIN(Time)", "3", ["above its last point 2 at 27% of the times", "below its first"]),
    ],
)
def test_lookups_are_told_where_they_are_left(
    make: Make, given: str, last: str, told: list[str]
) -> None:
    messages = found(make(TABLE.format(last=last) + f"x= {given} ~~|y= f(x+0*Time) ~~|"), "SD501")
    assert len(messages) == len(told)
    for part in told:
        assert any(part in one for one in messages), messages


def test_each_element_is_held_against_its_own_table(make: Make) -> None:
    tables = "k: a,b ~~|f[a]((0,0),(9,9)) ~~|f[b]((0,0),(20,9)) ~~|"
    assert found(make(f"{tables}y[k]= f[k](Time) ~~|", end=12), "SD501") == []  # Time alone
    messages = found(make(f"{tables}x= 2*Time ~~|y[k]= f[k](x) ~~|"), "SD501")
    (message,) = messages
    assert "the lookup 'f' is read above its last point 9 from 5 on, at 20 in" in message


def test_lookups_that_go_on_beyond_are_passed_over(make: Make) -> None:
    path = make("f((0,0),(1,1)) ~~|x= 2*Time ~~|y= LOOKUP EXTRAPOLATE(f, x) ~~|")
    assert found(path, "SD501") == []


@pytest.mark.parametrize(
    ("equation", "told"),
    [
        ("1/(Time-5)", ["what it divides by is zero at time 5"]),
        ("1/(Time-5.3)", ["what it divides by changes its sign after time 5"]),
        ("1/(Time+1)", []),
        ("ZIDZ(1, Time-5)", []),
        ("IF THEN ELSE(Time = 5, 0, 1/(Time-5))", []),
        ("SUM(1/(n[k!]-Time))", ["what it divides by is zero at time 3"]),
    ],
)
def test_divisions_by_zero(make: Make, equation: str, told: list[str]) -> None:
    path = make(f"k: a,b ~~|n[k]= 3,4 ~~|y= {equation} ~~|z= n[a] ~~|")
    messages = found(path, "SD203")
    assert [one.partition(": ")[2] for one in messages] == told


def test_the_first_value_that_is_no_number_is_named(make: Make) -> None:
    text = "stock= INTEG(rate, 1) ~~|rate= root*2 ~~|root= SQRT(given) ~~|given= 4-Time ~~|"
    assert found(make(text), "SD405") == ["'root' is not a finite number at time 5"]
    assert found(make("x= INTEG(x*x, 1) ~~|", step=1, end=40), "SD405") == [
        "'x' is not a finite number at time 10"
    ]
    (message,) = found(make("x= 1 ~~|", step=-1), "SD405")
    assert message.startswith("the model cannot be run: TIME STEP")


def test_elements_without_an_equation_are_no_failure(make: Make) -> None:
    assert found(make("k: a,b ~~|x[a]= Time ~~|y= x[a] ~~|"), "SD405") == []


@pytest.mark.parametrize(("delay", "told"), [("1.25", 0), ("1.3", 1), ("lag", 1)])
def test_sharp_delays_last_whole_steps(make: Make, delay: str, told: int) -> None:
    path = make(f"lag= 0.2 ~~|x= DELAY FIXED(Time, {delay}, 0) ~~|y= lag ~~|")
    assert len(found(path, "SD404")) == told


@pytest.mark.parametrize("name", ["core", "epidemic"])
def test_facts_are_the_run(name: str) -> None:
    model = sd.load(MODELS / f"{name}.mdl")
    facts, run = Facts(model.program), model.run(method="vensim")
    slots = [slot for _, slot in facts.program.columns.values()]
    assert np.array_equal(facts.times, run.times)
    assert np.allclose(facts.values[slots].T, run.table, rtol=1e-11, atol=0)
    # With other constants the code serves again.
    factor = next(iter(model.settings.levers.values()))
    other = model.replace(factor.name, f"{factor.high}")
    again, other_run = Facts(other.program, facts), other.run(method="vensim")
    assert np.allclose(again.values[slots].T, other_run.table, rtol=1e-11, atol=0)
    assert again.kernel._modules is facts.kernel._modules


def test_a_long_run_of_many_values_is_saved_less_often(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sdmodel.checks.facts._MOST_VALUES", 200)
    facts = Facts(sd.load(make("x= INTEG(1, 0) ~~|", end=100)).program)
    assert facts.values.size <= 260
    assert facts.times[0] == 0
    x = facts.values[facts.program.columns["x"][1]]
    assert x == pytest.approx(facts.times)
