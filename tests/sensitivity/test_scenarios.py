"""Scenarios in groups: who is shown with whom, under which title, and how they are called."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import sdmodel as sd
from sensitivity.scenarios import TOGETHER, draw_scenarios, figures_of, grouped, labels_of
from sensitivity.story import _set


def model_of(*scenarios: sd.Scenario) -> SimpleNamespace:
    return SimpleNamespace(settings=sd.ModelSettings(scenarios={s.name: s for s in scenarios}))


def test_groups_come_in_the_order_of_the_file_those_without_first() -> None:
    model = model_of(
        sd.Scenario("a", "A", group="roles"),
        sd.Scenario("b"),
        sd.Scenario("c", "C", group="countries"),
        sd.Scenario("d", "D", group="roles"),
    )
    labels = list(labels_of(model.settings).values())
    assert labels == ["A", "b", "C", "D"]
    assert grouped(model, labels) == [("", ["b"]), ("roles", ["A", "D"]), ("countries", ["C"])]
    assert [name for name, _, _ in figures_of(model, labels)] == [
        "scenarios_1",
        "scenarios_2",
        "scenarios_3",
    ]


def test_without_groups_there_is_one_figure_with_all_of_them() -> None:
    model = sd.load("models/core.mdl")
    labels = list(labels_of(model.settings).values())
    assert figures_of(model, labels) == [("scenarios", "", labels)]


@pytest.mark.parametrize("count", [TOGETHER, TOGETHER + 1, 17, 40])
@pytest.mark.parametrize("group", ["", "roles"])
def test_no_figure_has_more_lines_than_can_be_told_apart(count: int, group: str) -> None:
    model = model_of(*(sd.Scenario(f"s{n}", group=group) for n in range(count)))
    labels = list(labels_of(model.settings).values())
    groups = grouped(model, labels)
    assert [label for _, members in groups for label in members] == labels
    assert max(len(members) for _, members in groups) <= TOGETHER
    assert len({title for title, _ in groups}) == len(groups) == -(-count // TOGETHER)


def test_scenarios_labelled_alike_are_told_apart() -> None:
    model = model_of(sd.Scenario("x", "Same"), sd.Scenario("y", "Same"), sd.Scenario("z", "Other"))
    assert list(labels_of(model.settings).values()) == ["Same (x)", "Same (y)", "Other"]


def test_the_base_run_is_in_every_figure_and_its_axis_shows_all() -> None:
    from matplotlib import pyplot

    model = sd.load("models/core.mdl")
    runs = {"Base run": model.run(), "autarky": model.run("autarky")}
    names = list(model.settings.highlights)
    figure = draw_scenarios(model, runs, names)
    for panel, name in zip(figure.axes, names, strict=True):
        low, high = panel.get_ylim()
        assert len(panel.lines) == len(runs)
        for run in runs.values():
            assert low < run.values(name).min()
            assert run.values(name).max() < high
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(runs)
    alone = draw_scenarios(model, {"Base run": runs["Base run"]}, names)
    assert alone.legends == []
    pyplot.close("all")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"rate": 0.25}, "rate = 0.25"),
        ({"rate": 2, "w[a]": 1, "w[b]": 0, "w[c]": 0}, "rate = 2, w[a = 1; 2 others = 0]"),
        ({"w[a]": 1, "w[b]": 0}, "w[a = 1, b = 0]"),
        ({"w[a]": 0, "w[b]": 0}, "w[2 elements = 0]"),
        ({}, ""),
    ],
)
def test_what_a_scenario_sets_in_few_words(values: dict[str, float], told: str) -> None:
    assert _set(values) == told
