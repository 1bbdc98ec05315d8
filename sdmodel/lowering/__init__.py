"""`SourceModel` to `Program`: expand functions, find phases and order, lay out the values."""

from __future__ import annotations

from collections.abc import Iterable

from sdmodel.errors import Problem, model_error
from sdmodel.expr import Const, Expr, Ref, literal, references, substitute
from sdmodel.lowering.expand import Expanded, Expander
from sdmodel.lowering.names import check_names
from sdmodel.lowering.order import in_order
from sdmodel.names import tidy
from sdmodel.program import (
    CONTROL,
    HALF_STEP,
    INITIAL_TIME,
    RUN_NUMBER,
    SAVEPER,
    STEP_NUMBER,
    TIME,
    TIME_STEP,
    Phase,
    Program,
    Statement,
    Stock,
    check,
    layout_of,
)
from sdmodel.source import SourceModel


def problems(model: SourceModel) -> list[Problem]:
    """Return everything that is wrong with a model, in the order of the file."""
    try:
        lower(model)
    except _Refused as refused:
        return sorted(refused.problems, key=lambda p: (p.line, p.column))
    return []


class _Refused(Exception):
    def __init__(self, found: list[Problem]) -> None:
        self.problems = found


def program_of(model: SourceModel) -> Program:
    """Return the program of a model.

    Raises
    ------
    ModelError, ReadError
        With all that is wrong at once.
    """
    try:
        return lower(model)
    except _Refused as refused:
        found = sorted(refused.problems, key=lambda p: (p.line, p.column))
        raise model_error(found) from None


def lower(model: SourceModel) -> Program:
    """Do the passes in their order; stop where going on would only repeat what is known."""
    found = [*model.problems, *check_names(model)]
    expanded = Expander(model).run()
    found += expanded.problems
    if found:
        # A circle among the equations that were understood is worth telling at the same time.
        raise _Refused([*found, *_circles(model, expanded)])
    if SAVEPER not in expanded.equations:
        expanded.equations[SAVEPER] = Ref(TIME_STEP)
        expanded.owner[SAVEPER] = "SAVEPER"
    circles = _circles(model, expanded)
    if circles:
        raise _Refused(circles)
    program = _program(model, expanded)
    check(program)
    return program


def _names(expr: Expr) -> list[str]:
    return [ref.name for ref in references(expr)]


def _start_equations(expanded: Expanded) -> dict[str, Expr]:
    """Return what each name is while initial values are computed."""
    start = {**expanded.equations, **expanded.initials}
    start[TIME] = Ref(INITIAL_TIME)
    # INITIAL TIME may itself be written with Time; the clock stands at 0 before it is set.
    if INITIAL_TIME in start:
        start[INITIAL_TIME] = substitute(start[INITIAL_TIME], {TIME: Const(0.0)})
    return start


def _circles(model: SourceModel, expanded: Expanded) -> list[Problem]:
    start = _start_equations(expanded)
    wanted = [*expanded.initials, *expanded.equations]
    _, at_start = in_order({n: _names(e) for n, e in start.items()}, wanted)
    stocks = set(expanded.rates)
    step = {n: _names(e) for n, e in expanded.equations.items() if n not in stocks}
    _, during = in_order(step, step)
    found: list[Problem] = []
    seen: set[frozenset[str]] = set()
    for circles, when in ((during, ""), (at_start, " while initial values are computed")):
        for circle in circles:
            loop = _visible(expanded, circle)
            if frozenset(loop) in seen:
                continue
            seen.add(frozenset(loop))
            first = next((v for v in model.variables if v.name == loop[0]), model.variables[0])
            found.append(
                model.source.problem(
                    first.at,
                    f"these define each other{when}: {' -> '.join([*loop, loop[0]])}",
                    kind="circular",
                    variable=first.name,
                    name=first.name,
                    loop=tuple(loop),
                    cure="put a stock or a delay into the circle"
                    if not when
                    else "give one of them an initial value that does not need the others "
                    "(ACTIVE INITIAL)",
                )
            )
    return found


def _visible(expanded: Expanded, circle: list[str]) -> list[str]:
    """Return the user's variables of a circle, each once; each uses the one after it."""
    names = [expanded.owner.get(name, name) for name in reversed(circle[:-1])]
    loop = list(dict.fromkeys(names))
    first = loop.index(min(loop))
    return loop[first:] + loop[:first]


