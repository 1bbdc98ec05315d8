"""The equations of XMILE: precedence, names, and what its functions are in Vensim's terms."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from sdmodel.expr import Apply, Call, Const, Expr, Op, Ref, walk
from sdmodel.frontends.xmile.builtins import BUILTINS, EMITTED
from sdmodel.functions import find
from sdmodel.source import SourceModel

Reader = Callable[..., SourceModel]
Runner = Callable[..., dict[str, list[float]]]


def aux(equation: str, name: str = "x") -> str:
    escaped = equation.replace("&", "&amp;").replace("<", "&lt;")
    return f'<aux name="{name}"><eqn>{escaped}</eqn></aux>'


@pytest.fixture
def value(run_xmile: Runner) -> Callable[[str], float]:
    def compute(equation: str) -> float:
        return run_xmile(aux(equation))["x"][0]

    return compute


@pytest.fixture
def tree(xmile: Reader) -> Callable[[str], Expr]:
    def read(equation: str) -> Expr:
        made = xmile(aux(equation) + aux("1", "a") + aux("2", "b"))
        assert made.problems == ()
        found = made.by_key["x"].equation
        assert found is not None
        return found

    return read


PRECEDENCE = {
    "-2^2": -4,
    "2^3^2": 512,
    "2^-1": 0.5,
    "2^-3^2*4": 2**-9 * 4,
    "2 + 3*4 - 1": 13,
    "8/4/2": 1,
    "7 MOD 4 MOD 2": 1,
    "-7 MOD 3": 2,
    "7 mod -3": -2,
    "2*7 Mod 3": 2,
    "10 // 0": 0,
    "10 // 4": 2.5,
    "1 < 2 = 1": 1,
    "1 <> 2 AND 3 > 4 OR 1": 1,
    "1 or 0 and 0": 1,
    "NOT 1 + 1": 1,
    "not(0)": 1,
    "NOT 0 AND 0": 0,
    "-2 - -3": 1,
    "+5": 5,
    ".5 + 1e-1 + 2.": 2.6,
    "IF 1 THEN 2 ELSE 3 + 10": 2,
    "IF 0 THEN 2 ELSE 3 + 10": 13,
    "1 + IF 0 THEN 2 ELSE 3 * 2": 7,
    "if 1 then if 0 then 1 else 2 else 3": 2,
    "IF 1 THEN (IF 0 THEN 1 ELSE 5) ELSE 3": 5,
    "IF(1) THEN(2) ELSE(3)": 2,
    "IF 1 > 2 OR 3 > 2 THEN 1 ELSE 0": 1,
    "MAX(1, IF 1 THEN 4 ELSE 0, 3)": 4,
    "{a} 1 {b} + {c, (} 2": 3,
    "1 != 2": 1,
}


@pytest.mark.parametrize("equation", PRECEDENCE)
def test_precedence(value: Callable[[str], float], equation: str) -> None:
    assert value(equation) == pytest.approx(PRECEDENCE[equation])


VALUES = {
    "ROUND(2.5)": 3,
    "ROUND(-2.4)": -2,
    "SAFEDIV(1, 0)": 0,
    "SAFEDIV(1, 0, 7)": 7,
    "SAFEDIV(1, 0.0000001)": 1e7,
    "LOG10(1000)": 3,
    "MIN(3, 1, 2)": 1,
    "MAX(3)": 3,
    "MEAN(1, 2, 6)": 3,
    "PI": math.pi,
    "Pi()": math.pi,
    "DT + STOPTIME + STARTTIME + TIME": 5,
    "PERCENT(0.5)": 50,
    "ROOTN(8, 3)": 2,
    "FACTORIAL(4)": 24,
    "if_then_else(1, 2, 3)": 2,
    "xidz(1, 0, 4)": 4,
    "COSWAVE(2, 5)": 2,
    "SINWAVE(2, 5)": 0,
    "MOD(-7, 3)": 2,
    "NPV(2, 0.1)": 2,
}


@pytest.mark.parametrize("equation", VALUES)
def test_functions(value: Callable[[str], float], equation: str) -> None:
    assert value(equation) == pytest.approx(VALUES[equation])


CALLS = {
    "SMTH1(a, 2)": ("SMOOTH", 2),
    "SMTH1(a, 2, 3)": ("SMOOTHI", 3),
    "SMTH3(a, 2)": ("SMOOTH3", 2),
    "SMTH3(a, 2, 3)": ("SMOOTH3I", 3),
    "DELAY1(a, 2)": ("DELAY1", 2),
    "DELAY1(a, 2, 3)": ("DELAY1I", 3),
    "DELAY3(a, 2)": ("DELAY3", 2),
    "DELAY3(a, 2, 3)": ("DELAY3I", 3),
    "TREND(a, 2)": ("TREND", 3),
    "FORCST(a, 2, 3)": ("FORECAST", 3),
    "INIT(a)": ("INITIAL", 1),
    "PREVIOUS(a, 1)": ("PREVIOUS", 2),
    "INT(a)": ("XMILE INT", 1),
    "a MOD b": ("XMILE MOD", 2),
    "PULSE(a)": ("XMILE PULSE", 2),
    "PULSE(a, 1, 0)": ("XMILE PULSE", 2),
    "PULSE(a, 1, 3)": ("XMILE PULSE", 3),
    "STEP(a)": ("STEP", 2),
    "RAMP(a, 1)": ("RAMP", 3),
    "RAMP(a, 1, 2)": ("RAMP", 3),
    "UNIFORM(0, 1)": ("RANDOM UNIFORM", 3),
    "RANDOM(0, 1, 7)": ("RANDOM UNIFORM", 3),
    "NORMAL(0, 1)": ("RANDOM NORMAL", 5),
    "NORMAL(0, 1, 7, -2, 2)": ("RANDOM NORMAL", 5),
    "EXPRND(3)": ("RANDOM EXPONENTIAL", 5),
    "POISSON(3)": ("RANDOM POISSON", 6),
    "LOGNORMAL(3, 1)": ("XMILE LOGNORMAL", 3),
    "TRIANGULAR(1, 2, 3)": ("RANDOM TRIANGULAR", 6),
    "GAMMALN(a)": ("GAMMA LN", 1),
    "PULSE_TRAIN(1, 2, 3, 4)": ("PULSE TRAIN", 4),
    "STDDEV(a)": ("STDDEV", 1),
}


@pytest.mark.parametrize("equation", CALLS)
def test_functions_are_named_as_in_vensim(tree: Callable[[str], Expr], equation: str) -> None:
    found = tree(equation)
    assert isinstance(found, Call)
    assert (found.function, len(found.args)) == CALLS[equation]


def test_the_order_of_a_delay_stands_last_in_vensim(tree: Callable[[str], Expr]) -> None:
    for name, vensim in (("SMTHN", "SMOOTH N"), ("DELAYN", "DELAY N")):
        found = tree(f"{name}(a, 5, 2)")
        assert found == Call(vensim, (Ref("a"), Const(5), Ref("a"), Const(2)))
        found = tree(f"{name}(a, 5, 2, 9)")
        assert found == Call(vensim, (Ref("a"), Const(5), Const(9), Const(2)))


def test_a_fixed_delay_begins_with_its_input(tree: Callable[[str], Expr]) -> None:
    assert tree("DELAY(a, 5)") == Call("XMILE DELAY", (Ref("a"), Const(5), Ref("a")))
    assert tree("DELAY(a, 5, 0)") == Call("XMILE DELAY", (Ref("a"), Const(5), Const(0)))


def test_an_initial_trend_goes_into_the_forecast(tree: Callable[[str], Expr]) -> None:
    found = [n for n in walk(tree("FORCST(a, 2, 3, 0.1)")) if isinstance(n, Call)]
    assert found == [Call("TREND", (Ref("a"), Const(2), Const(0.1)))]


def test_every_function_named_here_is_defined_or_listed() -> None:
    """What a builder emits is a function of Vensim, or in `EMITTED` for others to define."""
    args = [Ref("a"), Const(2.0), Const(3.0), Const(4.0), Const(5.0)]
    names = set()
    for name, (least, most, _, build) in BUILTINS.items():
        for count in range(least, min(most, 5) + 1):
            if name == "history":
                args[1] = Ref("Time") - Const(2.0)
            for node in walk(build(name, args[:count], 0)):
                if isinstance(node, Call):
                    names.add(node.function)
    assert len(names) > 30
    ours = {"SUM", "PROD", "VMIN", "VMAX"} | {name for name in names if name.startswith("RANDOM")}
    assert {name for name in names if find(name) is None} - ours <= set(EMITTED)


def test_self_is_the_variable_itself(tree: Callable[[str], Expr]) -> None:
    assert tree("PREVIOUS(SELF, 0)") == Call("PREVIOUS", (Ref("x"), Const(0)))


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("birth rate", "birth_rate"),
        ("Birth Rate", "BIRTH__RATE"),
        ("birth\\nrate", "birth_rate"),
        ("birth rate", '"birth rate"'),
        ("birth&#160;rate", "birth_rate"),
        ("say &quot;yes&quot;", '"say \\"yes\\""'),
        ("Geburten/Jahr (ä)", '"Geburten/Jahr_(ä)"'),
        ("naïve_größe", "Naïve größe"),
        ("水 池", "水_池"),
        ("cost.unit", "cost.unit"),
        ("$ spent", "$_spent"),
        ("import", "import"),
    ],
)
def test_names(run_xmile: Runner, name: str, written: str) -> None:
    done = run_xmile(f'<aux name="{name}"><eqn>3</eqn></aux>' + aux(f"{written}*2"))
    assert done["x"][0] == 6


def test_a_variable_may_be_named_like_a_constant(run_xmile: Runner) -> None:
    assert run_xmile(aux("3", "pi") + aux("PI*2"))["x"][0] == 6


def test_references_know_their_place(xmile: Reader) -> None:
    made = xmile('<aux name="x"><eqn>1 &lt; &quot;no such&quot;</eqn></aux>')
    equation = made.by_key["x"].equation
    assert isinstance(equation, Apply)
    assert equation.op is Op.LT
    ref = equation.args[1]
    assert isinstance(ref, Ref)
    assert made.source.text[ref.at :].startswith("&quot;no such&quot;")


@pytest.mark.parametrize("deep", ["(" * 50_000 + "1" + ")" * 50_000, "1" + "+1" * 50_000])
def test_long_and_deep_equations(xmile: Reader, deep: str) -> None:
    assert xmile(aux(deep)).problems == ()


def test_nested_conditions_a_thousand_deep(run_xmile: Runner) -> None:
    equation = "IF TIME > 9 THEN 1 ELSE " * 1000 + "7"
    assert run_xmile(aux(equation))["x"][0] == 7


BROKEN = {
    "1 +": (10, "something is missing after '+'"),
    "(1 + 2": (8, "this bracket is never closed"),
    "1 + 2)": (13, "this bracket closes nothing"),
    "a b": (10, "an operator is missing before 'b'"),
    "2 a": (10, "an operator is missing before 'a'"),
    "MAX(1, 2": (8, "the argument list of MAX is never closed"),
    "a[1": (8, "the subscripts of a is never closed"),
    "IF 1 THEN 2": (8, "this IF has no ELSE"),
    "IF 1": (8, "this IF has no THEN"),
    "1 THEN 2": (10, "THEN without IF before it"),
    "IF 1 ELSE 2": (13, "ELSE without THEN before it"),
    "(IF 1 THEN 2)": (9, "this IF has no ELSE"),
    "1, 2": (9, "a comma stands only between arguments or subscripts"),
    "* 2": (8, "a value must stand here, not '*'"),
    "1 ? 2": (10, "the character '?' cannot stand here"),
    '"open': (8, "this quote is never closed"),
    "{open": (8, "this comment is never closed"),
    "SMTH1(1)": (8, "SMTH1 is given 1 argument"),
    "LOOKUP(a, 1)": (8, "'a' is no graphical function"),
    "LOOKUP(1, 1)": (8, "this expression is no graphical function"),
    "ALLOCATE(a, a, a, a, a, a)": (8, "ALLOCATE is offered only with types, priorities and widths"),
}


@pytest.mark.parametrize("equation", BROKEN)
def test_what_is_wrong_is_told_with_its_place(xmile: Reader, equation: str) -> None:
    variables = f'<aux name="x">\n  <eqn>{equation}</eqn></aux>' + aux("1", "a") + aux("2", "b")
    (problem,) = xmile(variables).problems
    column, message = BROKEN[equation]
    assert (problem.line, problem.column) == (7, column)
    assert problem.message.startswith("in the equation of 'x': " + message)
    assert problem.variable == "x"
    assert problem.cure


def test_delays_of_delays_are_bounded(xmile: Reader, limited) -> None:  # type: ignore[no-untyped-def]
    with limited(10):
        (problem,) = xmile(aux("DELAY(" * 60 + "1" + ", 2)" * 60)).problems
    assert "delays of delays make this equation too long" in problem.message
