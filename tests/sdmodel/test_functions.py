"""Every function: that it is described, and that it means what Vensim's manual says it means.

Where a row says "recorded", Vensim itself gave the value: in SDXorg's or SDEverywhere's models.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.expr import Op, Table
from sdmodel.functions import REGISTRY, advice, find
from sdmodel.functions.registry import function
from sdmodel.model import Model
from sdmodel.primitives import NUMPY, evaluate, reader

Maker = Callable[..., Model]
Values = Callable[..., list[float]]

FUNCTIONS = sd.functions()
FAMILIES = {"mathematics", "lookup", "test input", "smooth and delay", "stock and memory"}
FAMILIES |= {"financial", "random", "data", "array"}
EXAMPLE_LOOKUP = "example lookup((1,10),(2,20))\n"
EXAMPLE_ARRAYS = """
    example range: e1, e2, e3
    other range: o1, o2, o3
    part: ptype, ppriority, pwidth, pextra
    example vector[example range] = 1, 2, 3
    example matrix[example range, other range] = 2, 0, 0; 0, 4, 0; 0, 0, 5;
    example profile[example range, part] = 1, 5, 2, 0; 1, 5, 2, 0; 1, 5, 2, 0;
"""


def names() -> list[str]:
    return [info.name for info in FUNCTIONS]


def equation(info: sd.FunctionInfo, expression: str) -> str:
    """Return a model in which `x`, or its first element, has the value of an expression."""
    if info.family != "array":
        return EXAMPLE_LOOKUP + f"x = {expression}"
    return (
        EXAMPLE_LOOKUP
        + EXAMPLE_ARRAYS
        + f"all[example range, other range] = {expression}\nx = all[e1,o1]"
    )


# The table of functions -------------------------------------------------------------------------


def test_the_language_is_there() -> None:
    assert {"SMOOTH", "RANDOM NORMAL", "DEPRECIATE STRAIGHTLINE", "PREVIOUS"} <= set(names())
    assert len(names()) >= 79
    assert names() == sorted(names())


@pytest.mark.parametrize("info", FUNCTIONS, ids=names())
def test_example(info: sd.FunctionInfo, values: Values) -> None:
    first = values(equation(info, info.example))[0]
    assert first == pytest.approx(info.value, abs=1e-12)


@pytest.mark.parametrize("info", FUNCTIONS, ids=names())
def test_description(info: sd.FunctionInfo) -> None:
    assert info.summary.startswith("Return ")
    assert info.summary.endswith((".", ";"))
    book = {"Vensim": "Vensim Reference Manual, ", "XMILE": "XMILE 1.0, "}[info.source]
    assert info.manual.startswith(book)
    own = info.name.removeprefix("XMILE ")
    assert info.manual == book + own
    assert info.signature.startswith(f"{info.name}(")
    assert info.example.startswith(f"{info.name}(")
    assert (info.least == 0) == (info.name == "RANDOM 0 1")
    assert info.least <= info.most
    assert info.signature.count(",") == max(info.most - 1, 0)
    assert info.family in FAMILIES


@pytest.mark.parametrize("info", FUNCTIONS, ids=names())
def test_any_spelling_of_the_name(info: sd.FunctionInfo, values: Values) -> None:
    arguments = info.example[len(info.name) :]
    for spelling in (info.name.lower(), info.name.title(), info.name.replace(" ", "_")):
        assert find(spelling) is info
        first = values(equation(info, f"{spelling} {arguments}"))[0]
        assert first == pytest.approx(info.value, abs=1e-12)


@pytest.mark.parametrize("info", FUNCTIONS, ids=names())
def test_wrong_numbers_of_arguments_are_refused_with_the_signature(
    info: sd.FunctionInfo, model: Maker
) -> None:
    if info.name in ("WITH LOOKUP", "INTEG"):
        return  # they have messages of their own, see test_errors
    for count in {info.least - 1, info.most + 1} - {-1}:
        arguments = ", ".join(["example lookup"] * (count > 0) + ["1"] * (count - 1))
        if not info.lookup:
            arguments = ", ".join(["1"] * count)
        with pytest.raises(sd.ModelError) as caught:
            model(EXAMPLE_LOOKUP + f"x = 0 + {info.name}({arguments})")
        given = f"{info.name} is given {count} argument{'s' * (count != 1)}"
        assert caught.value.problems[0].message == f"in the equation of 'x': {given}"
        assert caught.value.problems[0].cure == f"write {info.signature}"


@pytest.mark.parametrize("info", FUNCTIONS, ids=names())
def test_a_function_may_stand_inside_an_expression(info: sd.FunctionInfo, values: Values) -> None:
    first = values(equation(info, f"2 * ({info.example}) - 1"))[0]
    assert first == pytest.approx(2 * info.value - 1, abs=1e-12)


def test_functions_that_remember_are_marked() -> None:
    marked = {info.name for info in FUNCTIONS if info.memory}
    wanted = {"DELAY FIXED", "DELAY INFORMATION", "DELAY MATERIAL", "DEPRECIATE STRAIGHTLINE"}
    wanted |= {"PREVIOUS", "SAMPLE IF TRUE", "SINTEG", "XMILE DELAY"}
    assert marked == wanted | {info.name for info in FUNCTIONS if info.family == "random"}
    changing = {info.name for info in FUNCTIONS if info.changes}
    assert {"STEP", "SMOOTH", "INTEG", "SAMPLE IF TRUE"} <= changing
    assert not {"INITIAL", "ACTIVE INITIAL", "MAX", "WITH LOOKUP"} & changing


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ValueError, match="SMOOTH is registered twice"):
        function("SMOOTH", example="SMOOTH(1)", value=1)(lambda build, x: x)
    assert REGISTRY["smooth"].signature == "SMOOTH(x, smooth time)"


def test_every_primitive_has_a_meaning() -> None:
    assert set(NUMPY) == set(Op)


def test_advice() -> None:
    assert advice("Queue Fifo") == "write the queue as a stock with a flow out of it, or as a delay"
    assert advice("GET SOMETHING") == "write the numbers into the model, as constants or lookups"
    assert advice("RANDOM LOGISTIC").startswith("draw with RANDOM UNIFORM")
    assert advice("SMOOTH") == ""
    assert advice("FIND NOTHING") == ""


# Functions of their arguments -------------------------------------------------------------------

NOT_FINITE = [math.nan, math.inf, -math.inf]

ROWS = [
    # Manual, XIDZ: a number smaller than 1e-6 in magnitude counts as zero.
    ("XIDZ(3, 2, 9)", 1.5),
    ("XIDZ(3, 0, 9)", 9),
    ("XIDZ(3, 0.99e-6, 9)", 9),
    ("XIDZ(3, -0.99e-6, 9)", 9),
    ("XIDZ(3, 1.01e-6, 9)", 3 / 1.01e-6),
    ("XIDZ(3, -1.01e-6, 9)", -3 / 1.01e-6),
    ("XIDZ(0, 0, 9)", 9),
    ("ZIDZ(3, 2)", 1.5),
    ("ZIDZ(3, 0)", 0),
    ("ZIDZ(0, 0)", 0),
    ("ZIDZ(3, 0.99e-6)", 0),
    ("ZIDZ(3, -1.01e-6)", -3 / 1.01e-6),
    # Manual, MODULO; the sign is recorded (SDXorg, tests/subscripted_round).
    ("MODULO(9, 5)", 4),
    ("MODULO(76.5, 70)", 6.5),
    ("MODULO(8.3, 7.3)", 1),
    ("MODULO(-10, 3)", -1),
    ("MODULO(-9.5, 4)", -1.5),
    ("MODULO(10, -3)", 1),
    ("MODULO(6, 3)", 0),
    ("MODULO(0, 3)", 0),
    # Manual, QUANTUM: all of its examples; a negative quantum is recorded (subscripted_round).
    ("QUANTUM(1.9, 1.0)", 1),
    ("QUANTUM(0.9, 1.0)", 0),
    ("QUANTUM(-0.9, 1.0)", 0),
    ("QUANTUM(-1.9, 1.0)", -1),
    ("QUANTUM(112.3, 10.0)", 110),
    ("QUANTUM(50, 12)", 48),
    ("QUANTUM(423, 63)", 378),
    ("QUANTUM(3.456, 0)", 3.456),
    ("QUANTUM(-9.5, -3)", -9.5),
    ("INTEGER(2.7)", 2),
    ("INTEGER(-2.7)", -2),
    ("INTEGER(-0.99)", 0),
    ("INTEGER(3)", 3),
    ("LOG(8, 2)", 3),
    ("LOG(1000, 10)", 3),
    ("LOG(0.25, 2)", -2),
    ("LOG(9, 3)", 2),
    ("LN(EXP(2))", 2),
    ("EXP(1)", math.e),
    ("SQRT(2)^2", 2),
    ("SQRT(0)", 0),
    ("POWER(2, 10)", 1024),
    ("POWER(2, -1)", 0.5),
    ("POWER(-2, 3)", -8),
    ("POWER(0, 0)", 1),
    ("0^0", 1),
    ("ABS(-2.5)", 2.5),
    ("MIN(-1, -2)", -2),
    ("MAX(-1, -2)", -1),
    ("SIN(1)", math.sin(1)),
    ("COS(1)", math.cos(1)),
    ("TAN(1)", math.tan(1)),
    ("ARCSIN(0.5)", math.asin(0.5)),
    ("ARCCOS(0.5)", math.acos(0.5)),
    ("ARCTAN(-1)", -math.pi / 4),
    ("SINH(1)", math.sinh(1)),
    ("COSH(1)", math.cosh(1)),
    ("TANH(1)", math.tanh(1)),
    ("GAMMA LN(10)", math.lgamma(10)),
    ("GAMMA LN(0.5)", math.lgamma(0.5)),
    ("IF THEN ELSE(0, 1, 2)", 2),
    ("IF THEN ELSE(-3, 1, 2)", 1),
    ("IF THEN ELSE(1 = 1, 1, 2)", 1),
    # Only the value that is returned counts (manual, IF THEN ELSE).
    ("IF THEN ELSE(1 = 1, 1, 1/0)", 1),
    ("IF THEN ELSE(1 = 2, LN(-1), 2)", 2),
    # :NA: is a plain number, so that one can ask for it.
    ("IF THEN ELSE(:NA: = :NA:, 1, 2)", 1),
    (":NA:", -(2.0**109)),
    (":na:", -(2.0**109)),
    ("GAME(7)", 7),
    ("INITIAL(3 + Time)", 3),
]


@pytest.mark.parametrize(("expression", "expected"), ROWS)
def test_value(expression: str, expected: float, values: Values) -> None:
    assert values(f"x = {expression}")[0] == pytest.approx(expected, rel=1e-14, abs=1e-15)


@pytest.mark.parametrize(
    "expression",
    [
        "1/0",
        "0/0",
        "LN(-1)",
        "LN(0)",
        "SQRT(-1)",
        "ARCSIN(2)",
        "(-8)^0.5",
        "MODULO(1, 0)",
        "EXP(1e3)",
    ],
)
def test_what_has_no_value_is_told(expression: str, model: Maker) -> None:
    with pytest.warns(sd.NonFiniteWarning, match="'x' is no longer a finite number at time 0"):
        run = model(f"x = {expression}").run()
    assert not np.isfinite(run.values("x")).any()


@pytest.mark.parametrize("op", list(Op), ids=[op.name for op in Op])
def test_primitives_take_nan_and_give_no_warning(op: Op) -> None:
    arity = {Op.WHERE: 3, Op.DRAW: 4}.get(op, 2 if op.value in OF_TWO else 1)
    for value in NOT_FINITE:
        result = evaluate(op, *[value] * arity)
        assert isinstance(result, float)


OF_TWO = {"+", "-", "*", "/", "^", "<", "<=", ">", ">=", "=", "<>", ":AND:", ":OR:", "min", "max",
          "remainder"}  # fmt: skip


# Lookups ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "inside", "beyond", "forward", "backward"),
    [
        (-1, 1, 1, 1, 1),
        (0, 1, 1, 1, 1),
        (0.5, 1, 1, 1, 1),
        (1, 1, 1, 1, 1),
        (1.5, 1.5, 1.5, 2, 1),
        (2, 2, 2, 2, 2),
        (2.5, 2, 2.5, 2, 2),
        (12, 2, 12, 2, 2),
    ],
)
def test_lookup_modes(
    x: float, inside: float, beyond: float, forward: float, backward: float, values: Values
) -> None:
    look = "look((0,1),(1,1),(2,2))\n"  # the manual's own, with its values for -1, 1.5 and 2.5
    assert values(look + f"x = look({x})")[0] == inside
    assert values(look + f"x = LOOKUP EXTRAPOLATE(look, {x})")[0] == pytest.approx(beyond)
    assert values(look + f"x = LOOKUP FORWARD(look, {x})")[0] == forward
    assert values(look + f"x = LOOKUP BACKWARD(look, {x})")[0] == backward


def test_lookup_extrapolates_below_too(values: Values) -> None:
    assert values("look((0,0),(1,2),(2,2))\nx = LOOKUP EXTRAPOLATE(look, -3)")[0] == -6.0


@pytest.mark.parametrize("mode", ["interpolate", "extrapolate", "forward", "backward"])
def test_lookup_of_one_point(mode: str) -> None:
    out = np.empty(3)
    reader(Table((1.0,), (7.0,)), mode)(np.array([0.0, 1.0, 9.0]), out)
    assert out.tolist() == [7.0, 7.0, 7.0]


@pytest.mark.parametrize("mode", ["interpolate", "extrapolate", "forward", "backward"])
def test_lookup_of_nan_is_nan(mode: str) -> None:
    out = np.zeros(1)
    reader(Table((0.0, 1.0), (5.0, 7.0)), mode)(np.array([np.nan]), out)
    assert np.isnan(out).all()


@pytest.mark.parametrize("mode", ["interpolate", "extrapolate", "forward", "backward"])
def test_lookup_with_a_repeated_x_jumps_there(mode: str) -> None:
    table = Table((0.0, 1.0, 1.0, 2.0), (0.0, 1.0, 5.0, 6.0))
    x, out = np.array([0.5, 1 - 1e-9, 1 + 1e-9, 1.5]), np.empty(4)
    reader(table, mode)(x, out)
    expected = {"forward": [1, 1, 6, 6], "backward": [0, 0, 5, 5]}.get(mode, [0.5, 1, 5, 5.5])
    assert out == pytest.approx(expected, abs=1e-8)
    at = np.empty(1)
    reader(table, mode)(np.array([1.0]), at)
    assert at[0] in (1.0, 5.0)


@pytest.mark.parametrize("end", [(0.0, 0.0, 1.0), (0.0, 1.0, 1.0)])
def test_lookup_whose_end_is_upright_is_not_extrapolated(end: tuple[float, ...]) -> None:
    out = np.empty(2)
    reader(Table(end, (1.0, 2.0, 3.0)), "extrapolate")(np.array([-1.0, 2.0]), out)
    assert np.isfinite(out).all()


def test_lookup_with_a_course_of_time(values: Values) -> None:
    assert values("look((0,0),(2,10),(4,0))\nx = look(Time)") == [0.0, 5.0, 10.0, 5.0, 0.0]


# What an adaptive solver may run ----------------------------------------------------------------


@pytest.mark.parametrize("info", FUNCTIONS, ids=names())
def test_an_adaptive_solver_runs_it_or_refuses_it_by_name(
    info: sd.FunctionInfo, model: Maker, limited: Callable[..., AbstractContextManager[None]]
) -> None:
    made = model(equation(info, info.example) + "\nstock = INTEG(x, 0)")
    if info.memory:
        with pytest.raises(sd.OverrideError, match=f"LSODA cannot run {info.name} in 'x'"):
            made.run(method="LSODA")
    else:
        with limited(20):
            first = made.run(method="LSODA").values("x")[0]
        assert first == pytest.approx(info.value, abs=1e-12)
    with limited(20):
        assert made.run().values("x")[0] == pytest.approx(info.value, abs=1e-12)
