"""Two edited copies made into one: every edit kept, every true conflict found, nothing lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sdmodel as sd
from sdmodel.comparing.drawings import merge_drawings
from sdmodel.comparing.listing import listing
from sdmodel.comparing.merging import MIDDLE, OURS, THEIRS, merge_texts
from sdmodel.comparing.parted import parted
from sdmodel.frontends import parse
from sdmodel.frontends.sketch import read_sketch
from sdmodel.frontends.text import decode
from sdmodel.source import SourceText

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SDMODEL_CONFORMANCE") or ROOT.parent / "shared" / "conformance")
BASE = (ROOT / "models" / "core.mdl").read_text(encoding="utf-8")
Edit = Callable[[str], str]

EXPOSURE = "network exposure=\n\t0.4\n\t~\tdmnl [0,1,0.05]"
EDUCATION = "education effort=\n\t0.4\n"
SHARE = "brain drain share=\n"
UNUSED = "unused number=\n\t1\n\t~\tdmnl\n\t~\tFor nothing.\n\t|\n\n"


def change(old: str, new: str) -> Edit:
    """Replace what stands once in the text."""

    def edit(text: str) -> str:
        assert text.count(old) == 1, (old, text.count(old))
        return text.replace(old, new)

    return edit


def both(*edits: Edit) -> Edit:
    """Make several edits."""

    def edit(text: str) -> str:
        for one in edits:
            text = one(text)
        return text

    return edit


def add(entry: str, before: str) -> Edit:
    return change(before, entry + before)


def rename(old: str, new: str) -> Edit:
    return lambda text: text.replace(old, new)


def merged(ours: Edit, theirs: Edit, base: str = BASE) -> sd.Merge:
    texts = (base, ours(base), theirs(base))
    return merge_texts(*(SourceText("core.mdl", one) for one in texts))


set_exposure = change(EXPOSURE, EXPOSURE.replace("0.4", "0.7"))
set_education = change(EDUCATION, EDUCATION.replace("0.4", "0.6"))
limit_exposure = change("dmnl [0,1,0.05]\n\t~\tOpenness", "dmnl [0,0.9,0.05]\n\t~\tOpenness")
say_of_exposure = change("Openness to global production", "Being open to global production")
one_more = add("spare one=\n\t1\n\t~\tdmnl\n\t~\tOurs.\n\t|\n\n", SHARE)
one_other = add("spare two=\n\t2\n\t~\tdmnl\n\t~\tTheirs.\n\t|\n\n", SHARE)
elsewhere = add("spare two=\n\t2\n\t~\tdmnl\n\t~\tTheirs.\n\t|\n\n", "education effort=\n")
move_frontier = change("10,1,Foreign frontier,400,100", "10,1,Foreign frontier,444,111")
move_knowledge = change("10,9,Domestic knowledge,800,300", "10,9,Domestic knowledge,888,333")
LAST = "1,214,133,131,0,0,0,0,0,64,0,-1--1--1,,1|(0,0)|\n"
draw_mine = change(
    LAST,
    f"{LAST}10,215,Time,100,900,30,11,8,2,0,3,-1\n1,216,215,9,0,0,0,0,0,64,0,-1--1--1,,1|(0,0)|\n",
)
draw_yours = change(
    LAST,
    f"{LAST}10,215,Time,700,950,30,11,8,2,0,3,-1\n1,216,215,1,0,0,0,0,0,64,0,-1--1--1,,1|(0,0)|\n",
)
euler = change("15:0,0,0,5,0,0", "15:0,0,0,0,0,0")
rk2 = change("15:0,0,0,5,0,0", "15:0,0,0,4,0,0")
run_name = change("9:Current", "9:open")
stretched = change(EXPOSURE, EXPOSURE.replace("=\n\t0.4\n\t~\t", " =\n\n\t\t0.4\n\t~\t\t"))
renamed = rename("learning ceiling", "ceiling of learning")
uses_old = add("half of it=\n\tlearning ceiling/2\n\t~\tdmnl\n\t~\tHalf.\n\t|\n\n", SHARE)


@dataclass(frozen=True)
class Case:
    """Two edits; whether they can be joined, by `expected` edits where the text is known."""

    ours: Edit
    theirs: Edit
    expected: Edit | None = None
    conflicts: tuple[tuple[str, str], ...] = ()
    broken: str = ""
    base: str = BASE


CASES = {
    "two constants": Case(set_exposure, set_education, both(set_exposure, set_education)),
    "value and range of one": Case(
        set_exposure, limit_exposure, both(set_exposure, limit_exposure)
    ),
    "value and comment of one": Case(
        say_of_exposure, set_exposure, both(set_exposure, say_of_exposure)
    ),
    "the same change twice": Case(set_exposure, set_exposure, set_exposure),
    "two new variables apart": Case(one_more, elsewhere, both(one_more, elsewhere)),
    "two new variables at one place": Case(one_more, one_other, both(one_more, one_other)),
    "one deleted, another changed": Case(
        change(UNUSED, ""), set_exposure, both(change(UNUSED, ""), set_exposure), base=UNUSED + BASE
    ),
    "layout here, value there": Case(
        stretched,
        set_exposure,
        change(EXPOSURE, "network exposure=\n\t0.7\n\t~\t\tdmnl [0,1,0.05]"),
    ),
    "line ends of another system": Case(
        set_education,
        both(set_exposure, lambda text: text.replace("\n", "\r\n")),
        both(set_exposure, set_education),
    ),
    "two elements moved": Case(move_frontier, move_knowledge, both(move_frontier, move_knowledge)),
    "settings of runs": Case(run_name, euler, both(run_name, euler)),
    "order there, value here": Case(
        set_exposure,
        both(change(UNUSED, ""), lambda text: text.replace(SHARE, UNUSED + SHARE)),
        both(set_exposure, change(UNUSED, ""), lambda text: text.replace(SHARE, UNUSED + SHARE)),
        base=BASE.replace("education effort=\n", UNUSED + "education effort=\n"),
    ),
    "renamed here, another changed there": Case(renamed, set_exposure, both(renamed, set_exposure)),
    "both draw something new": Case(draw_mine, draw_yours),
    "one constant, two values": Case(
        set_exposure,
        change(EXPOSURE, EXPOSURE.replace("0.4", "0.1")),
        conflicts=(("network exposure", "equation"),),
    ),
    "two comments": Case(
        say_of_exposure,
        change("Openness to global production", "Links to global production"),
        conflicts=(("network exposure", "comment"),),
    ),
    "deleted here, changed there": Case(
        change(UNUSED, ""),
        change("unused number=\n\t1", "unused number=\n\t2"),
        conflicts=(("unused number", "deleted"),),
        base=BASE.replace(SHARE, UNUSED + SHARE),
    ),
    "one name for two new variables": Case(
        one_more,
        add("spare one=\n\t3\n\t~\tdmnl\n\t~\tTheirs.\n\t|\n\n", "education effort=\n"),
        conflicts=(("spare one", "added"),),
    ),
    "two integration methods": Case(euler, rk2, conflicts=(("integration", "settings"),)),
    "one conflict among edits that fit": Case(
        both(set_exposure, set_education),
        both(change(EXPOSURE, EXPOSURE.replace("0.4", "0.2")), one_other, move_knowledge),
        conflicts=(("network exposure", "equation"),),
    ),
    "deleted here, used anew there": Case(
        change(UNUSED, ""),
        add("user=\n\tunused number\n\t~\tdmnl\n\t~\tOf it.\n\t|\n\n", "education effort=\n"),
        broken="unused number",
        base=BASE.replace(SHARE, UNUSED + SHARE),
    ),
    "renamed here, old name used anew there": Case(renamed, uses_old, broken="learning ceiling"),
}


@pytest.mark.parametrize("name", CASES)
def test_scripted_merges(name: str) -> None:
    case = CASES[name]
    found = merged(case.ours, case.theirs, case.base)
    assert [(one.name, one.what) for one in found.conflicts] == list(case.conflicts)
    assert [one.name for one in found.broken] == ([case.broken] if case.broken else [])
    assert found.clean == (not case.conflicts and not case.broken)
    if case.expected is not None:
        assert found.text == case.expected(case.base)
    if found.clean:
        assert parse(SourceText("core.mdl", found.text)).problems == ()


@pytest.mark.parametrize("name", CASES)
def test_sides_may_be_changed_over(name: str) -> None:
    case = CASES[name]
    one = merged(case.ours, case.theirs, case.base)
    other = merged(case.theirs, case.ours, case.base)
    assert {(c.name, c.what) for c in one.conflicts} == {(c.name, c.what) for c in other.conflicts}
    assert one.clean == other.clean


def test_there_are_twenty_merges_and_more() -> None:
    clean = sum(not (case.conflicts or case.broken) for case in CASES.values())
    assert (len(CASES), clean) == (22, 14)


def test_a_conflict_shows_both_versions_of_that_variable_alone() -> None:
    found = merged(set_exposure, change(EXPOSURE, EXPOSURE.replace("0.4", "0.1")))
    before, _, rest = found.text.partition(OURS + "\n")
    ours, _, rest = rest.partition(MIDDLE + "\n")
    theirs, _, behind = rest.partition(THEIRS + "\n")
    assert ours == set_exposure(BASE)[len(before) : len(before) + len(ours)]
    assert "0.7" in ours
    assert "0.1" in theirs
    assert before + ours.removesuffix("\n") + behind == set_exposure(BASE)
    assert str(found.conflicts[0]).splitlines()[0] == (
        "network exposure: equation changed on both sides"
    )


def test_a_conflict_left_in_the_file_is_told_and_nothing_else() -> None:
    other = change(EXPOSURE, EXPOSURE.replace("0.4", "0.1"))
    source = SourceText("core.mdl", merged(set_exposure, other).text)
    (problem,) = parse(source).problems
    assert problem.line == source.text[: source.text.index(OURS)].count("\n") + 1
    assert "conflict" in problem.message
    assert listing(parse(source)) == source.text
    comment = BASE.replace("Openness to global", "<<<<<<< not a mark\n\t\tOpenness to global")
    assert parse(SourceText("core.mdl", comment)).problems == ()


def test_new_elements_with_one_number_are_told_apart() -> None:
    found = merged(draw_mine, draw_yours)
    view = read_sketch(found.text)[0]
    before = read_sketch(BASE)[0]
    clocks = [one for one in view.elements if one.name == "Time" and one.id > 214]
    assert {(one.x, one.y) for one in clocks} == {(100, 900), (700, 950)}
    assert len(view.elements) == len(before.elements) + 2
    assert len({one.id for one in (*view.elements, *view.arrows)}) == len(view.elements) + len(
        view.arrows
    )
    drawn = {(one.start, one.end) for one in view.arrows if one.id > 214}
    at = {(one.x, one.y): one.id for one in clocks}
    assert drawn == {(at[100, 900], 9), (at[700, 950], 1)}


def test_an_element_both_moved_stays_where_ours_has_it_and_that_is_said() -> None:
    farther = change("10,1,Foreign frontier,400,100", "10,1,Foreign frontier,1,2")
    found = merged(move_frontier, farther)
    assert found.clean
    assert found.text == move_frontier(BASE)
    assert found.notes == (
        "view 'Core model': both sides moved or changed 'Foreign frontier'; ours is kept",
    )


def test_arrows_to_what_was_deleted_go_with_it() -> None:
    gone = change("10,35,lab spillover,290,445,46,11,8,3,0,0,0,0,0,0\n", "")
    drawn = change(LAST, f"{LAST}1,300,35,9,0,0,0,0,0,64,0,-1--1--1,,1|(0,0)|\n")
    assert merged(gone, drawn).text.count("1,300,35,9") == 0


MACRO = """:MACRO: EASED(goal, delay)
EASED = INTEG((goal - EASED)/delay, goal) ~ goal ~ Eased. |
:END OF MACRO:

