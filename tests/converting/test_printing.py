"""What is written of a tree is read as the same tree, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdmodel.converting.printing import VENSIM, XMILE, Operators, Printer, Written, constant, number
from sdmodel.expr import Apply, Call, Const, Expr, Op, Ref, Table, Text, Values, walk
from sdmodel.frontends import read
from sdmodel.frontends.expressions import parse_expression
from sdmodel.frontends.lists import NOT_AVAILABLE
from sdmodel.frontends.tokens import words
from sdmodel.frontends.xmile.expressions import parse_expression as parse_xmile
from sdmodel.frontends.xmile.markup import Passage
from sdmodel.frontends.xmile.words import Word
from sdmodel.frontends.xmile.words import words as xmile_words
from tests.conformance.recorded import PLACE

ROOT = Path(__file__).resolve().parents[2]
BINARY = sorted(VENSIM.keys() - {Op.NOT, Op.NEG}, key=lambda op: op.value)
numbers = st.floats(0, 1e300).map(Const)
names = st.sampled_from(["a", "birth rate", "x1"]).map(Ref)


def nodes(below: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    one = st.tuples(st.sampled_from([Op.NOT, Op.NEG]), st.tuples(below))
    two = st.tuples(st.sampled_from(BINARY), st.tuples(below, below))
    call = st.tuples(below, below).map(lambda args: Call("MIN", args))
    return st.one_of(st.one_of(one, two).map(lambda node: Apply(*node)), call)


trees = st.recursive(st.one_of(numbers, names), nodes, max_leaves=12)


def leaf(node: Expr, inner: list[Written]) -> Written:
    match node:
        case Const():
            return Written(":NA:") if node.value == NOT_AVAILABLE else constant(node.value)
        case Ref():
            return Written(
                node.name + (f"[{','.join(node.subscripts)}]" if node.subscripts else "")
            )
        case Text():
            return Written(f"'{node.value}'")
        case Call():
            subscripts = f"[{','.join(node.subscripts)}]" if node.subscripts else ""
            args = ", ".join(one.text for one in inner)
            outputs = ", ".join(leaf(one, []).text for one in node.outputs)
            return Written(
                f"{node.function}{subscripts}({args}{' : ' + outputs if outputs else ''})"
            )
        case _:
            raise AssertionError(node)


def leaf_of_xmile(node: Expr, inner: list[Written]) -> Written:
    found = leaf(node, inner)
    return Written(found.text.replace(" ", "_"), found.level) if isinstance(node, Ref) else found


class Plain:
    """A scope in which every name is what it says."""

    def reference(self, word: Word) -> Expr:
        return Ref(word.text.replace("_", " "))

    def call(self, word: Word, args: list[Expr], indices: list[Expr] | None) -> Expr:
        return Call(word.text, tuple(args))

    def subscripted(self, word: Word, indices: list[Expr]) -> Expr:
        raise NotImplementedError

    def joined(self, names: list[Word]) -> bool:
        return False


def test_every_operator_is_in_both_tables() -> None:
    assert VENSIM.keys() == XMILE.keys()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(trees)
def test_vensim_reads_what_is_written(tree: Expr) -> None:
    text = Printer(VENSIM, leaf)(tree)
    assert parse_expression(words(text), len(text)) == tree


@settings(max_examples=200, deadline=None, derandomize=True)
@given(trees)
def test_xmile_reads_what_is_written(tree: Expr) -> None:
    text = Printer(XMILE, leaf_of_xmile)(tree)
    assert parse_xmile(xmile_words(Passage(text)), len(text), Plain()) == tree


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_as_itself(value: float) -> None:
    assert float(number(value)) == value


@pytest.mark.parametrize(
    ("operators", "text"), [(VENSIM, "(a+b)*-c"), (XMILE, "a-(b-c)"), (VENSIM, ":NOT: a")]
)
def test_no_bracket_is_more_than_is_needed(operators: Operators, text: str) -> None:
    tree = parse_expression(words(text), len(text))
    shown = Printer(operators, leaf)(tree)
    assert shown.replace("(-c)", "-c") == text


def test_thousands_of_brackets_are_no_harder() -> None:
    tree: Expr = Ref("a")
    for _ in range(5_000):
        tree = Apply(Op.POW, (Apply(Op.NEG, (tree,)), Ref("a")))
    text = Printer(VENSIM, leaf)(tree)
    again = Printer(VENSIM, leaf)(parse_expression(words(text), len(text)))
    assert again == text


def models() -> list[Path]:
    there = sorted((PLACE / "models").rglob("*.mdl")) if PLACE is not None else []
    return [*sorted((ROOT / "models").glob("*.mdl")), *there]


def test_all_equations_of_all_models_keep_their_meaning() -> None:
    """Those of our models always, and other people's where they lie."""
    compared = 0
    for path in models():
        model = read(path)
        inner = (one for macro in model.macros for one in macro.variables)
        for variable in (*model.variables, *inner):
            tree = variable.equation
            if tree is None or any(isinstance(one, Table | Values) for one in walk(tree)):
                continue
            text = Printer(VENSIM, leaf)(tree)
            assert parse_expression(words(text), len(text)) == tree, (path.name, variable.name)
            compared += 1
    assert compared > 600
