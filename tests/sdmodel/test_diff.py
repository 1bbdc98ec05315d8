"""What changed between two versions: each kind of change, nothing for layout, and the runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli.main import main
from sdmodel.comparing.listing import listing
from sdmodel.frontends import parse
from sdmodel.source import SourceText
from tests.sdmodel.conftest import SIR, mdl_text

ROOT = Path(__file__).resolve().parents[2]
TEXT = mdl_text(SIR)


def model(text: str, name: str = "m.mdl") -> sd.Model:
    return sd.Model(parse(SourceText(name, text)))


def changed(old: str, new: str, text: str = TEXT) -> sd.ModelDiff:
    assert text.count(old) == 1, (old, text.count(old))
    return sd.diff(model(text), model(text.replace(old, new)), runs=False)


@pytest.mark.parametrize(
    ("old", "new", "name", "what", "before", "after"),
    [
        ("contacts = 2 ~", "contacts = 3 ~", "contacts", "equation", "2", "3"),
        ("~ Meetings that", "~ Visits that", "contacts", "comment", "Meetings", "Visits"),
        ("1/Day [0,10,0.5]", "1/day [0,10,0.5]", "contacts", "units", "1/Day", "1/day"),
        ("[0,10,0.5]", "[0,20]", "contacts", "range", "[0, 10, 0.5]", "[0, 20, ?]"),
        ("Who may fall ill. |", "Who may fall ill. ~ :SUP |", "Susceptible people",
         "supplementary", "no", "yes"),
        (".Disease", ".Illness", "Susceptible people", "group", "Disease", "Illness"),
    ],
)  # fmt: skip
def test_each_kind_of_change(
    old: str, new: str, name: str, what: str, before: str, after: str
) -> None:
    found = [one for one in changed(old, new).changes if one.name == name]
    assert [one.what for one in found] == [what]
    assert found[0].old.startswith(before)
    assert found[0].new.startswith(after)
    place = TEXT.splitlines().index(next(x for x in TEXT.splitlines() if x.startswith(name)))
    assert found[0].line == place + 1


def test_added_removed_and_renamed() -> None:
    added = changed("illness = 5", "spare = 1 ~ ~ |\nillness = 5")
    assert [(one.what, one.name, one.new) for one in added.changes] == [("added", "spare", "1")]
    old = TEXT.replace("illness = 5", "spare = 1 ~ ~ |\nillness = 5")
    removed = sd.diff(model(old), model(TEXT), runs=False)
    assert [(one.what, one.name, one.old) for one in removed.changes] == [("removed", "spare", "1")]
    renamed = sd.diff(model(TEXT), model(TEXT.replace("illness", "length of it")), runs=True)
    assert [str(one) for one in renamed.changes] == ["renamed: illness is now length of it"]
    assert renamed.behaviour is not None
    assert renamed.behaviour.compared == len(model(TEXT).columns)
    assert not renamed.behaviour


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("-infections, 990", " - INFECTIONS ,\n\t\t990.0"),
        ("contacts/2", "(contacts) / 2"),
        ("Infected/illness", "{spent} infected/Illness"),
        ("effect of crowding(Infected/population)", "Effect_of Crowding( Infected / population )"),
        ("Who may fall ill.", "Who may\n\t\tfall ill."),
    ],
)
def test_layout_is_no_change(old: str, new: str) -> None:
    assert not changed(old, new)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a - (b - a)", "a - b - a"),
        ("(a^b)^a", "a^b^a"),
        ("MAX(a, b)", "MAX(b, a)"),
        ("a*2", "a*3"),
    ],
)
def test_what_brackets_and_order_mean_counts(one: str, other: str) -> None:
    texts = [mdl_text(f"a = 1\nb = 2\nx = {equation}") for equation in (one, other)]
    assert [c.what for c in sd.diff(*map(model, texts), runs=False).changes] == ["equation"]


def test_a_change_of_subscripts_is_one_of_ranges() -> None:
    old, new = (mdl_text(f"R: {names}\nx[R] = 2") for names in ("a, b", "a, b, c"))
    found = sd.diff(model(old), model(new))
    assert [str(one) for one in found.changes] == ["subscripts of R: a, b -> a, b, c"]
    assert found.behaviour is not None
    assert found.behaviour.compared == 2 + 4  # x[a], x[b] and the controls


OTHERS = """{UTF-8}
:MACRO: F(x)
F = x*2 + rate$ ~~|
:END OF MACRO:
rate = 1 ~~|
b = F(rate) ~~|
high :TEST INPUT: rate = 5 ~~|
grows :THE CONDITION: high :IMPLIES: b > 3 ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 2 ~~|
TIME STEP = 1 ~~|
SAVEPER = 1 ~~|
///---\\\\\\
22:Year,Years
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("x*2", "x*3", "equation of F in macro F\n  - x*2 + rate$\n  + x*3 + rate$"),
        ("F(x)\n", "F(x, y)\n", "equation of F\n  - macro F(x)\n  + macro F(x, y)"),
        ("rate = 5", "rate = 6", "equation of high\n  - :TEST INPUT: rate = 5\n"
         "  + :TEST INPUT: rate = 6"),
        ("b > 3", "b > 30", "equation of grows\n  - :THE CONDITION: high :IMPLIES: b > 3\n"
         "  + :THE CONDITION: high :IMPLIES: b > 30"),
        ("grows :THE", "grew :THE",
         "added: grew = :THE CONDITION: high :IMPLIES: b > 3; "
         "removed: grows = :THE CONDITION: high :IMPLIES: b > 3"),
        ("22:Year,Years", "22:Year,Yr", "added: Year = Yr = a unit; "
         "removed: Year = Years = a unit"),
        ("b > 3", "(b)>3", ""),
        ("x*2 +", "x * (2) +", ""),
    ],
)  # fmt: skip
def test_macros_reality_checks_and_names_of_units(old: str, new: str, said: str) -> None:
    found = changed(old, new, OTHERS)
    assert "; ".join(map(str, found.changes)) == said
    before, after = (
        listing(parse(SourceText("m.mdl", t))) for t in (OTHERS, OTHERS.replace(old, new))
    )
    assert (before != after) or not said


