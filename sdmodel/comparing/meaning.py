"""What an equation says, whatever its layout, its spelling of names and its needless brackets."""

from __future__ import annotations

from collections.abc import Mapping

from sdmodel.expr import Apply, Call, Const, Expr, Ref, Table, Tables, Text, Values, children, walk
from sdmodel.names import key
from sdmodel.source import Variable

Names = Mapping[str, str]


def meaning_of(variable: Variable, names: Names | None = None) -> tuple[object, ...]:
    """Return what can be compared of the right side of an entry.

    `names` gives other keys for names that are to count as the same, such as renamed ones.
    """
    known = names or {}
    equation = variable.equation
    said = () if equation is None else tuple(_head(node, known) for node in walk(equation))
    marks = (variable.data, variable.lookup, variable.mode, variable.non_negative)
    return (said, variable.table, variable.unchangeable, *marks)


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
