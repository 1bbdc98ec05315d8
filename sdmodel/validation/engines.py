"""V18 and V19: the same numbers again, and from other programs."""

from __future__ import annotations

import numpy as np

from sdmodel.kernel import Array
from sdmodel.model import Model
from sdmodel.secondopinion.compare import crosscheck
from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import FAIL, NOT_RUN, PASS, ValidationResult
from sdmodel.validation.study import ValidationStudy


@confidence_test("V18", "Reproducibility", "a run made anew has the same bits")
def reproducibility(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Run the base run again, by a model made anew of the same text, and in a batch of one."""
    import pandas as pd

    again = Model(study.free.source, study.free.settings, study.free._files)
    second, columns = study.run(again), study.model.columns
    batch = again.run_many(pd.DataFrame(index=range(1)), outputs=columns)
    first = study.courses(study.base, columns)
    differ = [
        name
        for i, name in enumerate(columns)
        if not np.array_equal(first[:, i], second.values(name), equal_nan=True)
        or not _same_until_bad(first[:, i], batch.values[i, :, 0])
    ]
    text = f"{len(columns) - len(differ)} of {len(columns)} columns have the same bits"
    rows = [(name,) for name in differ]
    return test.result(FAIL if differ else PASS, text, len(differ), ("differs",), rows)


def _same_until_bad(own: Array, other: Array) -> bool:
    """Compare up to where a batch gives a run up."""
    known = np.isfinite(own) & np.isfinite(other)
    return bool(np.array_equal(own[known], other[known]))


@confidence_test("V19", "Second engine", "trajectories agree within 1e-6, by Euler")
def second_engine(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Let every engine there is run the model by Euler."""
    found = crosscheck(study.model, study.expectations.without)
    others = [name for name in found.ran if name not in ("compiled", "reference")]
    columns = ("variable", "time", *found.ran, "relative", "alone")
    rows = [
        (one.name, one.time, *(one.values.get(e, "") for e in found.ran), one.relative, one.alone)
        for one in found.differences
    ]
    failed = "; ".join(f"{name} did not run: {why}" for name, why in found.failed.items())
    if not others:
        return test.result(NOT_RUN, failed or found.verdict)
    worst = max((one.relative for one in found.differences), default=0.0)
    text = found.verdict + (f"; {failed}" if failed else "")
    return test.result(PASS if found.ok else FAIL, text, worst, columns, rows)
