"""The core model against what can be said about it without running it.

Closed forms hold for the learning kernel alone: absorptive capacity frozen, no domestic
innovation, no ceiling, nothing but the networks as a source. Then relative knowledge z obeys
dz/dt = z (m A phi(z) - d) with phi(z) = (1 - z^s) / s and d = frontier growth + forgetting.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sdmodel as sd

ROOT = Path(__file__).parents[2]
STOCKS = {
    "Foreign frontier",
    "Domestic knowledge",
    "Absorptive capacity",
    "Local skilled people",
    "TNC lab people",
    "Diaspora",
}
PEOPLE = ("Local skilled people", "TNC lab people", "Diaspora")
RETIREMENTS = ("retirement from local firms", "retirement from TNC labs", "retirement of diaspora")
SHARES = (
    "Absorptive capacity",
    "target absorptive capacity",
    "TNC lab share",
    "brain drain share",
    "foreign share of learning",
)
FORGETTING_AND_FRONTIER = 0.02 + 0.02
# No ceiling, and enough skilled people for a take-off at s = 1.
OPEN_END = {"learning ceiling": 1.0, "initial local skilled people": 400.0}


@pytest.fixture(scope="module")
def model() -> sd.Model:
    return sd.load(ROOT / "models" / "core.mdl")


@pytest.fixture(scope="module")
def kernel(model: sd.Model) -> sd.Model:
    """Return the learning kernel alone, with enough skilled people for a take-off at s = 1."""
    return (
        model.replace("capacity building", "0*Absorptive capacity/time to build capacity")
        .replace("domestic innovation", "0*research productivity*frontier in 1960")
        .replace("exposure", "network exposure")
    )


def phi(z: float, s: float) -> float:
    """Return (1 - z^s) / s, with its limit at s = 0, to full precision."""
    return -math.log(z) if s == 0 else -math.expm1(s * math.log(z)) / s


def factors(model: sd.Model) -> dict[str, sd.Factor]:
    return {**model.settings.levers, **model.settings.uncertainties}


def whole_range(model: sd.Model) -> dict[str, tuple[float, float]]:
    """Return low and high of every constant that states a range."""
    ranges = {}
    for name in model.constants:
        info = model.variable(name)
        if info.low is not None and info.high is not None and name not in ("SAVEPER", "TIME STEP"):
            ranges[name] = (info.low, info.high)
    return ranges


def frontier_country(model: sd.Model, **changed: float) -> dict[str, float]:
    """Return values of a country with the frontier's knowledge and people, and no links abroad.

    Its people begin in balance: they grow as fast as its youth cohort does.
    """
    value = model.constants | changed
    share = (
        value["research share without policy"]
        + value["policy effect on research share"] * value["local firm policy"]
    )
    people = value["frontier research people"] / share
    leaving = value["cohort growth rate"] + 1 / value["career length"]
    return changed | {
        "initial relative knowledge": 1,
        "network exposure": 0,
        "retention programme": 1,
        "initial local skilled people": people,
        "youth cohort in 1960": people * leaving / value["education effort"],
    }


# --- What the file promises


def test_size_and_stocks(model: sd.Model) -> None:
    control = {"FINAL TIME", "INITIAL TIME", "SAVEPER", "TIME STEP"}
    computed = set(model.variables) - set(model.constants) - control
    assert set(model.stocks) == STOCKS
    assert 25 <= len(computed) <= 45
    assert len(computed) == 31
    assert len(set(model.constants) - control) == 34


def test_every_variable_has_unit_and_sourced_comment(model: sd.Model) -> None:
    sourced = re.compile(r"\bP\d\d|\[[VDJL]")
    own_words = {
        "relative knowledge",
        "youth cohort",
        "frontier growth",
        "forgetting",
        "frontier in 1960",
        *RETIREMENTS,
    }
    for name in model.variables:
        info = model.variable(name)
        assert info.units, name
        assert len(info.comment) > 10, name
        if info.group.casefold() != "control" and name not in own_words:
            assert sourced.search(info.comment), f"{name}: {info.comment}"


def test_levers_and_uncertainties_are_constants_with_a_range(model: sd.Model) -> None:
    assert len(model.settings.levers) == 7
    assert len(model.settings.uncertainties) == 19
    for name, factor in factors(model).items():
        info = model.variable(name)
        assert name in model.constants
        assert info.low is not None, name
        assert info.high is not None, name
        assert info.step, name
        assert info.low <= factor.default <= info.high, name
        assert factor.low < factor.high, name


def test_scenarios_move_levers_only(model: sd.Model) -> None:
    assert len(model.settings.scenarios) == 7
    for scenario in model.settings.scenarios.values():
        assert set(scenario.values) <= set(model.settings.levers), scenario.name


def test_integration_step_is_small_enough(model: sd.Model) -> None:
    outputs = [*model.stocks, "relative knowledge"]
    coarse = model.run(method="rk4", outputs=outputs)
    fine = model.run(method="rk4", time_step=0.125, outputs=outputs)
    for name in outputs:
        np.testing.assert_allclose(coarse.values(name), fine.values(name), rtol=1e-6, err_msg=name)
    assert model.check_integration().ok


# --- The kernel


@pytest.mark.parametrize("s", [0.0, 1e-12, 1e-9, 1e-6, 1e-4, 1e-3, 0.01, 0.1, 0.25, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("z", [0.02, 0.09, 0.5, 0.8, 0.899])
def test_learnable_gap_is_the_kernel_at_every_curvature(
    model: sd.Model, s: float, z: float
) -> None:
    run = model.run(
        {"gap curvature": s, "initial relative knowledge": z},
        method="rk4",
        final_time=1961,
        outputs=["learnable gap"],
    )
    assert run.values("learnable gap")[0] == pytest.approx(phi(z / 0.9, s), rel=1e-10)


@pytest.mark.parametrize("z", [0.9, 0.95, 1.0])
def test_nothing_is_left_to_learn_at_and_above_the_ceiling(model: sd.Model, z: float) -> None:
    run = model.run({"initial relative knowledge": z}, method="rk4", final_time=1961)
    assert run.values("learnable gap")[0] == 0
    assert run.values("foreign knowledge inflow")[0] == 0


@pytest.mark.parametrize("s", [0.0, 0.25, 0.5, 1.0])
def test_steady_state_of_the_kernel(kernel: sd.Model, s: float) -> None:
    run = kernel.run(
        OPEN_END | {"gap curvature": s, "network exposure": 0.8},
        method="rk4",
        final_time=2760,
        save_every=100,
        outputs=["relative knowledge", "Absorptive capacity", "catch up rate", "exposure"],
    )
    capacity = run.values("Absorptive capacity")
    assert np.all(capacity == capacity[0])
    speed = 0.3 * 0.8 * capacity[0]
    rest = 1 - s * FORGETTING_AND_FRONTIER / speed
    expected = rest ** (1 / s) if s else math.exp(-FORGETTING_AND_FRONTIER / speed)
    assert 0.05 < expected < 0.95
    assert run.values("relative knowledge")[-1] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("s", [0.0, 0.25, 0.5, 1.0])
@pytest.mark.parametrize(("excess", "sign"), [(0.98, -1), (1.02, 1)])
def test_take_off_needs_learning_above_erosion(
    kernel: sd.Model, s: float, excess: float, sign: int
) -> None:
    """From z = 0.09 a country rises exactly if m A phi(0.09) exceeds d."""
    start = kernel.run(OPEN_END, method="rk4", final_time=1961).values("Absorptive capacity")[0]
    exposure = excess * FORGETTING_AND_FRONTIER / (0.3 * start * phi(0.09, s))
    values = OPEN_END | {"gap curvature": s, "network exposure": exposure}
    z = kernel.run(values, method="rk4", outputs=["relative knowledge"]).values(
        "relative knowledge"
    )
    assert np.all(np.sign(np.diff(z)) == sign)


def test_logistic_kernel_has_a_threshold_that_gompertz_has_not(kernel: sd.Model) -> None:
    """Below m A = d everything is lost at s = 1, while s = 0 keeps a small share."""
    values = OPEN_END | {"network exposure": 0.2}
    run = kernel.run(values | {"gap curvature": 1}, method="rk4", final_time=3960, save_every=500)
    speed = 0.3 * 0.2 * run.values("Absorptive capacity")[0]
    assert speed < FORGETTING_AND_FRONTIER
    assert run.values("relative knowledge")[-1] < 1e-9
    kept = kernel.run(values | {"gap curvature": 0}, method="rk4", final_time=3960, save_every=500)
    expected = math.exp(-FORGETTING_AND_FRONTIER / speed)
    assert kept.values("relative knowledge")[-1] == pytest.approx(expected, rel=1e-9)


def test_frontier_moves_once(model: sd.Model) -> None:
    """Without gains relative knowledge shrinks by frontier growth and forgetting, no more."""
    still = model.replace("domestic innovation", "0*research productivity*frontier in 1960")
    z = still.run({"network exposure": 0}, method="rk4").values("relative knowledge")
    assert z[-1] / z[0] == pytest.approx(math.exp(-60 * FORGETTING_AND_FRONTIER), rel=1e-8)


# --- Self-reliance


def test_country_with_the_frontiers_parameters_keeps_up_alone(model: sd.Model) -> None:
    run = model.run(frontier_country(model), method="rk4")
    np.testing.assert_allclose(run.values("relative knowledge"), 1, atol=0.05)
    assert np.all(run.values("foreign knowledge inflow") == 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cohort growth rate", 0.0),
        ("forgetting rate", 0.03),
        ("research productivity", 0.03),
        ("frontier growth rate", 0.025),
        ("knowledge elasticity", 0.3),
        ("research elasticity", 0.3),
    ],
)
def test_where_self_reliance_fails_by_the_parameters(
    model: sd.Model, name: str, value: float
) -> None:
    """These values alone put even the frontier's own country behind: docs/model_core.md."""
    run = model.run(frontier_country(model, **{name: value}), method="rk4")
    assert run.values("relative knowledge")[-1] < 0.95


