"""Where the state of a program lies in the value vector: the one place that knows its layout."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sdmodel.kernel import Workspace
from sdmodel.program import STEP_NUMBER, Program

Slots = NDArray[np.intp]
Mask = NDArray[np.bool_]


class Slotted(NamedTuple):
    """Slots by what they hold, each level with its rate and its variable, memories with sources."""

    stocks: Slots
    rates: Slots
    owners: tuple[str, ...]
    memories: Slots
    sources: Slots


class PipelineSlots(NamedTuple):
    """Slots of one DELAY FIXED: what it shows, takes in, its delay and its initial value."""

    shown: int
    source: int
    delay: int
    initial: int


def slots_of(program: Program) -> Slotted:
    """Return where stocks, rates and memories lie."""
    layout = program.layout

    def place(names: list[str]) -> Slots:
        return np.array(layout.block(names), dtype=np.intp)

    owners = [s.variable for s in program.stocks for _ in range(layout.size(s.name))]
    return Slotted(
        place([s.name for s in program.stocks]),
        place([s.rate for s in program.stocks]),
        tuple(owners),
        place([m.name for m in program.memories]),
        place([m.source for m in program.memories]),
    )


def pipelines_of(program: Program) -> list[PipelineSlots]:
    """Return where the parts of every DELAY FIXED lie."""
    layout = program.layout
    return [
        PipelineSlots(*at)
        for p in program.pipelines
        for at in zip(
            *(layout.block([n]) for n in (p.name, p.source, p.delay, p.initial)), strict=True
        )
    ]


def number_step(program: Program, work: Workspace, index: int) -> None:
    """Tell a workspace which step it is in, where its equations ask: the same at all stages."""
    slot = program.layout.slots.get(STEP_NUMBER)
    if slot is not None:
        work.values[slot] = index