def _program(model: SourceModel, expanded: Expanded) -> Program:
    constants = {
        v.key: value
        for v in model.by_key.values()
        if v.equation is not None
        and (value := literal(v.equation)) is not None
        and v.key in expanded.equations
    }
    equations = {n: e for n, e in expanded.equations.items() if n not in constants}
    draws = any(RUN_NUMBER in _names(e) for e in equations.values())
    phases = _phases(expanded, equations, constants)
    start_equations = {n: e for n, e in _start_equations(expanded).items() if n not in constants}
    if INITIAL_TIME in constants:
        start_equations[TIME] = Ref(INITIAL_TIME)
    once = [n for n in equations if phases[n] is Phase.CONSTANT]
    wanted = [TIME, *expanded.initials, *once]
    order, _ = in_order({n: _names(e) for n, e in start_equations.items()}, wanted)
    start = [Statement(n, start_equations[n], _owner(expanded, n)) for n in order]
    rates = {f"#rate of {name}": (name, rate) for name, rate in expanded.rates.items()}
    running = {n: e for n, e in equations.items() if phases[n] is not Phase.CONSTANT}
    order, _ = in_order({n: _names(e) for n, e in running.items()}, running)
    step = [Statement(n, running[n], _owner(expanded, n), phases[n]) for n in order]
    step += [Statement(n, rate, _owner(expanded, of)) for n, (of, rate) in rates.items()]
    # Stocks stand together, and so do their rates in the same order: engines add them as blocks.
    names = [
        TIME,
        HALF_STEP,
        *constants,
        *((STEP_NUMBER, RUN_NUMBER) if draws else ()),
        *expanded.rates,
        *rates,
    ]
    names += [s.target for s in (*start, *step)]
    return Program(
        constants=constants,
        start=tuple(start),
        step=tuple(step),
        stocks=tuple(
            Stock(name, slot, _owner(expanded, name)) for slot, (name, _) in rates.items()
        ),
        memories=tuple(expanded.memories),
        pipelines=tuple(expanded.pipelines),
        layout=layout_of(names),
        display=_display(model, expanded),
        structural=frozenset(expanded.structural),
        memory_users=tuple(expanded.memory_users),
        step_users=_step_users(model, phases),
        method=model.method,
        dynamic_control=any(phases.get(n, Phase.CONSTANT) != Phase.CONSTANT for n in CONTROL),
    )


def _owner(expanded: Expanded, name: str) -> str:
    return expanded.owner.get(name, "Time" if name == TIME else name)


def _display(model: SourceModel, expanded: Expanded) -> dict[str, str]:
    shown = {v.key: v.name for v in model.by_key.values() if v.table is None}
    if SAVEPER not in shown and SAVEPER in expanded.equations:
        shown[SAVEPER] = "SAVEPER"
    return shown


def _phases(
    expanded: Expanded, equations: dict[str, Expr], constants: Iterable[str]
) -> dict[str, Phase]:
    phases = dict.fromkeys(constants, Phase.CONSTANT)
    phases |= dict.fromkeys(expanded.initials, Phase.STATE)
    phases |= dict.fromkeys(expanded.held, Phase.CONSTANT)
    phases |= {TIME: Phase.TIME, STEP_NUMBER: Phase.STATE, RUN_NUMBER: Phase.CONSTANT}
    phases |= {HALF_STEP: Phase.CONSTANT}
    # What ACTIVE INITIAL stands in for at the start is computed from its own equation later.
    for name in expanded.initials:
        if name in equations:
            phases.pop(name)
    order, _ = in_order({n: _names(e) for n, e in equations.items()}, equations)
    for name in order:
        below = [phases[one] for one in _names(equations[name])]
        phases[name] = max(below, default=Phase.CONSTANT)
        if name in expanded.initials:  # its running value is not its value at the start
            phases[name] = max(phases[name], Phase.TIME)
    return phases


def _step_users(model: SourceModel, phases: dict[str, Phase]) -> tuple[str, ...]:
    """Variables whose running equations name TIME STEP outside a pulse or other test input."""
    from sdmodel.expr import Call, walk
    from sdmodel.names import key

    found = []
    for variable in model.by_key.values():
        if variable.equation is None or variable.key in CONTROL:
            continue
        if phases.get(variable.key, Phase.STATE) is Phase.CONSTANT:
            continue
        inside = {
            id(node)
            for call in walk(variable.equation)
            if isinstance(call, Call) and key(call.function) in _WIDTH_ONLY
            for node in walk(call)
        }
        for node in walk(variable.equation):
            names_step = isinstance(node, Ref) and key(tidy(node.name)) == TIME_STEP
            if id(node) not in inside and (names_step or _uses_step(node)):
                found.append(variable.name)
                break
    return tuple(found)


_WIDTH_ONLY = {"pulse", "pulse train", "step", "ramp"}


def _uses_step(node: Expr) -> bool:
    from sdmodel.expr import Call
    from sdmodel.names import key

    return isinstance(node, Call) and key(node.function) == "npv"
