"""Every method, grid and memory: a run of the JavaScript is a run of ours."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from sdmodel.errors import UnsupportedError
from sdmodel.frontends.mdl import parse
from sdmodel.javascript import kernel_script
from sdmodel.model import Model
from sdmodel.source import SourceText
from tests.javascript.running import assert_equal, node, runs_in_node

CONTROL = "INITIAL TIME=-1~~|FINAL TIME=5~~|TIME STEP=0.25~~|SAVEPER=0.5~~|"
EQUATIONS = """
k = 0.3~~|
s = INTEG(in - k*s + PULSE(1, 0.5), 2 + k)~~|
in = 1 + SIN(Time*2) + STEP(0.5, 2.1)~~|
fast = INTEG(20*(s - fast), s)~~|
late = DELAY FIXED(s*k, 0.7, k)~~|
seen = SAMPLE IF TRUE(s > 3, s, 0)~~|
out = late + seen + once~~|
once = INITIAL(s) + k~~|
limited = MIN(s, k*10)~~|
ABSOLUTE TOLERANCE = 1e-06~~|
RELATIVE TOLERANCE = 1e-05~~|
"""
METHODS = ("euler", "rk2", "rk4", "heun", "difference", "rk2auto", "rk4auto")


def model(equations: str, control: str = CONTROL) -> Model:
    return Model(parse(SourceText("test.mdl", f"{{UTF-8}}{equations}{control}")))


def assert_same(one: Model, method: str, **changes: float) -> None:
    given = {name.replace("_", " "): value for name, value in changes.items()}
    want = one.run(given, method=method)
    (found,) = runs_in_node(replace(one.program, method=method), [given])
    assert not found.error
    np.testing.assert_array_equal(found.times, want.times)
    assert found.columns == want.columns
    assert_equal(found.table, want.table, want.columns)


@pytest.mark.parametrize("method", METHODS)
def test_every_method(method: str) -> None:
    assert_same(model(EQUATIONS), method)


@pytest.mark.parametrize(
    "changes",
    [
        {"k": 0.7},
        {"SAVEPER": 0.0},
        {"SAVEPER": 0.6},
        {"TIME_STEP": 0.1, "SAVEPER": 1.0},
        {"TIME_STEP": 0.7},
        {"INITIAL_TIME": 5.0},
        {"INITIAL_TIME": 0.1, "FINAL_TIME": 3.05},
    ],
)
@pytest.mark.parametrize("method", ["euler", "difference", "rk4"])
def test_changes_of_constants_and_run_controls(method: str, changes: dict[str, float]) -> None:
    assert_same(model(EQUATIONS), method, **changes)


@pytest.mark.parametrize("method", ["euler", "difference", "rk4", "rk4auto"])
def test_run_controls_that_change_over_time(method: str) -> None:
    control = (
        "INITIAL TIME=0~~|FINAL TIME=IF THEN ELSE(s > 4, 5, 9)~~|"
        "TIME STEP=IF THEN ELSE(Time < 2, 0.25, 0.5)~~|SAVEPER=IF THEN ELSE(Time < 3, 0.5, 1)~~|"
    )
    equations = "\n".join(line for line in EQUATIONS.splitlines() if "FIXED" not in line)
    assert_same(model(equations.replace("late + ", ""), control), method)


ARRAYS = """
a: a1, a2, a3~~|
b: (b1-b40)~~|
c: c1, c2~~|
x[a] = 1, 2, 3~~|
y[a,c] = 1, 2; 3, 4; 5, 6;~~|
s[a] = INTEG(x[a] - 0.1*s[a], 10*x[a])~~|
long[b] = b*s[a1] + SUM(s[a!])~~|
both[a,b] = long[b]*x[a]~~|
all = SUM(both[a!,b!]) + VMAX(long[b!])~~|
mixed[a1] = 7~~|
mixed[a2] = mixed[a1] + Time~~|
mixed[a3] = mixed[a2]*y[a3,c2]~~|
picked = VECTOR ELM MAP(mixed[a1], 2)~~|
held[b] = IF THEN ELSE(Time > 2, mixed[a3], long[b])~~|
"""


def test_arrays_and_their_elements() -> None:
    one = model(ARRAYS)
    for changes in ({}, {"x[a2]": 5.0, "y[a3,c2]": -1.0}):
        want = one.run(changes, method="rk4")
        (found,) = runs_in_node(replace(one.program, method="rk4"), [changes])
        assert_equal(found.table, want.table, want.columns)


def test_long_models_are_written_in_pieces() -> None:
    chain = "v0 = s~~|" + "".join(f"v{i} = v{i - 1}*0.999 + 1~~|" for i in range(1, 900))
    one = model(f"{chain}s = INTEG(v899 - s, 0)~~|w = v3 + v899~~|")
    assert kernel_script(one.program).count("function rates") > 2
    assert_same(one, "euler")


def test_a_sum_of_thousands_of_terms() -> None:
    one = model("a = 2~~|y = " + "+".join(["a*Time"] * 2000) + "~~|")
    assert_same(one, "euler")


def test_where_a_run_leaves_the_numbers_is_told() -> None:
    one = model("k = 1~~|s = INTEG(k, 0)~~|y = SQRT(2 - s)~~|")
    good, bad = runs_in_node(one.program, [{"k": 0.1}, {}])
    assert good.problem is None
    assert bad.problem == {"column": "y", "time": 1.5}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"y": 1.0}, "y is no constant of this model"),
        ({"n": 4.0}, "n decides how many stages a delay has"),
        ({"TIME STEP": 0.0}, "TIME STEP is 0: it must be above zero"),
        ({"FINAL TIME": -7.0}, "FINAL TIME"),
        ({"SAVEPER": -1.0}, "SAVEPER is -1"),
        ({"TIME STEP": 1e-9}, "use a larger TIME STEP"),
    ],
)
def test_what_cannot_be_run_is_refused(changes: dict[str, float], message: str) -> None:
    one = model("n = 3~~|y = DELAY N(Time, 2, 0, n)~~|")
    (found,) = runs_in_node(one.program, [changes])
    assert message in found.error


def test_a_method_that_it_has_not_is_refused_by_name() -> None:
    one = model(EQUATIONS)
    with pytest.raises(UnsupportedError, match="LSODA") as refused:
        kernel_script(replace(one.program, method="LSODA"))
    assert "rk4" in str(refused.value)


def test_no_name_of_a_model_can_end_the_script() -> None:
    name = '"a </script><script>alert(1)//"'
    one = model(f"{name} = 3~~|y = {name}*2~~|")
    script = kernel_script(one.program)
    assert "</" not in script
    assert "<!" not in script
    (found,) = runs_in_node(one.program, [{name: 4.0}])
    assert found.table[0, found.columns.index("y")] == 8.0


def test_chosen_columns_are_those_of_a_whole_run() -> None:
    one = model(EQUATIONS)
    columns = [5, 2]
    few = f"kernel.run({{}}, {json.dumps(columns)}).values.map((one) => Array.from(one))"
    said = node(f"const kernel = {kernel_script(one.program)}; console.log(JSON.stringify({few}))")
    want = one.run(method="vensim")
    assert_equal(np.array(said).T, want.table[:, columns], [want.columns[i] for i in columns])


def test_one_run_leaves_nothing_behind_for_the_next() -> None:
    one = model(EQUATIONS)
    first, _, again = runs_in_node(one.program, [{}, {"k": 0.9, "FINAL TIME": 2.0}, {}])
    np.testing.assert_array_equal(first.table, again.table)
