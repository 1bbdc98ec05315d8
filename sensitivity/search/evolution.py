"""Evolving packages: which are better, which parents they come from, and which are kept.

Non-dominated sorting, tournaments and constraint domination as in NSGA-II (Deb, Pratap, Agarwal,
Meyarivan 2002, IEEE Transactions on Evolutionary Computation 6:182-197); simulated binary crossover
and polynomial mutation as in Deb and Agrawal 1995 (Complex Systems 9:115-148) and Deb and Goyal
1996. What is too many of the last front is thinned by the distance to the nearest neighbour, as in
SPEA2 (Zitzler, Laumanns, Thiele 2001), because the crowding distance of NSGA-II tells little with
more than two objectives.

Scores are the more the better; genes lie in [0, 1].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]

CROSSED = 0.9
CROSSOVER_INDEX = 15.0
MUTATION_INDEX = 20.0


def fronts(scores: Floats, failures: Integers) -> Integers:
    """Return for each package the number of its front: 0 where nothing is better in every way.

    A package with fewer failed runs is better than one with more, whatever the scores.

    Examples
    --------
    >>> fronts(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), np.zeros(3, dtype=int)).tolist()
    [0, 0, 1]
    """
    no_worse = (scores[:, None] >= scores[None]).all(axis=2)
    beats = no_worse & ~no_worse.T
    beats = np.where(failures[:, None] == failures[None], beats, failures[:, None] < failures[None])
    found = np.full(len(scores), -1)
    left = np.ones(len(scores), dtype=bool)
    number = 0
    while left.any():
        best = left & ~beats[left].any(axis=0)
        found[best] = number
        left &= ~best
        number += 1
    return found


def undominated(scores: Floats) -> Flags:
    """Say which packages nothing beats, of two alike the first only; quick for very many.

    Examples
    --------
    >>> undominated(np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0]])).tolist()
    [True, True, False, False]
    """
    left = np.lexsort((np.arange(len(scores)), -scores.sum(axis=1)))
    found = np.zeros(len(scores), dtype=bool)
    while len(left):
        # Nothing has a larger sum than the first, so nothing beats it.
        first, left = left[0], left[1:]
        found[first] = True
        left = left[(scores[left] > scores[first]).any(axis=1)]
    return found


def nearest(scores: Floats) -> Floats:
    """Return each package's distance to its nearest neighbour; infinite at the ends of a front."""
    if len(scores) < 2:
        return np.full(len(scores), np.inf)
    found: Floats = _distances(scores).min(axis=1)
    found[_ends(scores)] = np.inf
    return found


def thin(scores: Floats, keep: int) -> Integers:
    """Return the places of the packages that are left when the most crowded ones go, one by one.

    Examples
    --------
    >>> thin(np.array([[0.0, 3.0], [1.0, 2.0], [1.1, 1.9], [3.0, 0.0]]), 3).tolist()
    [0, 2, 3]
    """
    apart = _distances(scores)
    ends = _ends(scores)
    left = np.ones(len(scores), dtype=bool)
    for _ in range(len(scores) - keep):
        # Of two that are nearest to each other, the one goes whose next neighbour is nearer.
        two = np.partition(apart[left][:, left], 1, axis=1)[:, :2] if left.sum() > 2 else None
        places = np.flatnonzero(left)
        if two is None:
            left[places[-1]] = False
            continue
        spared = np.isin(places, ends) if len(ends) < keep else np.zeros(len(places), dtype=bool)
        order = np.lexsort((-places, two[:, 1], two[:, 0], spared))
        left[places[order[0]]] = False
    return np.flatnonzero(left)


def _distances(scores: Floats) -> Floats:
    spread = np.ptp(scores, axis=0)
    scaled = (scores - scores.min(axis=0)) / np.where(spread > 0, spread, 1.0)
    apart: Floats = np.sqrt(((scaled[:, None] - scaled[None]) ** 2).sum(axis=2))
    np.fill_diagonal(apart, np.inf)
    return apart


