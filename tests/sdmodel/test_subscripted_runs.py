"""Runs of subscripted models: what may be set and kept, batches, methods, failures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import sdmodel as sd
from sdmodel.model import Model

Maker = Callable[..., Model]

POPULATION = """
region: north, south
sex: f, m
Population[region, sex] = INTEG(births[region, sex] - deaths[region, sex], start[region, sex])
births[region, sex] = birth rate[region] * SUM(Population[region, sex!]) / 2
deaths[region, sex] = Population[region, sex] * mortality[sex]
birth rate[region] = 0.03, 0.05
mortality[sex] = 0.02, 0.025
start[region, sex] = 100, 90; 50, 60;
total = SUM(Population[region!, sex!])
"""


@pytest.fixture
def people(model: Maker) -> Model:
    """Return a model with stocks over two ranges."""
    return model(POPULATION, FINAL_TIME=8, TIME_STEP=0.5)


def simulated(births: list[float], deaths: list[float]) -> np.ndarray:
    """Return the course of the population by plain NumPy, (times, regions, sexes)."""
    people = np.array([[100.0, 90.0], [50.0, 60.0]])
    course = [people]
    for _ in range(16):
        born = np.array(births)[:, None] * people.sum(axis=1, keepdims=True) / 2
        people = people + 0.5 * (born - people * np.array(deaths))
        course.append(people)
    return np.array(course)


# One run ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("every_engine")
def test_a_run_equals_plain_numpy(people: Model) -> None:
    run = people.run(method="vensim")
    expected = simulated([0.03, 0.05], [0.02, 0.025])
    np.testing.assert_allclose(run.values("Population"), expected, rtol=1e-12)
    np.testing.assert_allclose(run.values("total"), expected.sum(axis=(1, 2)), rtol=1e-12)


def test_a_variable_is_a_labelled_array(people: Model) -> None:
    array = people.run(method="vensim")["population"]
    assert (array.name, array.dims) == ("Population", ("time", "region", "sex"))
    assert array.coords["region"].values.tolist() == ["north", "south"]
    assert array.coords["sex"].values.tolist() == ["f", "m"]
    assert float(array.sel(time=0, region="south", sex="m")) == 60


def test_an_element_is_a_course_in_time(people: Model) -> None:
    run = people.run(method="vensim")
    element = run["Population[South, M]"]
    assert (element.name, element.dims) == ("Population[south,m]", ("time",))
    assert element.values.tolist() == run.values("Population")[:, 1, 1].tolist()
    assert "population[north,f]" in run
    assert "Population" in run
    assert "Population[f]" not in run


@pytest.mark.usefixtures("every_engine")
def test_outputs_name_variables_and_elements(people: Model) -> None:
    run = people.run(method="vensim", outputs=["Population", "births[south,f]"])
    shown = [f"Population[{r},{s}]" for r in ("north", "south") for s in ("f", "m")]
    assert run.columns == (*shown, "births[south,f]")
    assert run["Population"].shape == (17, 2, 2)
    with pytest.raises(sd.UnknownNameError, match="no variable named 'births'"):
        run["births"]


def test_outputs_that_do_not_exist(people: Model) -> None:
    with pytest.raises(sd.OverrideError) as caught:
        people.run(outputs=["mortality[x]"])
    assert "'mortality' has no element 'mortality[x]'" in str(caught.value)
    with pytest.raises(sd.UnknownNameError, match="did you mean 'mortality'"):
        people.run(outputs=["mortalty"])


# Overrides --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("every_engine")
def test_an_element_is_overridden(people: Model) -> None:
    run = people.run({"birth rate[south]": 0.07}, method="vensim")
    expected = simulated([0.03, 0.07], [0.02, 0.025])
    np.testing.assert_allclose(run.values("Population"), expected, rtol=1e-12)
    assert dict(run.overrides) == {"birth rate[south]": 0.07}


@pytest.mark.usefixtures("every_engine")
def test_all_elements_are_overridden_at_once(people: Model) -> None:
    run = people.run({"Mortality": 0.5}, method="vensim")
    expected = simulated([0.03, 0.05], [0.5, 0.5])
    np.testing.assert_allclose(run.values("Population"), expected, rtol=1e-12)
    assert dict(run.overrides) == {"mortality[f]": 0.5, "mortality[m]": 0.5}


def test_overrides_that_cannot_be(people: Model) -> None:
    with pytest.raises(sd.OverrideError, match="'mortality' is set twice: keep one value"):
        people.run({"mortality": 0.5, "mortality[f]": 0.1})
    with pytest.raises(sd.OverrideError, match="there is no variable named 'mortalty'"):
        people.run({"mortalty": 0.5})
    with pytest.raises(sd.OverrideError, match="test.mdl:5: 'births' is computed, not constant"):
        people.run({"births[north,f]": 0.5})


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("mortality[x]", "8: 'mortality' has no element 'mortality[x]'; did you mean 'mortality[m"),
        ("start[m]", "9: 'start' has no element 'start[m]'; "),
        ("total[f]", "10: 'total' has no element 'total[f]'; did you mean 'total'?"),
    ],
)
def test_an_element_that_does_not_exist_is_no_constant(
    name: str, reason: str, people: Model
) -> None:
    with pytest.raises(sd.OverrideError) as caught:
        people.run({name: 0.5})
    assert str(caught.value).startswith(f"test.mdl:{reason}")


def test_only_the_constant_elements_of_a_variable_may_be_set(model: Maker) -> None:
    made = model("a: a1, a2\nx[a1] = 3\nx[a2] = Time")
    assert made.run({"x[a1]": 5}).values("x")[1].tolist() == [5, 1]
    for name in ("x", "x[a2]"):
        with pytest.raises(sd.OverrideError, match="'x' is computed, not constant"):
            made.run({name: 5})


# Many runs --------------------------------------------------------------------------------------


@pytest.mark.usefixtures("every_engine")
def test_a_table_has_columns_for_elements_and_whole_variables(people: Model) -> None:
    births, deaths = [0.01, 0.02, 0.06], [0.5, 0.1, 0.02]
    table = pd.DataFrame({"birth rate[south]": births, "mortality": deaths})
    batch = people.run_many(table, outputs=["Population", "total"])
    assert batch.outputs[0] == "Population[north,f]"
    assert batch.values.shape == (5, 17, 3)
    for i, (born, died) in enumerate(zip(births, deaths, strict=True)):
        expected = simulated([0.03, born], [died, died])
        np.testing.assert_allclose(batch.values[:4, :, i].T.reshape(17, 2, 2), expected, rtol=1e-12)


@pytest.mark.usefixtures("every_engine")
def test_stocks_are_kept_element_by_element(people: Model) -> None:
    batch = people.run_many(pd.DataFrame({"birth rate": [0.02]}))
    shown = [f"Population[{r},{s}]" for r in ("north", "south") for s in ("f", "m")]
    assert list(batch.outputs) == shown
    assert sorted(map(str, batch.data.data_vars)) == sorted(shown)


@pytest.mark.usefixtures("every_engine")
def test_a_batch_of_one_is_a_single_run_bit_for_bit(people: Model) -> None:
    names = ["Population", "births", "total"]
    single = people.run({"birth rate[north]": 0.04}, method="vensim", outputs=names)
    batch = people.run_many(pd.DataFrame({"birth rate[north]": [0.04]}), outputs=names)
    assert batch.outputs == single.columns
    assert batch.values[:, :, 0].T.tobytes() == single.table.tobytes()


@pytest.mark.usefixtures("every_engine")
def test_runs_of_a_batch_do_not_depend_on_each_other(people: Model) -> None:
    rates = np.linspace(0.01, 0.09, 9)
    whole = people.run_many(pd.DataFrame({"birth rate[south]": rates}))
    for i in (0, 4, 8):
        alone = people.run_many(pd.DataFrame({"birth rate[south]": rates[i : i + 1]}))
        assert alone.values[:, :, 0].tobytes() == whole.values[:, :, i].tobytes()


def test_a_column_twice(people: Model) -> None:
    table = pd.DataFrame({"mortality[f]": [0.1], "mortality": [0.2]})
    with pytest.raises(sd.OverrideError, match="the column 'mortality' is in the table twice"):
        people.run_many(table)


# Methods and failures ---------------------------------------------------------------------------


@pytest.mark.usefixtures("every_engine")
def test_an_adaptive_solver_agrees_with_small_steps(people: Model) -> None:
    solved = people.run(method="LSODA")
    stepped = people.run(method="rk4", time_step=0.125)
    np.testing.assert_allclose(solved.values("Population"), stepped.values("Population"), rtol=1e-6)


@pytest.mark.usefixtures("every_engine")
def test_the_element_that_failed_is_named(model: Maker) -> None:
    made = model("a: a1, a2\nx[a] = INTEG(IF THEN ELSE(a = 2, LN(1 - Time), 1), 0)")
    with pytest.raises(sd.SolverError) as caught:
        made.run(method="euler")
    assert "x[a2]" in str(caught.value)
    assert "x[a1]" not in str(caught.value)


@pytest.mark.usefixtures("every_engine")
def test_the_element_that_is_no_number_is_named(model: Maker) -> None:
    made = model("a: a1, a2\nx[a] = 1 / (a - 1)")
    with pytest.warns(sd.NonFiniteWarning, match=r"'x\[a1\]' is no longer a finite number"):
        run = made.run()
    assert run.values("x")[0].tolist() == [np.inf, 1]


@pytest.mark.usefixtures("every_engine")
def test_a_failed_element_of_a_batch_is_listed(model: Maker) -> None:
    made = model("a: a1, a2\nx[a] = INTEG(LN(level[a]), 0)\nlevel[a] = 1, 1")
    batch = made.run_many(pd.DataFrame({"level[a2]": [1.0, -1.0]}))
    assert batch.ok.tolist() == [True, False]
    assert batch.failures["variable"].tolist() == ["x[a2]"]


# Looking at a model -----------------------------------------------------------------------------


def test_names_and_constants(people: Model) -> None:
    assert "Population" in people.variables
    assert people.constants["start[south,f]"] == 50
    assert "mortality[m]" in people.columns
    assert people.variable("mortality").kind == "constant"
    assert people.variable("Population").kind == "stock"


def test_an_equation_is_replaced(people: Model) -> None:
    changed = people.replace("mortality", "0.5, 0.5")
    run = changed.run(method="vensim")
    expected = simulated([0.03, 0.05], [0.5, 0.5])
    np.testing.assert_allclose(run.values("Population"), expected, rtol=1e-12)


def test_one_of_several_entries_is_replaced(model: Maker) -> None:
    made = model("a: a1, a2\nx[a1] = 3\nx[a2] = 4")
    assert made.replace("x[a2]", "9").run().values("x")[0].tolist() == [3, 9]
    with pytest.raises(sd.OverrideError, match=r"name one of 'x\[a1\]', 'x\[a2\]'"):
        made.replace("x", "9")
