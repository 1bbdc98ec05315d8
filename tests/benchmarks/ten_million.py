"""Ten million runs of the core model into a store: time, memory and size.

    python tests/benchmarks/ten_million.py [--samples 1048576] [--memory 1024]

Sobol's design over the seven levers and one uncertainty, ten runs to a base sample; one outcome,
percentile bands of its course from all runs, indices with 200 resamples.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import sdmodel as sd
import sensitivity as sa

ROOT = Path(__file__).resolve().parents[2]
OUTCOME = "relative knowledge"


def main() -> None:
    """Print wall time, runs a second, peak memory, and the size of the store."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=2**20)
    parser.add_argument("--memory", type=int, default=1024, help="megabytes allowed")
    given = parser.parse_args()
    model = sd.load(ROOT / "models" / "core.mdl")
    space = sa.Space.from_settings(model)
    kept = {*space.only("levers").names, "forgetting rate"}
    space = space.without(*(name for name in space.names if name not in kept))
    study = sa.study(model, space, OUTCOME, samples=given.samples)
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        began, ran = time.perf_counter(), 0.0

        def progress(done: int, total: int) -> None:
            nonlocal ran
            if done == total:
                ran = time.perf_counter() - began

        path = sa.run_study(
            study, Path(folder) / "core.study", memory=given.memory * 2**20, progress=progress
        )
        whole = time.perf_counter() - began
        # On Linux the kernel counts in kilobytes.
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
        swept = sa.open_sweep(path)
        runs = study.plan.runs
        print(
            f"{runs:,} runs over {len(space)} inputs in {whole:.0f} s, {runs / whole:,.0f} runs/s"
        )
        print(f"  running {ran:.0f} s ({runs / ran:,.0f} runs/s), ranking {whole - ran:.0f} s")
        print(f"  peak memory {peak:.2f} GB of {given.memory / 1024:.2f} GB allowed")
        print(f"  store {size / 2**30:.2f} GB, {size / runs:.0f} bytes a run")
        print(sa.ranking(swept)[["ST", "ST_conf", "S1", "S1_conf"]].round(4).to_string())


if __name__ == "__main__":
    main()