def _ends(scores: Floats) -> Integers:
    return np.unique(scores.argmax(axis=0))


def survivors(scores: Floats, failures: Integers, keep: int) -> Integers:
    """Return the places of the packages that live on: whole fronts, the last of them thinned."""
    found = fronts(scores, failures)
    chosen: list[int] = []
    for number in range(int(found.max()) + 1):
        members = np.flatnonzero(found == number)
        room = keep - len(chosen)
        if len(members) > room:
            members = members[thin(scores[members], room)] if room else members[:0]
        chosen.extend(members.tolist())
    return np.array(chosen, dtype=np.int64)


def offspring(
    genes: Floats, scores: Floats, failures: Integers, rng: np.random.Generator
) -> Floats:
    """Return as many new packages as there are old ones.

    Parameters
    ----------
    genes
        Packages, levers, in [0, 1].
    scores, failures
        Of the same packages.
    rng
        Where chance comes from.
    """
    number, levers = genes.shape
    front = fronts(scores, failures)
    crowded = np.empty(number)
    for one in range(int(front.max()) + 1):
        members = front == one
        crowded[members] = nearest(scores[members])
    half = -(-number // 2)
    pairs = rng.integers(number, size=(2, 2 * half))
    first, second = pairs
    second_wins = (front[second] < front[first]) | (
        (front[second] == front[first]) & (crowded[second] > crowded[first])
    )
    parents = genes[np.where(second_wins, second, first)]
    children = _mutated(_crossed(parents[:half], parents[half:], rng)[:number], 1.0 / levers, rng)
    # A population of a few packages many times over would come to rest too soon.
    _, places = np.unique(np.vstack([genes, children]), axis=0, return_index=True)
    again = np.setdiff1d(np.arange(number), places - number)
    children[again, rng.integers(levers, size=len(again))] = rng.random(len(again))
    return children


def _crossed(one: Floats, other: Floats, rng: np.random.Generator) -> Floats:
    """Spread two children about each pair of parents, as far apart as the parents are."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    gap = high - low
    active = (rng.random((len(one), 1)) < CROSSED) & (rng.random(one.shape) < 0.5) & (gap > 1e-14)
    chance = rng.random(one.shape)
    children = []
    safe = np.where(active, gap, 1.0)
    for room in (low, 1.0 - high):
        # So that no child leaves [0, 1].
        reach = 2.0 - (1.0 + 2.0 * np.maximum(room, 0.0) / safe) ** -(CROSSOVER_INDEX + 1.0)
        inside = chance * reach
        spread = np.where(inside <= 1.0, inside, 1.0 / np.maximum(2.0 - inside, 1e-300)) ** (
            1.0 / (CROSSOVER_INDEX + 1.0)
        )
        children.append(spread)
    below = np.where(active, 0.5 * (low + high - children[0] * gap), one)
    above = np.where(active, 0.5 * (low + high + children[1] * gap), other)
    swap = active & (rng.random(one.shape) < 0.5)
    pair = np.concatenate([np.where(swap, above, below), np.where(swap, below, above)])
    found: Floats = np.clip(pair, 0.0, 1.0)
    return found


def _mutated(genes: Floats, probability: float, rng: np.random.Generator) -> Floats:
    moved = rng.random(genes.shape) < probability
    chance = rng.random(genes.shape)
    power = MUTATION_INDEX + 1.0
    down = (2.0 * chance + (1.0 - 2.0 * chance) * (1.0 - genes) ** power) ** (1.0 / power) - 1.0
    up = 1.0 - (2.0 * (1.0 - chance) + (2.0 * chance - 1.0) * genes**power) ** (1.0 / power)
    step = np.where(chance < 0.5, down, up)
    found: Floats = np.clip(np.where(moved, genes + step, genes), 0.0, 1.0)
    return found
