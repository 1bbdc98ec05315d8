"""The law behind units: where they agree, measuring in another unit changes no meaning.

Models are drawn as text, most of them consistent by construction and some with a wrong term. Each
is run twice: as it is, and with all constants, Time and TIME STEP counted in a quarter of each
base unit. What the checker calls consistent must come out in proportion to the unit of x.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdmodel.frontends.mdl import parse
from sdmodel.model import Model
from sdmodel.source import SourceText
from sdmodel.units import check_units

BASES = ("kg", "Metre", "Month")
FACTOR = 4.0  # a power of 4, so that scaling and its square root round nothing
Powers = tuple[int, int, int]
NONE, TIME = (0, 0, 0), (0, 0, 1)
outcomes: Counter[str] = Counter()

thorough = settings(
    deadline=None,
    derandomize=True,
    max_examples=250,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def plus(a: Powers, b: Powers, sign: int = 1) -> Powers:
    return (a[0] + sign * b[0], a[1] + sign * b[1], a[2] + sign * b[2])


def shown(unit: Powers) -> str:
    return "*".join(f"{base}^({n})" for base, n in zip(BASES, unit, strict=True) if n) or "Dmnl"


def scale(unit: Powers) -> float:
    return FACTOR ** sum(unit)


@dataclass
class Written:
    """An equation for x, and the constants in it: name to unit and value."""

    unit: Powers
    equation: str = ""
    slip: bool = False  # whether a term may have other units
    constants: dict[str, tuple[Powers, float]] = field(default_factory=dict)

    def text(self, quarter: bool) -> str:
        def value(unit: Powers, number: float) -> str:
            return repr(number * (scale(unit) if quarter else 1.0))

        clock = {"INITIAL TIME": 0.0, "FINAL TIME": 6.0, "TIME STEP": 0.5, "SAVEPER": 0.5}
        given = {name: (TIME, number) for name, number in clock.items()} | self.constants
        lines = [f"{n} = {value(u, v)} ~ {shown(u)} ~|" for n, (u, v) in given.items()]
        return "\n".join([f"x = {self.equation} ~ {shown(self.unit)} ~|", *lines])


powers = st.tuples(*[st.integers(-1, 1)] * 3)


@st.composite
def written(draw: st.DrawFn) -> Written:
    made = Written(draw(powers))
    slips = draw(st.sampled_from((0, 0, 1)))

    def constant(unit: Powers) -> str:
        name = f"c{len(made.constants)}"
        made.constants[name] = (unit, draw(st.sampled_from((0.5, 1.0, 1.5, 2.0, 3.0, 5.0))))
        return name

    def term(unit: Powers, depth: int) -> str:
        nonlocal slips
        if slips and draw(st.integers(0, 3)) == 0:
            slips -= 1
            made.slip = True
            # A number alone would be a constant of x itself, which has the units of x.
            added = f"(1 + {constant(unit)})"
            return draw(st.sampled_from((constant(draw(powers)), added, "Time")))
        if not depth:
            leaves = [constant(unit)] * 3 + ["Time"] * (unit == TIME) + ["2.5"] * (unit == NONE)
            return draw(st.sampled_from(leaves))

        def like(other: Powers = unit) -> str:
            return term(other, depth - 1)

        def time() -> str:
            return term(TIME, 0)

        per_time = plus(unit, TIME, -1)
        other = draw(powers)
        forms = {
            "sum": lambda: f"({like()} + {like()} - {like()})",
            "product": lambda: f"{like(other)}*{like(plus(unit, other, -1))}",
            "quotient": lambda: f"({like(plus(unit, other))})/({like(other)})",
            "number": lambda: f"3*{like()}",
            "largest": lambda: f"MAX({like()}, 0)",
            "smallest": lambda: f"MIN({like()}, {like()})",
            "choice": lambda: f"IF THEN ELSE({like(other)} > {like(other)}, {like()}, {like()})",
            "root": lambda: f"SQRT(ABS({like(plus(unit, unit))}))",
            "square": lambda: f"SQRT(({like()})^2)",
            "xidz": lambda: f"XIDZ({like(plus(unit, other))}, {like(other)}, {like()})",
            "modulo": lambda: f"MODULO({like()}, {constant(unit)})",
            "quantum": lambda: f"QUANTUM({like()}, {constant(unit)})",
            "step": lambda: f"STEP({like()}, {time()})",
            "ramp": lambda: f"RAMP({like(per_time)}, {time()}, {time()})",
            "pulse": lambda: f"{like()}*PULSE({constant(TIME)}, {constant(TIME)})",
            "smooth": lambda: f"SMOOTH({like()}, {constant(TIME)})",
            "delay": lambda: f"DELAY3I({like()}, {constant(TIME)}, {like()})",
            "forecast": lambda: f"FORECAST({like()}, {constant(TIME)}, {constant(TIME)})",
            "stock": lambda: f"SMOOTH3I({like()}, {constant(TIME)}, {like()})",
            "trend": lambda: (
                f"{like(plus(unit, TIME))}"
                f"*TREND({like(other)}, {constant(TIME)}, {constant((0, 0, -1))})"
            ),
            "pure": lambda: f"{like()}*EXP(SIN({like(NONE)}))",
            "power": lambda: f"{like()}*ABS({like(NONE)})^{like(NONE)}",
        }
        return forms[draw(st.sampled_from(sorted(forms)))]()

    if draw(st.booleans()):
        made.equation = term(made.unit, draw(st.integers(1, 3)))
    else:
        flow = term(plus(made.unit, TIME, -1), draw(st.integers(1, 2)))
        made.equation = f"INTEG({flow}, {constant(made.unit)})"
    made.constants["never zero"] = (NONE, 1.0)
    return made


def values(text: str) -> np.ndarray:
    model = Model(parse(SourceText("m.mdl", text)))
    return model.run(method="euler", engine="reference", outputs=["x"]).values("x")


@thorough
@given(written())
def compare(made: Written) -> None:
    report = check_units(parse(SourceText("m.mdl", made.text(quarter=False))))
    assert not report.missing
    assert not report.syntax
    assert made.slip or not report, f"{made.equation}: {report}"
    with np.errstate(all="ignore"):
        before, after = values(made.text(quarter=False)), values(made.text(quarter=True))
    expected = before * scale(made.unit)
    size = np.nanmax(np.abs(expected), initial=0.0, where=np.isfinite(expected))
    keeps = np.allclose(after, expected, rtol=1e-9, atol=1e-9 * size, equal_nan=True)
    if not report:
        assert keeps, f"{made.equation}: {before} became {after}, not {expected}"
    outcomes["consistent" if not report else "kept" if keeps else "caught"] += 1


def test_what_is_called_consistent_does_not_depend_on_the_units_chosen() -> None:
    outcomes.clear()
    compare()
    # Most were consistent, and some of those that were not would have given other numbers.
    assert outcomes["consistent"] > 100
    assert outcomes["caught"] > 10, outcomes
