"""The macro model of industrial upgrading: what must hold of its structure, whatever its values."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.names import key

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "industrial_upgrading.mdl"
LOOPS = [*(f"R{n}" for n in range(1, 13)), *(f"B{n}" for n in range(1, 15))]
# The size of the country is arbitrary: these are counted per head.
SCALE = "labour force in 1960"

# What is left at zero for ever once it is zero, on purpose: nothing comes from nothing.
ABSORBING = {
    "Knowledge": "nothing is made out of no knowledge at all",
    "Public capability": "a state that can do nothing learns nothing from doing",
    "Order pool": "growth in proportion to world demand",
    "Enrolment share": "education grows by imitation of those who study",
}
UNDEFINED = {
    "Foreign frontier": "everything is measured against it",
    "Physical capital": "no output without capital, and shares of output have no meaning",
    "Accustomed income": "growth is measured against it",
}
RECOVERING = {
    "Joint experience": "any participation adds to it",
    "Absorptive capacity": "it has a floor, and follows its target",
    "Perceived payoff": "it follows the return",
    "Students": "enrolment fills it",
    "Local skilled people": "graduates fill it",
    "TNC lab people": "laboratories hire",
    "Diaspora": "people leave",
    "Local pay": "it follows income",
    "Links": "orders are won",
    "Young suppliers": "entry",
    "Mature suppliers": "maturation",
    "Laboratories": "arrivals",
    "Lab knowledge": "transfer",
    "Local firms": "births",
    "Acquired firms": "acquisitions",
    "Patient capital": "saving",
    "Institutions": "it follows its target",
    "Institutional mode": "it follows the stage",
    "Consensus": "it follows shared gains",
    "Market knowledge": "it follows its sources",
}


@cache
def model() -> sd.Model:
    return sd.load(MODEL)


@cache
def base() -> sd.Run:
    return model().run(method="vensim")


def text() -> str:
    return re.sub(r"\\\n\s*", "", MODEL.read_text(encoding="utf-8"))


def test_it_has_the_sectors_stocks_and_loops_of_the_argument() -> None:
    one = model()
    assert len(one.stocks) == 27
    assert len(one.variables) > 600
    groups = re.findall(r"\*{50,}\n\t\.(\w+)\n", MODEL.read_text(encoding="utf-8"))
    assert {"World", "Knowledge", "Absorption", "Research", "People", "Links"} <= set(groups)
    assert {"Suppliers", "Laboratories", "Firms", "Finance", "Output"} <= set(groups)
    assert {"Institutions", "Market", "Policy", "Scoreboard", "Loops"} <= set(groups)
    assert [f"loop switch[{loop}]" in one.constants for loop in LOOPS] == [True] * 26


def test_every_equation_is_dimensionally_consistent() -> None:
    report = model().check_units()
    assert not report.mismatches
    assert not report.missing
    assert not report.syntax
    assert report.checked == report.equations > 590


@pytest.mark.parametrize("loop", LOOPS)
def test_a_switch_at_one_changes_no_bit(loop: str) -> None:
    """The model without the switch, its equation written with the link itself, is the same."""
    found = re.search(
        rf"^(held [^=\n]*?)(?:\[layer\])?=\s*loop switch\[{loop}\]\*(.*?)\+\(1-",
        text(),
        re.MULTILINE,
    )
    assert found is not None
    bare = model().replace(found[1], found[2]).run(method="vensim", final_time=1980)
    for name in ("Knowledge[innovation]", "Local firms", "Output", "TNC lab people"):
        until = len(bare.times)
        assert np.array_equal(bare.values(name), base().values(name)[:until])


def test_the_held_paths_are_those_of_the_base_run() -> None:
    """A table that is out of date would make a cut loop differ from the base run by itself."""
    sys.path.insert(0, str(MODEL.parent))
    try:
        import base_paths
    finally:
        sys.path.pop(0)
    assert len(base_paths.links(MODEL.read_text(encoding="utf-8"))) == 26
    assert base_paths.deviation(MODEL.read_text(encoding="utf-8")) < 1e-4


def test_all_cut_at_once_the_base_run_is_the_base_run() -> None:
    """Every link on its own path: nothing feeds back, and nothing moves from its base course."""
    cut = model().run({f"loop switch[{loop}]": 0 for loop in LOOPS}, method="vensim")
    for name in ("overall relative knowledge", "Output", "Local firms", "Diaspora", "Laboratories"):
        peak = np.max(np.abs(base().values(name)))
        assert np.max(np.abs(cut.values(name) - base().values(name))) < 1e-3 * peak, name


@pytest.mark.parametrize("factor", [0.02, 25])
def test_the_size_of_the_country_does_not_matter(factor: float) -> None:
    size = model().constants[SCALE]
    other = model().run({SCALE: size * factor}, method="vensim")
    compared = 0
    for name, unit in model().units.items():
        if unit not in ("dmnl", "1/Year") or name == "smallest ratio":
            continue
        for column in [c for c in model().columns if key(c).split("[")[0] == key(name)]:
            if column in other:
                assert other.values(column) == pytest.approx(
                    base().values(column), rel=1e-9, abs=1e-12
                ), column
                compared += 1
    assert compared > 500


@pytest.mark.parametrize("stock", [*ABSORBING, *UNDEFINED, *RECOVERING])
def test_zero_is_absorbing_only_where_it_is_meant_to_be(stock: str) -> None:
    """Start the stock at nothing: it stays there, comes back, or has no meaning and is refused."""
    one = model()
    elements = [c for c in one.columns if key(c).split("[")[0] == key(stock)]
    start = re.sub(r"\s+", " ", one.definition(stock).text)
    if stock in ("Students", "Links"):
        pytest.skip("written element by element; their inflows do not depend on them")
    flows = start[start.index("(") + 1 : _last_comma(start)]
    zeroed = one.replace(stock, f"INTEG({flows}, 0*({_initial(start)}))")
    if stock in UNDEFINED:
        with pytest.raises(sd.SolverError, match="no longer a finite number at time 1960"):
            zeroed.run(method="vensim", final_time=1990)
        return
    run = zeroed.run(method="vensim", final_time=1990)
    grown = [bool(np.max(np.abs(run.values(c))) > 0) for c in elements]
    assert grown == [stock in RECOVERING] * len(elements)


def _last_comma(equation: str) -> int:
    depth = 0
    for place, sign in enumerate(equation):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 1:
            return place
    raise AssertionError(equation)


def _initial(equation: str) -> str:
    return equation[_last_comma(equation) + 1 : equation.rindex(")")]


def test_every_stock_is_listed() -> None:
    assert {*ABSORBING, *UNDEFINED, *RECOVERING} == set(model().stocks) - _hidden()


def _hidden() -> set[str]:
    return {name for name in model().stocks if name not in model().variables}


def test_institutions_state_and_capacity_enter_each_path_once() -> None:
    """What else reads them is off by default, keeps score, or is their own loop."""
    assert set(model().variable("Absorptive capacity").used_by) == {
        "capacity building",
        "foreign learning",
    }
    assert set(model().variable("working institutions").used_by) == {
        "Absorptive capacity",  # where it starts
        "target absorptive capacity",  # learning from abroad
        "institutions in births",  # making knowledge at home
        "policy strength",  # off: institutions in delivery = 0
    }
    assert model().constants["institutions in delivery"] == 0
    assert set(model().variable("Public capability").used_by) == {
        "policy strength",
        "public finance",
        "target institutions",
        "learning by governing",
        "erosion of capability",
    }


def test_money_is_the_same_for_all_packages() -> None:
    packages = [
        s.name
        for s in model().settings.scenarios.values()
        if not {key("initial relative knowledge"), key("budget share")} & {key(n) for n in s.values}
    ]
    assert len(packages) >= 10
    for name in packages:
        run = model().run(name, method="vensim")
        assert run.values("total policy spending") == pytest.approx(
            base().values("total policy spending"), rel=1e-12
        ), name


def test_a_frontier_country_without_inflow_keeps_its_place() -> None:
    run = model().run("frontier", method="vensim")
    z = run.values("overall relative knowledge")
    assert np.all(run.values("foreign inflow") == 0)
    assert z.min() > 0.95
    assert z.max() < 1.05
