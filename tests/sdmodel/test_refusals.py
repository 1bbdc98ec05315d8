"""What a model refuses: values, tables, changes, files; each with its reason."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sdmodel as sd
from sdmodel.model import Model

Maker = Callable[..., Model]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, so that messages name short paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


# Overrides --------------------------------------------------------------------------------------


def refused(made: Model, overrides: Any, **options: Any) -> str:
    with pytest.raises(sd.OverrideError) as caught:
        made.run(overrides, **options)
    return str(caught.value)


def test_override_without_likeness(model: Maker) -> None:
    message = refused(model("a = 1"), {"zzzz": 1})
    assert message == (
        "test.mdl: there is no variable named 'zzzz'; `sdmodel show MODEL` lists its constants"
    )


def test_override_near_a_computed_variable_only(model: Maker) -> None:
    made = model("a = 1\npopulation size = a * 2")
    assert refused(made, {"population sise": 1}).endswith("did you mean 'population size'?")


def test_override_of_a_lookup(model: Maker) -> None:
    made = model("look((0,0),(1,1),(2,2),(3,3),(4,4),(5,5),(6,6),(7,7),(8,8))\na = look(2)")
    assert refused(made, {"look": 1}) == (
        "test.mdl:2: 'look' is a lookup (look = "
        "((0,0),(1,1),(2,2),(3,3),(4,4),(5,5),(6,6),(7,7...): "
        'change its equation with model.replace("look", ...)'
    )


def test_override_of_an_unchangeable_constant(model: Maker) -> None:
    assert refused(model("a == 1"), {"a": 2}) == (
        "test.mdl: 'a' is marked as unchangeable (==) in the model: write it with a single = to "
        "set it in a run"
    )


def test_override_of_what_decides_the_structure(model: Maker) -> None:
    made = model("order = 3\nx = SMOOTH N(1, 2, 0, order)")
    assert refused(made, {"order": 4}) == (
        "test.mdl: 'order' decides how many stages a delay has, which a run cannot change: use "
        'model.replace("order", ...)'
    )
    assert made.replace("order", "4").run().values("x")[0] == 0.0


def test_override_given_twice(model: Maker) -> None:
    assert refused(model("tax rate = 1"), {"tax rate": 2, "Tax_Rate": 3}) == (
        "test.mdl:2: 'tax rate' is set twice: keep one value"
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "None"),
        ("high", "'high'"),
        ([1, 2], "[1, 2]"),
        (1j, "1j"),
        (np.array([1.0, 2.0]), "array([1., 2.])"),
        (10**400, "1" + "0" * 46 + "..."),
    ],
)
def test_override_that_is_no_number(value: object, shown: str, model: Maker) -> None:
    assert refused(model("a = 1"), {"a": value}) == (
        f"test.mdl:2: 'a' must be set to a number, not {shown}; a whole course over time is an "
        "equation: use model.replace"
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("equation", ["a = 1", "a = 1 ~ [0,2] ~ |"])
def test_override_that_is_not_finite(value: float, equation: str, model: Maker) -> None:
    assert refused(model(equation), {"a": value}) == (
        f"test.mdl:2: 'a' must be set to a finite number, not {value:g}"
    )


def test_overrides_of_another_kind(model: Maker) -> None:
    message = "give values by name, {'name': value}, or a scenario"
    assert refused(model("a = 1"), ["a"]) == message
    assert refused(model("a = 1"), 3) == message
    assert "there is no variable named '5'" in refused(model("a = 1"), {5: 1})


@pytest.mark.parametrize(
    ("range_", "inside", "outside", "shown"),
    [
        ("[0,10]", [0, 10, 5.5], [-1e-9, 10.001], "[0, 10]"),
        ("m [0,?]", [0, 1e300], [-1], "[0, inf] m"),
        ("[?,1]", [-1e300, 1], [1.1], "[-inf, 1]"),
        ("[nan, nan]", [-1e300, 1e300], [], ""),
    ],
)
def test_ranges(
    range_: str, inside: list[float], outside: list[float], shown: str, model: Maker
) -> None:
    made = model(f"a = 1 ~ {range_} ~ |")
    for value in inside:
        assert made.run({"a": value}).values("a")[0] == value
    for value in outside:
        assert f"'a' = {value:g} is outside its range {shown}: " in refused(made, {"a": value})


def test_what_a_run_is_asked_for(model: Maker) -> None:
    made = model("a = 1\nlook((0,0),(1,1))")
    assert refused(made, None, engine="fast").startswith("there is no engine 'fast'; ")
    assert "reference" in refused(made, None, engine="fast")
    assert refused(made, None, outputs="a") == "outputs is a list of names: write ['a']"
    assert refused(made, None, outputs=["look"]) == (
        "'look' is a lookup and has no course in time: name the variable that reads it"
    )
    with pytest.raises(sd.UnknownNameError, match="the model has no variable named 'b'"):
        made.run(outputs=["b"])


def test_a_second_opinion_that_cannot_be_had(model: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    made = model("a = 1\nx = INTEG(a, 0)")
    assert refused(made, None, engine="pysd", time_step=-1) == "time_step must be above zero"
    assert "there is no variable named 'b'" in refused(made, {"b": 1}, engine="pysd")
    import pysd

    def fail(path: str, **options: object) -> None:
        raise KeyError("something of its own")

    monkeypatch.setattr(pysd, "read_vensim", fail)
    with pytest.raises(sd.SDError, match="PySD cannot run test.mdl: KeyError: 'something of its"):
        made.run(engine="pysd")
    monkeypatch.setitem(sys.modules, "pysd", None)
    with pytest.raises(sd.SDError, match="PySD is not installed: pip install pysd"):
        made.run(engine="pysd")


# Tables of runs ---------------------------------------------------------------------------------


def test_tables(model: Maker) -> None:
    made = model("tax rate = 1 ~ [0,2] ~ |\nx = tax rate * 2 ~ ~ |")

    def refuse(table: dict[str, Any], **options: Any) -> str:
        with pytest.raises(sd.OverrideError) as caught:
            made.run_many(pd.DataFrame(table), **options)
        return str(caught.value)

    assert refuse({"x": [1]}).startswith("test.mdl:3: in the table, 'x' is computed, not constant")
    assert refuse({"tax rte": [1]}) == (
        "test.mdl: in the table, there is no variable named 'tax rte'; did you mean 'tax rate'?"
    )
    for column in (["high"], [[1]], [1j], [10**400], pd.to_datetime(["2020-01-01"])):
        assert refuse({"tax rate": column}) == "the column 'tax rate' must hold numbers only"
    twice = pd.DataFrame([[1.0, 2.0]], columns=["tax rate", "tax rate"])
    with pytest.raises(sd.OverrideError, match="the column 'tax rate' is in the table twice"):
        made.run_many(twice)
    with pytest.raises(sd.OverrideError, match="give a pandas DataFrame: a column for each"):
        made.run_many({"tax rate": [1.0]})
    assert refuse({"tax rate": [1.0, np.nan]}) == (
        "the column 'tax rate' has no finite number in row 1"
    )
    assert refuse({"tax rate": [1.0, np.inf]}) == (
        "the column 'tax rate' has no finite number in row 1"
    )
    assert refuse({"tax rate": [1.0], "TAX_RATE": [2.0]}) == (
        "the column 'TAX_RATE' is in the table twice"
    )
    assert "test.mdl:2: row 1, 'tax rate' = 3 is outside its range" in refuse(
        {"tax rate": [1.0, 3.0]}
    )
    assert refuse({"tax rate": [1.0]}, outputs="x") == "outputs is a list of names: write ['x']"
    with pytest.raises(sd.SDError, match="the table has no rows: there is nothing to run"):
        made.run_many(pd.DataFrame({"tax rate": []}))


def test_failed_runs_of_a_table_are_listed(model: Maker) -> None:
    made = model("stock = INTEG(1/(2 - a*Time), 0)\na = 0")
    batch = made.run_many(pd.DataFrame({"a": [0.0, 1.0, 0.1]}))
    assert batch.ok.tolist() == [True, False, True]
    (row,) = batch.failures.itertuples(index=False)
    assert (row.run, row.time, row.variable) == (1, 3.0, "stock")
    assert "no longer a finite number" in row.cause
    assert np.isnan(batch.values[0, 3:, 1]).all()
    assert np.isfinite(batch.values[0, :3, 1]).all()
    assert np.isfinite(batch.values[0][:, [0, 2]]).all()


# Changes of an equation, saving, comparing ------------------------------------------------------


@pytest.mark.parametrize(
    "equation", ["3 ~ m ~ c | b = 4", "3 ~ other ~ comment", "3 {open", "3 ~ ~ |\n\\\\\\---///"]
)
def test_replacements_that_are_not_one_equation(equation: str, model: Maker) -> None:
    made = model("a = 1 ~ m ~ c |\nz = a ~ ~ |")
    with pytest.raises(sd.SDError) as caught:
        made.replace("a", equation)
    if isinstance(caught.value, sd.ModelError):
        assert str(caught.value).startswith(
            f"test.mdl:2:5: this is not one equation for 'a': {equation!r}\n"
        )
        assert "cure: give only what stands right of the equals sign" in str(caught.value)


def test_replacement_of_what_is_not_there(model: Maker) -> None:
    with pytest.raises(sd.UnknownNameError) as caught:
        model("tax rate = 1").replace("tax rte", "3")
    assert str(caught.value) == (
        "test.mdl: the model has no variable named 'tax rte'\n      cure: did you mean 'tax rate'?"
    )
    with pytest.raises(sd.UnknownNameError, match="cure: `sdmodel show MODEL` lists its variables"):
        model("a = 1").explain("zzzz")


def test_values_of_what_was_not_saved(model: Maker) -> None:
    run = model("tax rate = 1").run(outputs=["tax rate"])
    with pytest.raises(sd.UnknownNameError) as caught:
        run.values("tax rte")
    assert str(caught.value) == (
        "this run has no variable named 'tax rte'\n      cure: did you mean 'tax rate'?"
    )
    with pytest.raises(KeyError, match="cure: run.columns lists what was saved"):
        run["FINAL TIME"]


def test_saving(model: Maker, folder: Path) -> None:
    run = model("a = 1").run()
    kinds = "a run is saved as .nc, .csv, .tab, .tsv, .dat or .parquet"
    with pytest.raises(sd.SDError) as caught:
        run.save("run.xlsx")
    assert str(caught.value) == f"run.xlsx: {kinds}, not .xlsx"
    with pytest.raises(sd.SDError, match=f"run: {kinds}, not this"):
        run.save("run")
    (folder / "d.csv").mkdir()
    with pytest.raises(sd.SDError, match="d.csv: cannot be written: Is a directory"):
        run.save("d.csv")
    (folder / "file").write_text("")
    with pytest.raises(sd.SDError, match="file/run.csv: cannot be written: "):
        run.save("file/run.csv")
    assert sorted(path.name for path in folder.iterdir()) == ["d.csv", "file"]


def test_comparing(model: Maker) -> None:
    made = model("a = 1\nscenario = 2")
    with pytest.raises(sd.SDError, match="compare takes two runs or more"):
        sd.compare(made.run())
    with pytest.raises(sd.SDError) as caught:
        sd.compare(made.run(), made.run(final_time=2, name="short"))
    assert str(caught.value) == (
        "'base' and 'short' were saved at different times: give both the same final_time and "
        "save_every"
    )
    with pytest.raises(sd.SDError, match="a variable named 'scenario' cannot stand in a dataset"):
        sd.compare(made.run(), made.run())
    assert sd.compare(made.run(outputs=["a"]), made.run(outputs=["a"])).sizes["scenario"] == 2


def test_names_a_dataset_of_many_runs_needs_itself(model: Maker) -> None:
    made = model("run = 1\nok = 2\na = 3")
    batch = made.run_many(pd.DataFrame({"a": [1, 2]}), outputs=["run", "a"])
    assert batch.values.shape == (2, 5, 2)
    with pytest.raises(sd.SDError, match="a variable named 'run' cannot stand in a dataset"):
        _ = batch.data
    assert list(made.run_many(pd.DataFrame({"a": [1]}), outputs=["a"]).data.data_vars) == ["a"]