def test_self_reliance_holds_wherever_growth_and_erosion_balance(model: sd.Model) -> None:
    """Research productivity = g + forgetting, cohort growth = g (1 - theta) / alpha."""
    growth, lost, theta, alpha = 0.024, 0.03, 0.7, 0.4
    values = {
        "frontier growth rate": growth,
        "forgetting rate": lost,
        "knowledge elasticity": theta,
        "research elasticity": alpha,
        "research productivity": growth + lost,
        "cohort growth rate": growth * (1 - theta) / alpha,
    }
    run = model.run(frontier_country(model, **values), method="rk4")
    np.testing.assert_allclose(run.values("relative knowledge"), 1, atol=1e-6)


# --- People


def test_people_are_conserved(model: sd.Model) -> None:
    """At Euler, each step's change of all people is education less retirement, to rounding."""
    step = 0.25
    run = model.run("labs_with_policy", method="euler", save_every=step)
    everyone = sum(run.values(name) for name in PEOPLE)
    gone = sum(run.values(name) for name in RETIREMENTS)
    change = np.diff(everyone)
    expected = step * (run.values("education") - gone)[:-1]
    assert len(change) == 240
    assert np.max(np.abs(change - expected) / everyone[1:]) < 1e-8
    assert run.values("TNC lab people")[-1] > 1


