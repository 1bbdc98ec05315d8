from __future__ import annotations

import json
import re
from types import SimpleNamespace

import numpy as np
import pytest

import sdmodel as sd
import sensitivity as sa


def space() -> sa.Space:
    return sa.Space(
        [sa.factor("R&D subsidy rate", 0, 0.05, unit="1/Year", group="money")],
        [sa.factor("catch up speed", 0.03, 0.14, distribution="triangular", default=0.12)],
    )


def test_levers_come_first_and_names_are_kept_as_written() -> None:
    assert space().names == ("R&D subsidy rate", "catch up speed")
    assert space().roles == ("lever", "uncertainty")
    assert space()["r&d_SUBSIDY rate"].group == "money"
    assert space().defaults == {"R&D subsidy rate": 0.025, "catch up speed": 0.12}
    assert len(space()) == 2
    assert [one.unit for one in space()] == ["1/Year", ""]


def test_parts_of_a_space() -> None:
    assert space().only("levers").names == ("R&D subsidy rate",)
    assert space().only("uncertainties").roles == ("uncertainty",)
    assert space().only("both") == space()
    assert space().without("Catch_Up speed").names == ("R&D subsidy rate",)


def test_a_space_is_stored_and_rebuilt() -> None:
    assert sa.Space.from_dict(space().to_dict()) == space()


def test_the_table_has_a_row_for_each_factor() -> None:
    table = space().table()
    assert list(table.index) == list(space().names)
    assert list(table["role"]) == ["lever", "uncertainty"]
    assert table.loc["catch up speed", "high"] == 0.14


def test_salib_can_sample_the_problem() -> None:
    from SALib.sample.latin import sample

    problem = space().problem()
    design = space().scale(sample(problem, 100, seed=3))
    assert problem["names"] == ["R&D subsidy rate", "catch up speed"]
    for column, one in enumerate(space()):
        assert design[:, column].min() >= one.low
        assert design[:, column].max() <= one.high
        assert np.ptp(design[:, column]) > 0.8 * (one.high - one.low)


def test_groups_in_the_problem() -> None:
    assert space().problem(groups=True)["groups"] == ["money", "catch up speed"]


