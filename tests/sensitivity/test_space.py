from __future__ import annotations

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
