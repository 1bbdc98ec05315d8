"""Parts of lookups and stocks as factors: what a space makes of a model, and from a TOML file."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

import sdmodel as sd
import sensitivity as sa

BASIN = """
region: north, south ~
rain effect((0,0.2),(1,1),(3,1.5)) ~
"R&D/yield effect"[region]((0,1),(2,2)) ~
rain = 0.6 + 0.1*Time ~ mm [0,5]
start = 40 ~ m3
Water = INTEG(rain*rain effect(rain) - use, start) ~ m3
Use rate[region] = 0.02, 0.03 ~ 1/Day
use = Water*SUM(Use rate[region!]*"R&D/yield effect"[region!](rain)) ~ m3/Day
Silt = INTEG(0.01*Water - 0.1*Silt*erosion, 5) ~ kg
erosion = WITH LOOKUP(Water/40, ((0,0),(1,1),(2,4))) ~
same[region] = 7 ~ m
Level[region] = INTEG(same[region], same[region]) ~ m
"""
PARTS = ("scale of Rain_Effect", "shift of rain effect", 'stretch of "R&D/YIELD effect"')
MORE = ("Initial of silt", "initial of water", "scale of erosion", "initial of level[ South ]")


def space() -> sa.Space:
    shift = sa.factor("shift of rain effect", -0.2, 0.2)
    scales = [sa.factor(name, 0.8, 1.3, default=1) for name in (*PARTS[::2], MORE[2])]
    silt = sa.factor(MORE[0], 0, 10)
    return sa.Space(
        [sa.factor("use rate[North]", 0, 0.04)],
        [shift, *scales, silt, sa.factor(MORE[1], 20, 60), sa.factor(MORE[3], 5, 9)],
        [("scale of erosion", "INITIAL of silt", 0.5)],
    )


def same(one: sd.Run, other: sd.Run) -> bool:
    return all(np.array_equal(one.values(name), other.values(name)) for name in one.columns)


def test_at_their_defaults_parts_leave_a_model_as_it_was(written) -> None:
    model = written(BASIN)
    prepared, plain = space().prepare(model)
    heads = {name.partition("[")[0].strip('"') for name in prepared.constants}
    assert {name.partition("[")[0].strip('"') for name in plain.names} <= heads
    assert prepared.digest == model.digest
    for options in ({}, {"exact": True}, {"engine": "reference"}):
        before = model.run(method="vensim", **options)
        assert same(before, prepared.run(method="vensim", **options))
        defaults = plain.defaults | {"Use rate[north]": 0.02}
        assert same(before, prepared.run(defaults, method="vensim", **options))
    assert same(model.run(), prepared.run())
    table = pd.DataFrame([plain.defaults | {"Use rate[north]": 0.02}] * 9)
    many = prepared.run_many(table, outputs=["Silt"]).values[0]
    assert np.array_equal(many, np.repeat(model.run(method="vensim").values("Silt")[:, None], 9, 1))


def test_names_are_spelt_as_in_the_model_and_kept_in_order(written) -> None:
    prepared, plain = space().prepare(written(BASIN))
    assert plain.names == (
        "Use rate[north]",
        "shift of rain effect",
        "scale of rain effect",
        '"stretch of R&D/yield effect"',
        "scale of erosion",
        "initial of Silt",
        "initial of Water",
        "initial of Level[south]",
    )
    assert plain.correlations == (("scale of erosion", "initial of Silt", 0.5),)
    again, same_space = plain.prepare(prepared)
    assert again is prepared
    assert same_space == plain


def test_from_a_stored_space_the_same_model_comes_again(written) -> None:
    model = written(BASIN)
    prepared, plain = space().prepare(model)
    for stored in (space(), plain):
        rebuilt = sa.Space.from_dict(json.loads(json.dumps(stored.to_dict())))
        assert rebuilt == stored
        again, plain_again = rebuilt.prepare(sd.load(model.path))
        assert plain_again == plain
        assert again.digest == prepared.digest
        assert again.constants == prepared.constants
        high = {one.name: one.high for one in plain}
        assert same(again.run(high, method="vensim"), prepared.run(high, method="vensim"))


def test_every_factor_acts(written) -> None:
    prepared, plain = space().prepare(written(BASIN))
    base = prepared.run(method="vensim")
    for one in plain:
        moved = prepared.run({one.name: one.high}, method="vensim")
        acts_on = "Level[south]" if "Level" in one.name else "Silt"
        assert not np.array_equal(moved.values(acts_on)[1:], base.values(acts_on)[1:]), one.name


def test_a_space_of_constants_needs_no_other_model(written) -> None:
    model = written(BASIN)
    plain = sa.Space([sa.factor("START", 10, 50), sa.factor("Use rate", 0, 1)])
    prepared, found = plain.prepare(model)
    assert prepared is model
    assert found.names == ("start", "Use rate")  # an array, all elements of which are set alike


def test_all_that_cannot_be_prepared_is_told_at_once(written) -> None:
    wrong = sa.Space(
        [sa.factor("strat", 0, 1), sa.factor("use", 0, 1)],
        [sa.factor("scale of rian effect", 0, 2), sa.factor("initial of use", 0, 2)],
    )
    with pytest.raises(sa.SpaceError) as caught:
        wrong.prepare(written(BASIN))
    text = str(caught.value)
    for told in (
        "small has no constant 'strat'; did you mean 'start' or",
        "'use' is computed in small, not a constant, so it cannot be varied",
        "which the model has not\n      cure: did you mean 'rain effect'",
        "'use' is no stock, so it has no initial value",
    ):
        assert told in text


def test_matched_alone_says_what_makes_a_part_a_constant(written) -> None:
    with pytest.raises(sa.SpaceError, match="'scale of rain effect' is no constant of small: let"):
        sa.Space([sa.factor("scale of rain effect", 0, 2)]).matched(written(BASIN))


def test_a_start_is_not_varied_twice(written) -> None:
    twice = sa.Space([sa.factor("start", 10, 50), sa.factor("initial of Water", 10, 50)])
    with pytest.raises(sa.SpaceError, match="'start' only says where a stock starts, and so does"):
        twice.prepare(written(BASIN))
    arrays = sa.Space([sa.factor("use rate", 0, 1), sa.factor("use rate[south]", 0, 1)])
    with pytest.raises(
        sa.SpaceError, match="'Use rate' has 'use rate\\[south\\]' in it: leave one"
    ):
        arrays.prepare(written(BASIN))


# In the TOML file beside the model ---------------------------------------------------------------

SETTINGS = """
[levers."use rate[north]"]
low = 0.0
high = 0.04

