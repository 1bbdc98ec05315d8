"""Equations as HTML: read without its markup, an equation still says what it says."""

from __future__ import annotations

import html
import random
import re

import pytest

from sdmodel.documents.typeset import equation, typeset
from sdmodel.expr import Apply, Call, Const, Expr, Op, Ref, children
from sdmodel.frontends import parse
from sdmodel.source import SourceText

SIGNS = {"×": "*", "−": "-", "≤": "<=", "≥": ">=", "≠": "<>", "and": ":AND:", "or": ":OR:",
         "not": ":NOT:"}  # fmt: skip
TWO = (Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.POW, Op.LT, Op.GE, Op.AND, Op.OR)
VALUES = {"aa": 3.0, "bb": 0.75, "cc": 7.0}


def random_expression(chance: random.Random, depth: int) -> Expr:
    if depth == 0 or chance.random() < 0.15:
        return chance.choice([Ref("aa"), Ref("bb"), Ref("cc"), Const(2.0), Const(0.5)])
    if chance.random() < 0.2:
        op = chance.choice([Op.NEG, Op.NEG, Op.NOT])
        return Apply(op, (random_expression(chance, depth - 1),))
    if chance.random() < 0.1:
        args = (random_expression(chance, depth - 1), random_expression(chance, depth - 1))
        return Call("MAX", args)
    args = (random_expression(chance, depth - 1), random_expression(chance, depth - 1))
    return Apply(chance.choice(TWO), args)


def value(expr: Expr) -> float:
    """Compute an expression plainly."""
    if isinstance(expr, Const):
        return expr.value
    if isinstance(expr, Ref):
        return VALUES[expr.name]
    args = [value(one) for one in children(expr)]
    if isinstance(expr, Call):
        return max(args)
    assert isinstance(expr, Apply)
    a, b = args[0], args[-1]
    try:
        match expr.op:
            case Op.NEG:
                return -a
            case Op.NOT:
                return float(not a)
            case Op.ADD:
                return a + b
            case Op.SUB:
                return a - b
            case Op.MUL:
                return a * b
            case Op.DIV:
                return a / b
            case Op.POW:
                return float(abs(a) ** b)
            case Op.LT:
                return float(a < b)
            case Op.GE:
                return float(a >= b)
            case Op.AND:
                return float(bool(a and b))
            case _:
                return float(bool(a or b))
    except (ZeroDivisionError, OverflowError):
        return float("nan")


def read_back(markup: str) -> Expr:
    """Return what the text of some HTML means to the reader of Vensim's files."""
    text = html.unescape(re.sub(r"<[^>]+>", "", markup))
    for shown, written in SIGNS.items():
        text = (
            re.sub(rf"\b{shown}\b", written, text)
            if shown.isalpha()
            else text.replace(shown, written)
        )
    model = parse(SourceText("x.mdl", f"y = {text} ~~|\n"))
    assert not model.problems, text
    found = model.variables[0].equation
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(300))
def test_an_equation_read_without_its_markup_means_the_same(seed: int) -> None:
    expr = random_expression(random.Random(seed), 5)
    markup = typeset(expr, lambda name: "")
    assert value(read_back(markup)) == pytest.approx(value(expr), rel=1e-12, nan_ok=True)


def test_short_quotients_are_fractions_and_long_ones_are_not() -> None:
    short = typeset(Ref("a") / Ref("b"), lambda name: "")
    assert short.count('class="frac"') == 1
    long = typeset(Ref("a" * 80) / Ref("b"), lambda name: "")
    assert "frac" not in long
    assert f"{'a' * 80}</i> / <i>b" in long
    nested = Ref("a") / Ref("b")
    for _ in range(6):
        nested = nested / Ref("b")
    assert 1 <= typeset(nested, lambda name: "").count('class="frac"') <= 3


def test_names_are_links_and_everything_is_escaped() -> None:
    expr = Ref("a<b", ("x&y",)) * Call("f<g", (Ref("z"),))
    markup = typeset(expr, lambda name: f"{name}.html" if name in ("a<b", "f<g") else "")
    assert '<a href="a&lt;b.html">a&lt;b</a>' in markup
    assert '<a href="f&lt;g.html">f&lt;g</a>' in markup
    assert "x&amp;y" in markup
    assert "<i>z</i>" in markup


def test_a_stock_shows_its_rate_and_its_start_and_a_choice_its_cases() -> None:
    stock = equation(Call("INTEG", (Ref("inflow"), Const(5.0))), lambda name: "", "Level")
    assert "d Level" in stock
    assert "d Time" in stock
    assert re.search(r"at the start.*5", stock)
    inner = Call("IF THEN ELSE", (Ref("p"), Const(1.0), Const(2.0)))
    choice = Call("IF THEN ELSE", (Ref("q"), Const(0.0), inner))
    assert equation(choice, lambda name: "", "x").count("<li>") == 3


def test_a_sum_of_thousands_of_terms_is_set_without_recursion() -> None:
    total: Expr = Ref("a")
    for _ in range(5000):
        total = total + Ref("a")
    assert typeset(total, lambda name: "").count("+") == 5000
