"""A Sobol design over 20 inputs of the macro model: sdmodel, EMA Workbench with PySD, pysimlin.

    python tests/benchmarks/ensembles.py [--seconds 120] [--samples 8192]

Ours is the whole study: runs, three outcomes and three courses at all saved times, indices with
bootstrap intervals, everything in a store. The others only run the design's first rows, in its
order, until the time is up; what they would need for the rest follows from that. EMA Workbench is
no dependency (one of its own is under the GPL): without it, PySD is run by itself, which is what
EMA calls. All integrate with the file's TIME STEP; PySD knows Euler only, the others use RK4. One
run takes PySD minutes, so it is given the first years only, and its time scaled up.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import sdmodel as sd
import sensitivity as sa
from sensitivity.studies import finishing, running
from sensitivity.studies.store import Store

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "industrial_upgrading.mdl"
OUTCOMES = ("overall relative knowledge", "relative income", "industrial upgrading")
INPUTS = 20
# PySD runs so many of the model's years.
YEARS, ALL_YEARS = 3, 60


def twenty(model: sd.Model) -> sa.Space:
    """Return the ten strongest levers and the ten strongest uncertainties by a screening."""
    space = sa.Space.from_settings(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.SweepWarning)
        screened = sa.sweep(model, space, OUTCOMES[0], method="morris", samples=8, resamples=0)
    ranked = sa.ranking(screened)
    kept = [
        name
        for role in ("lever", "uncertainty")
        for name in ranked.index[ranked["role"] == role][: INPUTS // 2]
    ]
    return space.without(*(name for name in space.names if name not in kept))


def ours(study: sa.Study, folder: Path) -> dict[str, float]:
    """Run the whole study into a store; return seconds by what they were spent on."""
    spent = {"writing": 0.0, "ranking": 0.0}

    def timed(what: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*given: object, **named: object) -> object:
            began = time.perf_counter()
            try:
                return function(*given, **named)
            finally:
                spent[what] += time.perf_counter() - began

        return call

    write, finish = Store.write, finishing.finish
    Store.write = timed("writing", write)  # type: ignore[method-assign, assignment]
    running.finish = timed("ranking", finish)  # type: ignore[assignment]
    began = time.perf_counter()
    try:
        path = sa.run_study(study, folder / "macro.study")
    finally:
        Store.write, running.finish = write, finish  # type: ignore[method-assign]
    spent["whole"] = time.perf_counter() - began
    spent["bytes"] = float(sum(f.stat().st_size for f in path.rglob("*") if f.is_file()))
    return spent


def rows_until(seconds: float, design: np.ndarray, run: Callable[[np.ndarray], object]) -> float:
    """Run rows of a design one by one until the time is up; return the runs a second."""
    began, done = time.perf_counter(), 0
    for row in design:
        run(row)
        done += 1
        if time.perf_counter() - began > seconds:
            break
    return done / (time.perf_counter() - began)


def peers(study: sa.Study, seconds: float) -> Iterator[tuple[str, float]]:
    """Yield the runs a second of each peer that is installed."""
    names = list(study.space.names)
    design = study.space.scale(study.plan.rows(0, min(study.plan.runs, 100_000)))
    try:
        import simlin
    except ImportError:
        print("pysimlin is not installed: left out")
    else:
        loaded = simlin.load(str(MODEL))
        simulation = loaded.simulate(overrides={})

        def one_simlin(row: np.ndarray) -> object:
            simulation.reset()
            for name, value in zip(names, row, strict=True):
                simulation.set_value(name, float(value))
            simulation.run_to_end()
            return [simulation.get_series(name) for name in OUTCOMES]

        yield "pysimlin loop", rows_until(seconds, design, one_simlin)
    yield from ema(names, design, seconds)


def ema(names: list[str], design: np.ndarray, seconds: float) -> Iterator[tuple[str, float]]:
    """Yield the runs a second of EMA Workbench with PySD, or of PySD by itself."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copy = Path(folder) / MODEL.name
        copy.write_bytes(MODEL.read_bytes())
        import pysd

        model = pysd.read_vensim(str(copy))
        # PySD takes no single elements of subscripted constants: their inputs are left out.
        plain = [name for name in names if "[" not in name]
        places = [names.index(name) for name in plain]

        def one_pysd(row: np.ndarray) -> object:
            values = dict(zip(plain, map(float, row[places]), strict=True))
            return model.run(params=values, return_columns=list(OUTCOMES), final_time=1960 + YEARS)

        try:
            from ema_workbench import Model, RealParameter, Scenario, TimeSeriesOutcome
            from ema_workbench.em_framework import SequentialEvaluator
        except ImportError:
            yield "PySD alone", rows_until(seconds, design, one_pysd) * YEARS / ALL_YEARS
            return
        safe = {name: f"x{place}" for place, name in enumerate(plain)}

        def called(**given: float) -> dict[str, object]:
            table = model.run(
                params={name: float(given[short]) for name, short in safe.items()},
                return_columns=list(OUTCOMES),
                final_time=1960 + YEARS,
            )
            return {f"y{i}": table[name].to_numpy() for i, name in enumerate(OUTCOMES)}

        wrapped = Model("macro", function=called)
        wrapped.uncertainties = [RealParameter(short, -1e9, 1e9) for short in safe.values()]
        wrapped.outcomes = [TimeSeriesOutcome(f"y{i}") for i in range(len(OUTCOMES))]

        def one_ema(row: np.ndarray) -> object:
            scenario = Scenario("0", **dict(zip(safe.values(), row[places], strict=True)))
            with SequentialEvaluator(wrapped) as evaluator:
                return evaluator.perform_experiments(scenarios=[scenario])

        rate = rows_until(seconds, design, one_ema) * YEARS / ALL_YEARS
        yield "EMA Workbench + PySD", rate


def main() -> None:
    """Print wall time, its shares, peak memory, and the ratio to each peer."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=120.0, help="for each peer")
    parser.add_argument("--samples", type=int, default=8192)
    parser.add_argument("--no-peers", action="store_true")
    given = parser.parse_args()
    model = sd.load(MODEL)
    study = sa.study(
        model,
        twenty(model),
        OUTCOMES,
        samples=given.samples,
        second_order=True,
        series=OUTCOMES,
        courses=True,
    )
    runs = study.plan.runs
    with tempfile.TemporaryDirectory(dir=ROOT) as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.SweepWarning)
        spent = ours(study, Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    simulated = spent["whole"] - spent["ranking"]
    print(f"sobol over {len(study.space)} inputs, n = {given.samples:,}: {runs:,} runs")
    print(
        f"  whole {spent['whole']:.0f} s, peak {peak:.2f} GB, store {spent['bytes'] / 2**30:.2f} GB"
    )
    print(
        f"  running {simulated / spent['whole']:.0%} (writing beside it "
        f"{spent['writing'] / spent['whole']:.0%} of one core), "
        f"indices and intervals {spent['ranking'] / spent['whole']:.0%}"
    )
    rate = runs / simulated
    print(f"  {rate:,.0f} runs/s; {runs / spent['whole']:,.0f} with everything")
    if given.no_peers:
        return
    for name, theirs in peers(study, given.seconds):
        print(
            f"{name}: {theirs:,.4f} runs/s in {given.seconds:.0f} s, "
            f"{runs / theirs / 3600:,.1f} h for the same; ours is {rate / theirs:,.0f} x as fast"
        )


if __name__ == "__main__":
    main()
