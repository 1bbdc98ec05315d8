"""A claims file that does not fit: every mistake is told, with its line and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import sdmodel as sd
import sensitivity as sa
from sensitivity.cli import main

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "models" / "core.mdl"
GOOD = """
[arms.open]
from = "base"
set = { "network exposure" = 0.8 }

[claims.one]
text = "Openness pays"
kind = "above"
arms = ["open", "autarky"]
outcome = "final relative knowledge"
"""


@pytest.fixture(scope="module")
def model() -> sd.Model:
    return sd.load(CORE)


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "some.claims.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refused(model: sd.Model, path: Path) -> str:
    with pytest.raises(sa.ClaimsError) as caught:
        sa.read_claims(path, model)
    return str(caught.value)


def test_the_good_file_is_read(model: sd.Model, written: Callable[[str], Path]) -> None:
    book = sa.read_claims(written(GOOD), model)
    assert list(book.claims) == ["one"]
    assert book.claims["one"].line == 6
    assert book.arms["open"].steps == (("set", "network exposure", 0.8),)
    assert set(model.settings.scenarios) < set(book.arms)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("network exposure", "network exposur", "no constant 'network exposur'; did you mean"),
        ("network exposure", "relative knowledge", "'relative knowledge' is computed by core"),
        ('from = "base"\n', "", ":2: [arms.open]: must say what it starts from"),
        ('from = "base"', 'from = "open"', "starts from itself"),
        ('from = "base"', 'from = "autarkie"', "which is no arm or scenario; did you mean 'autar"),
        ("0.8 }", '"much" }', "'network exposure' needs a number, not 'much'"),
        ("0.8 }", "inf }", "needs a finite number"),
        ('["open", "autarky"]', '["opn", "autarky"]', "no arm or scenario 'opn'; did you mean 'o"),
        ('["open", "autarky"]', '["open"]', "compares 2 items, and 1 are given: name the arm to"),
        ('["open", "autarky"]', '["open", "autarky", "base"]', "2 items, and 3 are given"),
        ('"final relative', '"finl relative', "no outcome 'finl relative knowledge'; did you mean"),
        ('outcome = "final', 'outcome = "', "there is no outcome ' relative knowledge'"),
        ('outcome = "final relative knowledge"', "", "must name one outcome"),
        ('"above"', '"abov"', ":6: [claims.one]: kind = 'abov' is not known; did you mean 'above'"),
        ('"above"', '"contrast"', "needs a weight for each of 2 items"),
        ('"above"', '"level"', "'level' needs one number to compare with"),
        ('"above"', '"crossover"', "looks at a whole course: of = a variable"),
        ('"above"\n', '"above"\nexpect = "negative"\n', "does not fit 'above': leave it out"),
        ('"above"\n', '"above"\nweights = [1, 2]\n', "'above' has no use for weights"),
        ('"above"\n', '"above"\nscale = "logs"\n', "leave it out, or write log for ratios"),
        ('"above"\n', '"above"\nalong = { name = "x", values = [1] }\n', "1 values for 2 items"),
        ('"above"\n', '"above"\ncover = ["P01"]\n', "has no key 'cover'; did you mean 'covers'"),
        ('"above"\n', '"above"\nexperiment = "E01"\n', "there is no experiment 'E01'"),
        ('text = "Openness pays"\n', "", 'must say what it claims: text = "..."'),
        (
            "[claims.one]",
            "[claim.one]",
            "[claim]: nothing is called so here; did you mean 'claims'",
        ),
        ("[arms.open]", "[arms.autarky]", "this is the name of the base run or of a scenario"),
        ("[arms.open]", "[study]\ndraws = 1\n[arms.open]", "draws = 1: two are the least"),
        ("[arms.open]", "[study]\ntime_step = 0\n[arms.open]", "it must be above zero"),
        ("[arms.open]", '[[cannot]]\nids = ["P"]\n[arms.open]', "needs ids, reason and missing"),
        (
            "[arms.open]",
            '[[structural]]\nid = "P"\ncheck = "c"\nvariables = ["Knowldge"]\n[arms.open]',
            ":2: [structural.1]: core has no variable 'Knowldge'",
        ),
        ("[arms.open]", "[outcomes.x]\nreduce = 'peak'\n[arms.open]", "must say which variable"),
        ("[arms.open]", "[outcomes.x]\nof = 'yy'\n[arms.open]", "'yy', which core does not have"),
    ],
)
def test_what_does_not_fit(
    model: sd.Model, written: Callable[[str], Path], old: str, new: str, message: str
) -> None:
    assert old in GOOD
    told = refused(model, written(GOOD.replace(old, new)))
    assert message in told
    assert "some.claims.toml:" in told


def test_a_variable_is_no_outcome(model: sd.Model, written: Callable[[str], Path]) -> None:
    told = refused(model, written(GOOD.replace("final relative knowledge", "relative knowledge")))
    assert "'relative knowledge' is a variable: say how it becomes one number" in told


def test_all_mistakes_are_told_at_once(model: sd.Model, written: Callable[[str], Path]) -> None:
    bad = GOOD.replace("network exposure", "exposure").replace("above", "over")
    lines = refused(model, written(bad)).splitlines()
    assert len(lines) == 2
    assert ":2: [arms.open]" in lines[0]
    assert ":6: [claims.one]" in lines[1]


@pytest.mark.parametrize("text", ["[claims", "\xff", 'a = "\x00"', "[claims]\n", ""])
def test_what_is_no_claims_file(model: sd.Model, written: Callable[[str], Path], text: str) -> None:
    assert "some.claims.toml" in refused(model, written(text))


def test_ranges_of_ids(model: sd.Model, written: Callable[[str], Path]) -> None:
    text = '[study]\nids = ["P08-P11", "N1"]\n' + GOOD
    assert sa.read_claims(written(text), model).ids == ("P08", "P09", "P10", "P11", "N1")
    far = '[study]\nids = ["P1-P99999999"]\n' + GOOD
    assert "more than ten thousand" in refused(model, written(far))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--only", "openness_pay"], "no claim, experiment or id 'openness_pay'; did you mean"),
        (["-n", "1"], "1 draws tell nothing"),
    ],
)
def test_the_command_tells_without_a_traceback(
    tmp_path: Path, words: list[str], message: str
) -> None:
    done = CliRunner().invoke(main, ["claims", str(CORE), "-o", str(tmp_path), *words])
    assert done.exit_code == 1
    assert message in done.output
    assert "Traceback" not in done.output


def test_a_model_without_claims(tmp_path: Path) -> None:
    copy = tmp_path / "alone.mdl"
    copy.write_bytes(CORE.read_bytes())
    done = CliRunner().invoke(main, ["claims", str(copy), "-o", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "has no claims beside it: write alone.claims.toml or claims.toml" in done.output


@pytest.mark.parametrize("name", ["core", "industrial_upgrading", "epidemic"])
def test_the_claims_of_our_models_are_read(name: str) -> None:
    loaded = sd.load(ROOT / "models" / f"{name}.mdl")
    place = CORE.with_name(
        "claims.toml" if name == "industrial_upgrading" else f"{name}.claims.toml"
    )
    book = sa.read_claims(place, loaded)
    assert len(book.claims) >= 3


def test_every_proposition_is_dealt_with_and_every_experiment_has_claims() -> None:
    place = ROOT / "models" / "claims.toml"
    book = sa.read_claims(place, sd.load(ROOT / "models" / "industrial_upgrading.mdl"))
    dealt = {one for claim in book.claims.values() for one in claim.covers}
    dealt |= {one.id for one in book.structural}
    cannot = {one for reason in book.cannot for one in reason.ids}
    assert len(book.ids) == 110
    assert set(book.ids) <= dealt | cannot
    assert len(cannot) <= 10
    assert set(book.experiments) == {f"E{number:02d}" for number in range(1, 35)}
    assert {claim.experiment for claim in book.claims.values()} == set(book.experiments)
