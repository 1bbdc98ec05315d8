"""The search for the smallest change of levers that breaks a reality check.

First each lever alone, over its range; where none breaks the check, every two of them at the ends
of their ranges; then draws of all. What is found is cut down to the levers it needs, and these are
moved back towards where they were as far as the check still fails. A move is a share of the lever's
range. The search is the same each time; that it finds nothing proves nothing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sdmodel.factors import Factor
from sdmodel.reality.judge import Judge
from sdmodel.reality.results import FAILED, REFUSED, Counterexample, RealityResult

if TYPE_CHECKING:
    pass

LEVELS = 8  # of a lever on either side of its default
SECTIONS = 8  # into which a bracket is parted at a time
ROUNDS = 5
SEARCHING = 0.75  # share of the budget
MOST_FOUND = 24  # points that are shrunk together
SEED = 1
DIGITS = range(2, 16)
ROUNDING = 0.01  # by which share of itself a move may grow for the sake of fewer digits


Point = tuple[float, ...]


class Search:
    """The search for one element of one check."""

    def __init__(self, judge: Judge, place: int, factors: Sequence[Factor], budget: int) -> None:
        self.judge, self.place, self.budget = judge, place, budget
        self.limit = max(1, int(budget * SEARCHING))  # what is left is for shrinking what is found
        self.factors = list(factors)
        self.home: Point = tuple(one.default for one in self.factors)
        self.runs = 0
        self.known: dict[Point, RealityResult] = {}
        instance = judge.at.instances[place]
        self.check = judge.at.constraint.name
        self.element = f"[{','.join(instance)}]" if instance else ""
        self.name = self.check + self.element

    def smallest(self) -> Counterexample:
        """Return the smallest change that was found."""
        start = Counterexample(self.check, self.element)
        (first,) = self.results([self.home])
        start = replace(start, result=first)
        if first.verdict == FAILED:
            return self._mildest(start)
        if first.verdict == REFUSED:
            return replace(start, runs=self.runs, text=f"not run: {first.text}")
        if not self.factors:
            text = "it holds, and the model has no levers and no constants with a range"
            return replace(start, runs=self.runs, text=text)
        best, text = self._search()
        if best is None:
            return replace(start, runs=self.runs, text=f"nothing found that breaks it: {text}")
        moved = [i for i, _ in enumerate(best) if best[i] != self.home[i]]
        values = {self.factors[i].name: best[i] for i in moved}
        moves = {self.factors[i].name: self.move(i, best[i]) for i in moved}
        result = self.known[best]
        return replace(start, values=values, moves=moves, result=result, runs=self.runs, text=text)

    # Runs ---------------------------------------------------------------------------------------

    def results(self, points: Iterable[Point]) -> list[RealityResult]:
        """Return the verdict at each point, as far as the budget goes; each point is run once."""
        wanted = list(points)
        new = [one for one in dict.fromkeys(wanted) if one not in self.known]
        new = new[: max(0, self.limit - self.runs)]
        if new:
            settings = [self._setting(one) for one in new]
            judged = self.judge.judge(settings, [self.place])
            self.known |= {one: row[0] for one, row in zip(new, judged, strict=True)}
            self.runs += len(new)
        nothing = RealityResult(self.check, self.element, REFUSED, text="not tried")
        return [self.known.get(one, nothing) for one in wanted]

    def _setting(self, point: Point) -> dict[str, float]:
        return {
            one.name: value
            for one, value in zip(self.factors, point, strict=True)
            if value != one.default
        }

    def fails(self, points: Sequence[Point]) -> list[Point]:
        """Return the points at which the check fails."""
        found = zip(points, self.results(points), strict=True)
        return [point for point, result in found if result.verdict == FAILED]

    # Measures -----------------------------------------------------------------------------------

    def move(self, place: int, value: float) -> float:
        """Return how far a value is from the default, as a share of the range."""
        one = self.factors[place]
        return abs(value - one.default) / (one.high - one.low)

    def size(self, point: Point) -> tuple[int, float]:
        """Return how many levers a point moves, and how far in all."""
        moves = [self.move(i, value) for i, value in enumerate(point)]
        return sum(one > 0 for one in moves), sum(moves)

    def moved(self, point: Point, place: int, value: float) -> Point:
        """Return a point with another value of one lever."""
        return (*point[:place], value, *point[place + 1 :])

    def discrete(self, place: int) -> bool:
        """Whether a lever has only some values."""
        one = self.factors[place]
        return bool(one.values) or one.kind != "continuous"

    def levels(self, place: int) -> list[float]:
        """Return the values at which a lever is tried."""
        one = self.factors[place]
        if one.values:
            return [value for value in one.values if value != one.default]
        if one.kind == "switch":
            return [value for value in (one.low, one.high) if value != one.default]
        shares = np.arange(1, LEVELS + 1) / LEVELS
        found = [
            one.default + s * (end - one.default) for end in (one.low, one.high) for s in shares
        ]
        if one.kind == "integer":
            found = [float(math.floor(value + 0.5)) for value in found]
        return [value for value in dict.fromkeys(map(float, found)) if value != one.default]

    def ends(self, place: int) -> list[float]:
        """Return the ends of a lever's range that are not its default."""
        one = self.factors[place]
        ends = one.values if one.kind == "categorical" else (one.low, one.high)
        return [value for value in ends if value != one.default]

    # The search ---------------------------------------------------------------------------------

    def _search(self) -> tuple[Point | None, str]:
        places = range(len(self.factors))
        singles = [self.moved(self.home, i, v) for i in places for v in self.levels(i)]
        found = self.fails(singles)
        told = f"each of {len(places)} levers alone at up to {2 * LEVELS} values"
        if found:
            return self._shrunk(found), f"{self.runs} settings were tried"
        if len(places) > 1:
            pairs = [
                self.moved(self.moved(self.home, i, a), j, b)
                for i, j in itertools.combinations(places, 2)
                for a in self.ends(i)
                for b in self.ends(j)
            ]
            found = self.fails(pairs)
            told += ", every two of them at the ends of their ranges"
            if found:
                return self._shrunk(found), f"no lever alone; {self.runs} settings were tried"
        left = self.limit - self.runs
        if len(places) > 2 and left > 0:
            found = self.fails(list(itertools.islice(self._draws(left), left)))
            told += f", {left} draws of all"
            if found:
                self.limit = self.budget
                best = self._shrunk([self._needed(one) for one in self._least(found)[:2]])
                return best, f"no two levers at their ends; {self.runs} settings were tried"
        done = self.runs < self.limit or f"{left} draws" in told
        return None, told + ("" if done else f", as far as {self.runs} settings went")

    def _draws(self, count: int) -> Iterator[Point]:
        """Yield points at the ends of all ranges and within them, by turns."""
        random = np.random.default_rng(SEED)
        for number in range(count):
            point = []
            for place, one in enumerate(self.factors):
                u = float(random.random())
                choices = [*self.ends(place), one.default]
                if number % 2 == 0 or self.discrete(place):
                    choices = self.levels(place) if number % 2 and choices else choices
                    point.append(choices[min(int(u * len(choices)), len(choices) - 1)])
                else:
                    point.append(one.low + u * (one.high - one.low))
            yield tuple(point)

    def _least(self, points: Sequence[Point]) -> list[Point]:
        return sorted(dict.fromkeys(points), key=self.size)[:MOST_FOUND]

    def _needed(self, point: Point) -> Point:
        """Return the point with every lever back at its default that the failure does not need."""
        while True:
            places = [i for i, value in enumerate(point) if value != self.home[i]]
            fewer = [self.moved(point, i, self.home[i]) for i in places]
            found = self.fails(fewer)
            if not found:
                return point
            point = self._least(found)[0]

    def _shrunk(self, points: Sequence[Point]) -> Point:
        """Move the levers of some points back as far as the check still fails; return the best."""
        self.limit = self.budget
        points = self._least(points)
        fewest = self.size(points[0])[0]
        points = [one for one in points if self.size(one)[0] == fewest]
        if (
            fewest > 1
        ):  # together first: one lever alone may give back all it can at the other's cost
            points = [*points, *self._homeward(points)]
        for _ in range(2):  # what one lever gives back, another may take
            for turn in range(fewest):
                points = self._pulled(points, turn)
        best = self._least(points)[0]
        for place in [i for i, value in enumerate(best) if value != self.home[i]]:
            best = self._rounded(best, place)
        return best

    def _pulled(self, points: Sequence[Point], turn: int) -> list[Point]:
        """Pull one lever of every point towards its default: all points in the same batches."""
        places = [[i for i, v in enumerate(one) if v != self.home[i]][turn] for one in points]
        low = [self.home[place] for place in places]
        high = [one[place] for one, place in zip(points, places, strict=True)]
        for _ in range(ROUNDS):
            trials = [
                self._between(place, a, b) for place, a, b in zip(places, low, high, strict=True)
            ]
            every = [
                self.moved(one, place, value)
                for one, place, values in zip(points, places, trials, strict=True)
                for value in values
            ]
            bad = set(self.fails(every))
            for k, (one, place) in enumerate(zip(points, places, strict=True)):
                for value in trials[k]:
                    if self.moved(one, place, value) in bad:
                        high[k] = value
                        break
                    low[k] = value
        return [
            self.moved(one, place, value)
            for one, place, value in zip(points, places, high, strict=True)
        ]

    def _homeward(self, points: Sequence[Point]) -> list[Point]:
        """Pull all levers of every point towards their defaults by the same share."""
        points = [
            one
            for one in points
            if not any(self.discrete(i) for i, v in enumerate(one) if v != self.home[i])
        ]
        low, high = [0.0] * len(points), [1.0] * len(points)
        for _ in range(ROUNDS):
            shares = [
                [a + (b - a) * k / SECTIONS for k in range(1, SECTIONS)]
                for a, b in zip(low, high, strict=True)
            ]
            trials = [
                [self._partly(one, share) for share in mine]
                for one, mine in zip(points, shares, strict=True)
            ]
            bad = set(self.fails([point for mine in trials for point in mine]))
            for k, mine in enumerate(trials):
                for share, point in zip(shares[k], mine, strict=True):
                    if point in bad:
                        high[k] = share
                        break
                    low[k] = share
        return [self._partly(one, share) for one, share in zip(points, high, strict=True)]

    def _partly(self, point: Point, share: float) -> Point:
        pairs = zip(self.home, point, strict=True)
        return tuple(a if a == b else a + (b - a) * share for a, b in pairs)

    def _between(self, place: int, near: float, far: float) -> list[float]:
        """Return values between two, nearest to the default first."""
        one = self.factors[place]
        if one.kind == "categorical":
            return []
        if one.values:
            inside = [v for v in one.values if min(near, far) < v < max(near, far)]
            return sorted(inside, key=lambda value: abs(value - near))
        found = [near + (far - near) * k / SECTIONS for k in range(1, SECTIONS)]
        if one.kind == "integer":
            found = [float(round(value)) for value in found]
        if one.kind == "switch":
            found = []
        return [value for value in dict.fromkeys(found) if value not in (near, far)]

    def _rounded(self, point: Point, place: int) -> Point:
        """Return the point with one value in few digits, rounded away from the default."""
        if self.discrete(place):
            return point
        one, value = self.factors[place], point[place]
        up = value > one.default
        trials = [_outwards(value, digits, up=up) for digits in DIGITS]
        inside = [min(max(trial, one.low), one.high) for trial in trials]
        for trial in dict.fromkeys(inside):
            near = abs(trial - value) <= ROUNDING * abs(value - one.default)
            if near and self.fails([self.moved(point, place, trial)]):
                return self.moved(point, place, trial)
        return point

    # Inputs -------------------------------------------------------------------------------------

    def _mildest(self, start: Counterexample) -> Counterexample:
        """Weaken the test inputs of a check that fails as the model is."""
        text = "it fails as the model is: no lever is needed"
        assert start.result is not None
        if not start.result.under:
            return replace(start, runs=self.runs, text=text + ", and no test input")
        self.limit = self.budget
        low, high = 0.0, 1.0
        for _ in range(ROUNDS):
            trials = [low + (high - low) * k / SECTIONS for k in range(1, SECTIONS)]
            trials = trials[: max(0, self.limit - self.runs)]
            judged = self.judge.judge([{}] * len(trials), [self.place], trials) if trials else []
            self.runs += len(trials)
            bad = [s for s, row in zip(trials, judged, strict=True) if row[0].verdict == FAILED]
            good = [one for one in trials if one not in bad and (not bad or one < bad[0])]
            high, low = (bad[0] if bad else high), (good[-1] if good else low)
        if low == 0:  # no strength was found at which it holds
            high = 0.0
        return replace(start, strength=high, runs=self.runs, text=text)


def _outwards(value: float, digits: int, *, up: bool) -> float:
    """Return a value in so many digits, rounded away from what lies below or above it.

    >>> _outwards(0.12345, 3, up=True), _outwards(0.12345, 3, up=False)
    (0.124, 0.123)
    """
    if value == 0:
        return 0.0
    places = digits - 1 - math.floor(math.log10(abs(value)))
    scaled = value * 10.0**places
    whole = math.ceil(scaled) if up else math.floor(scaled)
    return float(f"{whole}e{-places}")
