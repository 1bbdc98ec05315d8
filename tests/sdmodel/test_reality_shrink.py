"""The smallest change that breaks a reality check: it breaks it, and a little less does not."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest

import sdmodel as sd

Maker = Callable[..., sd.Model]
Text = Callable[..., str]


def text_of(statement: str) -> str:
    names = "".join(f"{name} = 2 ~ [0,10] ~ |\n" for name in "abcde")
    return names + f"fixed = 2 ~ ~ |\ncheck :THE CONDITION: fixed = 2 :IMPLIES: {statement} ~ ~ |"


def smallest(model: sd.Model, **more: int) -> sd.Counterexample:
    (found,) = sd.counterexamples(model, **more)
    return found


def verdict(model: sd.Model, values: dict[str, float]) -> str:
    (result,) = model.reality_checks(values).results
    return result.verdict


@pytest.mark.parametrize(
    ("statement", "lever", "limit"),
    [
        ("a < 7.3", "a", 7.3),
        ("a > 1.37", "a", 1.37),
        ("b*b < 50", "b", math.sqrt(50)),
        ("a + c < 11", "a", 9.0),  # c would do as well; the first is told
        ("a < 9.5 :AND: (b < 3 :OR: c < 3)", "a", 9.5),  # further, but one lever
        ("ABS(d - 7) > 0.5", "d", 6.5),  # it holds again further on
    ],
)
def test_one_lever_is_moved_just_so_far(
    model: Maker, statement: str, lever: str, limit: float
) -> None:
    made = model(text_of(statement))
    found = smallest(made)
    assert list(found.values) == [lever]
    value = found.values[lever]
    assert found.moves[lever] == pytest.approx(abs(value - 2) / 10)
    assert value == pytest.approx(limit, rel=0.005)
    assert verdict(made, {lever: value}) == "failed"
    assert verdict(made, {lever: 2 + (value - 2) * 0.99}) == "held"
    assert f"{value:.4g}" == repr(value).removesuffix(".0")  # in as few digits as show it


def test_two_levers_where_one_is_not_enough(model: Maker) -> None:
    made = model(text_of("a + 2*b < 27"))
    found = smallest(made)
    assert sorted(found.values) == ["a", "b"]
    # From 2 and 2 to a + 2b = 27: b all the way counts double, and leaves 7 for a.
    assert sum(found.moves.values()) == pytest.approx(1.3, rel=0.01)
    assert verdict(made, dict(found.values)) == "failed"
    for name in found.values:
        assert verdict(made, {k: v for k, v in found.values.items() if k != name}) == "held"
        nearer = {**found.values, name: 2 + (found.values[name] - 2) * 0.98}
        assert verdict(made, nearer) == "held"


def test_three_levers_are_found_among_five_by_drawing(model: Maker) -> None:
    made = model(text_of("a < 6 :OR: c < 7 :OR: e > 1"))
    found = smallest(made)
    assert found.values == pytest.approx({"a": 6.0, "c": 7.0, "e": 1.0}, rel=0.01)
    assert found.values["a"] >= 6
    assert found.values["e"] <= 1
    assert "no two levers" in found.text


def test_the_search_is_the_same_each_time_and_keeps_its_budget(model: Maker) -> None:
    made = model(text_of("a + b + c < 26"))
    assert smallest(made) == smallest(made)
    for budget in (1, 7, 60, 700):
        found = smallest(made, budget=budget)
        assert 1 <= found.runs <= budget
        assert not found.found or verdict(made, dict(found.values)) == "failed"
    with pytest.raises(sd.OverrideError, match="give 1 or more"):
        sd.counterexamples(made, budget=0)


def test_what_cannot_be_broken_is_said_with_what_was_tried(model: Maker) -> None:
    found = smallest(model(text_of("a <= 10")))
    assert not found.found
    assert found.values == {}
    assert "each of 5 levers alone" in found.text
    assert "every two of them" in found.text
    assert str(found).startswith("check: nothing found")
    alone = smallest(model("x = 1\ncheck :THE CONDITION: x = 1 :IMPLIES: x = 1"))
    assert "no levers and no constants with a range" in alone.text


def test_a_check_that_fails_needs_no_lever_and_its_input_is_weakened(model: Maker) -> None:
    made = model(
        "x = 10\nfree = 2\n"
        "step :THE CONDITION: x = RC STEP(x, 0.5, 2) :IMPLIES: x > 8\n"
        "always :THE CONDITION: free = 3 :IMPLIES: x > 11\n"
        "above :THE CONDITION: x > 14 :IMPLIES: x < 13\n"
        "passive :THE CONDITION: x > 9 :IMPLIES: x > 11"
    )
    step, always, above, passive = sd.counterexamples(made)
    assert step.values == always.values == above.values == {}
    assert step.strength == pytest.approx(0.4, abs=1e-3)
    assert above.strength == pytest.approx(0.75, abs=1e-3)
    assert always.strength == 0
    assert "its input however weak" in str(always)
    assert math.isnan(passive.strength)
    assert "no lever is needed, and no test input" in passive.text
    assert "its input at 0.4 of the way" in str(step)


def test_a_check_that_is_never_active_may_become_so(model: Maker) -> None:
    made = model(
        "start = 9 ~ [0,12] ~ |\nx = 5 ~ ~ |\n"
        "check :THE CONDITION: x = RC STEP(x, 0, start) :IMPLIES: x > 1 ~ ~ |"
    )
    assert verdict(made, {}) == "never active"
    found = smallest(made)
    assert found.values == pytest.approx({"start": 4.5}, abs=0.01)  # the run ends at 4


def test_a_lever_that_is_set_itself_still_counts(model: Maker) -> None:
    made = model(
        "x = 5 ~ [0,10] ~ |\nlow[i] = 1,2 ~ ~ |\ni: one, two ~ ~ |\n"
        "check[i] :THE CONDITION: x = RC STEP(x, 0.5, 2) :IMPLIES: x > low[i] ~ ~ |"
    )
    first, second = sd.counterexamples(made)
    assert (first.name, second.name) == ("check[one]", "check[two]")
    assert first.values == pytest.approx({"x": 2.0}, rel=0.01)
    assert second.values == pytest.approx({"x": 4.0}, rel=0.01)
    assert sd.counterexamples(made, "CHECK[two]") == (second,)
    with pytest.raises(sd.OverrideError, match="did you mean 'check'"):
        sd.counterexamples(made, "chek")


def test_levers_with_some_values_only(tmp_path: Path, mdl: Text) -> None:
    path = tmp_path / "shop.mdl"
    equations = "shops = 2\nopen = 1\nkind = 1\ngrade = 3\nfixed = 1\n"
    checks = "".join(
        f"{name} :THE CONDITION: fixed = 1 :IMPLIES: {statement}\n"
        for name, statement in {
            "whole": "shops < 5.5",
            "switch": "open = 1",
            "named": "kind < 3",
            "listed": "grade > 1",
            "both": "shops < 8 :OR: open = 1",
        }.items()
    )
    path.write_text(mdl(equations + checks), encoding="utf-8")
    path.with_suffix(".toml").write_text(
        "[levers.shops]\nlow = 1\nhigh = 9\nkind = 'integer'\n"
        "[levers.open]\nlow = 0\nhigh = 1\nkind = 'switch'\n"
        "[uncertainties.kind]\nvalues = [1, 2, 3]\nkind = 'categorical'\n"
        "[uncertainties.grade]\nvalues = [0.5, 1, 3, 4]\n",
        encoding="utf-8",
    )
    made = sd.load(path)
    found = {one.name: dict(one.values) for one in sd.counterexamples(made)}
    assert found == {
        "whole": {"shops": 6.0},
        "switch": {"open": 0.0},
        "named": {"kind": 3.0},
        "listed": {"grade": 1.0},
        "both": {"shops": 8.0, "open": 0.0},
    }


def test_the_table_of_values_replays(model: Maker) -> None:
    made = model(text_of("a*b < 30"))
    found = smallest(made)
    table = found.table
    assert list(table.columns) == ["lever", "value", "move"]
    values = dict(zip(table["lever"], table["value"], strict=True))
    again = made.reality_checks(values)["check"]
    assert again == found.result
    batch = made.run_many(table.set_index("lever")[["value"]].T, outputs=["a"])
    assert batch.values[0, 0, 0] == values["a"]
