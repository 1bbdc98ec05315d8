"""XMILE's own functions in terms of Vensim's: those that the reader hands on as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sdmodel.expr import Apply, Call, Const, Expr, Op, Ref, apply, literal, rewrite
from sdmodel.names import key

STEP, FINAL = Ref("time step"), Ref("final time")

Args = Sequence[Expr]


def choice(condition: Expr, yes: Expr | float, no: Expr | float) -> Expr:
    """Return IF THEN ELSE."""
    return Call("IF THEN ELSE", (condition, _node(yes), _node(no)))


def _node(value: Expr | float) -> Expr:
    return Const(float(value)) if isinstance(value, int | float) else value


def _floor(args: Args) -> Expr:
    """Vensim's INTEGER goes towards zero."""
    cut = Call("INTEGER", (args[0],))
    return cut - choice(args[0] < cut, 1, 0)


def _mod(args: Args) -> Expr:
    """Vensim's MODULO has the sign of x, XMILE's that of the divisor."""
    rest = Call("MODULO", (args[0], args[1]))
    return choice(rest * args[1] < 0, rest + args[1], rest)


def _round(args: Args) -> Expr:
    return Call("INTEGER", (args[0] + choice(args[0] < 0, -0.5, 0.5),))


def _pulse(args: Args) -> Expr:
    height = args[0] / STEP
    if len(args) < 3:
        return height * Call("PULSE", (args[1], STEP))
    train = Call("PULSE TRAIN", (args[1], STEP, args[2], FINAL))
    if literal(args[2]) is not None:
        return height * train
    return height * choice(args[2] > 0, train, Call("PULSE", (args[1], STEP)))


def _safediv(args: Args) -> Expr:
    return choice(apply(Op.EQ, args[1], 0), args[2], args[0] / args[1])


def _previous(args: Args) -> Expr:
    return Call("DELAY FIXED", (args[0], STEP, args[1]))


def _lognormal(args: Args) -> Expr:
    """Return e to the power of a normal number: its mean and deviation are those of logarithms."""
    mean, deviation, seed = args
    ratio = deviation / mean
    variance = Call("LN", (Const(1.0) + ratio * ratio,))
    bounds = (Const(-1e300), Const(1e300))
    centre = Call("LN", (mean,)) - variance / 2
    return Call("EXP", (Call("RANDOM NORMAL", (*bounds, centre, Call("SQRT", (variance,)), seed)),))


BUILDERS: dict[str, Callable[[Args], Expr]] = {
    "xmile int": _floor,
    "xmile mod": _mod,
    "xmile round": _round,
    "xmile pulse": _pulse,
    "safediv": _safediv,
    "previous": _previous,
    "xmile delay": lambda args: Call("DELAY FIXED", tuple(args)),
    "xmile lognormal": _lognormal,
}
# The function of Vensim that each primitive is.
OF_OPERATORS = {
    Op.WHERE: "IF THEN ELSE",
    Op.MIN: "MIN",
    Op.MAX: "MAX",
    Op.ABS: "ABS",
    Op.EXP: "EXP",
    Op.LN: "LN",
    Op.SQRT: "SQRT",
    Op.SIN: "SIN",
    Op.COS: "COS",
    Op.TRUNC: "INTEGER",
    Op.REMAINDER: "MODULO",
    Op.LGAMMA: "GAMMA LN",
}


def in_vensim(equation: Expr) -> Expr:
    """Return an equation with functions of Vensim alone."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Call) and key(node.function) in BUILDERS:
            return BUILDERS[key(node.function)](node.args)
        if isinstance(node, Apply) and node.op in OF_OPERATORS:
            return Call(OF_OPERATORS[node.op], node.args)
        return node

    return rewrite(equation, change)
