"""The verb from the terminal, on models of two fields: verdicts, messages, placebo and mirror."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import sdmodel as sd
import sensitivity as sa
from sensitivity.claims.book import Arm, Book, Claim
from sensitivity.claims.command import summary, verdicts_table
from sensitivity.claims.study import beside
from sensitivity.cli import main

MODELS = Path(__file__).resolve().parents[2] / "models"
# A lever that no equation reads, among the others.
PLACEBO = "placebo lever=\n\t0.5\n\t~\tdmnl [0,1]\n\t~\tWired to nothing.\n\t|\n\nnetwork exposure="
CLAIM = """
[arms.open]
from = "base"
set = { "network exposure" = 0.8 }
[claims.one]
text = "Openness pays"
kind = "above"
arms = ["open", "autarky"]
outcome = "final relative knowledge"
"""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["claims", *(str(one) for one in arguments)])


@pytest.fixture(scope="module")
def core() -> sd.Model:
    return sd.load(MODELS / "core.mdl")


@pytest.fixture(scope="module")
def epidemic() -> tuple[sd.Model, sa.ClaimsReport]:
    model = sd.load(MODELS / "epidemic.mdl")
    return model, sa.run_claims(model, draws=200)


@pytest.fixture(scope="module")
def with_placebo(tmp_path_factory: pytest.TempPathFactory) -> sd.Model:
    """Return the core model with a lever that moves nothing."""
    folder = tmp_path_factory.mktemp("placebo")
    text = (MODELS / "core.mdl").read_text(encoding="utf-8")
    assert text.count("\nnetwork exposure=") == 1
    text = text.replace("\nnetwork exposure=", f"\n{PLACEBO}")
    (folder / "core.mdl").write_text(text, encoding="utf-8")
    (folder / "core.toml").write_bytes((MODELS / "core.toml").read_bytes())
    (folder / "core.claims.toml").write_bytes((MODELS / "core.claims.toml").read_bytes())
    return sd.load(folder / "core.mdl")


def nothing_moves(book: Book) -> Book:
    """Return the same claims with arms that move the placebo, each elsewhere."""
    arms = {
        name: Arm(name, arm.label, (("set", "placebo lever", place / len(book.arms)),))
        for place, (name, arm) in enumerate(book.arms.items())
    }
    return replace(book, arms=arms)


def test_placebos_of_the_core_claims_have_no_effect(with_placebo) -> None:
    book = nothing_moves(sa.read_claims(beside(with_placebo), with_placebo))
    found = sa.run_claims(with_placebo, book, draws=64)
    assert len(found.results) == len(book.claims) >= 3
    for one in found.results:
        assert one.verdict.text == "no effect"
        assert not one.effect.any()
        assert one.flips == ()
    # Nor has one of them in the other direction.
    turned = {name: sa.mirrored(claim) for name, claim in book.claims.items()}
    found = sa.run_claims(with_placebo, replace(book, claims=turned), draws=64)
    assert found.counts()["no effect"] == len(turned)


def test_a_placebo_changes_no_bit_of_the_claims(with_placebo, core) -> None:
    one, other = sa.run_claims(with_placebo, draws=64), sa.run_claims(core, draws=64)
    for mine, theirs in zip(one.results, other.results, strict=True):
        np.testing.assert_array_equal(mine.effect, theirs.effect)


def test_mirrored_claims_of_the_core_model_are_reversed(core) -> None:
    book = sa.read_claims(beside(core), core)
    turned = {name: sa.mirrored(claim) for name, claim in book.claims.items()}
    found = sa.run_claims(core, draws=64)
    back = sa.run_claims(core, replace(book, claims=turned), draws=64)
    for one, other in zip(found.results, back.results, strict=True):
        assert one.verdict.text == "supported"
        assert other.verdict.text == "reversed"
        np.testing.assert_array_equal(one.sign, -other.sign)
        np.testing.assert_array_equal(one.band, other.band)


def test_a_model_of_another_field(epidemic) -> None:
    model, report = epidemic
    assert model.check_units().findings == ()
    assert model.check_integration().ok
    texts = {one.verdict.text for one in report.results}
    assert len(report.results) >= 3
    assert "conditional" in texts
    assert report.failures == 0
    conditional = next(one for one in report.results if one.verdict.text == "conditional")
    assert conditional.flips[0].factor in model.settings.uncertainties
    assert conditional.flips[0].probability < 0.01
    # Both directions are told apart: a day is a day since the start of the run.
    delays = report["late_delays"]
    days = report.measured["base"].values["day of the peak"][:200]
    np.testing.assert_array_equal(delays.base, days - model.constants["INITIAL TIME"])


def test_the_command_on_a_model_of_another_field(epidemic, tmp_path) -> None:
    _, report = epidemic
    done = run(MODELS / "epidemic.mdl", "-n", 200, "-o", tmp_path, "--threads", 1)
    assert done.exit_code == 0, done.output
    for one in report.results:
        assert one.verdict.text in done.output
    told = json.loads((tmp_path / "claims.json").read_text(encoding="utf-8"))
    assert told["results"] == [one.to_dict() for one in report.results]
    assert "1,005 runs of 5 arms" in done.output
    # The same again, as JSON and from what was kept.
    options = ("-n", 200, "-o", tmp_path, "--json", "--only", report.results[0].claim.name)
    data = json.loads(run(MODELS / "epidemic.mdl", *options).stdout)
    assert data["results"] == told["results"][:1]
    assert data["provenance"]["seed"] == 1


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (CLAIM.replace("network exposure", "netwrk exposure"), [":2: [arms.open]", "did you mean"]),
        (CLAIM.replace("autarky", "autarchy"), [":5: [claims.one]", "no arm or scenario"]),
        (
            CLAIM.replace("network exposure", "exposure").replace('"above"', '"abov"'),
            [":2: [arms.open]", "is computed by core", ":5: [claims.one]", "Choose from: above,"],
        ),
        ("[claims.one\n", ["mine.toml: this is not valid TOML: ", "line 1"]),
        ("", ["mine.toml:1: [claims]: the file claims nothing: add tables such as"]),
        ("claims = 3", ["mine.toml:1: [claims]: must be tables such as [claims.NAME]"]),
    ],
)
def test_what_is_wrong_with_a_file_is_told(tmp_path, text, messages) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    done = run(MODELS / "core.mdl", "--claims", tmp_path / "mine.toml", "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    assert done.stderr.count("sensitivity: ") == 1
    for message in messages:
        assert message in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        (("--only", "openess"), 1, "no claim, experiment or id 'openess'; did you mean 'openness"),
        (("-n", 0), 1, "0 draws tell nothing"),
        (("--seed", -1), 1, "seed is -1: give a whole number from 0 on"),
        (("--claims", "nowhere.toml"), 2, "'nowhere.toml' does not exist"),
        (("--threads", 0), 2, "Invalid value for '--threads'"),
        (("--drows", 4), 2, "No such option"),
    ],
)
def test_bad_options_are_told(tmp_path, options, status, message) -> None:
    done = run(MODELS / "core.mdl", *options, "-o", tmp_path / "out")
    assert done.exit_code == status
    assert isinstance(done.exception, SystemExit)
    assert message in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written(tmp_path) -> None:
    (tmp_path / "out").write_text("a file")
    done = run(MODELS / "core.mdl", "-n", 4, "-o", tmp_path / "out" / "deep")
    assert done.exit_code == 1
    assert "out" in done.stderr
    assert isinstance(done.exception, SystemExit)


def test_which_file_is_meant(tmp_path) -> None:
    for name in ("core.mdl", "core.toml"):
        (tmp_path / name).write_bytes((MODELS / name).read_bytes())
    model = sd.load(tmp_path / "core.mdl")
    with pytest.raises(sa.ClaimsError, match="has no claims beside it: write core.claims.toml or"):
        sa.run_claims(model)
    (tmp_path / "claims.toml").write_text(CLAIM)
    assert beside(model).name == "claims.toml"
    (tmp_path / "core.claims.toml").write_text(CLAIM.replace("claims.one", "claims.own"))
    assert list(sa.read_claims(beside(model), model).claims) == ["own"]


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("openness_pays", ["openness_pays"]),
        (["Openness Pays"], ["openness_pays"]),
        ("openness", ["openness_pays", "openness_needs_policy"]),
        (["p75", "P01"], ["openness_pays", "emigration_costs"]),
        ((), ["openness_pays", "openness_needs_policy", "emigration_costs"]),
    ],
)
def test_claims_are_chosen_by_name_experiment_or_id(core, only, expected) -> None:
    found = sa.run_claims(core, only=only, draws=16, scans=False)
    assert [one.claim.name for one in found.results] == expected
    assert [found[name].claim.name for name in expected] == expected
    with pytest.raises(KeyError):
        found["nobody"]


def test_one_claim_alone_has_the_numbers_of_a_study_of_all(core) -> None:
    together = sa.run_claims(core, draws=64)
    for one in together.results:
        (alone,) = sa.run_claims(core, only=one.claim.name, draws=64).results
        assert alone.to_dict() == one.to_dict()
        for name in ("effect", "sign", "band"):
            assert getattr(alone, name).tobytes() == getattr(one, name).tobytes()


def test_what_stands_below_the_table(epidemic) -> None:
    _, report = epidemic
    lines = summary(report)
    assert lines[0].startswith("Over all 200 draws: ")
    counts = report.counts()
    assert sum(counts.values()) == len(report.results)
    assert all(f"{n} {text}" in lines[0] for text, n in counts.items() if n)
    assert not any("plausible draws" in line for line in lines)
    assert verdicts_table(report).row_count == len(report.results) + 1


def test_a_claim_is_one_sentence_of_data() -> None:
    claim = Claim("c", "text", "above", ())
    assert claim.arms == claim.outcomes == ()
    with pytest.raises(AttributeError):
        claim.kind = "below"  # type: ignore[misc]
