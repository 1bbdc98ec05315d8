"""`SourceModel` to `Program`: expand functions, find phases and order, lay out the values."""

from __future__ import annotations

import math
from dataclasses import replace

from sdmodel.dimensions import Dimensions
from sdmodel.errors import Problem, model_error
from sdmodel.expr import Call, Const, Expr, Ref, substitute, walk
from sdmodel.lowering.arrays import Arrays
from sdmodel.lowering.expand import Expander
from sdmodel.lowering.macros import expand_macros
from sdmodel.lowering.names import check_names
from sdmodel.lowering.order import MOST_ELEMENTS, Graph, arrange, reads
from sdmodel.lowering.parts import Expanded
from sdmodel.names import key, readable, tidy
from sdmodel.program import (
    CONTROL,
    HALF_STEP,
    INITIAL_TIME,
    RUN_NUMBER,
    SAVEPER,
    STEP_NUMBER,
    TIME,
    TIME_STEP,
    Layout,
    Phase,
    Program,
    Statement,
    Stock,
    check,
    layout_of,
)
from sdmodel.source import SourceModel

MOST_PROBLEMS = 1_000  # of reading, with which lowering is not begun
MOST_NAMES = 20  # of a circle, as it is shown


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
    nothing_read = bool(model.problems) and not model.variables
    if nothing_read or len(model.problems) > MOST_PROBLEMS:
        raise _Refused(list(model.problems))
    model = expand_macros(model)
    dimensions = Dimensions(model)
    if not dimensions.readable:  # what follows would only repeat it, or guess
        known = [*model.problems, *dimensions.problems, *check_names(model, dimensions)]
        raise _Refused(list(dict.fromkeys(known)))
    arrays = Arrays(model, dimensions)
    found = [*model.problems, *dimensions.problems, *arrays.problems]
    found += check_names(model, dimensions)
    expanded = Expander(model, dimensions, arrays).run()
    found += expanded.problems
    if found:
        # A circle among the equations that were understood is worth telling at the same time.
        raise _Refused([*dict.fromkeys(found), *_circles(model, expanded)])
    if SAVEPER not in expanded.equations and SAVEPER not in expanded.constants:
        expanded.equations[SAVEPER] = [Statement(SAVEPER, Ref(TIME_STEP), "SAVEPER")]
        expanded.owner[SAVEPER] = "SAVEPER"
    circles = _circles(model, expanded)
    if circles:
        raise _Refused(circles)
    program = _program(model, arrays, expanded)
    check(program)
    return program


def _start_parts(expanded: Expanded) -> list[Statement]:
    """Return what each name is while initial values are computed."""
    parts = [Statement(TIME, Ref(INITIAL_TIME), "Time")]
    for name in dict.fromkeys((*expanded.equations, *expanded.initials)):
        for one in expanded.start(name):
            # INITIAL TIME may itself be written with Time; the clock stands at 0 before it is set.
            if name == INITIAL_TIME:
                one = replace(one, value=substitute(one.value, {TIME: Const(0.0)}))
            parts.append(one)
    return parts


def _step_parts(expanded: Expanded) -> list[Statement]:
    return [
        one
        for name, parts in expanded.equations.items()
        if name not in expanded.rates
        for one in parts
    ]


def _circles(model: SourceModel, expanded: Expanded) -> list[Problem]:
    wanted = [*expanded.initials, *expanded.equations]
    _, at_start = arrange(_start_parts(expanded), wanted)
    _, during = arrange(_step_parts(expanded))
    found: list[Problem] = []
    seen: set[frozenset[str]] = set()
    for circles, when in ((during, ""), (at_start, " while initial values are computed")):
        for circle in circles:
            loop = _visible(expanded, circle)
            if frozenset(loop) in seen:
                continue
            seen.add(frozenset(loop))
            first = next((v for v in model.variables if v.name == loop[0]), model.variables[0])
            size = sum(math.prod(expanded.shapes.get(name, ())) for name in set(circle))
            shown = " -> ".join(_shortened(list(map(readable, [*loop, loop[0]]))))
            kind, message = "circular", f"these define each other{when}: {shown}"
            cure = "put a stock or a delay into the circle"
            if when:
                cure = (
                    "give one of them an initial value that does not need the others "
                    "(ACTIVE INITIAL)"
                )
            if size > MOST_ELEMENTS:  # it was not taken apart, so it may be no circle at all
                kind = "unsupported"
                message = f"elements of these need other elements of them{when}: {shown}"
                message += f"; at most {MOST_ELEMENTS:,} can be put in order one by one"
                cure = "use shorter ranges"
            found.append(
                model.source.problem(
                    first.at,
                    message,
                    kind=kind,
                    variable=first.name,
                    name=first.name,
                    loop=tuple(loop),
                    cure=cure,
                )
            )
    return found


def _shortened(names: list[str]) -> list[str]:
    if len(names) <= MOST_NAMES:
        return names
    half = MOST_NAMES // 2
    return [*names[:half], f"... ({len(names) - 2 * half:,} more)", *names[-half:]]


def _visible(expanded: Expanded, circle: list[str]) -> list[str]:
    """Return the user's variables of a circle, each once; each uses the one after it."""
    names = [expanded.owner.get(name, name) for name in reversed(circle[:-1])]
    loop = list(dict.fromkeys(names))
    first = loop.index(min(loop))
    return loop[first:] + loop[:first]


