"""Checks of lookups: their points, and where a run reads them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sdmodel.checks.records import STYLE
from sdmodel.checks.registry import CLASSIC, LOCOMOTION, check
from sdmodel.checks.subject import Subject
from sdmodel.errors import Problem
from sdmodel.expr import Call, Lookup, Table, Tables, flat_places, walk
from sdmodel.names import key, readable
from sdmodel.source import Variable

if TYPE_CHECKING:
    from sdmodel.checks.facts import Facts, Probe

# How far beyond its last point, as a share of its width, a lookup may be read: rounding.
_ROUNDING = 1e-9


@check(
    "SD501",
    "lookup left",
    meaning=(
        "In the run, a lookup is read beyond its first or last point, where it stays at the value "
        "of that point. If the curve still rises or falls there, the relation breaks off, and "
        "whatever depends on it stops responding. A lookup that is flat at that end is passed "
        "over: it was drawn to stay."
    ),
    cure="add points, or make the last two of the same height if it is meant to stay there",
    example="effect((0,0),(1,2)) ~ Dmnl ~ |   read at 1.7",
    runs=True,
)
def lookups_left(subject: Subject) -> Iterator[Problem]:
    """Compare what each lookup is read at with its points."""
    facts = subject.facts
    if facts is None:
        return
    for probe in facts.probes:
        node = probe.node
        if isinstance(node, Lookup) and node.mode == "interpolate":
            yield from _left(subject, facts, probe, node)


def _left(subject: Subject, facts: Facts, probe: Probe, node: Lookup) -> Iterator[Problem]:
    worst: dict[str, tuple[float, str]] = {}
    for slot, table in zip(probe.slots, _tables(probe, node), strict=False):
        if table is None or len(table.xs) < 2:
            continue
        for side, far, told in _beyond(facts, slot, table):
            if far > worst.get(side, (0.0, ""))[0]:
                worst[side] = far, told
    for _, told in worst.values():
        variable, at = _place(subject, node, probe)
        what = _called(subject, node)
        message = f"in the equation of {readable(probe.variable)!r}: {what} is read {told}"
        cure = "add points there, or end it flat if it is meant to stay"
        yield subject.at(variable, message, cure, at=at)


def _tables(probe: Probe, node: Lookup) -> list[Table | None]:
    """Return the table that each element of a probe reads."""
    if isinstance(node.table, Table):
        return [node.table] * len(probe.slots)
    places = flat_places(node.sizes, probe.axes, node.where).tolist()
    return [node.table.tables[place] for place in places]


def _beyond(facts: Facts, slot: int, table: Table) -> Iterator[tuple[str, float, str]]:
    """Yield for each end that a run leaves: its side, how far as a share, and that in words."""
    xs, ys, given = table.xs, table.ys, facts.values[slot]
    width = (xs[-1] - xs[0]) or 1.0
    ends = (("below", xs[0], -1.0, ys[0] != ys[1]), ("above", xs[-1], 1.0, ys[-1] != ys[-2]))
    for side, end, sign, slopes in ends:
        with np.errstate(invalid="ignore"):
            far = sign * (given - end)
            out = far > _ROUNDING * width
        if not slopes or not out.any():
            continue
        first = facts.times[int(np.argmax(out))]
        extreme = given[int(np.nanargmax(far))]
        share = out.mean()
        when = (
            "all the time" if share == 1 else f"from {first:g} on" if out[-1] else f"at {first:g}"
        )
        if share < 1 and not out[int(np.argmax(out)) :].all():
            when = f"at {share:.0%} of the times, first at {first:g}"
        name = "first" if side == "below" else "last"
        told = f"{side} its {name} point {end:g} {when}, at {extreme:g} in the extreme"
        yield side, float(np.nanmax(far)) / width, told


def _called(subject: Subject, node: Lookup) -> str:
    owner = _owner(subject, node)
    return f"the lookup {owner.name!r}" if owner is not None else "a lookup written in place"


def _owner(subject: Subject, node: Lookup) -> Variable | None:
    """Return the lookup variable that a table comes from."""
    table = node.table
    if isinstance(table, Tables):
        table = next((one for one in table.tables if one is not None), Table((), ()))
    for one in subject.tables.get(table, ()):
        if one.table is not None or one.lookup:
            return one
    return None


def _place(subject: Subject, node: Lookup, probe: Probe) -> tuple[Variable, int]:
    """Return where to point: at the reading of the lookup, else at its own points."""
    reader = subject.source.by_key.get(key(probe.variable))
    owner = _owner(subject, node)
    if reader is not None and reader.equation is not None:
        for one in subject.source.entries[reader.key]:
            for call in walk(one.equation) if one.equation is not None else ():
                named = key(call.function) if isinstance(call, Call) else ""
                if named and (
                    (owner is not None and named == owner.key)
                    or (owner is None and named == "with lookup")
                ):
                    assert isinstance(call, Call)
                    return reader, call.at
    found = owner or reader or subject.source.variables[0]
    return found, found.at


@check(
    "SD502",
    "unsorted lookup",
    meaning=(
        "The points of a lookup do not rise in x. They are sorted, as Vensim does it; but a typing "
        "error in one x looks just like that."
    ),
    cure="put the points in order, and look at them",
    example="effect((0,0),(2,1),(1,2)) ~ Dmnl ~ |",
)
def unsorted_lookups(subject: Subject) -> Iterator[Problem]:
    """Yield lookups whose points the file has in another order."""
    for variable, table, xs in subject.points():
        down = next((b for a, b in pairwise(xs) if b < a), None)
        if down is not None:
            message = f"the points of {variable.name!r} do not rise in x: {down:g} comes late"
            yield subject.at(variable, message, "put them in order", at=table.at)


@check(
    "SD503",
    "step in a lookup",
    severity=STYLE,
    meaning=(
        "Two points of a lookup have the same x, so that it jumps there. A solver with variable "
        "steps, and a study of small changes, stumble over a jump."
    ),
    cure="move one of the two a little, or use IF THEN ELSE or STEP, which say what is meant",
    example="effect((0,0),(1,0),(1,1),(2,1)) ~ Dmnl ~ |",
    profiles=(CLASSIC, LOCOMOTION),
)
def steps_in_lookups(subject: Subject) -> Iterator[Problem]:
    """Yield lookups that have two points above one x."""
    for variable, table, xs in subject.points():
        twice = next((a for a, b in pairwise(sorted(xs)) if a == b), None)
        if twice is not None:
            message = f"the lookup {variable.name!r} jumps at {twice:g}: two points have that x"
            yield subject.at(variable, message, "move one of the two a little", at=table.at)
