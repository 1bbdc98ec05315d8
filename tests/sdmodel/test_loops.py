"""Feedback loops: each found once, the shortest first, with the signs that the equations have."""

from __future__ import annotations

import random
from itertools import permutations
from pathlib import Path

import pytest

import sdmodel as sd
from sdmodel.documents import cycles
from sdmodel.documents.cycles import Searched

ROOT = Path(__file__).parents[2]
CONTROL = """
INITIAL TIME = 0 ~ ~ |
FINAL TIME = 4 ~ ~ |
TIME STEP = 0.25 ~ ~ |
SAVEPER = 1 ~ ~ |
"""
Graph = dict[str, list[str]]


def random_graph(seed: int) -> Graph:
    chance = random.Random(seed)
    names = "abcdefg"[: chance.randint(1, 7)]
    share = chance.choice([0.2, 0.4, 0.8])
    return {one: [other for other in names if chance.random() < share] for one in names}


def every_cycle(graph: Graph) -> set[tuple[str, ...]]:
    """Return all closed paths by trying every order of every set of names."""
    found = set()
    for size in range(1, len(graph) + 1):
        for path in permutations(graph, size):
            closes = all(b in graph[a] for a, b in zip(path, (*path[1:], path[0]), strict=True))
            if closes and path[0] == min(path, key=list(graph).index):
                found.add(path)
    return found


@pytest.mark.parametrize("seed", range(40))
def test_every_closed_path_is_found_once_and_none_before_a_shorter_one(seed: int) -> None:
    graph = random_graph(seed)
    search = Searched(graph)
    paths = list(search.paths())
    assert len(paths) == len(set(paths))
    assert set(paths) == every_cycle(graph)
    assert [len(path) for path in paths] == sorted(map(len, paths))
    assert search.complete
    for name in graph:
        through = {frozenset(zip(p, (*p[1:], p[0]), strict=True)) for p in paths if name in p}
        mine = list(Searched(graph, name).paths())
        assert all(path[0] == name for path in mine)
        assert {frozenset(zip(p, (*p[1:], p[0]), strict=True)) for p in mine} == through
        assert len(mine) == len(through)


def test_a_search_that_is_given_up_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cycles, "MOST_STEPS", 50)
    names = "abcdefgh"
    search = Searched({one: [other for other in names if other != one] for one in names})
    found = list(search.paths())
    assert 0 < len(found) <= 50
    assert not search.complete


def model_of(tmp_path: Path, text: str) -> sd.Model:
    path = tmp_path / "model.mdl"
    path.write_text("{UTF-8}\n" + text + CONTROL, encoding="utf-8")
    return sd.load(path)


def test_signs_are_those_of_the_equations(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        "Fish = INTEG(births - deaths, 9) ~ ~ |\n"
        "births = Fish * 0.1 ~ ~ |\n"
        "deaths = Fish * 0.2 ~ ~ |\n"
        "Net = INTEG(IF THEN ELSE(Time < 2, 1, -1) * Net * 0.1, 5) ~ ~ |\n"
        "Still = INTEG(0 * Still, start) ~ ~ |\n"
        "start = 3 ~ ~ |\n",
    )
    found = {one.path: one for one in sd.loops(model)}
    assert found[("Fish", "births")].kind == "reinforcing"
    assert found[("Fish", "deaths")].kind == "balancing"
    turning = found[("Net",)]
    assert turning.kind == "changing"
    assert turning.plus + turning.minus == pytest.approx(1)
    assert turning.plus == pytest.approx(2 / 5)  # at times 0 and 1 of 0 to 4
    assert found[("Still",)].kind == "idle"
    assert [one.name for one in sd.loops(model)] == ["C1", "I1", "R1", "B1"]


def test_what_only_the_start_of_a_run_reads_closes_no_loop(tmp_path: Path) -> None:
    model = model_of(
        tmp_path,
        "Stock = INTEG(-Stock, memory) ~ ~ |\n"
        "memory = INITIAL(view) ~ ~ |\n"
        "view = 2 * other ~ ~ |\nother = 4 ~ ~ |\n",
    )
    assert [one.path for one in sd.loops(model)] == [("Stock",)]
    assert len(sd.loops(model, "view")) == 0


def test_the_list_is_cut_where_it_is_asked_to_be() -> None:
    model = sd.load(ROOT / "models" / "core.mdl")
    whole, few = sd.loops(model), sd.loops(model, most=5)
    assert whole.complete
    assert few[:] == whole[:5]
    assert not few.complete
    assert "there are more" in few.summary
    assert sd.loops(model, most=len(whole)).complete
    through = sd.loops(model, "RELATIVE_knowledge")
    assert {frozenset(one.path) for one in through} == {
        frozenset(one.path) for one in whole if "relative knowledge" in one.path
    }
    assert all(one.path[0] == "relative knowledge" for one in through)


def test_a_wrong_name_and_a_wrong_number_are_refused() -> None:
    model = sd.load(ROOT / "models" / "core.mdl")
    with pytest.raises(sd.UnknownNameError, match="did you mean 'relative knowledge'"):
        sd.loops(model, "relative knowlege")
    with pytest.raises(sd.SDError, match="at least one"):
        sd.loops(model, most=0)


def test_a_model_whose_run_stops_has_loops_without_signs(tmp_path: Path) -> None:
    model = model_of(tmp_path, "Burst = INTEG(Burst * Burst * 1e300, 1e300) ~ ~ |\n")
    (loop,) = found = sd.loops(model)
    assert loop.kind == "unknown"
    assert "no signs" in found.summary