def _program(model: SourceModel, arrays: Arrays, expanded: Expanded) -> Program:
    running, once, phases = _phased(expanded)
    wanted = [TIME, *expanded.initials, *once]
    start, _ = arrange(_start_parts(expanded), wanted)
    rates = {f"#rate of {name}": name for name in expanded.rates}
    step = list(running)
    for slot, name in rates.items():
        step += [replace(one, target=slot) for one in expanded.rates[name]]
    draws = any(_draws(one) for one in (*start, *step))
    # Stocks stand together, and so do their rates in the same order: engines add them as blocks.
    names = [
        TIME,
        HALF_STEP,
        *expanded.constants,
        *((STEP_NUMBER, RUN_NUMBER) if draws else ()),
        *expanded.rates,
        *rates,
    ]
    names += [s.target for s in (*start, *step)]
    shapes = {**expanded.shapes}
    shapes |= {slot: shapes[name] for slot, name in rates.items() if name in shapes}
    layout = layout_of(names, shapes)
    constants, slots = _constants(arrays, expanded, layout)
    if draws:
        constants[RUN_NUMBER], slots[RUN_NUMBER] = 0.0, layout.slots[RUN_NUMBER]
    return Program(
        constants=constants,
        start=tuple(start),
        step=tuple(step),
        stocks=tuple(Stock(name, slot, _owner(expanded, name)) for slot, name in rates.items()),
        memories=tuple(expanded.memories),
        pipelines=tuple(expanded.pipelines),
        layout=layout,
        display=_display(model, expanded),
        structural=frozenset(expanded.structural),
        memory_users=tuple(expanded.memory_users),
        step_users=_step_users(model, phases),
        method=model.method,
        dynamic_control=any(phases.get(n, Phase.CONSTANT) != Phase.CONSTANT for n in CONTROL),
        shapes={name: arrays.shapes[name] for name in arrays.shapes},
        constant_slots=slots,
    )


def _draws(one: Statement) -> bool:
    return any(name == RUN_NUMBER for name, _ in reads(one.value))


def _constants(
    arrays: Arrays, expanded: Expanded, layout: Layout
) -> tuple[dict[str, float], dict[str, int]]:
    """Return the values and the slots of all constants, arrays element by element."""
    constants: dict[str, float] = {}
    slots: dict[str, int] = {}
    for name, parts in expanded.constants.items():
        first = layout.slots[name]
        keys = arrays.shapes[name].keys() if name in arrays.shapes else [""]
        for part in parts:
            for place, value in zip(part.places.tolist(), part.values.tolist(), strict=True):
                constants[name + keys[place]] = value
                slots[name + keys[place]] = first + place
    return constants, slots


def _owner(expanded: Expanded, name: str) -> str:
    return expanded.owner.get(name, "Time" if name == TIME else name)


def _display(model: SourceModel, expanded: Expanded) -> dict[str, str]:
    valued = set(expanded.names)
    shown = {
        v.key: v.name
        for v in model.by_key.values()
        if v.key in valued and not v.key.startswith("#")
    }
    if SAVEPER not in shown and SAVEPER in expanded.equations:
        shown[SAVEPER] = "SAVEPER"
    return shown


def _phased(expanded: Expanded) -> tuple[list[Statement], list[str], dict[str, Phase]]:
    """Return what is computed at every step, in order; what only once; and the phases by name."""
    order, _ = arrange(_step_parts(expanded))
    graph = Graph(order)
    fixed = dict.fromkeys(expanded.initials, Phase.STATE)
    fixed |= dict.fromkeys(expanded.held, Phase.CONSTANT)
    fixed |= {TIME: Phase.TIME, STEP_NUMBER: Phase.STATE, RUN_NUMBER: Phase.CONSTANT}
    fixed |= {HALF_STEP: Phase.CONSTANT}
    # What ACTIVE INITIAL stands in for at the start is computed from its own equation later.
    for name in expanded.initials:
        if name in expanded.equations and name not in expanded.rates:
            fixed.pop(name)
    found: list[Phase] = []
    for part, below in zip(order, graph.below, strict=True):
        phase = max((found[i] for i in below), default=Phase.CONSTANT)
        for name, _ in reads(part.value):
            phase = max(phase, fixed.get(name, Phase.CONSTANT))
        if part.target in expanded.initials:  # its running value is not its value at the start
            phase = max(phase, Phase.TIME)
        found.append(phase)
    phases = {**fixed}
    running, once = [], []
    for part, phase in zip(order, found, strict=True):
        phases[part.target] = max(phase, phases.get(part.target, Phase.CONSTANT))
        if phase is Phase.CONSTANT:
            once.append(part.target)
        else:
            running.append(replace(part, phase=phase))
    return running, once, phases


def _step_users(model: SourceModel, phases: dict[str, Phase]) -> tuple[str, ...]:
    """Variables whose running equations name TIME STEP outside a pulse or other test input."""
    found = []
    for variable in model.by_key.values():
        if variable.equation is None or variable.key in CONTROL:
            continue
        if phases.get(variable.key, Phase.STATE) is Phase.CONSTANT:
            continue
        if not any(_names_step(node) or _uses_step(node) for node in walk(variable.equation)):
            continue
        inside = {
            id(node)
            for call in walk(variable.equation)
            if isinstance(call, Call) and key(call.function) in _WIDTH_ONLY
            for node in walk(call)
        }
        for node in walk(variable.equation):
            if id(node) not in inside and (_names_step(node) or _uses_step(node)):
                found.append(variable.name)
                break
    return tuple(found)


_WIDTH_ONLY = {"pulse", "pulse train", "step", "ramp"}


def _names_step(node: Expr) -> bool:
    return isinstance(node, Ref) and key(tidy(node.name)) == TIME_STEP


def _uses_step(node: Expr) -> bool:
    return isinstance(node, Call) and key(node.function) == "npv"
