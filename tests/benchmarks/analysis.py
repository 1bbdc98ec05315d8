"""Designs and indices, SALib's and ours, side by side in one run: seconds each and the ratio.

SALib analyses one outcome at a time, so its time for many is its time for one, many times over;
with `--all` it is measured for all of them. Medians of interleaved rounds; trust the ratios.

    python tests/benchmarks/analysis.py [--outcomes 60] [--resamples 100] [--all]
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable

import numpy as np

import sensitivity as sa

Work = Callable[[], object]
FACTORS = 10
SAMPLES = {"sobol": 1024, "morris": 256, "fast": 513, "dgsm": 256, "fractional-factorial": 1}


def problem(factors: int) -> dict[str, object]:
    """Return the unit cube as SALib wants it described."""
    return {
        "num_vars": factors,
        "names": [f"x{place}" for place in range(factors)],
        "bounds": [[0.0, 1.0]] * factors,
    }


def courses(design: np.ndarray, outcomes: int) -> np.ndarray:
    """Return outcomes such as the times of a growing course: (outcomes, runs)."""
    times = np.linspace(0.2, 2.0, outcomes)
    rate = design @ np.linspace(0.1, 1.0, design.shape[1])
    return np.exp(np.outer(times, rate)) * (1.0 + design[:, 0] * design[:, 1])


def samplers() -> dict[str, Work]:
    """Return SALib's making of each design."""
    from SALib.sample import fast_sampler, finite_diff, latin, morris, sobol

    def of(sample: Callable[..., object], name: str, **options: object) -> Work:
        return lambda: sample(problem(FACTORS), SAMPLES.get(name, 1024), **options)

    return {
        "sobol": of(sobol.sample, "sobol", calc_second_order=False, seed=1),
        "morris": of(morris.sample, "morris", seed=1),
        "fast": of(fast_sampler.sample, "fast", seed=1),
        "dgsm": of(finite_diff.sample, "dgsm"),
        "latin": of(latin.sample, "latin", seed=1),
    }


def analysers(x: np.ndarray, resamples: int) -> dict[str, Callable[[np.ndarray], object]]:
    """Return SALib's analysis of one outcome by each method."""
    from SALib.analyze import delta, dgsm, fast, ff, hdmr, morris, pawn, rbd_fast, sobol

    cube, some = problem(FACTORS), {"num_resamples": resamples, "seed": 1}
    return {
        "sobol": lambda y: sobol.analyze(cube, y, calc_second_order=False, **some),
        "morris": lambda y: morris.analyze(cube, x, y, **some),
        "fast": lambda y: fast.analyze(cube, y, **some),
        "rbd-fast": lambda y: rbd_fast.analyze(cube, x, y, **some),
        "dgsm": lambda y: dgsm.analyze(cube, x, y, **some),
        "delta": lambda y: delta.analyze(cube, x, y, **some),
        "pawn": lambda y: pawn.analyze(cube, x, y),
        "hdmr": lambda y: hdmr.analyze(cube, x, y, K=1),
        "fractional-factorial": lambda y: ff.analyze(problem(FACTORS), x, y),
    }


def seconds(work: Work, rounds: int = 3) -> float:
    """Return the median time of some work, or its only time where it takes long."""
    taken: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
        if sum(taken) > 10:
            break
    return float(np.median(taken))


def show(what: str, name: str, theirs: float, ours: float) -> None:
    """Print one comparison."""
    print(f"{what:<10}{name:<22}{theirs:>12.4f}{ours:>12.4f}{theirs / ours:>10.0f}x", flush=True)


def main() -> None:
    """Print the table."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--outcomes", type=int, default=60)
    reader.add_argument("--resamples", type=int, default=100)
    reader.add_argument("--all", action="store_true", help="run SALib on every outcome too")
    reader.add_argument("--method", action="append", help="only this method")
    asked = reader.parse_args()
    warnings.simplefilter("ignore")

    print(f"{FACTORS} factors, {asked.outcomes} outcomes, {asked.resamples} resamples")
    print(f"{'':<32}{'SALib s':>12}{'ours s':>12}{'ratio':>11}")
    for name, sample in samplers().items():
        if asked.method is None or name in asked.method:
            plan = sa.Plan(name, samples=SAMPLES.get(name, 1024), factors=FACTORS)
            # Another seed each time, as the last designs are remembered.
            seeds = iter(range(2, 100))
            ours = seconds(
                lambda name=name, seeds=seeds, n=plan.samples: sa.Plan(
                    name, samples=n, factors=FACTORS, seed=next(seeds)
                ).design()
            )
            show("design", name, seconds(sample), ours)
    for name in analysers(np.empty((0, FACTORS)), 0):
        if asked.method is not None and name not in asked.method:
            continue
        # SALib's pawn has no intervals, and its hdmr is asked for none: neither are we.
        resamples = 0 if name in ("pawn", "hdmr") else asked.resamples
        plan = sa.Plan(name, samples=SAMPLES.get(name, 1024), factors=FACTORS, resamples=resamples)
        design = plan.design()
        outcomes = courses(design, asked.outcomes)
        salib = analysers(design, asked.resamples)[name]
        measured = outcomes if asked.all else outcomes[:1]
        theirs = seconds(lambda salib=salib, measured=measured: [salib(y) for y in measured])
        theirs *= asked.outcomes / len(measured)
        unit = design if plan.row.wants_x else None
        ours = seconds(lambda plan=plan, y=outcomes, unit=unit: plan.analyse(y, unit))
        show("analysis", name, theirs, ours)


if __name__ == "__main__":
    main()
