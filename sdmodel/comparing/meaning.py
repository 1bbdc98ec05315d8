"""What an equation says, whatever its layout, its spelling of names and its needless brackets."""

from __future__ import annotations

from collections.abc import Mapping

from sdmodel.comparing.wording import Check, check_text
from sdmodel.expr import Apply, Call, Const, Expr, Ref, Table, Tables, Text, Values, children, walk
from sdmodel.names import key
from sdmodel.source import RealityConstraint, Variable

Names = Mapping[str, str]


def meaning_of(variable: Variable, names: Names | None = None) -> tuple[object, ...]:
    """Return what can be compared of the right side of an entry.

    `names` gives other keys for names that are to count as the same, such as renamed ones.
    """
    marks = (variable.data, variable.lookup, variable.mode, variable.non_negative)
    return (said(variable.equation, names), variable.table, variable.unchangeable, *marks)


def said(equation: Expr | None, names: Names | None = None) -> tuple[object, ...]:
    """Return what can be compared of an expression; see `meaning_of`."""
    return () if equation is None else tuple(_head(node, names or {}) for node in walk(equation))


def check_meaning(check: Check, names: Names | None = None) -> tuple[object, ...]:
    """Return what can be compared of a reality check or of a test input."""
    own = tuple(map(key, check.subscripts))
    if check.problem:  # what cannot be read has no meaning but its words
        return (own, " ".join(check_text(check).split()))
    if isinstance(check, RealityConstraint):
        return (own, said(check.condition, names), said(check.consequence, names))
    return (own, said(check.target, names), check.comparison, said(check.equation, names))


def _head(node: Expr, names: Names) -> tuple[object, ...]:
    """Return one node without what is below it; in order, all of them give the tree back."""

    def own(name: str) -> str:
        return names.get(key(name), key(name))

    match node:
        case Const():
            return ("number", node.value)
        case Text():
            return ("text", node.value)
        case Ref():
            return ("name", own(node.name), *map(key, node.subscripts))
        case Apply():
            return (node.op, len(node.args))
        case Call():
            outputs = tuple(own(one.name) for one in node.outputs)
            return ("call", own(node.function), len(node.args), outputs, node.subscripts)
        case Table() | Tables() | Values():
            return ("points", node)
        case _:
            return (type(node).__name__, len(children(node)))
