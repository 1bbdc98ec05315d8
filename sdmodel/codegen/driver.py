"""The fixed-step loop over blocks of runs, in the same assembly; the method is a table."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sdmodel.codegen.emit import Emitter, Loop, literal
from sdmodel.integrators.fixed import Tableau

# Positions in the array of whole numbers that a caller hands over.
FIRST_BLOCK, LAST_BLOCK, STEPS, SAVES, OVERRIDES, OVERRIDE_STRIDE, OUT_STRIDE = range(7)
OUTPUTS = 7  # from here on the slots to save


@dataclass(frozen=True, slots=True)
class Pipe:
    """The slots of a DELAY FIXED."""

    shown: int
    source: int
    delay: int
    initial: int


@dataclass(frozen=True, slots=True)
class Copied:
    """The first slots of a memory and its source, and how many there are."""

    shown: int
    source: int
    size: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What the loop must know of a model: slots of stocks, rates, memories and outputs."""

    time: int
    half_step: int
    stocks: int
    rates: int
    count: int
    memories: tuple[Copied, ...]
    pipelines: tuple[Pipe, ...]
    outputs: int
    step: int = -1


class _Loop:
    """A counted loop: ``with`` blocks would hide how little there is to it."""

    def __init__(self, e: Emitter, name: str, start: str, end: str, before: str) -> None:
        self.e, self.name = e, name
        e.line(f"br label %{name}")
        e.lines.append(f"{name}:")
        e.line(f"%{name}.i = phi i64 [ {start}, %{before} ], [ %{name}.next, %{name}.last ]")
        e.line(f"%{name}.go = icmp slt i64 %{name}.i, {end}")
        e.line(f"br i1 %{name}.go, label %{name}.body, label %{name}.end")
        e.lines.append(f"{name}.body:")

    @property
    def i(self) -> str:
        return f"%{self.name}.i"

    def close(self) -> None:
        name = self.name
        self.e.line(f"br label %{name}.last")
        self.e.lines.append(f"{name}.last:")
        self.e.line(f"%{name}.next = add i64 %{name}.i, 1")
        self.e.line(f"br label %{name}")
        self.e.lines.append(f"{name}.end:")


def write_batch(width: int, plan: Plan, tableau: Tableau) -> str:
    """Return the function `batch`, which runs whole blocks from start to end.

    `%v` holds the values of one block, `%scratch` one state, the slopes of every stage and the
    memories. A lane of `%bad` ends as NaN if a saved output or a final stock was not finite.
    """
    e = Emitter(width)
    e.lines.append(
        "define void @batch(ptr noalias %v, ptr noalias %scratch, ptr noalias %ints, "
        "ptr noalias %slots, ptr noalias %over, ptr noalias %save, ptr noalias %out, "
        "ptr noalias %bad, ptr noalias %past, double %t0, double %h, double %half) {"
    )
    e.lines.append("entry:")
    ints = {}
    for name, at in (
        ("first", FIRST_BLOCK),
        ("last", LAST_BLOCK),
        ("steps", STEPS),
        ("saves", SAVES),
        ("overrides", OVERRIDES),
        ("stride", OVERRIDE_STRIDE),
        ("row", OUT_STRIDE),
    ):
        place = e.new(f"getelementptr inbounds i64, ptr %ints, i64 {at}").name
        ints[name] = e.new(f"load i64, ptr {place}").name
    h = e.spread("%h")
    half = e.spread("%half")
    blocks = _Loop(e, "block", ints["first"], ints["last"], "entry")
    lane = e.new(f"mul i64 {blocks.i}, {width}").name
    over = _Loop(e, "set", "0", ints["overrides"], "block.body")
    place = e.new(f"getelementptr inbounds i64, ptr %slots, i64 {over.i}").name
    slot = e.new(f"load i64, ptr {place}").name
    offset = e.new(f"mul i64 {over.i}, {ints['stride']}").name
    offset = e.new(f"add i64 {offset}, {lane}").name
    source = e.new(f"getelementptr inbounds double, ptr %over, i64 {offset}").name
    value = e.new(f"load {e.number}, ptr {source}, align 8").name
    target = e.new(f"getelementptr inbounds {e.number}, ptr %v, i64 {slot}").name
    e.line(f"store {e.number} {value}, ptr {target}, align 8")
    over.close()
    _put(e, e.splat(0.0), plan.time)
    _put(e, half, plan.half_step)
    if plan.step >= 0:
        _put(e, e.splat(0.0), plan.step)
    e.line("call void @start(ptr %v)")
    bad = e.new(f"getelementptr inbounds double, ptr %bad, i64 {lane}").name
    lengths = _pipeline_lengths(e, plan, ints["steps"], h)
    e.line(f"store {e.number} {e.splat(0.0)}, ptr {bad}, align 8")
    until = e.new(f"add i64 {ints['steps']}, 1").name
    steps = _Loop(e, "step", "0", until, "set.end")
    # Which save comes next is kept in memory: one number, read once a step.
    now = e.new(f"sitofp i64 {steps.i} to double").name
    now = e.new(f"fmul double {now}, %h").name
    now = e.new(f"fadd double %t0, {now}").name
    _put(e, e.spread(now), plan.time)
    if len(tableau.times) > 1:
        _put(e, half, plan.half_step)
    if plan.step >= 0:
        _put(e, e.spread(e.new(f"sitofp i64 {steps.i} to double").name), plan.step)
    e.line("call void @rates(ptr %v)")
    _save(e, plan, steps.i, ints, lane, bad)
    e.line(f"%final = icmp eq i64 {steps.i}, {ints['steps']}")
    e.line("br i1 %final, label %step.last, label %advance")
    e.lines.append("advance:")
    for number, pipe in enumerate(plan.pipelines):
        _remember(e, pipe, number, steps.i, until)
    _advance(e, plan, tableau, now, h)
    for number, pipe in enumerate(plan.pipelines):
        _show(e, pipe, lengths[number], number, steps.i, until)
    steps.close()
    _judge(e, plan, bad)
    blocks.close()
    e.line("ret void")
    e.lines.append("}")
    head, entry, *rest = e.lines
    return "\n".join([head, entry, *e.places, *rest])