def test_without_births_and_deaths_people_only_move(model: sd.Model) -> None:
    closed = model
    for name, stock in zip(RETIREMENTS, PEOPLE, strict=True):
        closed = closed.replace(name, f"0*{stock}/career length")
    run = closed.run({"education effort": 0}, method="rk4")
    everyone = sum(run.values(name) for name in PEOPLE)
    np.testing.assert_allclose(everyone, everyone[0], rtol=1e-8)
    assert run.values("Diaspora")[-1] > 1


# --- Extreme conditions


def test_no_skilled_people_no_innovation(model: sd.Model) -> None:
    nobody = {"initial local skilled people": 0, "education effort": 0}
    run = model.run(nobody, method="rk4")
    assert np.all(run.values("domestic innovation") == 0)
    assert np.all(run.values("foreign knowledge inflow") == 0)
    assert np.all(sum(run.values(name) for name in PEOPLE) == 0)


def test_no_exposure_no_foreign_knowledge(model: sd.Model) -> None:
    run = model.run({"network exposure": 0, "TNC lab attraction": 1}, method="rk4")
    assert np.all(run.values("foreign knowledge inflow") == 0)
    assert np.all(run.values("TNC lab people") == 0)
    assert np.all(run.values("foreign share of learning") == 0)


def test_no_institutions_no_learning_from_abroad(model: sd.Model) -> None:
    run = model.run({"institutions quality": 0, "network exposure": 1}, method="rk4")
    assert np.all(run.values("Absorptive capacity") == 0)
    assert np.all(run.values("foreign knowledge inflow") == 0)
    assert np.all(run.values("domestic innovation") > 0)


