"""What is different between two versions of a model: equations by name, and courses in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from sdmodel.checks.facts import Facts
from sdmodel.names import key
from sdmodel.program import CONTROL
from sdmodel.source import SourceModel, Variable

# A smaller difference, as a share of the largest value of either course, is rounding.
_SAME = 1e-9
# What an entry computes, and what it says of the values that are allowed.
_RIGHT = attrgetter(
    "subscripts", "exceptions", "equation", "table", "data", "lookup", "mode", "kind",
    "non_negative", "unchangeable",
)  # fmt: skip
_LIMITS = attrgetter("low", "high", "step")


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A variable whose entry says something else: `what` of it, before and after."""

    name: str
    what: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        """Return it on one line.

        >>> print(Rewritten("rate", "equation", "0.2", "0.3"))
        rate: 0.2 -> 0.3
        """
        if self.what in ("added", "removed"):
            return f"{self.name}: {self.what}"
        what = "" if self.what == "equation" else f" {self.what}"
        return f"{self.name}{what}: {_short(self.before)} -> {_short(self.after)}"


@dataclass(frozen=True, slots=True)
class Moved:
    """A variable whose course changed: by how much of its peak, and where the most."""

    name: str
    share: float
    time: float
    before: float
    after: float

    def __str__(self) -> str:
        """Return it on one line.

        >>> print(Moved("stock", 0.25, 2000.0, 4.0, 3.0))
        stock: 25% of its peak at 2000, 4 -> 3
        """
        return (
            f"{self.name}: {self.share:.2g} of its peak at {self.time:g}, "
            f"{self.before:.4g} -> {self.after:.4g}"
            if self.share < 0.001 or not np.isfinite(self.share)
            else f"{self.name}: {self.share:.0%} of its peak at {self.time:g}, "
            f"{self.before:.4g} -> {self.after:.4g}"
        )


def rewritten(before: SourceModel, after: SourceModel) -> list[Rewritten]:
    """Return what differs between two texts, by variable, in the order of the second one."""
    found: list[Rewritten] = []
    old, new = before.entries, after.entries
    for name, entries in new.items():
        if name not in old:
            found.append(Rewritten(entries[0].name, "added"))
        elif old[name] is not entries:
            found += _of_entries(old[name], entries)
    found += [Rewritten(old[name][0].name, "removed") for name in old if name not in new]
    ranges = [[(one.key, one.elements) for one in model.dimensions] for model in (before, after)]
    if ranges[0] != ranges[1]:
        found.append(Rewritten("the ranges", "elements", "", "changed"))
    if before.method != after.method:
        found.append(Rewritten("the method", "method", before.method, after.method))
    return found


def _of_entries(old: tuple[Variable, ...], new: tuple[Variable, ...]) -> Iterator[Rewritten]:
    name = new[0].name
    if list(map(_RIGHT, old)) != list(map(_RIGHT, new)):
        pairs = zip(old, new, strict=False)
        differ = next((p for p in pairs if _RIGHT(p[0]) != _RIGHT(p[1])), (old[-1], new[-1]))
        yield Rewritten(name, "equation", *(_said(one) for one in differ))
    for what in ("units", "comment"):
        before, after = (next(filter(None, map(attrgetter(what), some)), "") for some in (old, new))
        if before != after:
            yield Rewritten(name, what, before, after)
    limits = [list(map(_LIMITS, some)) for some in (old, new)]
    if limits[0] != limits[1]:
        yield Rewritten(name, "range", *(str(list(one[0][:2])) for one in limits))


def _said(one: Variable) -> str:
    return " ".join(one.text.split()) or "points"


def _short(text: str, most: int = 60) -> str:
    text = text or "nothing"
    return text if len(text) <= most else f"{text[: most - 3]}..."


def moved(before: Facts, after: Facts) -> list[Moved]:
    """Return the variables whose course changed, the most changed first.

    Compared is at the times that both runs saved; what only one of them has is left out.
    """
    times, here, there = np.intersect1d(before.times, after.times, return_indices=True)
    if not len(times):
        return []
    old, new = before.program.columns, after.program.columns
    shared = [name for name in new if name in old and key(name) not in CONTROL]
    a = before.values[[old[name][1] for name in shared]][:, here]
    b = after.values[[new[name][1] for name in shared]][:, there]
    with np.errstate(invalid="ignore", over="ignore"):
        peak = np.fmax(np.abs(a), np.abs(b)).max(axis=1, initial=0.0)
        apart = np.abs(a - b)
        apart[np.isnan(a) != np.isnan(b)] = np.inf
        apart[(a == b) | (np.isnan(a) & np.isnan(b))] = 0.0
        share = apart.max(axis=1, initial=0.0) / np.where(peak > 0, peak, 1.0)
    order = [i for i in np.argsort(-share, kind="stable") if share[i] > _SAME]
    found = []
    for i in order:
        at = int(np.argmax(apart[i]))
        name = new[shared[i]][0]
        values = float(a[i, at]), float(b[i, at])
        found.append(Moved(name, float(share[i]), float(times[at]), *values))
    return found