def test_a_renamed_variable_is_the_same_in_macros_and_reality_checks() -> None:
    found = sd.diff(model(OTHERS), model(OTHERS.replace("rate", "speed")), runs=False)
    assert [str(one) for one in found.changes] == ["renamed: rate is now speed"]


def test_the_runs_are_those_of_the_models() -> None:
    old, new = model(TEXT), model(TEXT.replace("contacts = 2", "contacts = 3"))
    behaviour = sd.diff(old, new).behaviour
    assert behaviour is not None
    first, second = (one.run(method="vensim") for one in (old, new))
    shares = {}
    for name in old.columns:
        a, b = first.values(name), second.values(name)
        peak = max(np.abs(a).max(), np.abs(b).max())
        if name not in old.constants and np.abs(a - b).max() > 1e-6 * peak:
            shares[name] = np.abs(a - b).max() / peak
    assert len(shares) >= 4
    assert dict(zip(behaviour.table["name"], behaviour.table["change"], strict=True)) == (
        pytest.approx(shares)
    )
    assert list(behaviour.table["change"]) == sorted(shares.values(), reverse=True)
    top = behaviour.table.iloc[0]
    assert first.values(top["name"])[list(first.times).index(top["time"])] == top["old"]


def test_a_version_that_does_not_run_is_told() -> None:
    broken = TEXT.replace("illness = 5 ~ Day [1,?]", "illness = 0 ~ Day")
    found = sd.diff(model(TEXT), model(broken))
    assert found.behaviour is not None
    text = str(found)
    assert "equation of illness" in text
    assert found.behaviour.table["change"].notna().all()


def test_times_that_differ_are_compared_where_both_saved() -> None:
    old, new = model(mdl_text("x = Time")), model(mdl_text("x = 2*Time", final_time=9, saveper=2))
    behaviour = sd.diff(old, new).behaviour
    assert behaviour is not None
    assert behaviour.notes == ("compared at the 3 saved times from 0 to 4 that both versions have",)
    row = behaviour.table.set_index("name").loc["x"]
    assert (row["old_final"], row["new_final"]) == (4, 8)


def test_moved_elements_are_told() -> None:
    text = (ROOT / "models" / "core.mdl").read_text(encoding="utf-8")
    moved = text.replace("Foreign frontier,400,100", "Foreign frontier,410,100")
    moved = moved.replace("10,35,lab spillover,290,445,46,11,8,3,0,0,0,0,0,0\n", "")
    found = sd.diff(model(text), model(moved), runs=False)
    assert [str(one) for one in found.changes] == [
        "sketch of view Core model: none -> moved: Foreign frontier; no longer drawn: lab spillover"
    ]


def test_a_listing_goes_by_name_and_not_by_layout() -> None:
    entries = TEXT.split("|")
    assert listing(parse(SourceText("m.mdl", TEXT))).startswith("method: euler\n\ncontacts = 2\n")
    swapped = "|".join([entries[0], *entries[2:-3], entries[1], *entries[-3:]])
    assert listing(parse(SourceText("m.mdl", swapped))) == listing(parse(SourceText("m.mdl", TEXT)))


def test_the_verb(tmp_path: Path) -> None:
    old, new = tmp_path / "old.mdl", tmp_path / "new.mdl"
    old.write_text(TEXT, encoding="utf-8")
    new.write_text(TEXT.replace("contacts = 2", "contacts = 3"), encoding="utf-8")
    run = CliRunner().invoke
    same = run(main, ["diff", str(old), str(old)])
    assert (same.exit_code, "no variable differs" in same.output) == (0, True)
    picture = tmp_path / "changed.png"
    shown = run(main, ["diff", str(old), str(new), "-o", str(picture)])
    assert shown.exit_code == 1
    assert "equation of contacts\n  - 2\n  + 3" in shown.output
    assert "trajectories differ" in shown.output
    assert picture.read_bytes().startswith(b"\x89PNG")
    facts = json.loads(run(main, ["diff", str(old), str(new), "--json"]).output)
    assert facts["changes"][0]["name"] == "contacts"
    assert facts["behaviour"][0]["change"] > 0
    refused = run(main, ["diff", str(old)])
    assert refused.exit_code == 1
    assert "give two files" in refused.output