def test_names_are_spelt_as_in_the_model(ishigami_model) -> None:
    loose = sa.Space([sa.factor("Angle_One", 0, 1)], [sa.factor("angle 3 (RAD)", 0, 1)])
    assert loose.matched(ishigami_model).names == ("angle one", "Angle_3 (rad)")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"low": 1, "high": 1}, "'x' has low = high = 1, so it would not vary: widen it or leave"),
        ({"low": 2, "high": 1}, "'x' has low 2 above high 1: exchange them"),
        ({"low": -1e308, "high": 1e308}, "'x' runs from -1e+308 to 1e+308, too wide for numbers"),
        ({"low": 0, "high": float("inf")}, "'x' has no end to its range (0 to inf): give finite"),
        (
            {"low": 0, "high": 1, "kind": "integr"},
            "'x' has kind 'integr'; did you mean 'integer'? Choose from: continuous, int",
        ),
        (
            {"low": 0, "high": 1, "distribution": "gaussian"},
            "'x' has distribution 'gaussian'. Choose from: uniform, loguniform, triangular, normal",
        ),
        (
            {"low": 0, "high": 1, "distribution": "lognormal", "default": 0.5},
            "'x' is lognormal and has low 0: it must be above 0",
        ),
        (
            {"low": 0, "high": 1, "distribution": "normal", "default": 2},
            "'x' is normal about its default 2, which lies outside 0 to 1: widen the range",
        ),
        (
            {"low": 0.5, "high": 3, "kind": "integer"},
            "'x' takes whole numbers only, but runs from 0.5 to 3",
        ),
        (
            {"low": 0, "high": 3, "kind": "integer", "default": 1.5},
            "'x' takes whole numbers only, but has default 1.5",
        ),
        (
            {"low": 0, "high": 1, "kind": "switch", "default": 0.5},
            "'x' is a switch, either 0 or 1, but has default 0.5",
        ),
        (
            {"low": 0, "high": 1, "kind": "categorical"},
            "'x' is categorical, so it takes values from a list: give values",
        ),
        (
            {"low": 0, "high": 1, "distribution": "normal", "mode": 0.5},
            "'x' is normal and has no use for mode: it takes mean, sd",
        ),
        (
            {"low": 0, "high": 1, "mean": 0.5},
            "'x' is uniform and has no use for mean: leave it out",
        ),
        (
            {"low": 0, "high": 1, "distribution": "normal", "sd": 0},
            "'x' is normal with sd = 0: it must be above 0",
        ),
        (
            {"low": 0, "high": 1, "distribution": "beta", "a": -1},
            "'x' is beta and needs b, a number above 0\n'x' is beta with a = -1: it must be above",
        ),
        (
            {"low": 0, "high": 1, "distribution": "triangular", "mode": 2, "default": 0.5},
            "'x' is triangular about its mode 2, which lies outside 0 to 1: widen the range",
        ),
        (
            {"low": 0, "high": 1, "distribution": "discrete"},
            "'x' is discrete and has no values: give values = [1, 2, 3] or the like",
        ),
        ({"values": [1, 2], "distribution": "normal"}, "'x' has values, so it is discrete: leave"),
        ({"values": [2, 1]}, "'x' has values 2, 1: write them rising, 1, 2, or make it categor"),
        ({"values": [1, 1, 2]}, "'x' has a value twice (1, 1, 2): give it once, with a greater"),
        ({"values": [1, 2], "low": 0}, "'x' has values 1, 2, but runs from 0 to 2"),
        ({"values": [1, 2], "weights": [1]}, "'x' has 2 values, but 1 weights: give one for each"),
        ({"values": [1, 2], "labels": ["a", "A"]}, "'x' has a label twice: give each value its"),
        ({"values": [1, 2], "weights": [1, 0]}, "'x' has a weight that is not above 0: leave out"),
        ({"values": [1, 2], "default": 3}, "'x' has default 3, which is not among its values 1, 2"),
        ({"values": [1.5, 2], "kind": "integer"}, "'x' takes whole numbers only, but runs from 1."),
        ({}, "'x' has no range: give low and high, or values"),
        (
            {"low": 0, "high": 1, "kind": "switch", "distribution": "normal", "default": 0},
            "'x' is a switch, so it is either low or high: leave its distribution out",
        ),
    ],
)
def test_a_factor_that_cannot_be_varied(options, message) -> None:
    with pytest.raises(sa.SpaceError, match=re.escape(message)):
        sa.Space([sa.factor("x", **options)])


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(sa.SpaceError) as caught:
        sa.Space([sa.factor("a b", 2, 1), sa.factor("A_B", 0, 1)], [sa.factor("c", 3, 3)])
    assert str(caught.value).splitlines() == [
        "'a b' has low 2 above high 1: exchange them",
        "'A_B' is there twice: leave one out",
        "'c' has low = high = 3, so it would not vary: widen it or leave it out",
    ]
    assert isinstance(caught.value, sd.SDError)


def test_an_unknown_factor_of_a_space() -> None:
    with pytest.raises(sa.SpaceError, match="no factor named 'catch up sped' in this space; did"):
        space()["catch up sped"]


def test_an_unknown_part_and_an_empty_part() -> None:
    with pytest.raises(
        sa.SpaceError, match="'lever' is not a part of a space; did you mean 'levers'\\? Cho"
    ):
        space().only("lever")
    with pytest.raises(sa.SpaceError, match="this space has no uncertainties, only levers: ask"):
        sa.Space([sa.factor("a", 0, 1)]).only("uncertainties")


def test_a_design_with_another_number_of_columns() -> None:
    with pytest.raises(sa.SpaceError, match=r"shape \(4, 3\), but this space has 2 factors: give"):
        space().scale(np.zeros((4, 3)))


def test_factors_the_model_cannot_set(ishigami_model) -> None:
    wrong = sa.Space([sa.factor("angel one", 0, 1)], [sa.factor("y out", 0, 1)])
    with pytest.raises(sa.SpaceError) as caught:
        wrong.matched(ishigami_model)
    assert str(caught.value).splitlines() == [
        "ishigami has no constant 'angel one'; did you mean 'angle one'?",
        "'y out' is computed in ishigami, not a constant, so it cannot be varied",
    ]


def test_from_settings(ishigami_model) -> None:
    ishigami_model.settings = SimpleNamespace(
        levers={"angle one": sa.factor("angle one", 0, 1)},
        uncertainties={"angle/two": sa.factor("angle/two", 0, 1)},
        outcomes={},
    )
    assert sa.Space.from_settings(ishigami_model).roles == ("lever", "uncertainty")
    assert sa.Space.from_settings(ishigami_model, "levers").names == ("angle one",)


