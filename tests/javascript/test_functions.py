"""Every function of the language, in every way an input can be odd: as the reference has it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.frontends.mdl import parse
from sdmodel.integrators import FixedStep
from sdmodel.lowering import program_of
from sdmodel.program import Program
from sdmodel.reference import ReferenceKernel
from sdmodel.simulate import Timing, trajectory
from sdmodel.source import SourceText
from tests.codegen.test_agreement import ARRAYS, CONTROL, ODD, SEARCHED, SPECIAL, call_of
from tests.javascript.running import assert_equal, runs_in_node

FUNCTIONS = [info for info in sd.functions() if info.name not in SEARCHED]
TABLES = "example lookup((0,3),(1,10),(2,20),(7,-5))~~|density((0,1),(1,3),(2,0),(3,1))~~|"


def program(equations: str) -> Program:
    """Return a program whose inputs are quotients: so they may be infinite, or no number."""
    inputs = "".join(f"a{i}=1~~|b{i}=1~~|x{i}=a{i}/b{i}+0*Time~~|" for i in range(1, 6))
    text = f"{{UTF-8}}{ARRAYS}{equations}{TABLES}{inputs}{CONTROL}"
    # The order of one delay is an input: here as everywhere it stays at 1, whatever is asked for.
    return replace(program_of(parse(SourceText("test.mdl", text))), structural=frozenset())


def inputs(rows: int, seed: int) -> list[dict[str, float]]:
    draw = np.random.default_rng(seed)
    found = []
    for _ in range(rows):
        row: dict[str, float] = {}
        for i in range(1, 5):
            value = float(draw.choice(ODD))
            whole = math.isfinite(value)
            sign = 0.0 if math.isnan(value) else math.copysign(1.0, value)
            row |= {f"a{i}": value if whole else sign, f"b{i}": float(whole)}
        found.append(row | {"a5": float(draw.uniform(0.1, 2.2))})
    return found


def assert_as_reference(one: Program, rows: list[dict[str, float]], method: str = "euler") -> None:
    slots = [slot for _, slot in one.columns.values()]
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    kernel, timing = ReferenceKernel(one), Timing()
    want = trajectory(kernel, columns, len(rows), FixedStep(method), timing, slots).values
    for found, i in zip(runs_in_node(one, rows), range(len(rows)), strict=True):
        assert not found.error
        assert_equal(found.table, want[:, :, i].T, found.columns)


def test_every_function_agrees_with_the_reference() -> None:
    one = program(
        "".join(
            f"f{i}{'[rng,oth]' * (info.family == 'array')} = {call_of(info)} ~~|"
            for i, info in enumerate(FUNCTIONS)
        )
    )
    assert len(FUNCTIONS) >= 107
    assert_as_reference(one, inputs(100, seed=1))


def test_shares_and_prices_agree_with_the_reference() -> None:
    one = program("".join(f"f{i}[rng] = {SPECIAL[n]}~~|" for i, n in enumerate(sorted(SEARCHED))))
    assert_as_reference(one, inputs(60, seed=2))


@pytest.mark.parametrize("kind", range(1, 5))
def test_every_priority_profile(kind: int) -> None:
    one = program(
        f"p[rng,part] = {kind},1,2,0; {kind},1.5,1,0; {kind},1,3,0; ~~|"
        "y[rng] = ALLOCATE AVAILABLE(w[rng], p[rng,ptype], a5)~~|"
        "z = FIND MARKET PRICE(w[r1], p[r1,ptype], w[r1], p[r1,ptype])~~|"
        "d[rng] = DEMAND AT PRICE(w[rng], p[rng,ptype], a5)~~|"
    )
    rows = [{"a1": 1.0, "b1": 1.0, "a5": float(a5)} for a5 in np.linspace(0.1, 9, 20)]
    assert_as_reference(one, rows)
