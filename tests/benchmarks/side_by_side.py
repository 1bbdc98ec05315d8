"""Speed side by side, in one run on one machine: trust the ratios, not the milliseconds.

`make bench` prints two tables for models/core.mdl: how long each reader takes from the file to a
model object (what it leaves for the first run differs), and how many runs per second each engine
makes, all with the file's own method where the engine offers it. Each number is the median of
several repetitions, with the fastest and slowest.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table

import sdmodel as sd

CORE = Path(__file__).resolve().parents[2] / "models" / "core.mdl"
BATCH = 2048


def clock(work: Callable[[], object], repeats: int) -> list[float]:
    """Time some work again and again, after one run that warms caches and imports."""
    work()
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return seconds


def print_table(
    title: str, unit: str, rows: dict[str, list[float]], *, more_is_better: bool
) -> None:
    """Print medians with their spread, and each as a multiple of the first row."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("")
    for column in (f"median [{unit}]", "least", "most", "against the first"):
        table.add_column(column, justify="right")
    first = statistics.median(next(iter(rows.values())))
    for name, values in rows.items():
        middle = statistics.median(values)
        ratio = middle / first
        better = ratio >= 1 if more_is_better else ratio <= 1
        times = ratio if ratio >= 1 else 1 / ratio
        word = "" if ratio == 1 else "x faster" if better else "x slower"
        told = "-" if ratio == 1 else f"{times:,.3g}{word}"
        cells = (
            f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
            for value in (middle, min(values), max(values))
        )
        table.add_row(name, *cells, told)
    Console(width=110).print(table)


def reading(repeats: int) -> dict[str, list[float]]:
    """Time, in milliseconds, the way from the file to a model that is ready to run."""
    rows = {"sdmodel": clock(lambda: sd.load(CORE), repeats)}
    if importlib.util.find_spec("simlin"):
        import simlin

        rows["pysimlin"] = clock(lambda: simlin.load(CORE), repeats)
    import tempfile

    import pysd

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / CORE.name
        copy.write_bytes(CORE.read_bytes())
        rows["PySD"] = clock(lambda: pysd.read_vensim(str(copy)), max(3, repeats // 5))
    return {name: [1e3 * one for one in values] for name, values in rows.items()}


def running(repeats: int) -> dict[str, list[float]]:
    """Count runs per second at the file's time step; PySD always takes Euler's steps."""
    model = sd.load(CORE)
    lever, factor = next(iter(model.settings.levers.items()))
    table = pd.DataFrame({lever: np.linspace(factor.low, factor.high, BATCH)})
    output = [model.settings.highlights[0]]
    rows = {
        f"sdmodel, {BATCH} runs at once": [
            BATCH / one
            for one in clock(lambda: model.run_many(table, outputs=output), max(3, repeats // 5))
        ],
        "sdmodel, one at a time": [
            1 / one for one in clock(lambda: model.run(method="vensim", outputs=output), repeats)
        ],
        "sdmodel, SciPy's LSODA": [
            1 / one for one in clock(lambda: model.run(method="LSODA", outputs=output), repeats)
        ],
    }
    if importlib.util.find_spec("simlin"):
        import simlin

        other = simlin.load(CORE)
        rows["pysimlin"] = [
            1 / one for one in clock(lambda: other.run({}, analyze_loops=False), repeats)
        ]
    import tempfile

    import pysd

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / CORE.name
        copy.write_bytes(CORE.read_bytes())
        second = pysd.read_vensim(str(copy))
        few = max(3, repeats // 5)
        rows["PySD (Euler)"] = [
            1 / one for one in clock(lambda: second.run(return_columns=output), few)
        ]
    return rows


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    warnings.simplefilter("ignore")  # those of other packages; the numbers are the point here
    print_table("Reading models/core.mdl", "ms", reading(repeats), more_is_better=False)
    print_table("Running it", "runs/s", running(repeats), more_is_better=True)


if __name__ == "__main__":
    main()