def _place(e: Emitter, base: str, index: int | str) -> str:
    return e.new(f"getelementptr inbounds {e.number}, ptr {base}, i64 {index}").name


def _get(e: Emitter, slot: int | str, base: str = "%v") -> str:
    return e.new(f"load {e.number}, ptr {_place(e, base, slot)}, align 8").name


def _put(e: Emitter, value: str, slot: int | str, base: str = "%v") -> None:
    e.line(f"store {e.number} {value}, ptr {_place(e, base, slot)}, align 8")


def _save(e: Emitter, plan: Plan, step: str, ints: dict[str, str], lane: str, bad: str) -> None:
    """Copy the outputs if this step is saved; `%save` tells, for each step, which save it is."""
    place = e.new(f"getelementptr inbounds i64, ptr %save, i64 {step}").name
    which = e.new(f"load i64, ptr {place}").name
    wanted = e.new(f"icmp sge i64 {which}, 0").name
    e.line(f"br i1 {wanted}, label %saving, label %saved")
    e.lines.append("saving:")
    total = e.new(f"load {e.number}, ptr {bad}, align 8").name
    total = _copy_out(e, plan, which, ints, lane, total)
    e.line(f"store {e.number} {total}, ptr {bad}, align 8")
    e.line("br label %saved")
    e.lines.append("saved:")


def _copy_out(
    e: Emitter, plan: Plan, which: str, ints: dict[str, str], lane: str, total: str
) -> str:
    """Copy every output to its place; return the sum that shows whether all were finite."""
    if plan.outputs:
        tainted = e.variable(e.number)
        e.line(f"store {e.number} {total}, ptr {tainted}, align 8")
        loop = Loop(e, plan.outputs)
        listed = e.new(f"add i64 {loop.i}, {OUTPUTS}").name
        place = e.new(f"getelementptr inbounds i64, ptr %ints, i64 {listed}").name
        value = _get(e, e.new(f"load i64, ptr {place}").name)
        row = e.new(f"mul i64 {ints['saves']}, {loop.i}").name
        row = e.new(f"add i64 {row}, {which}").name
        at = e.new(f"mul i64 {row}, {ints['row']}").name
        at = e.new(f"add i64 {at}, {lane}").name
        target = e.new(f"getelementptr inbounds double, ptr %out, i64 {at}").name
        e.line(f"store {e.number} {value}, ptr {target}, align 8")
        so_far = e.new(f"load {e.number}, ptr {tainted}, align 8").name
        e.line(f"store {e.number} {_taint(e, so_far, value)}, ptr {tainted}, align 8")
        loop.close()
        total = e.new(f"load {e.number}, ptr {tainted}, align 8").name
    return total


