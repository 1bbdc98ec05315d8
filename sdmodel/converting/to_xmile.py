"""Vensim's functions in terms of those of XMILE 1.0: the way back from the reader's `builtins`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sdmodel.converting.notes import Collector
from sdmodel.expr import Apply, Call, Const, Expr, Op, Ref, apply, literal, rewrite, where
from sdmodel.functions import find
from sdmodel.functions.arithmetic import ALMOST_ZERO
from sdmodel.names import key
from sdmodel.source import Variable

TIME, STEP = Ref("time"), Ref("time step")
# An instant is asked for almost half a step ahead, so that rounding of Time delays nothing.
_AHEAD = TIME + Const(0.5 * (1 - 1e-6)) * STEP
_A_LITTLE_LESS = 1 - 1e-6

Args = Sequence[Expr]
Builder = Callable[[Args], Expr]


def _as(name: str, *order: int) -> Builder:
    return lambda args: Call(name, tuple(args[i] for i in order if i < len(args)))


def _floor(x: Expr) -> Expr:
    return Call("INT", (x,))


def whole(x: Expr) -> Expr:
    """Return x cut towards zero: INT of XMILE goes down instead."""
    return where(x < 0, -_floor(-x), _floor(x))


def _modulo(args: Args) -> Expr:
    """Vensim's has the sign of x, XMILE's that of the divisor."""
    x, base = args[0], Call("ABS", (args[1],))
    return where(x < 0, -Call("MOD", (-x, base)), Call("MOD", (x, base)))


def _quantum(args: Args) -> Expr:
    return where(args[1] <= 0, args[0], args[1] * whole(args[0] / args[1]))


def _divided(args: Args) -> Expr:
    """XIDZ and ZIDZ: SAFEDIV asks for zero itself, these for what is almost zero."""
    otherwise: Expr = args[2] if len(args) > 2 else Const(0.0)
    return where(Call("ABS", (args[1],)) < ALMOST_ZERO, otherwise, args[0] / args[1])


def _log(args: Args) -> Expr:
    if literal(args[1]) == 10:
        return Call("LOG10", (args[0],))
    return Call("LN", (args[0],)) / Call("LN", (args[1],))


def _power(args: Args) -> Expr:
    return Apply(Op.POW, (args[0], args[1]))


def _pulse(args: Args) -> Expr:
    """Two steps: like a pulse, they stand still while a method looks ahead within a step."""
    start, width = args
    length = literal(width)
    if length is not None:
        duration = width if length > 0 else STEP
    else:
        duration = where(width <= 0, STEP, width)
    on, off = (Call("STEP", (Const(1.0), instant)) for instant in (start, start + duration))
    return on - off


def _pulse_train(args: Args) -> Expr:
    start, end = args[0], args[3]
    duration, gap = Call("MAX", (args[1], STEP)), Call("MAX", (args[2], STEP))
    since = _AHEAD - start
    within = since - _floor(since / gap) * gap < duration
    last = end + STEP * _A_LITTLE_LESS
    begun = apply(Op.AND, since >= 0, last > _AHEAD)
    return where(apply(Op.AND, begun, within), 1, 0)


def _time_base(args: Args) -> Expr:
    return args[0] + TIME * args[1]


def _extreme(name: str) -> Builder:
    return lambda args: Call(name, tuple(args))


def _sample(args: Args) -> Expr:
    return where(args[0], args[1], Call("PREVIOUS", (Ref("self"), args[2])))


BUILDERS: dict[str, Builder] = {
    "if then else": lambda args: where(*args),
    "smooth": _as("SMTH1", 0, 1),
    "smoothi": _as("SMTH1", 0, 1, 2),
    "smooth3": _as("SMTH3", 0, 1),
    "smooth3i": _as("SMTH3", 0, 1, 2),
    "smooth n": _as("SMTHN", 0, 1, 3, 2),
    "delay1": _as("DELAY1", 0, 1),
    "delay1i": _as("DELAY1", 0, 1, 2),
    "delay3": _as("DELAY3", 0, 1),
    "delay3i": _as("DELAY3", 0, 1, 2),
    "delay n": _as("DELAYN", 0, 1, 3, 2),
    "delay fixed": _as("DELAY", 0, 1, 2),
    "delay material": _as("DELAY", 0, 1, 2),
    "delay information": _as("DELAY", 0, 1, 2),
    "trend": _as("TREND", 0, 1, 2),
    "forecast": _as("FORCST", 0, 1, 2),
    "initial": _as("INIT", 0),
    "reinitial": _as("INIT", 0),
    "game": lambda args: args[0],
    "sample if true": _sample,
    "integer": lambda args: whole(args[0]),
    "modulo": _modulo,
    "quantum": _quantum,
    "xidz": _divided,
    "zidz": _divided,
    "log": _log,
    "power": _power,
    "pulse": _pulse,
    "pulse train": _pulse_train,
    "time base": _time_base,
    "gamma ln": _as("GAMMALN", 0),
    "random uniform": _as("UNIFORM", 0, 1, 2),
    "random 0 1": lambda args: Call("UNIFORM", (Const(0.0), Const(1.0))),
    "random normal": _as("NORMAL", 2, 3, 4, 0, 1),
    "npv": _as("NPV", 0, 1, 2, 3),
}
OF_TIME = frozenset({"pulse train"})
# Functions of both languages, of the same name and meaning.
SAME = frozenset(
    {"abs", "min", "max", "exp", "ln", "sqrt", "sin", "cos", "tan", "arcsin", "arccos", "arctan"}
    | {"step", "ramp"}
)
# Functions that read a lookup, under the names Stella has for them, or under Vensim's.
OF_LOOKUPS = {"lookup invert": "LOOKUPINV", "lookup area": "LOOKUPAREA"}
KEPT = "sdmodel reads it; for other tools write it in another way"
# What is said of a function whose meaning is not the same everywhere.
ADVICE = {
    "game": ("GAME is left out", "in Stella, put the variable on an input of the interface"),
    "reinitial": ("REINITIAL has become INIT", "a game that starts anew keeps the first value"),
}


def in_xmile(equation: Expr, entry: Variable, collector: Collector, method: str) -> Expr:
    """Return an equation with XMILE's functions; sums and lookups are left as they are.

    `method` is that of the model: what is written with TIME moves on within a Runge-Kutta step.
    """

    def change(node: Expr) -> Expr:
        if not isinstance(node, Call):
            return node
        name = key(node.function)
        if name in ADVICE:
            collector.note(entry.name, entry.at, *ADVICE[name], lost=True)
        if name in BUILDERS and (name not in OF_TIME or method in ("euler", "difference")):
            return BUILDERS[name](node.args)
        if name in SAME:
            return Call(node.function.upper(), node.args)
        info = find(name)
        if info is None or info.source == "XMILE":
            return node
        if name in OF_LOOKUPS:
            return Call(OF_LOOKUPS[name], node.args)
        if not node.axes and name not in LEFT:
            collector.note(
                entry.name,
                entry.at,
                f"uses {info.name}, which XMILE lacks: it is kept under this name",
                KEPT,
                lost=True,
            )
            return Call(info.name.replace(" ", "_"), node.args)
        return node

    return rewrite(equation, change)


# Calls that the writer itself takes apart.
LEFT = frozenset(
    {"integ", "active initial", "with lookup", "sum", "prod", "vmin", "vmax", "elmcount"}
    | {"vector select", "vector elm map"}
)
