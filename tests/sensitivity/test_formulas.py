"""Arithmetic with letters: worked out as Python would, and nothing but arithmetic let in."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import sensitivity as sa
from sensitivity.formulas import letters, read_formula, unit_of, work_out

VALUES = {"a": np.array([1.5, -2.0, 0.25]), "b": np.array([3.0, 0.5, 2.0])}

FORMULAS = st.recursive(
    st.sampled_from(["a", "b", "2", "0.5"]),
    lambda part: st.one_of(
        st.tuples(part, st.sampled_from("+-*"), part).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
        part.map(lambda p: f"-{p}"),
        part.map(lambda p: f"abs({p})"),
        st.tuples(part, part).map(lambda p: f"max({p[0]}, {p[1]})"),
    ),
    max_leaves=8,
)


@given(FORMULAS)
def test_a_formula_gives_what_python_gives(text: str) -> None:
    words = {"abs": np.abs, "max": np.maximum, "__builtins__": {}}
    expected = np.broadcast_to(eval(text, words | VALUES), (3,))
    np.testing.assert_array_equal(
        np.broadcast_to(work_out(read_formula(text), VALUES), 3), expected
    )


def test_powers_bind_as_in_the_model_s_equations() -> None:
    assert work_out(read_formula("-a^2 * 3"), {"a": np.array([2.0])}) == [-12.0]


def test_what_has_no_value_is_not_a_number() -> None:
    found = work_out(read_formula("log(a) + 1 / (b - 3)"), VALUES)
    assert np.isfinite(found).tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a -", "the expression 'a -' cannot be read (invalid syntax): write it with letters"),
        ("__import__('os')", "uses '__import__', which is no function here"),
        ("a.b", "holds 'a.b', which is no arithmetic: write it with letters"),
        ("(lambda: 1)()", "which is no arithmetic"),
        ("[a for a in b]", "which is no arithmetic"),
        ("'x' * 9", "holds ''x'', which is no arithmetic"),
        ("a if b else 2", "which is no arithmetic"),
        ("True", "which is no arithmetic"),
        ("a // b", "which is no arithmetic"),
        ("maxi(a, b)", "uses 'maxi', which is no function here; did you mean 'max'? Choose from"),
        ("max(a)", "gives max 1 values, but it takes 2"),
        ("min(*a)", "which is no arithmetic"),
        ("1 +" * 200 + "1", "the expression is longer than 400 characters: split it"),
        ("(" * 300 + "a" + ")" * 90, "cannot be read"),
        ("a\0", "cannot be read"),
    ],
)
def test_anything_else_is_refused(text: str, message: str) -> None:
    with pytest.raises(sa.OutcomeError, match=re.escape(message)):
        read_formula(text)


def test_the_longest_formula_is_walked_without_trouble() -> None:
    assert work_out(read_formula("-" * 398 + "a"), VALUES).tolist() == VALUES["a"].tolist()


def test_letters() -> None:
    assert letters(read_formula("max(a, b) - min + max")) == {"a", "b", "min", "max"}


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("a - b", "kg"),
        ("a / b", "dmnl"),
        ("a / b - 1", "dmnl"),
        ("a - 1", ""),
        ("2 * a", "kg"),
        ("a * t", "kg*Year"),
        ("a / t", "kg/Year"),
        ("(a / t) * t", ""),
        ("max(a, b)", "kg"),
        ("max(a, t)", ""),
        ("abs(-a)", "kg"),
        ("log(a / b)", "dmnl"),
        ("log(a)", ""),
        ("a + u", ""),
        ("(a / b) ^ 2", "dmnl"),
    ],
)
def test_a_unit_only_where_it_follows(text: str, unit: str) -> None:
    units = {"a": "kg", "b": "KG", "t": "Year", "u": ""}
    assert unit_of(read_formula(text), units) == unit