def _taint(e: Emitter, total: str, value: str) -> str:
    """Add nothing, unless the value is not finite: zero times infinity is not a number."""
    nothing = e.binary("fmul", value, e.splat(0.0)).name
    return e.binary("fadd", total, nothing).name


def _pipeline_lengths(e: Emitter, plan: Plan, steps: str, h: str) -> list[list[str]]:
    """Return, for each pipeline and lane, how many steps it is long.

    As in the reference integrator a part of a step counts as a whole one, and a delay that is not
    finite lets nothing out but NaN.
    """
    lengths = []
    longest = e.spread(e.new(f"sitofp i64 {steps} to double").name)
    longest = e.binary("fadd", longest, e.splat(1.0)).name
    for pipe in plan.pipelines:
        delay = _get(e, pipe.delay)
        nothing = e.binary("fmul", delay, e.splat(0.0)).name
        known = e.compare("oeq", nothing, e.splat(0.0)).name
        initial = e.select(known, _get(e, pipe.initial), e.splat(math.nan)).name
        _put(e, initial, pipe.initial)
        count = e.binary("fdiv", delay, h).name
        count = e.binary("fsub", count, e.splat(1e-6)).name
        count = e.select(known, e.intrinsic("ceil", count).name, longest).name
        count = e.select(e.compare("ogt", count, e.splat(1.0)).name, count, e.splat(1.0)).name
        count = e.select(e.compare("olt", count, longest).name, count, longest).name
        whole = e.new(f"fptosi {e.number} {count} to {e.whole}").name
        lanes = [whole]
        if e.width > 1:
            lanes = [
                e.new(f"extractelement {e.whole} {whole}, i32 {lane}").name
                for lane in range(e.width)
            ]
        lengths.append(lanes)
    return lengths


def _remember(e: Emitter, pipe: Pipe, number: int, step: str, rows: str) -> None:
    """Take in what enters a pipeline at this step.

    `%past` holds every step of the run, so that lanes may have delays of their own.
    """
    first = e.new(f"mul i64 {rows}, {number}").name
    row = e.new(f"add i64 {first}, {step}").name
    _put(e, _get(e, pipe.source), row, "%past")


def _show(e: Emitter, pipe: Pipe, lengths: list[str], number: int, step: str, rows: str) -> None:
    """Let the next step see what comes out of a pipeline."""
    first = e.new(f"mul i64 {rows}, {number}").name
    initial, following = _get(e, pipe.initial), e.new(f"add i64 {step}, 1").name
    result = initial
    for lane, length in enumerate(lengths):
        back = e.new(f"sub i64 {following}, {length}").name
        arrived = e.new(f"icmp sge i64 {back}, 0").name
        inside = e.new(f"select i1 {arrived}, i64 {back}, i64 0").name
        at = e.new(f"add i64 {first}, {inside}").name
        at = e.new(f"mul i64 {at}, {e.width}").name
        at = e.new(f"add i64 {at}, {lane}").name
        place = e.new(f"getelementptr inbounds double, ptr %past, i64 {at}").name
        old = e.new(f"load double, ptr {place}, align 8").name
        if e.width == 1:
            result = e.new(f"select i1 {arrived}, double {old}, double {initial}").name
            continue
        begin = e.new(f"extractelement {e.number} {initial}, i32 {lane}").name
        chosen = e.new(f"select i1 {arrived}, double {old}, double {begin}").name
        result = e.new(f"insertelement {e.number} {result}, double {chosen}, i32 {lane}").name
    _put(e, result, pipe.shown)