def test_no_attraction_no_crowding_out(model: sd.Model) -> None:
    run = model.run({"TNC lab attraction": 0}, method="rk4")
    assert np.all(run.values("crowding out") == 0)
    assert np.all(run.values("TNC lab share") == 0)


def test_full_retention_leaves_nobody_abroad(model: sd.Model) -> None:
    run = model.run({"retention programme": 1}, method="rk4")
    assert np.all(run.values("Diaspora") == 0)
    assert np.all(run.values("brain drain share") == 0)


def test_without_education_the_skilled_die_out(model: sd.Model) -> None:
    run = model.run({"education effort": 0}, method="rk4", final_time=2960, save_every=10)
    everyone = sum(run.values(name) for name in PEOPLE)
    assert np.all(np.diff(everyone) < 0)
    assert everyone[-1] == pytest.approx(40 * math.exp(-1000 / 35), rel=1e-6)


# --- Laws of scale: what is only a unit must not matter


def test_unit_of_knowledge_does_not_matter(model: sd.Model) -> None:
    base = model.run(method="rk4").values("relative knowledge")
    other = model.run({"frontier in 1960": 7}, method="rk4").values("relative knowledge")
    np.testing.assert_allclose(other, base, rtol=1e-10)


def test_country_twice_as_large_beside_a_frontier_twice_as_large(model: sd.Model) -> None:
    base = model.run(method="rk4").values("relative knowledge")
    names = (
        "frontier research people",
        "research people at half capacity",
        "initial local skilled people",
        "youth cohort in 1960",
    )
    double = {name: 2 * model.constants[name] for name in names}
    larger = model.run(double, method="rk4").values("relative knowledge")
    np.testing.assert_allclose(larger, base, rtol=1e-10)


# --- Nothing leaves its bounds, and no result is built in


def draws(ranges: dict[str, tuple[float, float]], count: int, seed: int) -> pd.DataFrame:
    """Return random rows, every fourth of them a corner of the box."""
    generator = np.random.default_rng(seed)
    u = generator.random((count, len(ranges)))
    u[::4] = np.round(u[::4])
    low, high = np.array(list(ranges.values())).T
    # Rounding may carry a corner past its bound.
    return pd.DataFrame(np.clip(low + u * (high - low), low, high), columns=list(ranges))


