"""A stand-in for a model: it has what a sweep asks of one, and computes what a test wants."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sdmodel as sd
import sensitivity as sa

# How Vensim itself writes the options of an optimisation control file.
VENSIM_OPTIONS = """:OPTIMIZER=Powell
:SENSITIVITY=Off
:MULTIPLE_START=RRandom
:RANDOM_NUMBER=Default
:OUTPUT_LEVEL=On
:TRACE=Off
:MAX_ITERATIONS=1000
:RESTART_MAX=3
:PASS_LIMIT=2
:FRACTIONAL_TOLERANCE=0.0003
:TOLERANCE_MULTIPLIER=21
:ABSOLUTE_TOLERANCE=1
:SCALE_ABSOLUTE=1
:VECTOR_POINTS=25
:MCLIMIT=0
:SEED=1
"""

TIMES = np.linspace(0.0, 10.0, 11)
Columns = dict[str, np.ndarray]


@dataclass
class FakeBatch:
    """What `FakeModel.run_many` returns, in the form of `sdmodel.RunBatch`."""

    values: np.ndarray
    outputs: list[str]
    times: np.ndarray
    ok: np.ndarray
    failures: pd.DataFrame
    method: str = "rk4"
    provenance: dict[str, str] = field(
        default_factory=lambda: {"sdmodel": "1.2.3", "engine": "fake"}
    )


@dataclass
class FakeModel:
    """A function of named constants, dressed as a model.

    `compute` gets the table's columns by name and returns, for each output, either one number
    per run (then constant in time) or (times, runs). `fails` says which rows blow up.
    """

    compute: Callable[[Columns], dict[str, np.ndarray]]
    constants: dict[str, float]
    units: dict[str, str]
    name: str = "fake"
    digest: str = "0123456789abcdef" * 4
    path: Path = Path("fake.mdl")
    data_files: tuple[Path, ...] = ()
    # No file that the model names: what a study asks its source for.
    source: Any = field(default_factory=lambda: SimpleNamespace(files=()))
    fails: Callable[[Columns], np.ndarray] | None = None
    settings: Any = field(default_factory=lambda: sd.ModelSettings())
    calls: list[int] = field(default_factory=list)
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        return list(self.units)

    def run_many(
        self,
        table: pd.DataFrame,
        *,
        outputs: list[str],
        progress: Callable[[int, int], None] | None = None,
        **options: Any,
    ) -> FakeBatch:
        """Compute one run per row of the table."""
        self.calls.append(len(table))
        self.options = options
        columns = {name: np.full(len(table), value) for name, value in self.constants.items()}
        columns |= {name: table[name].to_numpy() for name in table}
        computed = self.compute(columns)
        runs = len(table)
        values = np.stack(
            [np.broadcast_to(computed[name], (len(TIMES), runs)).copy() for name in outputs]
        )
        failed = np.zeros(runs, dtype=bool) if self.fails is None else self.fails(columns)
        values[:, 5:, failed] = np.nan
        failures = pd.DataFrame(
            [(int(run), 5.0, outputs[0], "overflow") for run in np.flatnonzero(failed)],
            columns=["run", "time", "variable", "cause"],
        )
        if progress is not None:
            progress(runs, runs)
        return FakeBatch(values, list(outputs), TIMES, ~failed, failures)


@pytest.fixture
def fake() -> type[FakeModel]:
    """Return the class, for a test that writes its own model."""
    return FakeModel


@pytest.fixture
def times() -> np.ndarray:
    """Return the saved times of every fake run."""
    return TIMES


def ishigami(columns: Columns) -> dict[str, np.ndarray]:
    """Ishigami's function, whose indices are known; and a course that grows by its first factor."""
    one, two, three = columns["angle one"], columns["angle/two"], columns["Angle_3 (rad)"]
    y = np.sin(one) + 7.0 * np.sin(two) ** 2 + 0.1 * three**4 * np.sin(one)
    return {
        "Y out": y,
        "income": np.exp(np.outer(TIMES, 0.02 * (one + 4.0))),
        "two and three": two + 0.5 * three,
        "nothing": np.zeros_like(one),
    }


@pytest.fixture
def small() -> dict[str, int]:
    """Return a small sample size that fits, by method."""
    own = {"hdmr": 512, "all-combinations": 2}
    return {
        name: own.get(name, row.default_samples if row.default_samples == 1 else 128)
        for name, row in sa.METHODS.items()
    }


@pytest.fixture
def ishigami_model() -> FakeModel:
    """Return a model that computes Ishigami's function; names with blanks, slash and brackets."""
    return FakeModel(
        compute=ishigami,
        constants={"angle one": 0.0, "angle/two": 0.0, "Angle_3 (rad)": 0.0},
        units={
            "angle one": "rad",
            "angle/two": "rad",
            "Angle_3 (rad)": "rad",
            "Y out": "kn",
            "income": "$/Year",
            "two and three": "rad",
            "nothing": "",
            "TIME STEP": "Year",
        },
        name="ishigami",
    )


