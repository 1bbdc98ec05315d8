"""V2: nothing is made of nothing, and nothing is lost."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sdmodel import simulate
from sdmodel.kernel import Array
from sdmodel.model import Model
from sdmodel.names import element_key
from sdmodel.run import Run
from sdmodel.validation.expectations import Conservation, Identity
from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import FAIL, NOT_APPLICABLE, PASS, ValidationResult
from sdmodel.validation.study import ValidationStudy

Row = tuple[object, ...]


@confidence_test("V2", "Conservation", "residual below the tolerance (1e-8) at every saved time")
def conservation(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Compare what the stocks change by with what comes in and goes out, in every scenario."""
    wanted = study.expectations
    if not (wanted.conservation or wanted.identities):
        return test.result(NOT_APPLICABLE, "the expectations name nothing that is conserved")
    settings = {"base": {}, **{n: s.values for n, s in study.model.settings.scenarios.items()}}
    worst: dict[tuple[str, str], Row] = {}
    for done, (setting, values) in enumerate(settings.items()):
        study.tell(done, len(settings))
        run = study.run(study.probed, values)
        flows = net_flows(study.probed, values)
        for one in wanted.conservation:
            parts = _balance(study, one, run, flows)
            _keep(worst, ("conservation", one.name), one.tolerance, setting, run, *parts)
        for two in wanted.identities:
            parts = _sides(study, two, run)
            _keep(worst, ("identity", two.name), two.tolerance, setting, run, *parts)
    rows = [(*kind, *row) for kind, row in worst.items()]
    failed = [row for row in rows if row[-1] != "holds"]
    size = max(float(str(row[2])) for row in rows)
    text = f"{len(rows) - len(failed)} of {len(rows)} hold; largest residual {size:.1e}"
    text += f" in {len(settings)} settings"
    columns = ("kind", "name", "residual", "allowed", "setting", "time", "verdict")
    return test.result(FAIL if failed else PASS, text, size, columns, rows)


def net_flows(model: Model, values: Mapping[str, float]) -> dict[str, Array]:
    """Return the net flow of every stock by key, elements one by one, at the saved times."""
    from sdmodel.overrides import check_values

    program = model.program
    slots: list[int] = []
    keys: list[str] = []
    for stock in program.stocks:
        first = program.layout.slots[stock.rate]
        for place, name in enumerate(_elements(model, stock.name)):
            if name:
                keys.append(name)
                slots.append(first + place)
    method, _ = simulate.choose_method(program, "vensim")
    checked = check_values(model.source, program, dict(values))
    timing = simulate.Timing()
    done = simulate.trajectory(model.engines.compiled, checked, 1, method, timing, slots)
    return {name: done.values[i, :, 0] for i, name in enumerate(keys)}


def _elements(model: Model, stock: str) -> list[str]:
    """Return the keys of a stock's elements in the order of their slots; "" where undefined."""
    shape = model.program.shapes.get(stock)
    if shape is None:
        return [stock]
    return ["" if i in shape.undefined else stock + one for i, one in enumerate(shape.keys())]


def _balance(
    study: ValidationStudy, one: Conservation, run: Run, flows: Mapping[str, Array]
) -> tuple[Array, Array]:
    """Return what the stocks change by beyond what comes in, and the size of all that flows."""
    zero = np.zeros(len(run.times))
    change, size = zero.copy(), zero.copy()
    weights = {element_key(name): value for name, value in one.weights.items()}
    for stock in one.stocks:
        for name in study.model.program.elements(element_key(stock)):
            weight = weights.get(element_key(stock), 1.0)
            change += weight * flows[name]
            size += np.abs(weight * flows[name])
    names = study.probes.names
    for sign, expressions in ((-1, one.inflows), (1, one.outflows)):
        for text in expressions:
            flow = run.values(names[text])
            change += sign * flow
            size += np.abs(flow)
    return change, size


def _sides(study: ValidationStudy, one: Identity, run: Run) -> tuple[Array, Array]:
    left = run.values(study.probes.names[one.left])
    right = run.values(study.probes.names[one.right])
    return left - right, np.maximum(np.abs(left), np.abs(right))


def _keep(
    worst: dict[tuple[str, str], Row],
    which: tuple[str, str],
    limit: float,
    setting: str,
    run: Run,
    difference: Array,
    size: Array,
) -> None:
    """Note the setting and time at which one of them is worst.

    The residual is a share of all that flows; of its peak where next to nothing flows.
    """
    scale = np.maximum(size, 1e-6 * np.max(size, initial=0.0))
    relative = np.abs(difference) / np.where(scale > 0, scale, 1.0)
    relative = np.where(np.isfinite(relative), relative, np.inf)
    at = int(np.argmax(relative))
    found = float(relative[at])
    if which not in worst or found > float(str(worst[which][0])):
        verdict = "holds" if found < limit else "does not hold"
        worst[which] = (found, limit, setting, float(run.times[at]), verdict)
