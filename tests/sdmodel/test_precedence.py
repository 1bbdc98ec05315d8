"""Which operator binds first, against values worked out by hand."""

from __future__ import annotations

import operator
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdmodel.expr import Apply, Const, Expr, Op
from sdmodel.frontends.expressions import parse_expression
from sdmodel.frontends.tokens import words
from sdmodel.primitives import evaluate

Values = Callable[..., list[float]]

# Worked out by hand; with a = 2, b = 3, c = 5, t = 1, f = 0. That -2^2 is -4 is also what Vensim
# recorded (SDXorg test-models, tests/exponentiation).
PRECEDENCE = [
    ("-2^2", -4),
    ("(-2)^2", 4),
    ("-a^2", -4),
    ("0-a^2", -4),
    ("2^-1", 0.5),
    ("2^-a^2", 0.0625),
    ("2^3^2", 512),
    ("(2^3)^2", 64),
    ("a*b^2", 18),
    ("a-b-c", -6),
    ("a-(b-c)", 4),
    ("c/b/a", 5 / 6),
    ("c/b*a", 10 / 3),
    ("a+b*c", 17),
    ("(a+b)*c", 25),
    ("a*-b", -6),
    ("a*-b+c", -1),
    ("a--b", 5),
    ("a-+b", -1),
    ("-a--b", 1),
    ("+a", 2),
    ("-a*b", -6),
    ("-a/-b", 2 / 3),
    ("1e3", 1000),
    (".5e-1", 0.05),
    ("5.", 5),
    ("a=2", 1),
    ("a<>2", 0),
    ("a<b", 1),
    ("b<=3", 1),
    ("a>b", 0),
    ("a>=2", 1),
    ("a+1=b", 1),
    ("a = b - 1", 1),
    ("(a<b)+(b<c)", 2),
    ("(a<b)*c", 5),
    (":NOT: a = b", 1),
    (":NOT: a = 2", 0),
    (":NOT: t", 0),
    (":NOT: :NOT: c", 1),
    ("f :AND: f :OR: t", 1),
    ("t :OR: f :AND: f", 1),
    ("(t :OR: f) :AND: f", 0),
    (":NOT: f :AND: f", 0),
    (":NOT: (f :AND: f)", 1),
    ("a<b :AND: b<c", 1),
    ("a<b :and: :not: b<c", 0),
    ("a>b :OR: b<c", 1),
    ("c :AND: a", 1),
    ("- 2 ^ 2 + 3 * 4 / 2", 2),
]


@pytest.mark.parametrize(("expression", "expected"), PRECEDENCE)
def test_precedence(expression: str, expected: float, values: Values) -> None:
    constants = "a = 2\nb = 3\nc = 5\nt = 1\nf = 0\n"
    assert values(constants + f"x = {expression}")[0] == pytest.approx(expected, rel=1e-15)
    bracketed = values(constants + f"x = ({expression})")[0]
    assert bracketed == pytest.approx(expected, rel=1e-15)


def test_division_and_power_bind_as_in_other_readers(values: Values) -> None:
    assert values("x = 2*3^2/6-1")[0] == 2.0


# Any expression ---------------------------------------------------------------------------------

# From weakest to strongest: how far an operator reaches, and what it does to two numbers.
BINARY: dict[str, tuple[int, Callable[[float, float], float]]] = {
    ":OR:": (1, lambda a, b: a != 0 or b != 0),
    ":AND:": (2, lambda a, b: a != 0 and b != 0),
    "=": (4, operator.eq),
    "<>": (4, operator.ne),
    "<": (4, operator.lt),
    ">=": (4, operator.ge),
    "+": (5, operator.add),
    "-": (5, operator.sub),
    "*": (6, operator.mul),
    "/": (6, lambda a, b: evaluate(Op.DIV, a, b)),
    "^": (8, lambda a, b: evaluate(Op.POW, a, b)),
}
UNARY: dict[str, tuple[int, Callable[[float], float]]] = {
    ":NOT:": (3, lambda a: a == 0),
    "-": (7, operator.neg),
}
NUMBER = 9
Written = tuple[str, int, float]  # text, how strongly its outermost operator binds, value


def bracketed(part: Written, least: int) -> str:
    text, level, _ = part
    return text if level >= least else f"({text})"


@st.composite
def expressions(draw: st.DrawFn) -> Written:
    """Return a random expression with no bracket that is not needed, and its value."""

    def two(parts: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
        def write(symbol: str, left: Written, right: Written) -> Written:
            level, compute = BINARY[symbol]
            # All bind from the left but the power, which does so from the right.
            a, b = (level + 1, level) if symbol == "^" else (level, level + 1)
            value = float(compute(left[2], right[2]))
            text = f"{bracketed(left, a)} {symbol} {bracketed(right, b)}"
            return text, level, value

        return st.builds(write, st.sampled_from(list(BINARY)), parts, parts)

    def one(parts: st.SearchStrategy[Written]) -> st.SearchStrategy[Written]:
        def write(symbol: str, part: Written) -> Written:
            level, compute = UNARY[symbol]
            return f"{symbol} {bracketed(part, level)}", level, float(compute(part[2]))

        return st.builds(write, st.sampled_from(list(UNARY)), parts)

    number = st.builds(lambda n: (str(n), NUMBER, float(n)), st.integers(0, 4))
    return draw(st.recursive(number, lambda parts: two(parts) | one(parts), max_leaves=12))


def value_of(expr: Expr) -> float:
    if isinstance(expr, Const):
        return expr.value
    assert isinstance(expr, Apply)
    return evaluate(expr.op, *(value_of(arg) for arg in expr.args))


@given(expressions())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_an_expression_without_needless_brackets(written: Written) -> None:
    text, _, value = written
    parsed = value_of(parse_expression(words(text), len(text)))
    assert parsed == value or (parsed != parsed and value != value), text
