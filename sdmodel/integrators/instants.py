"""The instants at which the inputs of a model jump."""

from __future__ import annotations

import numpy as np

from sdmodel.kernel import Array, Kernel, SwitchedWorkspace
from sdmodel.program import TIME

# Inputs are looked at this often in one TIME STEP; what jumps twice in between is missed.
_LOOKS = 4
_MOST_LOOKS = 400_000
_BATCH = 4096
# Instants closer together than this part of a TIME STEP are one.
CLOSE = 1e-9


def jump_instants(
    kernel: Kernel, work: SwitchedWorkspace, start: float, final: float, width: float
) -> Array:
    """Return the instants at which anything that depends on Time alone jumps.

    Steps, pulses and ramps as well as comparisons, remainders and lookup corners of Time: the
    outcomes are compared on a fine grid, and each change is bisected until its two sides are
    neighbouring numbers.
    """
    chosen = np.array([j.time_only for j in work.jumps], dtype=bool)
    if not chosen.any() or final <= start:
        return np.empty(0)
    count = int(min(_LOOKS * (final - start) / width + 1, _MOST_LOOKS))
    # Off the grid of time steps, so that a jump at a step lies between two looks.
    looks = np.concatenate([[start], np.linspace(start, final, max(count, 2))[:-1], [final]])
    looks[1:-1] += 0.37 * (looks[2] - looks[1])
    found = _outcomes(kernel, work, looks)[chosen]
    which, before = np.nonzero(found[:, 1:] != found[:, :-1])
    if not len(which):
        return np.empty(0)
    low, high = looks[before].copy(), looks[before + 1].copy()
    old = found[which, before]
    lane = np.arange(len(which))
    while True:
        middle = low + (high - low) / 2
        open_ = (middle > low) & (middle < high)
        if not open_.any():
            break
        same = _outcomes(kernel, work, middle)[chosen][which, lane] == old
        low = np.where(open_ & same, middle, low)
        high = np.where(open_ & ~same, middle, high)
    instants = np.unique(high)
    # What jumps right behind the start, or behind another jump, belongs to it: no solver can go
    # from one number to its neighbour.
    apart = np.diff(instants, prepend=start) > CLOSE * width
    return instants[apart & (final - instants > CLOSE * width)]


def _outcomes(kernel: Kernel, work: SwitchedWorkspace, times: Array) -> Array:
    parts = []
    for first in range(0, len(times), _BATCH):
        part = times[first : first + _BATCH]
        looking = kernel.workspace(len(part))
        looking.values[...] = work.values[:, :1]
        looking.values[kernel.program.layout.slots[TIME]] = part
        looking.rates()
        parts.append(looking.outcomes())
    return np.concatenate(parts, axis=1)