[levers.start]
values = [20, 40, 80]
weights = [1, 2, 1]
labels = ["dry", "usual", "wet"]

[uncertainties."Rain effect"]
label = "Effect of rain"
scale = [0.8, 1.3]
shift = [-0.2, 0.2]
distribution = "triangular"

[uncertainties."initial of silt"]
low = 1
high = 10
distribution = "lognormal"
log_sd = 0.3
group = "mud"

[correlations]
"scale of rain effect" = { "Initial of Silt" = -0.3 }

[scenarios.clear]
set = { "initial of Silt" = 1, "scale of erosion" = 0.5 }
"""


def test_everything_from_the_file(written) -> None:
    model = written(BASIN, SETTINGS)
    found = sa.Space.from_settings(model)
    assert found.names == (
        "Use rate[north]",
        "start",
        "scale of rain effect",
        "shift of rain effect",
        "initial of Silt",
    )
    assert list(found.defaults.values()) == [0.02, 40, 1, 0, 5]
    assert found["start"].labels == ("dry", "usual", "wet")
    assert found["scale of rain effect"].label == "Effect of rain (scale)"
    assert found["initial of silt"].parameters == {"log_sd": 0.3}
    assert found["initial of silt"].unit == "kg"
    assert found.groups[0][-1] == "mud"
    assert found.correlations == (("scale of rain effect", "initial of Silt", -0.3),)
    assert found == sa.Space.from_toml(model.path.with_suffix(".toml"), model)
    assert found.prepare(model) == (model, found)
    shown = found.table()
    assert shown.loc["start", "values"] == "20, 40, 80"
    assert shown.loc["initial of Silt", "parameters"] == "log_sd = 0.3"


def test_the_file_leaves_the_model_as_it_was(written) -> None:
    plain = written(BASIN, name="plain").run(method="vensim")
    model = written(BASIN, SETTINGS)
    assert same(plain, model.run(method="vensim"))
    assert model.run("clear", method="vensim").values("Silt")[0] == 1.0
    drawn = sa.Space.from_settings(model)
    batch = model.run_many(
        pd.DataFrame(drawn.scale(np.random.default_rng(1).random((64, 5))), columns=drawn.names)
    )
    assert batch.ok.all()


def test_mistakes_in_the_file_come_with_their_place_and_all_at_once(written) -> None:
    text = (
        SETTINGS
        + """
