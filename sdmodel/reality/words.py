"""An expression written out again, on one line, for people to read."""

from __future__ import annotations

from collections.abc import Sequence

from sdmodel.expr import Apply, Call, Const, Expr, Op, Ref, Text, fold

_LEVEL = {
    Op.OR: 1,
    Op.AND: 2,
    Op.NOT: 3,
    **dict.fromkeys((Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE), 4),
    **dict.fromkeys((Op.ADD, Op.SUB), 5),
    **dict.fromkeys((Op.MUL, Op.DIV), 6),
    Op.NEG: 7,
    Op.POW: 8,
}
_HIGHEST = 9


def written(expr: Expr) -> str:
    """Return an expression as Vensim writes it.

    >>> a, b = Ref("a"), Ref("b", ("x", "y"))
    >>> written(Apply(Op.LE, ((a + 1) * 2, Call("MAX", (b, Const(0.5))))))
    '(a + 1)*2 <= MAX(b[x,y], 0.5)'
    """
    return fold(expr, _one)[0]


def _one(node: Expr, inner: Sequence[tuple[str, int]]) -> tuple[str, int]:
    match node:
        case Const():
            return f"{node.value:g}", _HIGHEST
        case Text():
            return f"'{node.value}'", _HIGHEST
        case Ref():
            return node.name + _bracketed(node.subscripts), _HIGHEST
        case Call():
            given = ", ".join(text for text, _ in inner)
            return f"{node.function}{_bracketed(node.subscripts)}({given})", _HIGHEST
        case Apply():
            return _applied(node.op, inner)
        case _:
            return "(points)", _HIGHEST


def _applied(op: Op, inner: Sequence[tuple[str, int]]) -> tuple[str, int]:
    level = _LEVEL.get(op, _HIGHEST)
    if len(inner) == 1:
        sign = "-" if op is Op.NEG else ":NOT: "
        return sign + _within(inner[0], level), level
    (left, right), tight = inner, op in (Op.MUL, Op.DIV, Op.POW)
    sign = op.value if tight else f" {op.value} "
    # The right side of what binds from the left needs brackets where it binds no more strongly.
    return _within(left, level) + sign + _within(right, level + (op is not Op.POW)), level


def _within(inner: tuple[str, int], level: int) -> str:
    text, own = inner
    return text if own >= level else f"({text})"


def _bracketed(subscripts: tuple[str, ...]) -> str:
    return f"[{','.join(subscripts)}]" if subscripts else ""
