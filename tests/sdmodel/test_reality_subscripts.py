"""Reality checks with subscripts, and of other people's models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sdmodel as sd

Maker = Callable[..., sd.Model]

SECTORS = """
sector: farm, mill, mine ~~|
product: food, ore ~~|
work[sector] = 1, 2, 3 ~~|
skill[sector] = 2 ~~|
made[sector] = work[sector]*skill[sector] ~~|
total = SUM(made[sector!]) ~~|
trade[sector, product] = made[sector]*2 ~~|
"""


def test_each_element_is_a_check_of_its_own(model: Maker) -> None:
    report = model(
        SECTORS + "TI idle[sector] :TEST INPUT: work[sector] = 0 ~~|\n"
        "no work[sector] :THE CONDITION: TI idle[sector] :IMPLIES: made[sector] = 0 ~~|\n"
        "others go on[sector] :THE CONDITION: TI idle[sector] :IMPLIES: total > 7 ~~|\n"
    ).reality_checks()
    assert [one.verdict for one in report.results[:3]] == ["held"] * 3
    assert [one.element for one in report.results[3:]] == ["[farm]", "[mill]", "[mine]"]
    # Without one sector the total of 12 falls by what that made: 2, 4, 6.
    assert [one.verdict for one in report.results[3:]] == ["held", "held", "failed"]
    assert report["others go on[mine]"].left == 6.0


def test_one_element_can_be_named_anywhere(model: Maker) -> None:
    report = model(
        SECTORS + "TI idle[sector] :TEST INPUT: work[sector] = RC STEP(work[sector], 0, 2) ~~|\n"
        "a :THE CONDITION: TI idle[mine] :IMPLIES: total = 6 ~~|\n"
        "b :THE CONDITION: work[farm] = 0 :AND: TI idle[mill] :IMPLIES: total = 6 ~~|\n"
        "c[mill] :THE CONDITION: work[mill] = 0 :IMPLIES: total = 8 ~~|\n"
        "h[sector] :THE CONDITION: work[sector] < 2 :AND: work[mine] = 1 "
        ":IMPLIES: total = 8 :AND: made[mine] = 2 ~~|\n"
        "d[sector, product] :THE CONDITION: work[sector] = 0 :IMPLIES: trade[sector,product]=0~~|\n"
        "e :THE CONDITION: TI idle[sector] :IMPLIES: total = 6 ~~|\n"
        "f :THE CONDITION: TI idle :IMPLIES: total = 6 ~~|\n"
        "g :THE CONDITION: work[ore] = 0 :IMPLIES: total = 6 ~~|\n"
    ).reality_checks()
    verdicts = {one.name: one.verdict for one in report.results}
    assert verdicts["a"] == verdicts["b"] == verdicts["c[mill]"] == "held"
    assert [v for name, v in verdicts.items() if name.startswith("d[")] == ["held"] * 6
    assert [v for name, v in verdicts.items() if name.startswith("h[")] == ["held"] * 3
    assert verdicts["e"] == verdicts["f"] == verdicts["g"] == "refused"
    texts = {one.name: one.text for one in report.results}
    assert "which element of 'sector' is meant" in texts["e"]
    assert "has the subscripts [sector]" in texts["f"]
    assert "the model has no work[ore]" in texts["g"]


def test_a_range_that_is_mapped_to_another(model: Maker) -> None:
    report = model(
        "sector: farm, mill -> (branch: b1, b2) ~~|\nbranch: b1, b2 ~~|\n"
        "work[sector] = 1 ~~|\nmade[branch] = work[sector]*3 ~~|\n"
        "TI idle[sector] :TEST INPUT: work[sector] = 0 ~~|\n"
        "a[branch] :THE CONDITION: TI idle[sector] :IMPLIES: made[branch] = 0 ~~|\n"
    ).reality_checks()
    assert [(one.name, one.verdict) for one in report.results] == [
        ("a[b1]", "held"),
        ("a[b2]", "held"),
    ]


# Other people's models --------------------------------------------------------------------------


def test_the_example_of_the_test_models(conformance: Path) -> None:
    path = "SDXorg+test-models/tests/reality_checks/test_reality_checks.mdl"
    report = sd.load(conformance / path).reality_checks()
    assert [one.name for one in report.results] == [
        *(f"no_productivity_no_output[{one}]" for one in "abcd"),
        "no_workers_no_output",
    ]
    assert report.passed
    assert {one.judged for one in report.results} == {2, 4}


def test_checks_of_a_large_model(conformance: Path, tmp_path: Path) -> None:
    path = tmp_path / "world.mdl"
    (found,) = sorted(conformance.glob("bpowers+simlin/test/metasd/**/wrld3-03.mdl"))[:1]
    path.write_bytes(found.read_bytes())
    path.with_suffix(".reality").write_text(
        "no births no growth :THE CONDITION: births = RC STEP(births, 0, 1950) "
        ":IMPLIES: population <= RC STEP CHECK(0, population, 1, 1950) ~~|\n"
        "births do not matter :THE CONDITION: births = RC STEP(births, 0, 1950) "
        ":IMPLIES: population > 3e9 ~~|",
        encoding="utf-8",
    )
    report = sd.load(path).reality_checks()
    assert report["no births no growth"].verdict == "held"
    # The people of 1950 are gone by and by.
    assert report["births do not matter"].verdict == "failed"