[levers."stat"]
[uncertainties.same]
values = [7, 8]
low = 3
[uncertainties."Use rate"]
[uncertainties.rain]
scale = [1]
[uncertainties."scale of silt"]
low = 0
high = 2
[uncertainties."R&D/yield effect"]
strech = [0.9, 1.1]
"""
    )
    with pytest.raises(sd.SettingsError) as caught:
        written(BASIN, text)
    told = str(caught.value)
    for one in (
        "[levers.\"stat\"]: the model has no variable 'stat'; did you mean 'start'",
        '[uncertainties."same"] has low beside values, which say it all: leave low out',
        "[uncertainties.\"Use rate\"]: its elements differ: name one, such as 'Use rate[north]'",
        '[uncertainties."rain"]: scale = [1] must be [low, high]',
        "[uncertainties.\"scale of silt\"]: 'Silt' is no lookup, and holds none; name a lookup",
        "[uncertainties.\"R&D/yield effect\"] has no key 'strech'; did you mean 'stretch'",
    ):
        assert one in told
    assert len(told.splitlines()) == 6


def test_what_only_a_space_can_see_comes_with_the_file(written) -> None:
    model = written(BASIN)
    path = model.path.with_name("other.toml")
    path.write_text('[levers.start]\nlow = 1\nhigh = 50\ndistribution = "beta"\na = 2\n')
    with pytest.raises(sa.SpaceError, match=re.escape(f"{path}: 'start' is beta and needs b")):
        sa.Space.from_toml(path, model)


def test_what_only_a_space_can_see_comes_with_the_name_of_the_file(written) -> None:
    text = (
        '[levers.start]\nlow = 1\nhigh = 50\nmode = 2\n[levers.rain]\n[levers."scale of erosion"]\n'
    )
    model = written(
        BASIN.replace("0.6 + 0.1*Time", "1"), text + "low = 0\nhigh = 2\nkind = 'switch'"
    )
    with pytest.raises(sa.SpaceError) as caught:
        sa.Space.from_settings(model)
    assert str(caught.value).splitlines() == [
        "small.toml: 'start' is uniform and has no use for mode: leave it out",
        "'scale of erosion' is a switch, either 0 or 2, but has default 1",
    ]


def test_a_part_is_named_once(written) -> None:
    text = '[levers.erosion]\nscale = [0, 2]\n[levers."Scale of EROSION"]\nlow = 0\nhigh = 2'
    with pytest.raises(sd.SettingsError, match="erosion.*: scale has a table of its own: leave"):
        written(BASIN, text)


def test_whole_arrays_whose_elements_are_alike(written) -> None:
    model = written(BASIN, "[levers.SAME]\nlow = 1\nhigh = 9")
    lever = model.settings.levers["same"]
    assert lever.default == 7
    model, found = sa.Space([lever]).prepare(model)
    run = model.run({found.names[0]: 8}, method="vensim")
    assert run.values("same[north]")[0] == run.values("same[south]")[0] == 8


def test_a_sweep_over_parts_and_lists_is_stored_with_its_space(written, tmp_path) -> None:
    model = written(BASIN, SETTINGS)
    found = sa.Space.from_settings(model)
    space = sa.Space(found.levers, found.uncertainties)  # no correlations: Morris allows none
    swept = sa.sweep(model, space, ["Silt"], method="morris", samples=16, seed=3)
    assert set(np.unique(swept["design"].sel(factor="start"))) == {20.0, 40.0, 80.0}
    sa.save(swept, tmp_path / "silt.nc")
    stored = sa.open_sweep(tmp_path / "silt.nc")
    rebuilt = sa.Space.from_dict(json.loads(stored.attrs["space"]))
    assert rebuilt == space
    again, plain = rebuilt.prepare(model)
    table = pd.DataFrame(stored["design"].values, columns=plain.names)
    run = again.run_many(table, outputs=["Silt"]).values[0][-1]
    assert np.array_equal(run, stored["outcomes"].values[0])
