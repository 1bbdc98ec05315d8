"""The handle of a model: what it says, what its runs give, and what a change changes."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sdmodel as sd
from sdmodel.model import Model

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "models" / "core.mdl"
Maker = Callable[..., Model]

# What a model says ------------------------------------------------------------------------------


def test_kinds(sir: Model) -> None:
    kinds = {name: sir.variable(name).kind for name in sir.variables}
    assert kinds == {
        "Susceptible people": "stock",
        "Infected": "stock",
        "infections": "auxiliary",
        "recoveries": "auxiliary",
        "contacts": "constant",
        "illness": "constant",
        "population": "computed constant",
        "half the contacts": "computed constant",
        '"share of ill/total"': "auxiliary",
        "effect of crowding": "lookup",
        "weekday": "auxiliary",
        "INITIAL TIME": "control",
        "FINAL TIME": "control",
        "TIME STEP": "control",
        "SAVEPER": "control",
    }
    assert sir.stocks == ["Susceptible people", "Infected"]


def test_constants_and_units(sir: Model) -> None:
    assert sir.constants == {
        "contacts": 2.0,
        "illness": 5.0,
        "INITIAL TIME": 0.0,
        "FINAL TIME": 20.0,
        "TIME STEP": 0.25,
        "SAVEPER": 1.0,
    }
    assert sir.units["contacts"] == "1/Day"
    assert sir.units["effect of crowding"] == "dmnl"
    assert sir.units["TIME STEP"] == ""


def test_variable(sir: Model) -> None:
    contacts = sir.variable("CONTACTS")
    assert contacts == sd.VariableInfo(
        name="contacts",
        kind="constant",
        equation="2",
        units="1/Day",
        comment="Meetings that would infect.",
        low=0.0,
        high=10.0,
        step=0.5,
        group="Disease",
        line=contacts.line,
        uses=(),
        used_by=("infections", "half the contacts"),
        default=2.0,
        entries=(("contacts", "2"),),
    )
    assert sir.source.source.line(contacts.line).startswith("contacts = 2")
    infections = sir.variable("infections")
    assert infections.uses == (
        "contacts",
        "Infected",
        "population",
        "Susceptible people",
        "effect of crowding",
    )
    assert infections.used_by == ("Susceptible people", "Infected")
    assert sir.variable("effect of crowding").equation == "([(0,0)-(1,1)],(0,1),(1,0.5))"
    assert sir.variable("effect of crowding").used_by == ("infections",)
    assert sir.variable("illness").high is None


def test_a_stock_that_its_own_equation_names_is_no_user_of_itself(model: Maker) -> None:
    water = model("water = INTEG(-water/life, 100)\nlife = 5").variable("water")
    assert water.uses == ("water", "life")
    assert water.used_by == ()


def test_uses_and_used_by_are_one_relation(core: Model) -> None:
    for name in core.variables:
        info = core.variable(name)
        for used in info.uses:
            if used != name:
                assert name in core.variable(used).used_by
        for user in info.used_by:
            assert name in core.variable(user).uses


def test_explain(sir: Model) -> None:
    explained = sir.explain("recoveries")
    line = sir.variable("recoveries").line
    assert (
        str(explained)
        == repr(explained)
        == (
            "recoveries = Infected/illness\n"
            f"  auxiliary, person/Day; test.mdl:{line}, group Disease\n"
            "  uses:\n"
            "    Infected  stock: INTEG(infections - recoveries, 10)\n"
            "    illness   constant: 5\n"
            "  used by: Infected"
        )
    )
    assert [cause.name for cause in explained.causes] == ["Infected", "illness"]
    assert "  constant, 1/Day, between 0 and 10; test.mdl" in str(sir.explain("contacts"))
    assert "  Meetings that would infect." in str(sir.explain("contacts"))
    assert "  constant, Day, between 1 and ?; test.mdl" in str(sir.explain("illness"))
    assert str(sir.explain("effect of crowding")).startswith(
        "effect of crowding ([(0,0)-(1,1)],(0,1),(1,0.5))\n  lookup, dmnl"
    )
    assert "  control, no unit; " in str(sir.explain("final time"))
    assert "..." in str(sir.explain("Infected"))  # a long equation among the causes is cut


def test_what_a_model_is(core: Model) -> None:
    assert (core.path, core.name) == (CORE, "core")
    assert core.problems() == []
    assert len(core.digest) == 64
    stocks, variables = len(core.stocks), len(core.variables)
    assert repr(core) == f"<Model 'core': {variables} variables, {stocks} stocks>"
    assert core.definition("network_exposure").units == "dmnl"
    assert core.settings.levers.keys() <= core.constants.keys()


def test_a_model_without_settings_beside_it(tmp_path: Path, mdl: Callable[..., str]) -> None:
    (tmp_path / "pyproject.mdl").write_text(mdl("a = 1"), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    assert sd.load(tmp_path / "pyproject.mdl").settings == sd.ModelSettings()


# Runs -------------------------------------------------------------------------------------------


def test_run_of_a_closed_form(model: Maker) -> None:
    made = model("water = INTEG(-water/life, 100)\nlife = 5", FINAL_TIME=10, TIME_STEP=0.5)
    euler = made.run(method="vensim")
    assert euler.values("water") == pytest.approx(100 * 0.9 ** np.arange(21), rel=1e-12)
    exact = made.run()
    assert (exact.method, euler.method) == ("LSODA", "euler")
    assert exact.values("water") == pytest.approx(100 * np.exp(-exact.times / 5), rel=1e-6)
    assert exact.times.tolist() == euler.times.tolist() == (np.arange(21) / 2).tolist()


def test_run_twice_is_the_same_bit_for_bit(core: Model) -> None:
    for method in ("auto", "vensim"):
        assert np.array_equal(core.run(method=method).table, core.run(method=method).table)


def test_what_a_run_records(sir: Model) -> None:
    run = sir.run({"Contacts": 3}, name="wild", method="vensim")
    assert (run.name, run.method, run.result, run.steps) == ("wild", "euler", "completed", 80)
    assert run.overrides == {"contacts": 3.0}
    assert run.provenance["digest"] == sir.digest
    assert run.provenance["model"] == "test.mdl"
    assert run.provenance["sdmodel"] == sd.__version__
    assert {"numpy", "scipy", "python", "machine"} <= run.provenance.keys()
    assert run.columns == tuple(n for n in sir.variables if n != "effect of crowding")
    assert repr(run) == (
        "<Run 'wild': 14 variables, 21 saved times from 0 to 20, euler, completed>"
    )


def test_names_of_runs(core: Model, sir: Model) -> None:
    assert sir.run().name == "base"
    assert sir.run({}).name == "base"
    assert sir.run({"contacts": 1}).name == "run"
    assert core.run("autarky").name == "autarky"
    assert core.run("Autarky", name="closed").name == "closed"
    assert core.run(core.scenario("autarky")).name == "autarky"


def test_an_override_at_its_default_changes_nothing(core: Model) -> None:
    base = core.run(method="vensim")
    for name in ("network exposure", "gap curvature", "TIME STEP"):
        same = core.run({name: core.constants[name]}, method="vensim")
        assert np.array_equal(same.table, base.table)


@pytest.mark.parametrize("spelling", ["contacts", "CONTACTS", " contacts ", '"contacts"'])
def test_overrides_in_any_spelling(spelling: str, sir: Model) -> None:
    run = sir.run({spelling: 3})
    assert run.values("Contacts")[0] == 3.0
    assert run.values("half_the_contacts")[0] == 1.5
    assert run.overrides == {"contacts": 3.0}


def test_scenarios_set_what_they_say(core: Model) -> None:
    for name, scenario in core.settings.scenarios.items():
        run = core.run(name, method="vensim")
        assert run.overrides == scenario.values
        for constant, value in scenario.values.items():
            assert (run.values(constant) == value).all()
        assert np.array_equal(run.table, core.run(dict(scenario.values), method="vensim").table)


def test_values_arrays_and_tables_of_a_run(sir: Model) -> None:
    run = sir.run(method="vensim")
    array = run["infected"]
    assert (array.name, array.dims, array.attrs) == ("Infected", ("time",), {"units": "person"})
    assert np.array_equal(array.values, run.values("Infected"))
    assert np.array_equal(array["time"].values, run.times)
    array[0] = -1.0  # what is handed out may be changed without harm
    assert run.values("Infected")[0] == 10.0
    assert "INFECTED" in run
    assert "Time" not in run
    frame = run.to_dataframe()
    assert (frame.index.name, tuple(frame.columns)) == ("Time", run.columns)
    assert frame["Infected"].tolist() == run.values("Infected").tolist()
    assert set(run.data.data_vars) == set(run.columns)
    assert run.data.attrs["method"] == "euler"
    assert json.loads(run.data.attrs["overrides"]) == {}


def test_outputs_keep_their_order_and_the_spelling_of_the_file(sir: Model) -> None:
    run = sir.run(outputs=["share of ill/total", "INFECTED"])
    assert run.columns == ('"share of ill/total"', "Infected")
    whole = sir.run()
    assert np.array_equal(run.values("infected"), whole.values("infected"))
    assert sir.run(outputs=[]).table.shape == (21, 0)


# The run controls -------------------------------------------------------------------------------


def test_steps_and_saved_times(model: Maker) -> None:
    made = model("x = INTEG(1, 0)", FINAL_TIME=3, TIME_STEP=0.5, SAVEPER=1)
    assert made.run().times.tolist() == [0, 1, 2, 3]
    assert made.run(save_every=0.5).times.tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert made.run(final_time=5).times.tolist() == [0, 1, 2, 3, 4, 5]
    assert made.run(final_time=0).times.tolist() == [0]
    fine = made.run(method="vensim", time_step=0.125)
    assert (fine.steps, fine.times.tolist()) == (24, [0, 1, 2, 3])
    assert set(fine.values("TIME STEP")) == {0.5}  # the variable keeps its value
    assert set(made.run({"TIME STEP": 0.25}, method="vensim").values("TIME STEP")) == {0.25}
    assert made.run({"FINAL TIME": 2}).times.tolist() == [0, 1, 2]
    assert made.run({"INITIAL TIME": 1, "SAVEPER": 2}).times.tolist() == [1, 3]
    assert set(made.run(final_time=2).values("FINAL TIME")) == {2.0}


def test_saveper_may_be_missing(model: Maker) -> None:
    text = "x = Time ~ ~ |\nINITIAL TIME = 0 ~ ~ |\nFINAL TIME = 2 ~ ~ |\nTIME STEP = 0.5 ~ ~ |"
    made = model(text)
    assert made.run().times.tolist() == [0, 0.5, 1, 1.5, 2]
    without = model(text).source.source.text.replace("SAVEPER = TIME STEP ~ ~ |\n", "")
    assert "SAVEPER" not in without
    from sdmodel.frontends.mdl import parse
    from sdmodel.frontends.text import decode

    run = Model(parse(decode("test.mdl", without.encode()))).run()
    assert run.times.tolist() == [0, 0.5, 1, 1.5, 2]
    assert set(run.values("SAVEPER")) == {0.5}


def test_run_controls_may_be_computed(model: Maker) -> None:
    made = model(
        "years = 4\nx = INTEG(1, 0)\nFINAL TIME = INITIAL TIME + years\nINITIAL TIME = 2*base\n"
        "base = 5\nTIME STEP = years/8\nSAVEPER = 2*TIME STEP"
    )
    run = made.run(method="vensim")
    assert run.times.tolist() == [10, 11, 12, 13, 14]
    assert run.values("x").tolist() == [0, 1, 2, 3, 4]
    assert made.run({"years": 8}, method="vensim").times.tolist() == [10, 12, 14, 16, 18]
    assert made.variable("TIME STEP").kind == "control"
    assert made.run(final_time=12).times.tolist() == [10, 11, 12]
    with pytest.raises(sd.OverrideError, match="'FINAL TIME' is computed, not constant"):
        made.run({"FINAL TIME": 3})


def test_names_of_controls_with_underscores(model: Maker) -> None:
    made = model("x = TIME_STEP + Initial_Time", TIME_STEP=0.5)
    run = made.run({"time_step": 0.25, "FINAL_TIME": 1})
    assert run.overrides == {"TIME STEP": 0.25, "FINAL TIME": 1.0}
    assert run.times.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert set(run.values("x")) == {0.25}
    named = model("time_step = 0.5 ~ ~ |\nx = TIME STEP ~ ~ |\nSAVEPER = Time Step ~ ~ |")
    assert [p.kind for p in named.problems()] == []
    assert named.constants["time_step"] == 0.5


@pytest.mark.parametrize("method", ["auto", "vensim", "rk4"])
def test_a_model_without_stocks(method: str, model: Maker) -> None:
    made = model("x = Time*a\na = 3")
    assert made.stocks == []
    assert made.run(method=method).values("x").tolist() == [0, 3, 6, 9, 12]
    batch = made.run_many(pd.DataFrame({"a": [1, 2]}), outputs=["x"], method=method)
    assert batch.values[0].T.tolist() == [[0, 1, 2, 3, 4], [0, 2, 4, 6, 8]]
    assert made.run_many(pd.DataFrame({"a": [1]})).values.shape == (0, 5, 1)


@pytest.mark.parametrize("method", ["auto", "vensim", "rk4"])
def test_a_model_without_auxiliaries(method: str, model: Maker) -> None:
    run = model("x = INTEG(2, 1)").run(method=method)
    assert run.values("x") == pytest.approx([1, 3, 5, 7, 9], rel=1e-9)


def test_a_model_of_run_controls_only(model: Maker) -> None:
    run = model("").run()
    assert run.columns == ("INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER")


def test_the_order_of_the_equations_means_nothing(sir: Model, mdl: Callable[..., str]) -> None:
    from sdmodel.frontends.mdl import parse
    from sdmodel.frontends.text import decode

    entries = [f"{name} = {sir.variable(name).equation}" for name in sir.variables]
    entries = [e.replace("effect of crowding =", "effect of crowding") for e in entries]
    for order in (entries, entries[::-1], sorted(entries)):
        text = "\n".join(f"{entry} ~ ~ |" for entry in order)
        run = Model(parse(decode("test.mdl", mdl(text).encode()))).run(method="vensim")
        for name in run.columns:
            assert np.array_equal(run.values(name), sir.run(method="vensim").values(name))


# Odds and ends ----------------------------------------------------------------------------------


def test_models_and_runs_can_be_pickled(sir: Model) -> None:
    again = pickle.loads(pickle.dumps(sir))
    assert again.digest == sir.digest
    run = sir.run(method="vensim")
    assert np.array_equal(again.run(method="vensim").table, run.table)
    assert np.array_equal(pickle.loads(pickle.dumps(run)).table, run.table)


def test_a_second_opinion(core: Model) -> None:
    mine = core.run({"network exposure": 0.7}, method="euler", outputs=["relative knowledge"])
    other = core.run({"network exposure": 0.7}, engine="pysd")
    assert other.method.startswith("euler (PySD ")
    assert other.values("relative knowledge") == pytest.approx(
        mine.values("relative knowledge"), rel=1e-6
    )
    assert other.overrides == {"network exposure": 0.7}