@pytest.fixture
def ishigami_space() -> sa.Space:
    """Return its space: one lever, two uncertainties."""
    one, *others = (
        sa.factor(name, -math.pi, math.pi, unit="rad", group=group)
        for name, group in (("angle one", ""), ("angle/two", "others"), ("Angle_3 (rad)", "others"))
    )
    return sa.Space([one], others)


@pytest.fixture
def ishigami_indices() -> tuple[np.ndarray, np.ndarray]:
    """Return the function's S1 and ST, worked out on paper."""
    a, b = 7.0, 0.1
    variance = a**2 / 8 + b * math.pi**4 / 5 + b**2 * math.pi**8 / 18 + 0.5
    alone = np.array([0.5 * (1 + b * math.pi**4 / 5) ** 2, a**2 / 8, 0.0]) / variance
    pair = 8 * b**2 * math.pi**8 / 225 / variance
    return alone, alone + np.array([pair, 0.0, pair])


@pytest.fixture
def g_model() -> Callable[..., tuple[FakeModel, sa.Space, np.ndarray]]:
    """Return a maker of Sobol's g-function of some weights, with its first-order indices."""

    def make(weights: list[float]) -> tuple[FakeModel, sa.Space, np.ndarray]:
        names = [f"factor {place}" for place in range(len(weights))]

        def compute(columns: Columns) -> dict[str, np.ndarray]:
            product = np.ones_like(columns[names[0]])
            for name, weight in zip(names, weights, strict=True):
                product = product * (np.abs(4 * columns[name] - 2) + weight) / (1 + weight)
            return {"g": product}

        model = FakeModel(compute, dict.fromkeys(names, 0.5), {"g": "", **dict.fromkeys(names, "")})
        parts = np.array([1 / (3 * (1 + weight) ** 2) for weight in weights])
        alone = parts / (np.prod(1 + parts) - 1)
        return model, sa.Space([sa.factor(name, 0, 1) for name in names]), alone

    return make


@pytest.fixture
def texts() -> Callable[[Any], str]:
    """Return a function that gives all text of a figure."""

    def read(ax: Any) -> str:
        from matplotlib.text import Text

        return "\n".join(text.get_text() for text in ax.figure.findobj(Text) if text.get_visible())

    return read


@pytest.fixture
def nothing_is_clipped() -> Callable[[Any], None]:
    """Return a check that every text lies inside the figure and no labels of an axis overlap."""

    def check(ax: Any) -> None:
        figure = ax.figure
        figure.canvas.draw()
        renderer = figure.canvas.get_renderer()
        width, height = figure.canvas.get_width_height()
        for one in figure.axes:
            if not one.get_visible():
                continue
            low, high = sorted(one.get_ylim())
            shown = [
                label for label in one.get_yticklabels() if low <= label.get_position()[1] <= high
            ]
            labels = [
                label.get_window_extent(renderer)
                for label in [*shown, one.xaxis.label, one.yaxis.label, one._left_title]
                if label.get_text()
            ]
            if not labels:
                continue
            boxes = np.array([box.extents for box in labels])
            assert boxes[:, :2].min() >= -1, boxes
            assert boxes[:, 2].max() <= width + 1, boxes
            assert boxes[:, 3].max() <= height + 1, boxes
            ticks = [label.get_window_extent(renderer) for label in shown]
            pairs = itertools.combinations(ticks, 2)
            assert not any(one.overlaps(other) for one, other in pairs)
        stamp = figure._supxlabel
        if stamp is not None:
            box = stamp.get_window_extent(renderer)
            assert box.y0 >= -1
            assert box.x0 >= -1
            assert box.x1 <= width + 1

    return check


MODEL = """{{UTF-8}}
{equations}
FINAL TIME=	{final}	~	Day	~		|
INITIAL TIME=	0	~	Day	~		|
SAVEPER=	1	~	Day	~		|
TIME STEP=	{step}	~	Day	~		|
\\\\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
///---\\\\\\
:L\x7f<%^E!@
15:0,0,0,{method},0,0
"""
EULER, RK4 = 0, 5


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., sd.Model]:
    """Return a maker of models with settings and claims: it writes the three files and loads them.

    Equations are lines such as ``rate = 2 ~ 1/Day [0,4]``.
    """

    def write(
        equations: str,
        settings: str = "",
        claims: str = "",
        *,
        name: str = "small",
        final: str = "10",
        step: str = "0.5",
        method: int = RK4,
    ) -> sd.Model:
        lines = [line for line in equations.strip().splitlines() if line.strip()]
        text = "\n".join(line if line.endswith("|") else f"{line} ~ |" for line in lines)
        path = tmp_path / f"{name}.mdl"
        path.write_text(
            MODEL.format(equations=text, final=final, step=step, method=method), encoding="utf-8"
        )
        path.with_suffix(".toml").write_text(settings, encoding="utf-8")
        path.with_suffix(".claims.toml").write_text(claims, encoding="utf-8")
        return sd.load(path)

    return write
