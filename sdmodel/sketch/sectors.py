"""Which variables each view shows as its own: a sector, or a part of one that is too large."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from sdmodel.sketch.structure import Structure

# Names on a view, shadows included, beyond which it is split.
MOST = 70
_DEFAULT = "Model"


def sectors(structure: Structure) -> dict[str, list[str]]:
    """Return the variables of each sector, in the order of the file.

    A flow is drawn with a stock that it fills or drains, whatever sector the file has it in.

    Examples
    --------
    >>> found = Structure({"s": "S", "f": "f"}, {"s": "A", "f": "B"}, {"s": {"f": False}, "f": {}},
    ...                   {"s": ("f",)}, {"s": ()})
    >>> sectors(found)
    {'A': ['s', 'f']}
    """
    ends = structure.ends()
    groups: dict[str, list[str]] = {}
    for name in structure.names:
        group = structure.group[name]
        homes = [structure.group[stock] for stock in ends.get(name, ()) if stock]
        if homes and group not in homes:
            group = homes[0]
        groups.setdefault(group or _DEFAULT, []).append(name)
    return groups


def split(structure: Structure, groups: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the title of each view with its own variables.

    A sector with too many names for one view is split along its weakest links, as "Firms 1" and
    "Firms 2".
    """
    found: dict[str, list[str]] = {}
    for group, names in groups.items():
        parts = _split(structure, names)
        for number, part in enumerate(parts, 1):
            found[f"{group} {number}" if len(parts) > 1 else group] = part
    return found


def names_on(structure: Structure, own: Collection[str]) -> int:
    """Return how many names a view shows: its own variables and one shadow for each other cause."""
    inside = set(own)
    outside = {cause for name in own for cause in structure.causes[name]} - inside
    return len(inside) + len(outside)


def _split(structure: Structure, names: Sequence[str]) -> list[list[str]]:
    if names_on(structure, names) <= MOST or len(names) < 12:
        return [list(names)]
    units = _units(structure, names)
    if len(units) < 2:
        return [list(names)]
    first = _half(structure, units)
    parts = [
        [name for name in names if any(name in units[n] for n in half)]
        for half in (first, [n for n in range(len(units)) if n not in first])
    ]
    return [part for half in parts for part in _split(structure, half)]


def _units(structure: Structure, names: Sequence[str]) -> list[list[str]]:
    """Return what stays together: stocks with their flows, and what only one other uses."""
    root = {name: name for name in names}

    def find(name: str) -> str:
        while root[name] != name:
            name = root[name]
        return name

    for flow, pair in structure.ends().items():
        for stock in pair:
            if flow in root and stock in root:
                root[find(flow)] = find(stock)
    users: dict[str, list[str]] = {name: [] for name in names}
    for name in names:
        for cause in structure.causes[name]:
            if cause in users:
                users[cause].append(name)
    for name, found in users.items():
        if len(found) == 1 and not structure.causes[name]:
            root[find(name)] = find(found[0])
    units: dict[str, list[str]] = {}
    for name in names:
        units.setdefault(find(name), []).append(name)
    return list(units.values())


def _half(structure: Structure, units: Sequence[Sequence[str]]) -> list[int]:
    """Return the units of one half: few links cut, and neither much larger."""
    of = {name: n for n, unit in enumerate(units) for name in unit}
    weight = np.zeros((len(units), len(units)))
    for name, a in of.items():
        for cause in structure.causes[name]:
            b = of.get(cause, a)
            if a != b:
                weight[a, b] += 1
                weight[b, a] += 1
    # A weak link to everything joins what nothing else joins.
    weight += 0.01 * (1 - np.eye(len(units)))
    laplacian = np.diag(weight.sum(axis=1)) - weight
    _, vectors = np.linalg.eigh(laplacian)
    # Spectral bisection: along this vector, what is linked lies near.
    line = np.round(vectors[:, 1], 9)
    line = line if line[np.argmax(np.abs(line))] > 0 else -line
    order = sorted(range(len(units)), key=lambda n: (line[n], n))
    best, least = 1, math.inf
    for cut in range(1, len(order)):
        apart = weight[np.ix_(order[:cut], order[cut:])].sum()
        sides = (order[:cut], order[cut:])
        larger = max(names_on(structure, [m for n in side for m in units[n]]) for side in sides)
        if apart + 2 * larger < least - 1e-9:
            best, least = cut, apart + 2 * larger
    first, second = order[:best], order[best:]
    return first if min(first) < min(second) else second