def _judge(e: Emitter, plan: Plan, bad: str) -> None:
    loop = _Loop(e, "judge", "0", str(plan.count), "step.end")
    total = e.new(f"load {e.number}, ptr {bad}, align 8").name
    slot = e.new(f"add i64 {loop.i}, {plan.stocks}").name
    e.line(f"store {e.number} {_taint(e, total, _get(e, slot))}, ptr {bad}, align 8")
    loop.close()


def _advance(e: Emitter, plan: Plan, tableau: Tableau, now: str, h: str) -> None:
    n, stages = plan.count, len(tableau.times)
    memory = n * (stages + 1)
    before = _keep_memories(e, plan, memory)
    if stages > 1:
        keep = _Loop(e, "keep", "0", str(n), before)
        stock = e.new(f"add i64 {keep.i}, {plan.stocks}").name
        _put(e, _get(e, stock), keep.i, "%scratch")
        keep.close()
        before = "keep.end"
    for stage in range(stages):
        last = stage == stages - 1
        name = f"stage{stage}"
        loop = _Loop(e, name, "0", str(n), before)
        stock = e.new(f"add i64 {loop.i}, {plan.stocks}").name
        rate = e.new(f"add i64 {loop.i}, {plan.rates}").name
        slope = _get(e, rate)
        state = _get(e, loop.i, "%scratch") if stages > 1 else _get(e, stock)
        slopes = []
        for earlier in range(stage):
            at = e.new(f"add i64 {loop.i}, {n * (earlier + 1)}").name
            slopes.append(_get(e, at, "%scratch"))
        slopes.append(slope)
        if not last:
            at = e.new(f"add i64 {loop.i}, {n * (stage + 1)}").name
            _put(e, slope, at, "%scratch")
            new = _middle(e, state, slopes, tableau.stages[stage + 1])
        else:
            new = _sum(e, state, slopes, tableau, h)
        _put(e, new, stock)
        loop.close()
        before = f"{name}.end"
        if not last:
            later = e.new(f"fmul double %h, {_double(tableau.times[stage + 1])}").name
            later = e.new(f"fadd double {now}, {later}").name
            _put(e, e.spread(later), plan.time)
            # As in the reference integrator: what STEP and PULSE ask stands still in a step.
            ahead = e.new(f"fsub double {later}, {now}").name
            ahead = e.new(f"fsub double %half, {ahead}").name
            _put(e, e.spread(ahead), plan.half_step)
            e.line("call void @rates(ptr %v)")
    for one in plan.memories:
        copy = Loop(e, one.size)
        value = _get(e, e.new(f"add i64 {copy.i}, {memory}").name, "%scratch")
        _put(e, value, e.new(f"add i64 {copy.i}, {one.shown}").name)
        copy.close()
        memory += one.size


def _keep_memories(e: Emitter, plan: Plan, first: int) -> str:
    """Keep what memories are to take over at the end of the step; return the present label."""
    label = "remembered"
    for one in plan.memories:
        loop = Loop(e, one.size)
        value = _get(e, e.new(f"add i64 {loop.i}, {one.source}").name)
        _put(e, value, e.new(f"add i64 {loop.i}, {first}").name, "%scratch")
        loop.close()
        first += one.size
    e.line(f"br label %{label}")
    e.lines.append(f"{label}:")
    return label


def _double(value: float) -> str:
    return literal(value)


def _middle(e: Emitter, state: str, slopes: list[str], row: tuple[float, ...]) -> str:
    """Return the state at a stage, in the reference integrator's own order of additions."""
    for a, slope in zip(row, slopes, strict=True):
        if a:
            part = e.new(f"fmul double %h, {_double(a)}").name
            state = e.binary("fadd", state, e.binary("fmul", e.spread(part), slope).name).name
    return state


def _sum(e: Emitter, state: str, slopes: list[str], tableau: Tableau, h: str) -> str:
    if len(slopes) == 1:
        return e.binary("fadd", state, e.binary("fmul", h, slopes[0]).name).name
    total = e.binary("fmul", e.splat(tableau.weights[0]), slopes[0]).name
    for weight, slope in zip(tableau.weights[1:], slopes[1:], strict=True):
        total = e.binary("fadd", total, e.binary("fmul", e.splat(weight), slope).name).name
    total = e.binary("fdiv", total, e.splat(tableau.divisor)).name
    return e.binary("fadd", state, e.binary("fmul", h, total).name).name
