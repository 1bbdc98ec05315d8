"""What is written of claims: every number as it was found, what failed, what was held, the page."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import sdmodel as sd
import sensitivity as sa
from sensitivity.claims.files import draws_of, write_audit

EQUATIONS = """
stock = INTEG(gain*growth-loss*stock, start) ~ m
gain = 1 ~ m/Day [0,4]
growth = 1 ~ 1 [0.5,2]
loss = 0.2 ~ 1/Day [0.1,0.4]
start = 1 ~ m [0,2]
idle = 0 ~ m [0,1]
risky = IF THEN ELSE(growth > 1.7, SQRT(-growth), stock) ~ m
broken = SQRT(-growth) ~ m
"""
SETTINGS = """
[uncertainties.growth]
label = "Growth"
[uncertainties.loss]
[outcomes.end]
of = "stock"
[outcomes."risky end"]
of = "risky"
"""
CLAIMS = """
[study]
draws = 120
ids = ["Q01-Q04", "N1"]
[filter]
about = "much"
[[filter.keep]]
arm = "base"
outcome = "end"
low = 3
high = 99
[arms.more]
label = "More <gain> & \\"all\\""
from = "base"
set = { gain = 2 }
[arms.double]
from = "base"
scale = { growth = 2, idle = 3 }
add = { start = 0.5 }
[arms.reset]
from = "double"
set = { growth = 1 }
[experiments.E]
title = "An experiment"
question = "What does more do?"
arms = ["base", "more", "double"]
outcomes = ["end", "risky end"]
caveat = "None."
[claims.more]
experiment = "E"
covers = ["Q01-Q02"]
text = "More gain, more at the end"
kind = "above"
arms = ["more", "base"]
outcome = "end"
because = "gain feeds the stock"
[claims.risky]
text = "So it is where it may fail"
kind = "above"
arms = ["double", "base"]
outcome = "risky end"
[claims.flips]
text = "The stock ends above four"
kind = "level"
arms = ["base"]
outcome = "end"
above = 4
[claims.reset]
text = "The same in both"
kind = "same"
arms = ["reset", "base"]
outcome = "end"
[[structural]]
id = "Q03"
check = "The stock feeds itself"
paths = [["stock", "stock"], ["idle", "stock"]]
[[cannot]]
ids = ["Q04"]
reason = "There are no prices"
missing = "a price"
"""


# Nothing but claims of which no run tells anything.
BROKEN = """
[arms.more]
from = "base"
set = { gain = 2 }
[outcomes.nothing]
of = "broken"
[claims.broken]
text = "Nobody knows"
kind = "above"
arms = ["more", "base"]
outcome = "nothing"
[claims.broken_course]
text = "Nobody knows when"
kind = "crossover"
arms = ["more", "base"]
of = "broken"
"""


@pytest.fixture
def report(written: Callable[..., sd.Model]) -> sa.ClaimsReport:
    return sa.run_claims(written(EQUATIONS, SETTINGS, CLAIMS))


def read(path: Path) -> dict[str, object]:
    def refuse(word: str) -> float:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def test_failed_runs_are_counted_and_named(report, tmp_path) -> None:
    sa.write_claims(report, tmp_path / "out", page=False)
    told = read(tmp_path / "out" / "claims.json")
    growth = report.design[:, report.factors.index("growth")]
    # Twice the growth stays within the range of the file, whose upper end fails too.
    failing = {"base": growth > 1.7, "double": 2 * growth > 1.7}
    assert 0 < failing["base"].sum() < failing["double"].sum() < 120
    both = failing["base"] | failing["double"]
    assert report["risky"].verdict.draws == 120 - both.sum()
    np.testing.assert_array_equal(np.isnan(report["risky"].effect), both)
    for arm, draws in failing.items():
        one = told["failures"][arm]
        assert one["draws"] == np.flatnonzero(draws).tolist()
        assert one["first"]["draw"] == one["draws"][0]
        assert one["first"]["variable"] == "risky"
    assert told["failures"]["base"]["at_default"] is False
    assert told["failures"]["double"]["at_default"] is True  # where growth is 2
    assert "reset" not in told["failures"]
    # A run in which anything that the file looks at fails has failed, also for other outcomes.
    assert report["flips"].verdict.draws == 120 - failing["base"].sum()
    # Nor is a history plausible of which nobody knows how it goes on.
    assert not report.kept[failing["base"]].any()
    assert report.kept.any()
    # Each of the other arms fails where the base arm does.
    runs = 2 * failing["base"].sum() + failing["double"].sum() + 1
    assert told["failed_runs"] == report.failures == runs


def test_where_every_run_fails_nothing_is_judged(written, tmp_path) -> None:
    report = sa.run_claims(written(EQUATIONS, SETTINGS, BROKEN), draws=30)
    sa.write_claims(report, tmp_path)
    told = read(tmp_path / "claims.json")
    assert told["failures"]["base"]["draws"] == list(range(30))
    assert told["failures"]["base"]["at_default"] is True
    assert told["failed_runs"] == 62
    assert [one["verdict"] for one in told["results"]] == 2 * [
        {
            "text": "cannot be judged",
            "sure": False,
            "draws": 0,
            "holds": None,
            "interval": [0.0, 1.0],
            "opposite": None,
            "effect": [None] * 3,
            "relative": [None] * 3,
        }
    ]
    page = (tmp_path / "claims.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == 2
    assert "Cannot be judged: holds in - (0%-100%) of draws" in re.sub("<[^>]+>", "", page)
    assert "nan" not in re.sub("<[^>]+>", "", page)


def test_what_was_held_is_told(report, tmp_path) -> None:
    growth = report.design[:, report.factors.index("growth")]
    held = float(np.mean(2 * growth > 2.0))
    assert 0 < held < 1
    # Three times nothing is nothing: it lies at the end of its range, but was not held there.
    assert report.held == {"double": {"growth": held}}
    sa.write_claims(report, tmp_path, page=False)
    assert read(tmp_path / "claims.json")["held"] == {"double": {"growth": held}}


def test_every_draw_is_in_the_file(report, tmp_path) -> None:
    sa.write_claims(report, tmp_path, page=False)
    with xr.open_dataset(tmp_path / "draws.nc") as stored:
        xr.testing.assert_identical(stored.load(), draws_of(report))
        for one in report.results:
            drawn = stored.sel(claim=one.claim.name)
            np.testing.assert_array_equal(drawn["effect"], one.effect)
            np.testing.assert_array_equal(drawn["sign"], one.sign)
            np.testing.assert_array_equal(drawn["band"], one.band)
        np.testing.assert_array_equal(stored["design"], report.design)
        np.testing.assert_array_equal(stored["plausible"], report.kept)
        assert json.loads(stored.attrs["provenance"])["draws"] == 120


def test_table_and_results_say_the_same(report, tmp_path) -> None:
    sa.write_claims(report, tmp_path, page=False)
    results = {one["name"]: one for one in read(tmp_path / "claims.json")["results"]}
    with (tmp_path / "claims.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["claim"]: row for row in csv.DictReader(file)}
    assert list(rows) == list(results) == [one.claim.name for one in report.results]
    for name, row in rows.items():
        one = results[name]
        assert row["verdict"] == one["verdict"]["text"]
        assert row["verdict_plausible"] == one["plausible"]["text"]
        assert row["holds"] == (
            "" if one["verdict"]["holds"] is None else str(report[name].verdict.holds)
        )
        assert row["covers"].split() == one["covers"]
    assert rows["more"]["verdict"] == "supported"
    assert rows["flips"]["flipped_by"] == results["flips"]["flips"][0]["factor"]
    assert float(rows["flips"]["break_even"]) == results["flips"]["break_even"]["value"]


def test_the_page_has_all_of_it(report, tmp_path) -> None:
    written = sa.write_claims(report, tmp_path)
    assert [path.name for path in written] == [
        "claims.csv",
        "claims.json",
        "draws.nc",
        "claims.html",
    ]
    others = {"small.mdl", "small.toml", "small.claims.toml"}
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in written} | others
    page = (tmp_path / "claims.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == len(report.results)
    text = re.sub(r"<[^>]+>", " ", page)
    held = report.held["double"]["growth"]
    failed = len(report.measured["double"].failures)
    for words in (
        "More gain, more at the end",
        "Because: gain feeds the stock",
        "What does more do?",
        "Caveat: None.",
        "Plausible histories: much",
        "There are no prices",
        "a price",
        "4 of 5 ids are dealt with",
        "breaks even at",
        report.provenance["digest"][:12],
        f"double: growth was held at an end of its range in {held:.0%} of the draws",
        f"double: {failed} runs, the first in draw",
    ):
        assert words in text
    assert "More &lt;gain&gt; &amp;" in page
    assert "More <gain>" not in page
    assert "[Q01 Q02]" in page
    assert "[]" not in text
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", page)


def test_what_is_accounted_for(report) -> None:
    assert report.coverage() == {
        "Q01": ["more"],
        "Q02": ["more"],
        "Q03": ["structure"],
        "Q04": ["not expressible"],
        "N1": [],
    }
    ((check, missing),) = report.structural
    assert check.id == "Q03"
    assert missing == (("idle", "stock"),)


def test_an_experiment_as_a_table(report) -> None:
    table = report.experiment("E")
    assert list(table.index) == ["base", "more", "double"]
    drawn = report.measured["more"].values["end"][:120]
    assert table.loc["more", ("end", "50 %")] == np.nanmedian(drawn)
    assert table.loc["more", ("end", "5 %")] < table.loc["more", ("end", "95 %")]
    failing = report.measured["double"].values["risky end"][:120]
    assert table.loc["double", ("risky end", "50 %")] == np.nanmedian(failing)


def test_what_an_audit_found_is_written(report, tmp_path) -> None:
    one = report["more"].verdict
    change = sa.FormChange("more", "a form", "gain", "gain = 2", one, report["flips"].verdict)
    (path,) = write_audit([change], tmp_path)
    (told,) = json.loads(path.read_text(encoding="utf-8"))
    assert told["claim"] == "more"
    assert (told["before"], told["after"]) == ("supported", report["flips"].verdict.text)
    assert told["holds_before"] == 1.0


def test_files_are_whole_or_as_they_were(report, tmp_path, monkeypatch) -> None:
    sa.write_claims(report, tmp_path, page=False)
    before = (tmp_path / "claims.json").read_bytes()

    def broken(*_arguments: object, **_options: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(json, "dumps", broken)
    with pytest.raises(KeyboardInterrupt):
        sa.write_claims(report, tmp_path, page=False)
    assert (tmp_path / "claims.json").read_bytes() == before
    assert not list(tmp_path.glob(".*"))