def test_a_model_without_levers(ishigami_model) -> None:
    with pytest.raises(
        sa.SpaceError, match="ishigami has no levers or uncertainties to vary: name"
    ):
        sa.Space.from_settings(ishigami_model)


# Defaults, groups, stored spaces, the way back ---------------------------------------------------


@pytest.mark.parametrize(
    ("options", "default"),
    [
        ({"low": 1, "high": 100, "distribution": "loguniform"}, 10),
        ({"low": 0, "high": 9, "distribution": "triangular", "mode": 2}, 2),
        ({"low": 1, "high": 9, "distribution": "lognormal", "median": 4}, 4),
        ({"low": 0, "high": 1, "distribution": "beta", "a": 1, "b": 9}, 0.5),
        ({"values": [1, 2, 3], "weights": [1, 1, 9]}, 3),
        ({"values": [3, 1, 2], "kind": "categorical"}, 3),
    ],
)
def test_the_default_is_in_the_middle_where_nothing_is_said(options, default) -> None:
    assert sa.factor("x", **options).default == pytest.approx(default)


def test_factors_without_a_group_stand_alone() -> None:
    names = ("a", "b", "money", "d")
    groups = ("Money", "", "", "money")
    found = sa.Space(
        [sa.factor(n, 0, 1, group=g) for n, g in zip(names, groups, strict=True)]
    ).groups
    assert found == (("Money", "b", "money"), (0, 1, 2, 0))


def every_kind() -> sa.Space:
    return sa.Space(
        [
            sa.factor("dam", values=[0, 20, 45], weights=[2, 1, 1], labels=["no", "low", "high"]),
            sa.factor("crop", values=[3, 1, 2], kind="categorical"),
            sa.factor("tariff", 0, 1, kind="switch"),
        ],
        [
            sa.factor("yield", 1, 9, distribution="lognormal", median=2, log_sd=0.4),
            sa.factor("shape", 0, 1, distribution="beta", a=2, b=3),
            sa.factor("plants", 2, 5, kind="integer"),
        ],
        [("yield", "shape", 0.5)],
    )


def test_every_kind_is_stored_as_text_and_rebuilt() -> None:
    rebuilt = sa.Space.from_dict(json.loads(json.dumps(every_kind().to_dict())))
    assert rebuilt == every_kind()
    u = np.random.default_rng(4).random((50, 6))
    assert np.array_equal(rebuilt.scale(u), every_kind().scale(u))
    assert len({rebuilt, every_kind()}) == 1


def test_a_space_stored_before_there_were_lists_and_correlations_is_read() -> None:
    old = {
        "name": "rate",
        "low": 0.0,
        "high": 1.0,
        "default": 0.25,
        "unit": "1/Year",
        "label": "",
        "group": "",
        "distribution": "triangular",
        "kind": "continuous",
    }
    found = sa.Space.from_dict({"levers": [], "uncertainties": [old]})
    assert found.to_dict() == {"levers": [], "uncertainties": [old]}
    assert found.scale(np.array([[0.25]]))[0, 0] == pytest.approx(0.25)


def test_the_table_tells_what_is_drawn() -> None:
    table = every_kind().table()
    assert table.loc["dam", ["values", "weights", "labels"]].tolist() == [
        "0, 20, 45",
        "2, 1, 1",
        "no, low, high",
    ]
    assert table.loc["yield", "parameters"] == "median = 2, log_sd = 0.4"


def test_defaults_have_their_place_in_the_unit_cube() -> None:
    space = every_kind()
    rows = np.array([list(space.defaults.values())])
    np.testing.assert_allclose(space.scale(space.unit(rows)), rows, rtol=1e-12)


def test_values_that_no_factor_takes() -> None:
    rows = np.array([[0, 3, 0, 2, 0.5, 2], [10, 3, 0.5, 20, 0.5, 2.5]])
    with pytest.raises(sa.SpaceError) as caught:
        every_kind().unit(rows)
    assert str(caught.value).splitlines() == [
        "'dam' takes 0, 20, 45, but row 1 has 10",
        "'tariff' takes 0 or 1, but row 1 has 0.5",
        "'yield' takes 1 to 9, but row 1 has 20",
        "'plants' takes whole numbers from 2 to 5, but row 1 has 2.5",
    ]
    with pytest.raises(sa.SpaceError, match="shape \\(2, 3\\), but this space has 6 factors"):
        every_kind().unit(rows[:, :3])