def test_stocks_stay_positive_and_shares_within_bounds(model: sd.Model) -> None:
    table = draws(whole_range(model), 2000, seed=20)
    assert table.shape[1] == 34
    positive = [*model.stocks, "learnable gap", "foreign knowledge inflow", "domestic innovation"]
    outputs = list(dict.fromkeys([*positive, *SHARES]))
    batch = model.run_many(table, outputs=outputs, save_every=5)
    assert len(batch.failures) == 0
    assert batch.ok.all()
    assert batch.values.shape == (13, 13, 2000)
    assert np.isfinite(batch.values).all()
    assert batch.values.min() >= 0
    for name in SHARES:
        assert batch.values[batch.outputs.index(name)].max() <= 1 + 1e-12, name


def lab_effect(model: sd.Model, values: dict[str, float]) -> float:
    """Return what courting TNC labs adds to relative knowledge in 2020."""
    values = {"network exposure": 0.7} | values
    ends = [
        model.run(values | {"TNC lab attraction": lever}, method="rk4").values("relative knowledge")
        for lever in (0.0, 0.9)
    ]
    return float(ends[1][-1] - ends[0][-1])


@pytest.mark.parametrize("policy", [0.0, 0.7])
def test_labs_may_help_or_harm_with_and_without_policy(model: sd.Model, policy: float) -> None:
    """The sign is left to the parameters: both occur in their ranges, whatever the policy."""
    drain = {"lab spillover": 0.2, "lab deterrence": 0.6, "mobility rate": 0.01}
    gain = {"lab spillover": 2.5, "lab deterrence": -0.2, "mobility rate": 0.06}
    assert lab_effect(model, drain | {"local firm policy": policy}) < -0.01
    assert lab_effect(model, gain | {"local firm policy": policy}) > 0.01


def test_labs_hold_people_in_the_country(model: sd.Model) -> None:
    """The other side of crowding out: with lab retention, fewer skilled people are abroad."""
    labs = {"TNC lab attraction": 0.9, "network exposure": 0.7}
    without = model.run(labs | {"lab retention": 0}, method="rk4").values("Diaspora")
    held = model.run(labs | {"lab retention": 0.8}, method="rk4").values("Diaspora")
    assert held[-1] < 0.95 * without[-1]


# --- The page about the model tells what the model does


def rows_of_the_page(table: str) -> dict[str, list[str]]:
    """Return the cells behind each name in one of the page's tables."""
    text = (ROOT / "docs" / "model_core.md").read_text(encoding="utf-8")
    table = text.split(f"<!-- {table} -->")[1].split("<!-- end -->")[0]
    rows = [line.strip("| ").split("|") for line in table.splitlines() if line.startswith("| `")]
    return {row[0].strip(" `"): [cell.strip() for cell in row[1:]] for row in rows}


def test_page_quotes_the_scenarios_as_they_run(model: sd.Model) -> None:
    page = rows_of_the_page("scenarios")
    assert set(page) == {"base", *model.settings.scenarios}
    for name, cells in page.items():
        run = model.run(None if name == "base" else name, method="rk4")
        z = run.values("relative knowledge")
        half = run.times[z >= 0.5]
        found = [
            *(f"{z[run.times == year][0]:.3f}" for year in (1980, 2000, 2020)),
            f"{half[0]:.0f}" if len(half) else "never",
            f"{run.values('foreign share of learning')[-1]:.2f}",
            f"{run.values('TNC lab share')[-1]:.2f}",
            f"{run.values('brain drain share')[-1]:.2f}",
        ]
        assert cells == found, name


def test_page_quotes_the_parameters_as_they_are(model: sd.Model) -> None:
    page = rows_of_the_page("parameters")
    assert set(page) == set(factors(model))
    for name, (default, ranges, source) in page.items():
        info = model.variable(name)
        low, high = (float(end) for end in ranges.split("–"))
        assert (float(default), low, high) == (model.constants[name], info.low, info.high), name
        flags = set(re.findall(r"\[([VDJL])", source))
        assert flags, name
        assert flags <= set(re.findall(r"\[([VDJL])", info.comment)), name
