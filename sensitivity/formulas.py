"""Arithmetic with letters: read, checked and worked out on arrays, with nothing executed.

Python's own parser reads the text; of the tree it gives, only numbers, letters, ``+ - * / ^``,
brackets and a few functions are walked. Anything else is refused by name.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.errors import OutcomeError, among, fold, near
from sensitivity.outcomes import DIMENSIONLESS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Longer than any formula a reader could follow, and short enough for Python's parser.
_LONGEST = 400
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "abs": (1, np.abs),
    "exp": (1, np.exp),
    "log": (1, np.log),
    "sqrt": (1, np.sqrt),
    "min": (2, np.minimum),
    "max": (2, np.maximum),
}


@lru_cache(maxsize=256)
def read_formula(text: str) -> ast.expr:
    """Return a formula as a tree that holds nothing but arithmetic, or say what is wrong with it.

    Examples
    --------
    >>> sorted(letters(read_formula("a / b - 1")))
    ['a', 'b']
    """
    if len(text) > _LONGEST:
        raise OutcomeError(f"the expression is longer than {_LONGEST} characters: split it")
    try:
        # A caret is a power, as in the model's own equations.
        tree = ast.parse(text.replace("^", "**").strip(), mode="eval").body
    except SyntaxError as error:
        raise OutcomeError(
            f"the expression '{text}' cannot be read ({error.msg}): write it with letters, "
            "numbers, + - * / ^ and brackets, such as a / b - 1"
        ) from None
    except (ValueError, RecursionError, MemoryError):
        raise OutcomeError(f"the expression '{text}' cannot be read: make it simpler") from None
    _check(tree, text)
    return tree


def _check(node: ast.expr, text: str) -> None:
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            _check(left, text)
            _check(right, text)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            _check(operand, text)
        case ast.Name():
            pass
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            pass
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            if name not in _FUNCTIONS:
                raise OutcomeError(
                    f"the expression '{text}' uses '{name}', which is no function here"
                    f"{among(name, _FUNCTIONS)}"
                )
            for one in arguments:
                _check(one, text)
            wanted = _FUNCTIONS[name][0]
            if len(arguments) != wanted:
                raise OutcomeError(
                    f"the expression '{text}' gives {name} {len(arguments)} values, but it takes "
                    f"{wanted}"
                )
        case _:
            raise OutcomeError(
                f"the expression '{text}' holds '{ast.unparse(node)}', which is no arithmetic: "
                f"write it with letters, numbers, + - * / ^, brackets and {', '.join(_FUNCTIONS)}"
            )


def letters(tree: ast.expr) -> set[str]:
    """Return the letters that stand in a formula, its functions left out."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called
    }


def check_letters(text: str, given: Iterable[str]) -> None:
    """Refuse a formula with a letter that has no meaning, or a meaning without its letter."""
    used, given = letters(read_formula(text)), list(given)
    wrong = [] if used else [f"the expression '{text}' has no letters, so it is one number always"]
    wrong += [
        f"the expression '{text}' uses '{one}', which stands for nothing{near(one, given)}: say "
        f'what it is, as in {one} = "an outcome"'
        for one in sorted(used.difference(given))
    ]
    wrong += [
        f"'{one}' does not stand in the expression '{text}': leave it out, or use it"
        for one in given
        if one not in used
    ]
    if wrong:
        raise OutcomeError("\n".join(wrong))


def work_out(tree: ast.expr, values: Mapping[str, Floats]) -> Floats:
    """Return what a formula gives; NaN or infinite where it has no value.

    Examples
    --------
    >>> work_out(read_formula("a / b - 1"), {"a": np.array([3.0]), "b": np.array([2.0])})
    array([0.5])
    """
    with np.errstate(all="ignore"):
        return np.asarray(_work_out(tree, values), dtype=float)


def _work_out(node: ast.expr, values: Mapping[str, Floats]) -> Any:
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            return _OPERATORS[type(op)](_work_out(left, values), _work_out(right, values))
        case ast.UnaryOp(op=op, operand=operand):
            found = _work_out(operand, values)
            return -found if isinstance(op, ast.USub) else found
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _FUNCTIONS[name][1](*(_work_out(one, values) for one in arguments))
        case ast.Name(id=name):
            return values[name]
        case ast.Constant(value=int() | float() as value):
            return np.float64(value)
    raise AssertionError("a formula that was checked holds arithmetic only")


def unit_of(tree: ast.expr, units: Mapping[str, str]) -> str:
    """Return the unit of what a formula gives, where it follows from the letters'; else nothing.

    Examples
    --------
    >>> unit_of(read_formula("a - b"), {"a": "Year", "b": "Year"})
    'Year'
    >>> unit_of(read_formula("a / b - 1"), {"a": "Year", "b": "Year"})
    'dmnl'
    """
    match tree:
        case ast.Constant():
            return "dmnl"
        case ast.Name(id=name):
            return units[name]
        case ast.UnaryOp(operand=operand):
            return unit_of(operand, units)
        case ast.Call(func=ast.Name(id=name), args=arguments):
            first, *others = [unit_of(one, units) for one in arguments]
            same = all(fold(one) == fold(first) for one in others)
            if name in ("abs", "min", "max"):
                return first if same else ""
            return first if _pure(first) else ""
        case ast.BinOp(left=left, op=op, right=right):
            return _combined(op, unit_of(left, units), unit_of(right, units))
    return ""


def _pure(unit: str) -> bool:
    return unit != "" and fold(unit) in DIMENSIONLESS


def _combined(op: ast.operator, left: str, right: str) -> str:
    if not left or not right:
        return ""
    same, plain = fold(left) == fold(right), not set("*/") & {*left, *right}
    match op:
        case ast.Add() | ast.Sub():
            return left if same or (_pure(left) and _pure(right)) else ""
        case ast.Mult():
            if _pure(right):
                return left
            return right if _pure(left) else f"{left}*{right}" if plain else ""
        case ast.Div():
            if same:
                return "dmnl"
            return left if _pure(right) else f"{left}/{right}" if plain else ""
    return left if _pure(left) and _pure(right) else ""
