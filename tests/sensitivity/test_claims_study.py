"""Claims put to models: placebo, order of running, interruption, bands, failed runs."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import sdmodel as sd
import sensitivity as sa
from sensitivity.claims.arms import Bench, Draws
from sensitivity.claims.book import Arm, Item
from sensitivity.claims.kinds import KINDS
from sensitivity.cli import main

ROOT = Path(__file__).resolve().parents[2]
EQUATIONS = """{UTF-8}
level= INTEG (gain*growth-loss*level, start)
	~	thing
	~	Grows and fades.
	|
gain=	1	~	thing/Day [0,4]	~	Lever.	|
placebo=	0.5	~	dmnl [0,1]	~	Wired to nothing.	|
growth=	1	~	dmnl [0.5,2]	~	Uncertain.	|
loss=	0.2	~	1/Day [0.1,0.4]	~	Uncertain.	|
start=	1	~	thing [0.5,1.5]	~	Uncertain.	|
risk=	0	~	dmnl [0,1]	~	Blows up above a half.	|
danger=	IF THEN ELSE(risk>0.5, 1e+308*level*1e+10, level)	~	thing	~	Overflows.	|
FINAL TIME=	20	~	Day	~		|
INITIAL TIME=	10	~	Day	~		|
SAVEPER=	1	~	Day	~		|
TIME STEP=	0.125	~	Day	~		|
\\\\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
///---\\\\\\
:L\x7f<%^E!@
15:0,0,0,5,0,0
"""
SETTINGS = """
[levers.gain]
[levers.placebo]
[uncertainties.growth]
[uncertainties.loss]
[uncertainties.start]
[outcomes."final level"]
of = "level"
[outcomes."day of two"]
of = "level"
reduce = "year_when"
at = 2
"""
CLAIMS = """
[study]
draws = 100
seed = 3
ids = ["A1-A3"]
[filter]
about = "high"
[[filter.keep]]
arm = "base"
outcome = "final level"
low = 4
high = 100
[arms.more]
from = "base"
set = { gain = 2 }
[arms.most]
from = "base"
set = { gain = 3 }
[arms.twice]
from = "base"
scale = { growth = 2 }
[arms.faster]
from = "more"
set = { loss = 0.1 }
[arms.fast]
from = "base"
set = { loss = 0.1 }
[arms.lossy]
from = "base"
set = { loss = 0.4 }
[arms.lossy_more]
from = "more"
set = { loss = 0.4 }
[arms.fading]
from = "base"
set = { gain = 0, loss = 0.4 }
[arms.poor]
from = "base"
set = { start = 0.5, gain = 4 }
[experiments.X]
arms = ["base", "more"]
outcomes = ["final level"]
[claims.above]
experiment = "X"
covers = ["A1"]
text = "More gain, more level"
kind = "above"
arms = ["more", "base"]
outcome = "final level"
[claims.below]
text = "Less"
kind = "below"
arms = ["base", "more"]
outcome = "final level"
[claims.ordering]
text = "In order"
kind = "ordering"
arms = ["most", "more", "base"]
outcome = "final level"
[claims.best]
text = "Best"
kind = "best"
arms = ["most", "more", "base"]
outcome = "final level"
[claims.worst]
text = "Worst"
kind = "worst"
arms = ["base", "more", "most"]
outcome = "final level"
[claims.interaction]
text = "Gain pays more where little is lost"
kind = "interaction"
arms = ["faster", "fast", "lossy_more", "lossy"]
outcome = "final level"
[claims.contrast]
text = "The sum is above zero"
kind = "contrast"
arms = ["more", "base"]
outcome = "final level"
weights = [1, -1]
[claims.level]
text = "The level ends above one"
kind = "level"
arms = ["most"]
outcome = "final level"
above = 1
[claims.sooner]
text = "More gain reaches two sooner"
kind = "below"
arms = ["most", "more"]
outcome = "day of two"
[claims.crossover]
text = "What fades leads at first"
kind = "crossover"
arms = ["fading_high", "poor"]
of = "level"
[claims.conditional]
text = "The level ends above four and a half"
kind = "level"
arms = ["base"]
outcome = "final level"
above = 4.5
[arms.fading_high]
from = "fading"
set = { start = 1.5 }
[[structural]]
id = "A2"
check = "Gain leads to danger"
paths = [["gain", "danger"]]
[[structural]]
id = "A3"
check = "The placebo leads to the level"
paths = [["placebo", "level"]]
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("claims")
    (folder / "small.mdl").write_text(EQUATIONS, encoding="utf-8")
    (folder / "small.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "small.claims.toml").write_text(CLAIMS, encoding="utf-8")
    return folder / "small.mdl"


@pytest.fixture(scope="module")
def model(place: Path) -> sd.Model:
    return sd.load(place)


@pytest.fixture(scope="module")
def report(model: sd.Model) -> sa.ClaimsReport:
    return sa.run_claims(model)


def equal(one: sa.ClaimsReport, other: sa.ClaimsReport) -> int:
    """Compare what two reports have in common, bit for bit, and return how many numbers."""
    names = {result.claim.name for result in one.results}
    numbers = 0
    for result in other.results:
        if result.claim.name not in names:
            continue
        mine = one[result.claim.name]
        for field in ("effect", "sign", "band", "base"):
            np.testing.assert_array_equal(getattr(mine, field), getattr(result, field))
            numbers += len(result.effect)
        assert mine.to_dict() == result.to_dict()
    return numbers


def test_true_claims_are_supported(report: sa.ClaimsReport) -> None:
    told = {one.claim.name: one.verdict.text for one in report.results}
    assert told.pop("conditional") == "conditional"
    assert set(told.values()) == {"supported"}
    assert len(told) == 10


def test_the_same_claims_turned_round_are_reversed(
    model: sd.Model, report: sa.ClaimsReport
) -> None:
    book = report.book
    turned = {
        name: mirror
        for name, claim in book.claims.items()
        if name != "conditional" and (mirror := sa.mirrored(claim)) is not None
    }
    assert len(turned) == 10
    found = sa.run_claims(model, replace(book, claims=turned))
    assert {one.verdict.text for one in found.results} == {"reversed"}
    for one in found.results:
        np.testing.assert_array_equal(one.sign, -report[one.claim.name].sign)


@pytest.mark.parametrize("kind", [name for name, row in KINDS.items() if row.mirror is not None])
def test_a_lever_wired_to_nothing_has_no_effect(
    model: sd.Model, report: sa.ClaimsReport, kind: str
) -> None:
    row = KINDS[kind]
    arms = {f"placebo_{n}": Arm(f"placebo_{n}", "", (("set", "placebo", n / 5),)) for n in range(5)}
    size = max(row.least, min(row.most, 5)) if kind != "contrast" else 2
    item = tuple(
        Item(f"placebo_{n}", *(("", "level") if row.courses else ("final level", "")))
        for n in range(size)
    )
    claim = sa.Claim(
        "placebo",
        "Nothing",
        kind,
        item,
        expect=row.expects[0] if row.expects else "",
        weights=(1.0, -1.0) if kind == "contrast" else (),
    )
    if kind == "level":  # compared with what the level itself is: no lever is moved
        claim = replace(claim, kind="above", items=item * 2, expect="")
    book = replace(report.book, arms={**report.book.arms, **arms}, claims={"placebo": claim})
    for one in (claim, sa.mirrored(claim)):
        assert one is not None
        found = sa.run_claims(model, replace(book, claims={"placebo": one}))["placebo"]
        assert found.verdict.text == "no effect"
        assert not found.sign.any()


@pytest.mark.parametrize("name", ["above", "crossover", "conditional", "X", "A1"])
def test_a_claim_alone_has_the_numbers_it_has_among_all(
    model: sd.Model, report: sa.ClaimsReport, name: str
) -> None:
    alone = sa.run_claims(model, only=name)
    assert len(alone.results) == 1
    assert equal(report, alone) == 400


def test_an_interrupted_study_goes_on_with_the_same_result(
    model: sd.Model, report: sa.ClaimsReport, tmp_path: Path
) -> None:
    def stop(done: int, total: int) -> None:
        if done > 0.6 * total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sa.run_claims(model, store=tmp_path, progress=stop)
    kept = sorted(tmp_path.glob("*.npz"))
    assert 3 <= len(kept) < len(report.measured)
    before = {path: path.stat().st_mtime_ns for path in kept}
    # One of them is damaged, and one is something else altogether.
    kept[0].write_bytes(kept[0].read_bytes()[:200])
    kept[1].write_bytes(b"no numbers")
    again = sa.run_claims(model, store=tmp_path)
    assert equal(report, again) == 400 * len(report.results)
    assert all(path.stat().st_mtime_ns == before[path] for path in kept[2:])
    assert len(list(tmp_path.glob("*.npz"))) == len(report.measured)
    assert not list(tmp_path.glob("*.part"))


def test_a_store_serves_the_same_runs_only(model: sd.Model, tmp_path: Path) -> None:
    def stored() -> int:
        return len(list(tmp_path.glob("*.npz")))

    sa.run_claims(model, only="above", store=tmp_path)
    first = stored()
    sa.run_claims(model, only="above", store=tmp_path)
    assert stored() == first
    sa.run_claims(model, only="above", store=tmp_path, seed=4)
    assert stored() == 2 * first
    sa.run_claims(model, only="above", store=tmp_path, draws=50)
    assert stored() == 3 * first
    sa.run_claims(model, only="above", store=tmp_path, form={"placebo": 1})
    assert stored() == 4 * first
    changed = model.replace("start", "1.2")
    sa.run_claims(changed, only="above", store=tmp_path)
    assert stored() == 5 * first


def test_plausible_draws_are_those_that_pass(report: sa.ClaimsReport) -> None:
    final = report.measured["base"].values["final level"][:100]
    np.testing.assert_array_equal(report.kept, (final >= 4) & (final <= 100))
    assert 10 < report.kept.sum() < 90
    found = report["conditional"]
    assert found.plausible is not None
    assert found.plausible.draws == report.kept.sum()
    assert found.plausible.holds > found.verdict.holds


def test_the_break_even_value_is_where_the_effect_changes_sign(report: sa.ClaimsReport) -> None:
    found = report["conditional"]
    assert found.scan is not None
    assert found.scan.factor in ("growth", "loss")
    model = sd.load(report.book.path.replace(".claims.toml", ".mdl"))
    level = model.run({found.scan.factor: found.scan.break_even}).values("level")[-1]
    assert level == pytest.approx(4.5, rel=2e-3)


def test_a_scan_of_arms_judged_by_different_outcomes(
    model: sd.Model, report: sa.ClaimsReport
) -> None:
    claim = replace(
        report.book.claims["conditional"],
        kind="contrast",
        expect="positive",
        weights=(1.0, -0.5),
        items=(Item("base", "final level"), Item("most", "day of two")),
    )
    arms = {name: report.book.arms[name] for name in ("base", "most")}
    book = replace(report.book, claims={"mixed": claim}, arms=arms, experiments={})
    found = sa.run_claims(model, book)["conditional"]
    assert found.scan is not None
    assert np.isfinite(found.scan.effect).any()


def test_what_is_scaled_stays_in_the_range_of_the_file(
    model: sd.Model, report: sa.ClaimsReport
) -> None:
    drawn = Draws.latin(sa.Space(uncertainties=model.settings.uncertainties.values()), 100, 3)
    table = drawn.table(report.book.arms["twice"], model)
    plain = drawn.table(report.book.arms["base"], model)
    expected = np.minimum(2.0, 2 * plain["growth"].to_numpy())
    np.testing.assert_array_equal(table["growth"], expected)
    share = float(np.mean(expected[:100] == 2.0))
    assert drawn.held(report.book.arms["twice"], model) == {"growth": share}
    assert 0.5 < share < 0.9


def test_structure_and_coverage(report: sa.ClaimsReport) -> None:
    missing = {one.id: paths for one, paths in report.structural}
    assert missing == {"A2": (), "A3": (("placebo", "level"),)}
    assert report.coverage() == {"A1": ["above"], "A2": ["structure"], "A3": ["structure"]}


def test_the_band_is_a_share_of_the_base_value_or_ten_errors(model: sd.Model) -> None:
    fine = sa.run_claims(model, only=["above", "sooner"])
    base = fine["above"].base
    np.testing.assert_allclose(fine["above"].band, 0.01 * np.abs(base), rtol=1e-12)
    # Of a day it is the time since the start, day 10.
    reached = fine.measured["more"].values["day of two"][:100]
    sound = np.isfinite(reached)
    np.testing.assert_allclose(fine["sooner"].base[sound], (reached - 10)[sound], rtol=1e-12)
    # A step as long as half the run is wrong by more than a tenth of a percent.
    coarse = sa.run_claims(model, replace(fine.book, time_step=5.0), only="above")
    found = coarse["above"]
    errors = sum(coarse.measured[arm].errors["final level"] for arm in ("more", "base"))
    assert 10 * errors > 0.01 * np.abs(found.base).max()
    np.testing.assert_allclose(found.band, 10 * errors, rtol=1e-12)


def test_draws_without_an_answer_and_failed_runs_are_left_out_and_counted(
    place: Path, tmp_path: Path
) -> None:
    for part in place.parent.glob("small.*"):
        shutil.copy(part, tmp_path / part.name)
    settings = (tmp_path / "small.toml").read_text()
    settings += '[uncertainties.risk]\n[outcomes."final danger"]\nof = "danger"\n'
    (tmp_path / "small.toml").write_text(settings)
    (tmp_path / "small.claims.toml").write_text(
        '[study]\ndraws = 100\n[arms.more]\nfrom = "base"\nset = { gain = 2 }\n'
        '[claims.danger]\ntext = "More"\nkind = "above"\narms = ["more", "base"]\n'
        'outcome = "final danger"\n'
        '[claims.day]\ntext = "Sooner"\nkind = "below"\narms = ["more", "base"]\n'
        'outcome = "day of two"\n'
    )
    found = sa.run_claims(sd.load(tmp_path / "small.mdl"))
    risky = found.design[:, found.factors.index("risk")] > 0.5
    assert risky.sum() == 50
    assert found["danger"].verdict.draws == 50
    np.testing.assert_array_equal(np.isnan(found["danger"].effect), risky)
    assert found.failures == 100
    assert found.to_dict()["failed_runs"] == 100
    run, _, variable, _ = found.measured["base"].failures[0]
    assert risky[run]
    assert variable == "danger"
    never = ~np.isfinite(found.measured["base"].values["day of two"][:100])
    assert found["day"].verdict.draws == 100 - (never | risky).sum()


def test_arms_give_what_single_runs_give(model: sd.Model, report: sa.ClaimsReport) -> None:
    uncertain = sa.Space(uncertainties=model.settings.uncertainties.values())
    bench = Bench(model, Draws.latin(uncertain, 100, 3), ("level",))
    table = bench.draws.table(report.book.arms["faster"], model)
    for draw in (0, 17, 99):
        row = {name: float(value) for name, value in table.iloc[draw].items()}
        run = model.run(row, method="vensim")
        assert run.values("level")[-1] == report.measured["faster"].values["final level"][draw]


def test_files_of_the_command(place: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["claims", str(place), "-n", "60", "-o", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "Over all 60 draws: 10 supported, 1 conditional." in " ".join(done.output.split())
    assert "1 of 2 checks of the structure hold; not A3." in done.output
    told = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))
    assert told["counts"]["supported"] == 10
    assert told["provenance"]["draws"] == 60
    assert len((tmp_path / "claims.csv").read_text().splitlines()) == 12
    page = (tmp_path / "claims.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == 11
    assert "http" not in page.split("</style>")[1].split("<figure>")[0]
    import xarray as xr

    with xr.open_dataset(tmp_path / "draws.nc") as stored:
        assert dict(stored.sizes) == {"draw": 60, "factor": 3, "claim": 11}


def test_an_audit_finds_the_claim_that_hangs_on_one_form(place: Path, tmp_path: Path) -> None:
    for part in place.parent.glob("small.*"):
        shutil.copy(part, tmp_path / part.name)
    (tmp_path / "small.expectations.toml").write_text(
        '[[audit]]\nclaim = "A1"\nvariable = "level"\nform = "what is lost is in proportion"\n'
        'alternative = "growth = 0.5"\n'
        '[[audit]]\nclaim = "A1"\nvariable = "level"\nform = "nothing"\n'
        'alternative = "placebo = 0"\n'
    )
    model = sd.load(tmp_path / "small.mdl")
    report = sa.run_claims(model)
    changes = sa.audited(model, report)
    assert {(one.claim, one.alternative) for one in changes} == {("conditional", "growth = 0.5")}
    assert changes[0].before.text == "conditional"
    assert changes[0].after.text == "reversed"
