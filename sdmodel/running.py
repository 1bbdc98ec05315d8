"""One run, or a table of them: values are checked, integrated, judged, and shown by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sdmodel import simulate
from sdmodel.bars import progress as bar
from sdmodel.errors import SolverError
from sdmodel.expr import Call
from sdmodel.failures import judge, list_failures, placed
from sdmodel.integrators import Method
from sdmodel.names import element_key, key
from sdmodel.overrides import check_table, check_values
from sdmodel.program import FINAL_TIME, Program
from sdmodel.run import Run, RunBatch, narrowed, provenance
from sdmodel.selection import selected
from sdmodel.source import SourceModel

if TYPE_CHECKING:
    import pandas as pd

    from sdmodel.codegen import CompiledKernel
    from sdmodel.reference import ReferenceKernel

    Engine = ReferenceKernel | CompiledKernel


def one_run(
    source: SourceModel,
    program: Program,
    kernel: Engine,
    values: Mapping[str, float],
    label: str,
    method: str | Method,
    timing: simulate.Timing,
    outputs: Sequence[str] | None,
) -> Run:
    """Run a model once; see `sdmodel.Model.run`."""
    chosen, why = simulate.choose_method(program, method)
    checked = check_values(source, program, values)
    if timing.final is not None and FINAL_TIME in program.constants:
        checked.setdefault(FINAL_TIME, float(timing.final))
    shown, (columns, slots) = list(program.columns), zip(*program.columns.values(), strict=True)
    unseen = (s.name for s in program.stocks if s.name not in program.display)
    hidden = program.layout.block(unseen)
    try:
        done = simulate.trajectory(kernel, checked, 1, chosen, timing, [*slots, *hidden])
    except SolverError as error:
        raise placed(source, error, label) from None
    table = np.ascontiguousarray(done.values[:, :, 0].T)
    times, known = done.times[done.unknown :], table[done.unknown :]
    result = judge(source, program, times, known, shown, label)
    run = Run(
        name=label,
        times=done.times,
        columns=columns,
        table=table[:, : len(columns)],
        units=source.units,
        overrides={program.columns[k][0]: v for k, v in checked.items()},
        method=chosen.name,
        result=result,
        steps=done.steps,
        notes=(*done.notes, *([why] if why else []), *source.notes),
        provenance=_provenance(source, kernel),
        shapes=program.shapes,
        fixed=fixed_columns(source, program),
    )
    return run if outputs is None else narrowed(run, selected(source, program, outputs))


def fixed_columns(source: SourceModel, program: Program) -> frozenset[str]:
    """Return the columns that a run computes once: constants, and what is INITIAL(...)."""
    once = {
        name
        for name, entries in source.entries.items()
        if all(isinstance(one.equation, Call) and key(one.equation.function) == "initial"
               for one in entries)
    }  # fmt: skip
    return frozenset(
        shown
        for name, (shown, _) in program.columns.items()
        if name in program.constants or program.variable_of(name) in once
    )


def many_runs(
    source: SourceModel,
    program: Program,
    kernel: Engine,
    table: pd.DataFrame,
    method: str | Method,
    timing: simulate.Timing,
    outputs: Sequence[str],
    threads: int | None,
    progress: Callable[[int, int], None] | None,
) -> RunBatch:
    """Run a model once for each row of a table; see `sdmodel.Model.run_many`."""
    chosen, why = simulate.choose_method(program, method)
    columns = check_table(source, program, table)
    if timing.final is not None and FINAL_TIME in program.constants:
        columns.setdefault(FINAL_TIME, np.full(len(table), float(timing.final)))
    names = selected(source, program, outputs)
    slots = [program.columns[element_key(name)][1] for name in names]
    with bar(Path(source.source.path).stem, progress) as tell:
        done = simulate.batch(kernel, columns, len(table), chosen, timing, slots, threads, tell)
    return RunBatch(
        outputs=tuple(names),
        times=done.times,
        values=done.values,
        ok=done.bad < 0,
        failures=list_failures(done, names),
        units=source.units,
        method=chosen.name,
        notes=(*done.notes, *([why] if why else []), *source.notes),
        provenance=_provenance(source, kernel),
    )


def _provenance(source: SourceModel, kernel: Engine) -> dict[str, object]:
    text = source.source
    return provenance(text.digest, Path(text.path).name) | {"engine": kernel.label}