a = EASED(3, 2) ~ m ~ |
"""
HEADED = "EASED(goal, delay)"


def test_the_head_of_a_macro_that_one_side_changed_is_taken() -> None:
    faster = change("/delay", "/(2*delay)")
    more = both(change(HEADED, "EASED(goal, delay, start)"), change("3, 2)", "3, 2, 1)"))
    for sides in ((faster, more), (more, faster), (change(HEADED, "EASED( goal,delay )"), more)):
        done = merged(*sides, base=MACRO)
        assert done.clean, (done.conflicts, done.broken)
        assert done.text.count(":MACRO:") == done.text.count(":END OF MACRO:") == 1
        assert ":MACRO: EASED(goal, delay, start)\n" in done.text
    assert merged(faster, more, base=MACRO).text == more(faster(MACRO))


def test_the_head_of_a_macro_that_both_changed_is_one_conflict() -> None:
    ours, theirs = "EASED(goal, delay, start)", "EASED(goal, delay : gap)"
    done = merged(change(HEADED, ours), change(HEADED, theirs), base=MACRO)
    assert [(one.name, one.what) for one in done.conflicts] == [("the macro EASED", "head")]
    assert str(done.conflicts[0]) == (
        "the macro EASED: head changed on both sides\n"
        f"  ours:   :MACRO: {ours}\n  theirs: :MACRO: {theirs}"
    )
    marked = f"{OURS}\n:MACRO: {ours}\n{MIDDLE}\n:MACRO: {theirs}\n{THEIRS}\n"
    assert done.text.startswith(marked)
    assert done.text.endswith(MACRO.partition(HEADED)[2])


names = [key for key in parted(SourceText("m.mdl", BASE)).entries if key[0][0] == "entry"]


ARROW = "1,{},{},9,0,0,0,0,0,64,0,-1--1--1,,1|(0,0)|\n"


def test_arrows_that_read_the_same_but_begin_elsewhere_are_both_kept() -> None:
    """Both sides draw a new element 215 with an arrow 216 to the same place."""
    arrow = ARROW.format(216, 215)
    mine, yours = (
        change(LAST, f"{LAST}10,215,{name},100,900,30,11,8,2,0,3,-1\n{arrow}")
        for name in ("education effort", "Time")
    )
    done = merged(mine, yours)
    assert done.clean
    assert not done.notes
    (view,) = read_sketch(done.text)
    names = {one.id: one.name for one in view.elements}
    added = [names[one.start] for one in view.arrows if one.id > 215]
    assert sorted(added) == ["Time", "education effort"]


def test_comments_within_equations_and_names_of_files_are_no_layout() -> None:
    text = "{UTF-8}\na = 1 {Smith} ~~|\nb := GET XLS DATA('f.xls', 's', 'A', 'B2') ~~|\n"
    both_say = merged(change("Smith", "Jones"), change("Smith", "Miller"), text)
    assert [one.what for one in both_say.conflicts] == ["equation"]
    assert not merged(change("Smith", "Jones"), change("1 {", "5 {"), text).clean
    assert not merged(change("f.xls", "F.xls"), change("B2", "B3"), text).clean
    assert merged(change("a = 1 {", "a  =  1  {"), change("1 {", "5 {"), text).clean


SETTINGS = """{UTF-8}
a = 1 ~~|
///---\\\\\\
:GRAPH one
:VAR a

