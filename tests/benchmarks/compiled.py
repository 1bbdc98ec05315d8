"""How fast the compiled engine is, against the peers, in one run on one machine.

`make bench` prints it after the tables of `side_by_side.py`. World3 and SIR are taken from the
public test models at $SDMODEL_CONFORMANCE or ../shared/conformance; without them only core.mdl
and models made here are timed. Each number is the median of five interleaved rounds, with the
least and the most; trust the ratios.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table

import sdmodel as sd

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "models" / "core.mdl"
PUBLIC = Path(os.environ.get("SDMODEL_CONFORMANCE", ROOT.parent / "shared" / "conformance"))
ROUNDS = 5
BATCH = 4096

Work = Callable[[], object]


def rounds(works: dict[str, tuple[Work, float]]) -> dict[str, list[float]]:
    """Time each work once a round, one after the other; each time is divided by its number."""
    for work, _ in works.values():
        work()
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, (work, parts) in works.items():
            began = time.perf_counter()
            work()
            found[name].append((time.perf_counter() - began) / parts)
    return found


def show(title: str, unit: str, scale: float, rows: dict[str, list[float]]) -> None:
    """Print medians, spread, and how many times as long as the first row each takes."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("", f"median [{unit}]", "least", "most", "times the first"):
        table.add_column(column, justify="right" if column else "left")
    first = statistics.median(next(iter(rows.values())))
    for name, values in rows.items():
        middle = statistics.median(values)
        cells = (f"{scale * one:,.4g}" for one in (middle, min(values), max(values)))
        table.add_row(name, *cells, f"{middle / first:,.3g}")
    Console(width=110).print(table)


def simlin_loop(path: Path, constant: str, output: str, runs: int) -> Work | None:
    """Return pysimlin's fastest way to many runs: one simulation, reset and run again."""
    try:
        import simlin
    except ImportError:
        return None
    simulation = simlin.load(path).simulate()

    def work() -> None:
        for value in np.linspace(0.9, 1.1, runs):
            simulation.reset()
            simulation.set_value(constant, float(value))
            simulation.run_to_end()
            simulation.get_series(output)

    return work


def batches(path: Path, lever: str, low: float, high: float, output: str) -> None:
    """Time many Euler runs of a model that save one output."""
    model = sd.load(path)
    table = pd.DataFrame({lever: np.linspace(low, high, BATCH)})

    def many(threads: int, **options: object) -> Work:
        return lambda: model.run_many(
            table,
            method="euler",
            outputs=[output],
            threads=threads,
            **options,  # type: ignore[arg-type]
        )

    works: dict[str, tuple[Work, float]] = {
        "compiled, 1 thread": (many(1), BATCH),
        "compiled, 2 threads": (many(2), BATCH),
        "compiled, exact, 1 thread": (many(1, exact=True), BATCH),
        "reference (NumPy), 1 thread": (many(1, engine="reference"), BATCH),
    }
    try:
        other = simlin_loop(path, lever.lower().replace(" ", "_"), output, 20)
    except Exception as error:  # whatever it cannot do is only said
        print(f"pysimlin: {error}")
        other = None
    if other is not None:
        works["pysimlin, reset and run"] = (other, 20)
    steps = model.run(method="euler").steps
    found = rounds(works)
    show(f"{path.name}: {BATCH} runs of {steps} Euler steps, one output", "us a run", 1e6, found)
    final = model.run(method="euler").values(output)[-1]
    print(f"{output} at the end: {final!r}")


def single(path: Path) -> None:
    """Time one run, by each way."""
    model = sd.load(path)
    works: dict[str, tuple[Work, float]] = {
        "file's own method": (lambda: model.run(method="vensim"), 1),
        "LSODA, rtol 1e-6": (lambda: model.run(method=sd.SciPy("LSODA", 1e-6)), 1),
        "LSODA, rtol 1e-8": (lambda: model.run(method="LSODA"), 1),
        "LSODA, reference engine": (lambda: model.run(method="LSODA", engine="reference"), 1),
    }
    show(f"{path.name}: a single run, all variables", "ms", 1e3, rounds(works))


def processes(path: Path) -> None:
    """Time whole processes that read, compile and run a model once."""
    code = f"import sdmodel as sd; sd.load({str(path)!r}).run(method='vensim')"
    with tempfile.TemporaryDirectory() as folder:
        cold = {**os.environ, "SDMODEL_CACHE": "off"}
        warm = {**os.environ, "SDMODEL_CACHE": folder}

        def process(text: str, environment: dict[str, str]) -> Work:
            return lambda: subprocess.run([sys.executable, "-c", text], env=environment, check=True)

        works: dict[str, tuple[Work, float]] = {
            "nothing": (process("pass", cold), 1),
            "import sdmodel": (process("import sdmodel", cold), 1),
            "cold: read, compile, run": (process(code, cold), 1),
            "cached: read, run": (process(code, warm), 1),
        }
        show(f"{path.name}: a whole process", "ms", 1e3, rounds(works))


def made(stocks: int) -> str:
    """Return a ring of stocks with two auxiliaries each."""
    head = "{UTF-8}c=0.1~~|tau=3~~|d=.05~~|INITIAL TIME=0~~|FINAL TIME=100~~|TIME STEP=0.25~~|"
    return head + "".join(
        f"r{i}=c*(S{(i + 1) % stocks}-S{i})/tau+EXP(-S{i})~~|a{i}=MAX(r{i},0)-S{i}*d~~|"
        f"S{i}=INTEG(a{i},{i % 7 + 1})~~|"
        for i in range(stocks)
    )


def sizes() -> None:
    """Print how compiling grows with the model."""
    chain = "{UTF-8}INITIAL TIME=0~~|FINAL TIME=100~~|TIME STEP=0.25~~|v0=Time~~|"
    chain += "".join(f"v{i}=v{i - 1}*0.9+1~~|" for i in range(1, 10_000)) + "S0=INTEG(v9999,0)~~|"
    texts = {f"{n} stocks, {2 * n} auxiliaries": made(n) for n in (100, 500, 2000)}
    texts["10,000 chained auxiliaries"] = chain
    os.environ["SDMODEL_CACHE"] = "off"
    table = Table(title="From text to the first run [s]", title_justify="left", box=box.SIMPLE_HEAD)
    for column in ("", "read and order", "Euler: compile and run", "RK4: compile and run"):
        table.add_column(column, justify="right" if column else "left")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            path = Path(folder) / "made.mdl"
            path.write_text(text, encoding="utf-8")
            began = time.perf_counter()
            model = sd.load(path)
            cells = [time.perf_counter() - began]
            for method in ("euler", "rk4"):
                began = time.perf_counter()
                model.run_many(pd.DataFrame({"FINAL TIME": [100.0]}), method=method, outputs=["S0"])
                cells.append(time.perf_counter() - began)
            table.add_row(name, *(f"{one:.2f}" for one in cells))
    Console(width=110).print(table)


def main() -> None:
    """Print every table."""
    world3 = sorted(PUBLIC.glob("models/**/wrld3-03.mdl"))
    sir = sorted(PUBLIC.glob("models/**/samples/SIR/SIR.mdl"))
    batches(CORE, "network exposure", 0.3, 0.6, "relative knowledge")
    single(CORE)
    processes(CORE)
    if world3:
        family = "desired completed family size normal"
        batches(world3[0], family, 3.5, 4.2, "population")
        single(world3[0])
        processes(world3[0])
    if sir:
        batches(sir[0], "Contact Infectivity", 0.2, 0.4, "Infectious")
    sizes()


if __name__ == "__main__":
    main()
