"""MODEL.expectations.toml: everything wrong at once, with the line and the names that are near."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

import sdmodel as sd
from sdmodel.validation.reading import comparison, read_expectations

ROOT = Path(__file__).resolve().parents[2]
Text = Callable[..., str]

MODEL = """
level = INTEG(inflow - outflow, 100) ~ litre ~ |
inflow = 5 ~ litre/Minute [0,10] ~ |
outflow = level/emptying time ~ litre/Minute ~ |
emptying time = 10 ~ Minute ~ |
"""


@pytest.fixture
def refused(tmp_path: Path, mdl: Text) -> Callable[[str], list[str]]:
    """Return a maker of messages: what is wrong with a file of expectations, one a line."""

    def make(expectations: str) -> list[str]:
        path = tmp_path / "tank.mdl"
        path.write_text(mdl(MODEL), encoding="utf-8")
        path.with_suffix(".expectations.toml").write_text(expectations, encoding="utf-8")
        with pytest.raises(sd.SettingsError) as refusal:
            sd.validate(sd.load(path), only=["V14"])
        return str(refusal.value).replace(str(tmp_path) + "/", "").splitlines()

    return make


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[conversation.x]\nstocks = []", 1, "did you mean 'conservation'"),
        ("[conservation.x]\nstocks = ['levle']", 2, "did you mean 'level'"),
        ("[conservation.x]\nstocks = ['inflow']", 2, "'inflow' is no stock"),
        ("[conservation.x]\nstocks = ['level']\ninflow = ['1']", 3, "did you mean 'inflows'"),
        ("[conservation.x]\nstocks = ['level']\ninflows = ['inflwo']", 3, "did you mean 'inflow'"),
        ("[conservation.x]\nstocks = ['level']\ninflows = ['inflow +']", 3, "inflow +"),
        ("[conservation.x]\nstocks = ['level']\ninflows = ['1 ~ ~ | b = 2']", 3, "b = 2"),
        ("[identity.x]\nleft = 'level'", 1, 'right = "expression" is missing'),
        ("[bounds]\nlevel = [1, 0]", 2, "low 1 is above high 0"),
        ("[bounds]\nlevel = 3", 2, "must be [low, high]"),
        ("[bounds]\nsigned = ['leevl']", 2, "did you mean 'level'"),
        ("[[extreme]]\nname = 'a'\nset = { inflow = 1 }\nexpect = ['level']", 4, "no comparison"),
        ("[[extreme]]\nname = 'a'\nexpect = ['level > 0']", 1, "this is the base run"),
        ("[[extreme]]\nname = 'a'\nset = { outflow = 1 }\nexpect = ['1 > 0']", 3, "not constant"),
        ("[[extreme]]\nname = 'a'\nscenario = 'dry'\nexpect = ['1 > 0']", 3, "no scenario"),
        ("[[extreme]]\nname = 'a'\nreplace = { inflow = '1 +' }\nexpect = ['1 > 0']", 3, "inflow"),
        (
            "[[extreme]]\nname = 'a'\nset = { inflow = 1 }\nexpect = ['level > BASE RUN(lvl)']",
            4,
            "lvl",
        ),
        ("[equilibrium]\nhold = -1", 2, "hold must be a number above zero"),
        ("[[audit]]\nclaim = 'P1'\nvariable = 'level'\nform = 'x'\nalternative = '3'", 5, "switch"),
        ("[loops.R1]\npath = ['level']", 2, "two variables or more"),
        ("[loops.R1]\npath = ['level', 'outflow']\npolarity = 'plus'", 3, 'is "+" or "-"'),
        ("[loops.R1]\npath = ['level', 'outflow']\nswitch = 'on'", 3, "no variable named 'on'"),
        ("[loops.R1]\npath = ['level', 'outflow']\ncut = 'inflow'", 3, "not on the path"),
        ("[budget]\ncost = 'inflow'", 1, "discount is missing"),
        ("[deferred]\nV2 = 'later'", 2, "V2 cannot be deferred"),
        ("surprises = 3", 1, "must be the path of a file"),
        ("[structure]\ndefinitions = ['outflwo']", 2, "did you mean 'outflow'"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    text: str, line: int, message: str, refused: Callable[[str], list[str]]
) -> None:
    told = refused(text)
    assert any(message in one for one in told), told
    assert f"tank.expectations.toml:{line}: " in "\n".join(told)


def test_all_of_it_is_told_at_once(refused: Callable[[str], list[str]]) -> None:
    told = refused("[bounds]\nlevl = [0, 1]\nothers = [0, 1]\n[loops.R1]\npath = ['level']\n")
    lines = [int(found[1]) for one in told if (found := re.search(r"\.toml:(\d+):", one))]
    assert lines == [5, 2, 3] or sorted(lines) == [2, 3, 5]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a <= b", ("a", "<=", "b")),
        ('"a < b" >= c', ('"a < b"', ">=", "c")),
        ("IF THEN ELSE(a > b, 1, 0) = 1", ("IF THEN ELSE(a > b, 1, 0)", "=", "1")),
        ("a < b < c", None),
        ("a + b", None),
        ("< b", None),
        ("a 'is' \x00 b", None),
    ],
)
def test_comparisons(text: str, parts: tuple[str, str, str] | None) -> None:
    assert comparison(text) == parts


def test_the_file_of_the_core_model_is_read_whole() -> None:
    model = sd.load(ROOT / "models" / "core.mdl")
    found = read_expectations(ROOT / "models" / "core.expectations.toml", model)
    assert len(found.extremes) >= 15
    assert len(found.loops) == 9
    assert {name for name in found.deferred} == {"V7", "V8", "V9", "V15", "V16"}
    assert found.equilibrium is not None
    assert len(found.expressions()) >= 35


def test_the_example_of_the_manual_is_read(tmp_path: Path) -> None:
    manual = (ROOT / "docs" / "validation.md").read_text(encoding="utf-8")
    (model,) = re.findall(r"```mdl\n(.*?)```", manual, re.DOTALL)
    (settings, expectations) = re.findall(r"```toml\n(.*?)```", manual, re.DOTALL)
    path = tmp_path / "fishery.mdl"
    path.write_text(model, encoding="utf-8")
    path.with_suffix(".toml").write_text(settings, encoding="utf-8")
    path.with_suffix(".expectations.toml").write_text(expectations, encoding="utf-8")
    (tmp_path / "surprises.md").write_text("## The fish came back\n", encoding="utf-8")
    report = sd.validate(sd.load(path), draws=100)
    failed = [str(one) for one in report.results if one.status == "fail"]
    assert failed == []
    unused = {one.id for one in report.results if one.status == "not applicable"}
    # What these two need stands in a model, not in a table.
    assert unused <= {"V1", "V21"}, "the example shows every table"