:GRAPH two
:VAR a

:L\x7f<%^E!@
22:Year,Years
15:0,0,0,0,0,0
"""


def test_other_names_of_units_and_graphs_of_both_sides_are_kept() -> None:
    mine = both(
        change("Years\n", "Years\n22:Month,Months\n"), change("one\n:VAR a\n", "one\n:VAR x\n")
    )
    yours = both(
        change("Years\n", "Years\n22:Person,People\n"),
        change("two\n:VAR a\n", "two\n:VAR a\n:VAR y\n"),
    )
    done = merged(mine, yours, SETTINGS)
    assert done.clean
    assert not done.notes
    assert "22:Year,Years\n22:Month,Months\n22:Person,People\n15:" in done.text
    assert ":GRAPH one\n:VAR x\n\n:GRAPH two\n:VAR a\n:VAR y\n\n:L" in done.text


def test_a_graph_that_both_changed_is_told() -> None:
    mine, yours = (change("one\n:VAR a\n", f"one\n:VAR {name}\n") for name in "xy")
    done = merged(mine, yours, SETTINGS)
    assert done.notes == ("the graph 'one' was changed by both sides; ours is kept",)
    assert done.text == mine(SETTINGS)


@pytest.mark.parametrize("turned", ["ours", "theirs"])
def test_one_side_turned_into_utf8(turned: str) -> None:
    """The bytes are in the encoding that the first line says."""
    old = SourceText("m.mdl", "a = 1 ~~ caf\u00e9 |\nb = 2 ~~|\n", "cp1252")
    changed_one = replace(old, text=old.text.replace("b = 2", "b = 3"))
    utf8 = SourceText("m.mdl", "{UTF-8}\n" + old.text)
    sides = (utf8, changed_one) if turned == "ours" else (changed_one, utf8)
    done = merge_texts(old, *sides)
    assert done.clean
    assert done.raw == utf8.text.replace("b = 2", "b = 3").encode("utf-8")


def test_what_the_encoding_of_ours_cannot_hold_is_said_to_be_utf8() -> None:
    old = SourceText("m.mdl", "a = 1 ~~ caf\u00e9 |\nb = 2 ~~|\n", "cp1252")
    ours = replace(old, text=old.text.replace("a = 1", "a = 5"))
    theirs = SourceText("m.mdl", old.text.replace("b = 2 ~~", "b = 2 ~~ \u0416"))
    assert merge_texts(old, ours, theirs).raw == (
        "{UTF-8}\na = 5 ~~ caf\u00e9 |\nb = 2 ~~ \u0416|\n".encode()
    )


def test_plain_letters_take_the_encoding_of_the_other_side() -> None:
    old = SourceText("m.mdl", "a = 1 ~~|\nb = 2 ~~|\n")
    ours = replace(old, text=old.text.replace("a = 1", "a = 5"))
    theirs = SourceText("m.mdl", old.text.replace("b = 2 ~~", "b = 2 ~~ \u00e9"), "cp1252")
    assert merge_texts(old, ours, theirs).raw == b"a = 5 ~~|\nb = 2 ~~ \xe9|\n"


@settings(max_examples=40, deadline=None)
@given(st.sets(st.sampled_from(names), max_size=8), st.sets(st.sampled_from(names), max_size=8))
def test_comments_on_any_variables_merge(mine: set[object], yours: set[object]) -> None:
    cut = parted(SourceText("m.mdl", BASE)).entries

    def noted(which: set[object], word: str) -> str:
        text = BASE
        for key in which:
            piece = cut[key]  # type: ignore[index]
            fields = list(piece.fields)
            fields[2] = fields[2].rstrip() + f" {word}.\n\t"
            text = text.replace(piece.entry, "~".join(fields) + piece.tail)
        return text

    sides = (BASE, noted(mine, "Mine"), noted(yours, "Yours"))
    found = merge_texts(*(SourceText("core.mdl", one) for one in sides))
    assert len(found.conflicts) == len(mine & yours)
    assert found.text.count(" Mine.") == len(mine)
    assert found.text.count(" Yours.") == len(yours)


@pytest.mark.parametrize("side", [0, 1, 2])
def test_one_changed_side_is_taken_byte_for_byte(side: int) -> None:
    other = both(set_exposure, stretched if side else set_education, move_frontier)
    if side:
        other = both(stretched, move_frontier, one_more)
    texts = [(BASE, other(BASE), BASE), (BASE, BASE, other(BASE)), (BASE, other(BASE), other(BASE))]
    found = merge_texts(*(SourceText("core.mdl", one) for one in texts[side]))
    assert found.text == other(BASE)


def test_the_encoding_of_ours_is_kept_where_it_can_be() -> None:
    ours = SourceText("m.mdl", "a = 1 ~ m ~ é |\nb = 2 ~ m ~ |\n", "cp1252")
    base = SourceText("m.mdl", "a = 1 ~ m ~ |\nb = 2 ~ m ~ |\n")
    plain = SourceText("m.mdl", "a = 1 ~ m ~ |\nb = 3 ~ m ~ |\n")
    greek = SourceText("m.mdl", "a = 1 ~ m ~ |\nb = 2 ~ m ~ α |\n")
    assert merge_texts(base, ours, plain).raw == b"a = 1 ~ m ~ \xe9 |\nb = 3 ~ m ~ |\n"
    # Vensim reads UTF-8 only where the first line says so.
    assert merge_texts(base, ours, greek).raw.decode() == (
        "{UTF-8}\na = 1 ~ m ~ é |\nb = 2 ~ m ~ α |\n"
    )


def test_every_model_here_is_cut_without_loss() -> None:
    files = [*(ROOT / "models").glob("*.mdl"), *SHARED.rglob("*.mdl")]
    assert len(files) >= (140 if SHARED.is_dir() else 3)
    for path in files:
        source = decode(str(path), path.read_bytes())
        cut = parted(source)
        assert cut.text == source.text, path
        notes: list[str] = []
        assert merge_drawings(cut.sketch, cut.sketch, cut.sketch, notes) == cut.sketch, path


def test_the_verb(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("base.mdl", "ours.mdl", "theirs.mdl", "merged.mdl")]
    for path, text in zip(paths, (BASE, set_exposure(BASE), set_education(BASE)), strict=False):
        path.write_text(text, encoding="utf-8")
    verb = [sys.executable, "-m", "sdmodel", "merge", *map(str, paths[:3]), "-o", str(paths[3])]
    done = subprocess.run(verb, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert paths[3].read_text(encoding="utf-8") == both(set_exposure, set_education)(BASE)
    paths[2].write_text(set_exposure(BASE).replace("0.7", "0.1"), encoding="utf-8")
    done = subprocess.run(verb, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert "conflict: network exposure: equation changed on both sides" in done.stderr


def test_xmile_is_left_to_git(tmp_path: Path) -> None:
    path = tmp_path / "m.xmile"
    path.write_text("<xmile/>", encoding="utf-8")
    with pytest.raises(sd.ReadError, match="only .mdl files are merged"):
        sd.merge(path, path, path)
