"""From text to machine code, and arrays, side by side with the peers in one run.

`make bench` prints it last. World3 comes from the public test models at $SDMODEL_CONFORMANCE or
../shared/conformance, and is left out where they are not. The array model is made here: 100 x 100
stocks, each with a sum over its row. Medians of interleaved rounds; trust the ratios.
"""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import sdmodel as sd
from sdmodel.codegen import CompiledKernel
from sdmodel.frontends import parse
from sdmodel.frontends.text import decode
from sdmodel.integrators import TABLEAUS
from sdmodel.lowering import program_of

if __package__:
    from tests.benchmarks.compiled import PUBLIC, rounds, show
else:
    from compiled import PUBLIC, rounds, show  # type: ignore[import-not-found,no-redef]

SIZE = 100
STEPS = 800


def array_model(size: int) -> str:
    """Return a model of size x size stocks whose inflow depends on the mean of their row."""
    return "\n".join(
        [
            "{UTF-8}",
            f"Row: (r1-r{size}) ~~|",
            f"Col: (c1-c{size}) ~~|",
            "x[Row,Col] = INTEG(inflow[Row,Col] - x[Row,Col]/life, 1 + Row/100) ~~|",
            "inflow[Row,Col] = a*row mean[Row] + b*x[Row,Col]*(1 - x[Row,Col]/cap) ~~|",
            "row mean[Row] = SUM(x[Row,Col!])/ELMCOUNT(Col) ~~|",
            "total = SUM(x[Row!,Col!]) ~~|",
            *(f"{name} = {value} ~~|" for name, value in PARAMETERS.items()),
            "INITIAL TIME = 0 ~~|",
            f"FINAL TIME = {STEPS / 8} ~~|",
            "TIME STEP = 0.125 ~~|",
            f"SAVEPER = {STEPS / 8} ~~|",
        ]
    )


PARAMETERS = {"a": 0.1, "b": 0.05, "cap": 3, "life": 10}


def compiling(model: sd.Model, outputs: list[str]) -> Callable[[], object]:
    """Return the making of machine code from a program, without a cache."""
    slots = [model.program.columns[name][1] for name in outputs]

    def work() -> object:
        from sdmodel.codegen import jit

        kernel = CompiledKernel(model.program)
        return jit.compile_module(kernel.batch_text(slots, TABLEAUS["euler"]))

    return work


def world3() -> None:
    """Read, lower and compile World3; its peers' ways from the same file."""
    found = sorted(PUBLIC.rglob("wrld3-03.mdl"))
    if not found:
        print("World3 is not here: set SDMODEL_CONFORMANCE")
        return
    path = found[0]
    raw = path.read_bytes()
    model = sd.load(path)
    works: dict[str, tuple[Callable[[], object], float]] = {
        "sdmodel: bytes to SourceModel": (lambda: parse(decode(str(path), raw)), 1),
        "sdmodel: SourceModel to Program": (lambda: program_of(model.source), 1),
        "sdmodel: Program to machine code": (compiling(model, ["population"]), 1),
        "sdmodel: all of load()": (lambda: sd.load(path), 1),
    }
    try:
        import simlin

        works["pysimlin: load"] = (lambda: simlin.load(str(path)), 1)
    except ImportError:
        print("pysimlin is not installed")
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copy = Path(folder) / "world3.mdl"
        copy.write_bytes(raw)

        def translate() -> object:
            from pysd.translators.vensim.vensim_file import VensimFile

            file = VensimFile(copy)
            file.parse()
            return file.get_abstract_model()

        works["PySD: translator's parse"] = (translate, 1)
        show("World3 from text to code", "ms", 1e3, rounds(works))


def arrays() -> None:
    """Compile and run 10,000 stocks in arrays, alone and as a batch."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "array.mdl"
        path.write_text(array_model(SIZE))
        began = time.perf_counter()
        model = sd.load(path)
        read = time.perf_counter() - began
        began = time.perf_counter()
        compiling(model, ["total"])()
        print(
            f"{SIZE} x {SIZE} stocks: read and ordered in {read:.3f} s, "
            f"compiled in {time.perf_counter() - began:.3f} s"
        )
        batch = pd.DataFrame({"a": np.linspace(0.05, 0.15, 64)})
        works: dict[str, tuple[Callable[[], object], float]] = {
            "compiled, 64 runs at once, a run's step": (
                lambda: model.run_many(batch, outputs=["total"], threads=1),
                64 * STEPS,
            ),
            "compiled, one run": (lambda: model.run(method="euler", outputs=["total"]), STEPS),
        }
        try:
            import simlin

            other = simlin.load(str(path))
            works["pysimlin, one run"] = (lambda: other.run(analyze_loops=False), STEPS)
        except ImportError:
            print("pysimlin is not installed")
        show(f"{SIZE} x {SIZE} stocks, Euler: a step", "us", 1e6, rounds(works))


def main() -> None:
    """Print both tables."""
    os.environ["SDMODEL_CACHE"] = "off"
    world3()
    arrays()


if __name__ == "__main__":
    main()
