"""Vensim's binary `.vdf` by way of pysimlin, an optional library."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from sdmodel.external.points import Point
from sdmodel.external.refusal import Refusal

_CURE = "export the data from Vensim as text: Dataset > Export, .dat or .tab"


def read_vdf(path: Path) -> Iterator[tuple[str, tuple[Point, ...]]]:
    """Yield the series of a `.vdf` file: name and points.

    Raises
    ------
    Refusal
        pysimlin is not installed, or cannot read the file.
    """
    try:
        import simlin
    except ImportError:
        raise Refusal(
            f"{path.name}: reading .vdf files needs pysimlin, which is not installed",
            f"pip install 'sdmodel[vdf]', or {_CURE}",
        ) from None
    try:
        frame = simlin.load_vdf(path)
    except Exception as error:  # the format is undocumented; the reader gives up in many ways
        raise Refusal(f"{path.name} cannot be read as .vdf: {error}", _CURE) from None
    times = [float(time) for time in frame.index]
    for name in frame.columns:
        values = [float(value) for value in frame[name]]
        yield (
            str(name),
            tuple(Point(x, y) for x, y in zip(times, values, strict=True) if math.isfinite(y)),
        )
