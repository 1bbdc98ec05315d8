"""A program and its method become one JavaScript expression that gives an object to run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sdmodel.errors import Problem, UnsupportedError
from sdmodel.expr import Block, references
from sdmodel.integrators import SciPy, method_named, tableau_of
from sdmodel.integrators.auto import ABSOLUTE, RELATIVE
from sdmodel.integrators.base import AUTO, FIXED
from sdmodel.integrators.difference import Late
from sdmodel.integrators.slots import pipelines_of
from sdmodel.javascript.functions import Script
from sdmodel.javascript.text import data, numbers
from sdmodel.javascript.unroll import unrolled
from sdmodel.program import (
    CONTROL,
    HALF_STEP,
    STEP_NUMBER,
    TIME,
    Phase,
    Program,
    Statement,
)
from sdmodel.simplify import needed, run_constants, simplify

_FILES = (
    "mathlib.js",
    "lookups.js",
    "grid.js",
    "steppers.js",
    "recording.js",
    "controls.js",
    "engine.js",
)
_HERE = Path(__file__).parent


def kernel_script(program: Program) -> str:
    """Return a JavaScript expression: an object that runs a model by its file's own method.

    The object has `columns`, `constants`, `time` and ``run(changes, columns)``; engine.js tells
    what they are. It needs nothing around it, and may stand inside a page's script.

    Raises
    ------
    UnsupportedError
        If the model's method is one this target does not have.

    Examples
    --------
    >>> import sdmodel as sd
    >>> text = kernel_script(sd.load("models/core.mdl").program)
    >>> text.startswith("(function () {"), text.endswith("})()")
    (True, True)
    """
    _refuse(program)
    parts = simplify(program)
    start, step = unrolled(parts.start), unrolled(parts.step)
    blocks = any(isinstance(one.value, Block) for one in (*start, *step))
    script = Script(program.layout.extended(parts.extra))
    lasting = run_constants(program) | set(parts.extra) | {TIME}
    changing = (program.stocks, program.memories, program.pipelines)
    lasting |= {one.name for kind in changing for one in kind}
    # Of an array some elements may be fixed and others move.
    lasting |= {one.target for one in start if one.where}
    script.write("start", start, lasting)
    shown = {*CONTROL} | {program.layout.name_of(slot) for _, slot in program.columns.values()}
    steering = {s.rate for s in program.stocks}
    steering |= {one.source for kind in (program.memories, program.pipelines) for one in kind}
    rates = needed(step, steering | {ABSOLUTE, RELATIVE})
    done = {one.target for one in rates}
    rest = [one for one in needed(step, shown) if one.target not in done]
    timed = [one for one in rates if one.phase is Phase.TIME]
    state = [one for one in rates if one.phase is not Phase.TIME]
    stored = shown | steering | {ABSOLUTE, RELATIVE} | _read(state, timed) | _read(rest, rates)
    for name, statements in (("timed", timed), ("rates", state), ("rest", rest)):
        script.write(name, statements, stored)
    return "\n".join(
        [
            "(function () {",
            '"use strict";',
            *library(blocks),
            *script.tables.lines(),
            *script.functions,
            f"const plan = {data(_plan(program, script.layout.count))};",
            f"const defaults = {numbers(list(program.constants.values()))};",
            "return kernel(plan, defaults, { start, timed, rates, rest });",
            "})()",
        ]
    )


def _refuse(program: Program) -> None:
    """Refuse a method that this target does not have."""
    if isinstance(method_named(program.method), SciPy):
        cure = f"choose one of {', '.join((*FIXED, *AUTO))}"
        message = f"JavaScript cannot integrate by {program.method}, which is SciPy's"
        raise UnsupportedError([Problem(message, kind="unsupported", cure=cure)])


def _read(readers: list[Statement], writers: list[Statement]) -> set[str]:
    written = {one.target for one in writers}
    return written & {ref.name for one in readers for ref in references(one.value)}


def library(blocks: bool) -> list[str]:
    """Return what is the same for all models; functions of whole arrays only where asked for."""
    files = (*_FILES, "blocks.js") if blocks else _FILES
    return [(_HERE / name).read_text(encoding="utf-8").strip() for name in files]


def _plan(program: Program, count: int) -> dict[str, Any]:
    """Return where everything lies: what engine.js must know of a model."""
    layout, slots = program.layout, program.layout.slots
    columns, stocks = program.columns, program.stocks
    tableau, auto = tableau_of(program.method), program.method in AUTO
    names = [name for name, _ in columns.values()]
    place = {slot: i for i, (_, slot) in enumerate(columns.values())}
    given = [one for one in program.constants if one in columns]
    kept = {one for one in given if program.variable_of(one) in program.structural}
    return {
        "count": count,
        "columns": names,
        "slots": [slot for _, slot in columns.values()],
        "given": [program.constant_slots[one] for one in program.constants],
        "constants": [[columns[one][0], columns[one][1]] for one in given if one not in kept],
        "structural": [columns[one][0] for one in given if one in kept],
        "time": slots[TIME],
        "half": slots[HALF_STEP],
        "step": slots.get(STEP_NUMBER, -1),
        "controls": [slots[name] for name in CONTROL],
        "stocks": slots[stocks[0].name] if stocks else 0,
        "rates": slots[stocks[0].rate] if stocks else 0,
        "levels": [
            [s.variable, place.get(slot, -1)] for s in stocks for slot in layout.block([s.name])
        ],
        "memories": [
            [slots[m.name], slots[m.source], layout.size(m.name)] for m in program.memories
        ],
        "pipelines": [list(map(int, one)) for one in pipelines_of(program)],
        "method": program.method,
        "times": tableau.times,
        "stages": tableau.stages,
        "weights": tableau.weights,
        "divisor": tableau.divisor,
        "order": tableau.order,
        "auto": [slots.get(name, -1) for name in (ABSOLUTE, RELATIVE)] if auto else None,
        "dynamic": program.dynamic_control,
        "late": _late(program) if program.method == "difference" else None,
    }


def _late(program: Program) -> list[int]:
    """Say of each column whether it is recorded a step late (1) and unknown at the start (2)."""
    late = Late.of(program, [slot for _, slot in program.columns.values()])
    return [int(a) + int(b) for a, b in zip(late.late, late.unknown, strict=True)]
