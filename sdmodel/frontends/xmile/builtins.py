"""XMILE's and Stella's functions in terms of Vensim's, so that one lowering serves both.

A function of the same name and meaning passes unchanged; so does a name nobody knows, which is
then reported with the others. `EMITTED` lists the functions that Vensim lacks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from sdmodel.errors import counted
from sdmodel.expr import Apply, Call, Const, Expr, Op, Ref, apply, literal
from sdmodel.frontends.lists import NOT_AVAILABLE
from sdmodel.frontends.tokens import ExpressionError
from sdmodel.names import key

# Functions for `sdmodel.functions` to define: those of XMILE that no function of Vensim equals.
EMITTED = (
    "PREVIOUS",
    "XMILE DELAY",
    "XMILE INT",
    "XMILE PULSE",
    "XMILE LOGNORMAL",
    "XMILE MOD",
    "XMILE ROUND",
    "SAFEDIV",
    "MEAN",
    "STDDEV",
    "SIZE",
    "RANK",
    "@",
)

# Functions that run over every element that `*` stands for in their first argument.
REDUCING = frozenset({"SUM", "PROD", "VMIN", "VMAX", "MEAN", "STDDEV", "SIZE", "RANK"})

TIME_STEP, INITIAL_TIME, FINAL_TIME = Ref("TIME STEP"), Ref("INITIAL TIME"), Ref("FINAL TIME")
TIME = Ref("Time")
_UNSEEDED = Const(0.0)
# Vensim bounds its random numbers; these are bounds that no number meets.
_LEAST, _MOST = Const(-1e300), Const(1e300)

Builder = Callable[[str, Sequence[Expr], int], Expr]


def constants(model: str = "") -> dict[str, Expr]:
    """Return the names that stand for a value; `model` is put behind those of the model."""
    return {
        "time": TIME,
        "dt": Ref(TIME_STEP.name + model),
        "starttime": Ref(INITIAL_TIME.name + model),
        "stoptime": Ref(FINAL_TIME.name + model),
        "pi": Const(math.pi),
        "inf": Const(math.inf),
        "nan": Const(NOT_AVAILABLE),
    }


def _as(vensim: str, *order: int | Expr | None) -> Builder:
    """Return a builder of a call; `order` gives arguments by number, constants, or the first."""

    def build(name: str, args: Sequence[Expr], at: int) -> Expr:
        given = [args[one] if isinstance(one, int) else one for one in order if one is not None]
        return Call(vensim, tuple(given), at)

    return build


def _number(value: float) -> Builder:
    def build(name: str, args: Sequence[Expr], at: int) -> Expr:
        return Const(value, at)

    return build


def _or_initial(plain: str, with_initial: str) -> Builder:
    def build(name: str, args: Sequence[Expr], at: int) -> Expr:
        return Call(with_initial if len(args) > 2 else plain, tuple(args), at)

    return build


def _of_order(vensim: str) -> Builder:
    """``SMTHN(input, time, order, initial)``; Vensim has the order last."""

    def build(name: str, args: Sequence[Expr], at: int) -> Expr:
        value, delay, order = args[:3]
        initial = args[3] if len(args) > 3 else value
        return Call(vensim, (value, delay, initial, order), at)

    return build


def _fixed(name: str, args: Sequence[Expr], at: int) -> Expr:
    """``DELAY(input, time, initial)``: without an initial value, that of the input."""
    value, delay = args[:2]
    return Call("XMILE DELAY", (value, delay, args[2] if len(args) > 2 else value), at)


def _end_value(name: str, args: Sequence[Expr], at: int) -> Expr:
    """``ENDVAL(input, initial)`` asks for the end of the run before; here every run is the first.

    The first run of a session gets the initial value (Stella, Data builtins).
    """
    return Call("INITIAL", (args[-1],), at)


def _history(name: str, args: Sequence[Expr], at: int) -> Expr:
    """``HISTORY(x, TIME - lag)`` is a delay, of zero before the run (Stella, Data builtins)."""
    match args[1]:
        case Apply(Op.SUB, (Ref() as clock, lag)) if key(clock.name) == key(TIME.name):
            delayed = Call("XMILE DELAY", (args[0], lag, Const(0.0)), at)
            return args[0] if literal(lag) == 0 else delayed
    raise ExpressionError(
        at,
        "HISTORY is read where its time is TIME less a lag",
        "write HISTORY(x, TIME - lag), or keep the value in a stock",
        "unsupported",
    )


def _trend(name: str, args: Sequence[Expr], at: int) -> Expr:
    value, delay = args[:2]
    return Call("TREND", (value, delay, args[2] if len(args) > 2 else Const(0.0)), at)


def _forecast(name: str, args: Sequence[Expr], at: int) -> Expr:
    value, delay, horizon = args[:3]
    if len(args) == 3:
        return Call("FORECAST", (value, delay, horizon), at)
    return value * (Const(1.0) + Call("TREND", (value, delay, args[3]), at) * horizon)


def _pulse(name: str, args: Sequence[Expr], at: int) -> Expr:
    """``PULSE(volume, first, interval)``; without an interval, or one of 0, there is one pulse."""
    first: Expr = args[1] if len(args) > 1 else INITIAL_TIME
    fixed = literal(args[2]) if len(args) > 2 else 0.0
    rest = args[2:] if fixed is None or fixed > 0 else ()
    return Call("XMILE PULSE", (args[0], first, *rest), at)


def _step(name: str, args: Sequence[Expr], at: int) -> Expr:
    return Call("STEP", (args[0], args[1] if len(args) > 1 else INITIAL_TIME), at)


def _ramp(name: str, args: Sequence[Expr], at: int) -> Expr:
    start = args[1] if len(args) > 1 else INITIAL_TIME
    # An end before the start means in Vensim that the line never ends.
    end = args[2] if len(args) > 2 else Const(-1e300)
    return Call("RAMP", (args[0], start, end), at)


def _log10(name: str, args: Sequence[Expr], at: int) -> Expr:
    return Call("LOG", (args[0], Const(10.0)), at)


def _extreme(op: Op, reducing: str) -> Builder:
    def build(name: str, args: Sequence[Expr], at: int) -> Expr:
        if len(args) == 1:
            return Call(reducing, (args[0],), at)
        result = args[0]
        for arg in args[1:]:
            result = Apply(op, (result, arg), at)
        return result

    return build


def _mean(name: str, args: Sequence[Expr], at: int) -> Expr:
    if len(args) == 1:
        return Call("MEAN", (args[0],), at)
    total = args[0]
    for arg in args[1:]:
        total = total + arg
    return total / Const(float(len(args)))


def _wave(function: Op) -> Builder:
    def build(name: str, args: Sequence[Expr], at: int) -> Expr:
        size, period = args
        return size * apply(function, Const(2 * math.pi) * TIME / period)

    return build


def _seed(args: Sequence[Expr], place: int) -> Expr:
    return args[place] if len(args) > place else _UNSEEDED


def _uniform(name: str, args: Sequence[Expr], at: int) -> Expr:
    return Call("RANDOM UNIFORM", (args[0], args[1], _seed(args, 2)), at)


def _normal(name: str, args: Sequence[Expr], at: int) -> Expr:
    least, most = (args[3], args[4]) if len(args) > 4 else (_LEAST, _MOST)
    return Call("RANDOM NORMAL", (least, most, args[0], args[1], _seed(args, 2)), at)


def _exponential(name: str, args: Sequence[Expr], at: int) -> Expr:
    bounds = (Const(0.0), _MOST, Const(0.0))
    return Call("RANDOM EXPONENTIAL", (*bounds, args[0], _seed(args, 1)), at)


def _poisson(name: str, args: Sequence[Expr], at: int) -> Expr:
    drawn = (Const(0.0), _MOST, args[0], Const(0.0), Const(1.0), _seed(args, 1))
    return Call("RANDOM POISSON", drawn, at)


def _lognormal(name: str, args: Sequence[Expr], at: int) -> Expr:
    return Call("XMILE LOGNORMAL", (args[0], args[1], _seed(args, 2)), at)


def _triangular(name: str, args: Sequence[Expr], at: int) -> Expr:
    low, peak, high = args[:3]
    return Call("RANDOM TRIANGULAR", (low, high, low, peak, high, _seed(args, 3)), at)


def _safediv(name: str, args: Sequence[Expr], at: int) -> Expr:
    otherwise = args[2] if len(args) > 2 else Const(0.0)
    return Call("SAFEDIV", (args[0], args[1], otherwise), at)


def _percent(name: str, args: Sequence[Expr], at: int) -> Expr:
    return args[0] * Const(100.0)


def _root(name: str, args: Sequence[Expr], at: int) -> Expr:
    return Apply(Op.POW, (args[0], Const(1.0) / args[1]), at)


def _npv(name: str, args: Sequence[Expr], at: int) -> Expr:
    rest = [Const(0.0), Const(1.0)][max(len(args) - 2, 0) :]
    return Call("NPV", (*args, *rest), at)


def _factorial(name: str, args: Sequence[Expr], at: int) -> Expr:
    return apply(Op.EXP, apply(Op.LGAMMA, args[0] + Const(1.0)))


# Name: fewest and most arguments, how they are written, and what it becomes.
BUILTINS: dict[str, tuple[int, int, str, Builder]] = {
    "if then else": (3, 3, "condition, yes, no", _as("IF THEN ELSE", 0, 1, 2)),
    "smth1": (2, 3, "input, time, initial", _or_initial("SMOOTH", "SMOOTHI")),
    "smth3": (2, 3, "input, time, initial", _or_initial("SMOOTH3", "SMOOTH3I")),
    "smthn": (3, 4, "input, time, order, initial", _of_order("SMOOTH N")),
    "delay": (2, 3, "input, time, initial", _fixed),
    "history": (2, 2, "x, time", _history),
    "endval": (1, 2, "input, initial", _end_value),
    "delay1": (2, 3, "input, time, initial", _or_initial("DELAY1", "DELAY1I")),
    "delay3": (2, 3, "input, time, initial", _or_initial("DELAY3", "DELAY3I")),
    "delayn": (3, 4, "input, time, order, initial", _of_order("DELAY N")),
    "trend": (2, 3, "input, time, initial", _trend),
    "forcst": (3, 4, "input, time, horizon, initial trend", _forecast),
    "init": (1, 1, "x", _as("INITIAL", 0)),
    "previous": (2, 2, "x, initial", _as("PREVIOUS", 0, 1)),
    "pulse": (1, 3, "volume, first time, interval", _pulse),
    "step": (1, 2, "height, time", _step),
    "ramp": (1, 3, "slope, start, end", _ramp),
    "min": (1, 255, "a, b, ...", _extreme(Op.MIN, "VMIN")),
    "max": (1, 255, "a, b, ...", _extreme(Op.MAX, "VMAX")),
    "mean": (1, 255, "a, b, ...", _mean),
    "sum": (1, 1, "array", _as("SUM", 0)),
    "prod": (1, 1, "array", _as("PROD", 0)),
    "size": (1, 1, "array", _as("SIZE", 0)),
    "stddev": (1, 1, "array", _as("STDDEV", 0)),
    "int": (1, 1, "x", _as("XMILE INT", 0)),
    "mod": (2, 2, "x, divisor", _as("XMILE MOD", 0, 1)),
    "round": (1, 1, "x", _as("XMILE ROUND", 0)),
    "safediv": (2, 3, "numerator, denominator, otherwise", _safediv),
    "//": (2, 2, "numerator, denominator", _safediv),
    "log10": (1, 1, "x", _log10),
    "pi": (0, 0, "", _number(math.pi)),
    "inf": (0, 0, "", _number(math.inf)),
    "nan": (0, 0, "", _number(NOT_AVAILABLE)),
    "uniform": (2, 3, "least, most, seed", _uniform),
    "random": (2, 3, "least, most, seed", _uniform),
    "normal": (2, 5, "mean, deviation, seed, least, most", _normal),
    "exprnd": (1, 2, "mean, seed", _exponential),
    "poisson": (1, 2, "mean, seed", _poisson),
    "triangular": (3, 4, "least, most likely, most, seed", _triangular),
    "lognormal": (2, 3, "mean, deviation, seed", _lognormal),
    "sinwave": (2, 2, "amplitude, period", _wave(Op.SIN)),
    "coswave": (2, 2, "amplitude, period", _wave(Op.COS)),
    "percent": (1, 1, "x", _percent),
    "rootn": (2, 2, "x, n", _root),
    "factorial": (1, 1, "n", _factorial),
    "gammaln": (1, 1, "x", _as("GAMMA LN", 0)),
    "npv": (2, 4, "stream, discount rate, initial, factor", _npv),
}


def build_call(name: str, args: Sequence[Expr], at: int) -> Expr:
    """Return what a call of a function of XMILE is in terms of Vensim's.

    >>> build_call("SMTH1", [Ref("x"), Const(2.0)], 0).function
    'SMOOTH'
    """
    known = BUILTINS.get(key(name))
    if known is None:
        return Call(name.replace("_", " "), tuple(args), at)
    least, most, signature, build = known
    if not least <= len(args) <= most:
        raise ExpressionError(
            at,
            f"{name.upper()} is given {counted(len(args), 'argument')}",
            f"write {name.upper()}({signature})",
            "definition",
        )
    return build(name, args, at)
