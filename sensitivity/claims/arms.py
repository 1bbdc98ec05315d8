"""Running the arms of claims on common draws: what each arm gives in each draw, kept on disk."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.claims.book import Arm
from sensitivity.errors import StoreError, fold
from sensitivity.outcomes import FAILED, Outcome

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from sdmodel import Model
    from sensitivity.space import Space

    Floats = NDArray[np.float64]
    Progress = Callable[[int, int], None]

FORMAT = 1
CHUNK = 1024
# So many draws of each arm are run again at half the step; that is the error of integration.
REFINED = 64
# The error that is exceeded in one of twenty of them.
ERROR_SHARE = 0.95


@dataclass(frozen=True, slots=True)
class Draws:
    """The uncertainties of a study, drawn once for all arms.

    Parameters
    ----------
    space
        What is drawn.
    design
        Draws, factors; the row after the last draw is the world at its defaults.
    """

    space: Space
    design: Floats

    @classmethod
    def latin(cls, space: Space, draws: int, seed: int) -> Draws:
        """Draw a Latin hypercube: each factor's range is cut into as many slices as draws.

        Examples
        --------
        >>> from sensitivity import Space, factor
        >>> drawn = Draws.latin(Space(uncertainties=[factor("a", 0, 4)]), 4, seed=1)
        >>> sorted(drawn.design[:4, 0].astype(int).tolist()), float(drawn.design[4, 0])
        ([0, 1, 2, 3], 2.0)
        """
        from scipy.stats import qmc

        drawn = np.zeros((draws, 0))
        if len(space):
            drawn = space.scale(qmc.LatinHypercube(len(space), seed=seed).random(draws))
        return cls(space, np.vstack([drawn, list(space.defaults.values())]))

    def along(self, factor: str, values: Floats) -> Draws:
        """Return the world at its defaults with one factor at each of some values.

        Examples
        --------
        >>> import numpy as np
        >>> from sensitivity import Space, factor
        >>> space = Space(uncertainties=[factor("a", 0, 4), factor("b", 0, 1)])
        >>> Draws.latin(space, 2, seed=1).along("a", np.array([1.0, 3.0])).design.tolist()
        [[1.0, 0.5], [3.0, 0.5], [2.0, 0.5]]
        """
        rows = np.repeat(self.design[-1:], len(values) + 1, axis=0)
        rows[:-1, self.names.index(factor)] = values
        return Draws(self.space, rows)

    def __len__(self) -> int:
        """Return how many draws there are, the defaults not counted."""
        return len(self.design) - 1

    @property
    def names(self) -> list[str]:
        """The constants that are drawn."""
        return list(self.space.names)

    def table(self, arm: Arm, model: Model, rows: slice = slice(None)) -> pd.DataFrame:
        """Return the constants of an arm's runs: what was drawn, changed by the arm's steps.

        What is multiplied or added to stays in the range that the model's file gives.
        """
        import pandas as pd

        part = self.design[rows]
        # A model without uncertainties has draws too, all alike.
        return pd.DataFrame(self._changed(arm, model, part)[0], index=range(len(part)))

    def held(self, arm: Arm, model: Model) -> dict[str, float]:
        """Return the share of draws in which a constant of an arm was held at an end of its range.

        Only of constants that the arm multiplies or adds to; those never held are left out.
        """
        _, held = self._changed(arm, model, self.design[:-1])
        return {constant: float(draws.mean()) for constant, draws in held.items() if draws.any()}

    def _changed(
        self, arm: Arm, model: Model, part: Floats
    ) -> tuple[dict[str, Floats], dict[str, NDArray[np.bool_]]]:
        """Return the constants of an arm in some draws, and where each was held in its range."""
        columns = {name: part[:, place] for place, name in enumerate(self.names)}
        held: dict[str, NDArray[np.bool_]] = {}
        for how, constant, number in arm.steps:
            if how == "set":
                columns[constant] = np.full(len(part), number)
                held.pop(constant, None)
                continue
            if constant not in columns:
                columns[constant] = np.full(len(part), model.constants[constant])
            before = columns[constant]
            moved = before * number if how == "scale" else before + number
            columns[constant] = np.clip(moved, *range_of(model, constant))
            beyond = columns[constant] != moved
            held[constant] = held.get(constant, np.zeros(len(part), dtype=bool)) | beyond
        return columns, held


def range_of(model: Model, constant: str) -> tuple[float, float]:
    """Return the range that a model's file gives for a constant; infinite where it gives none."""
    said = model.definition(constant)
    low = -np.inf if said.low is None else said.low
    return low, np.inf if said.high is None else said.high


@dataclass(frozen=True, slots=True)
class Measured:
    """What an arm gave: one number per draw for each outcome, courses where they are needed.

    Parameters
    ----------
    values, errors
        By outcome: draws (with the defaults as the last), and the error of integration.
    courses, course_errors
        By variable: (times, draws), and times.
    failures
        Draw, time, variable and cause of each failed run.
    """

    times: Floats
    values: dict[str, Floats] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)
    courses: dict[str, Floats] = field(default_factory=dict)
    course_errors: dict[str, Floats] = field(default_factory=dict)
    failures: list[tuple[int, float, str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where arms are run: the model, its draws, and how it is integrated.

    Parameters
    ----------
    model
        The model.
    draws
        The common draws.
    variables
        What every run saves. It is the same for all arms, because each other choice would be
        compiled anew.
    time_step
        The step of integration; the file's own when None.
    threads
        How many threads; all that there are when None.
    store
        A folder in which finished arms are kept, so that an interrupted study goes on where it
        was; None to keep nothing.
    """

    model: Model
    draws: Draws
    variables: tuple[str, ...]
    time_step: float | None = None
    threads: int | None = None
    store: Path | None = None

    @property
    def step(self) -> float:
        """The step of integration."""
        if self.time_step is not None:
            return self.time_step
        for name, value in self.model.constants.items():
            if fold(name) == "time step":
                return value
        # It is computed, and known only in a run.
        return float(self.model.run(method="vensim").values("TIME STEP")[0])

    def measure(
        self,
        arm: Arm,
        outcomes: Sequence[Outcome],
        courses: Sequence[str],
        progress: Progress | None = None,
        errors: Measured | None = None,
    ) -> Measured:
        """Run an arm in every draw, or read what an earlier study kept of the same runs.

        `errors` are measured anew, at half the step, unless they are given.
        """
        key = self._key(arm, outcomes, courses, errors)
        kept = None if self.store is None else _read(self.store / f"{key}.npz")
        if kept is None:
            kept = self._run(arm, outcomes, courses, progress, errors)
            if self.store is not None:
                _write(self.store / f"{key}.npz", kept)
        elif progress is not None:
            progress(len(self.draws.design), len(self.draws.design))
        return kept

    def runs(
        self,
        table: pd.DataFrame,
        outcomes: Sequence[Outcome],
        courses: Sequence[str],
        **options: Any,
    ) -> Measured:
        """Run a table of constants, one run a row, and take outcomes and courses from it."""
        wanted = list(self.variables)
        if self.threads is not None:
            options["threads"] = self.threads
        if self.time_step is not None:
            options.setdefault("time_step", self.time_step)
        batch = self.model.run_many(table, outputs=wanted, method="vensim", **options)
        times = np.asarray(batch.times, dtype=float)
        failed = ~np.asarray(batch.ok, dtype=bool)
        found = Measured(times)
        named = set()
        told = batch.failures
        for run, when, variable, cause in zip(
            told["run"], told["time"], told["variable"], told["cause"], strict=True
        ):
            named.add(int(run))
            found.failures.append((int(run), float(when), str(variable), str(cause)))
        needed = {*(one.of for one in outcomes), *courses}
        by_name = {
            name: np.ascontiguousarray(batch.values[place], dtype=float)
            for place, name in enumerate(wanted)
            if name in needed
        }
        for one in outcomes:
            measured, status = one.measure(times, by_name[one.of], failed)
            found.values[one.name] = measured
            for run in np.flatnonzero((status == FAILED) & ~failed):
                if int(run) not in named:
                    named.add(int(run))
                    found.failures.append((int(run), np.nan, one.of, "not a finite number"))
        for name in courses:
            found.courses[name] = np.where(failed, np.nan, by_name[name])
        return found

    def _run(
        self,
        arm: Arm,
        outcomes: Sequence[Outcome],
        courses: Sequence[str],
        progress: Progress | None,
        known: Measured | None,
    ) -> Measured:
        total = len(self.draws.design)
        parts: list[Measured] = []
        failures: list[tuple[int, float, str, str]] = []
        for first in range(0, total, CHUNK):
            rows = slice(first, min(first + CHUNK, total))
            part = self.runs(self.draws.table(arm, self.model, rows), outcomes, courses)
            failures += [(first + run, when, of, why) for run, when, of, why in part.failures]
            parts.append(part)
            if progress is not None:
                progress(rows.stop, total)
        if known is None:
            errors, course_errors = self._errors(arm, outcomes, courses, parts)
        else:
            errors, course_errors = known.errors, known.course_errors
        return Measured(
            parts[0].times,
            {one.name: np.concatenate([p.values[one.name] for p in parts]) for one in outcomes},
            errors,
            {name: np.concatenate([p.courses[name] for p in parts], axis=1) for name in courses},
            course_errors,
            failures,
        )

    def _errors(
        self,
        arm: Arm,
        outcomes: Sequence[Outcome],
        courses: Sequence[str],
        parts: Sequence[Measured],
    ) -> tuple[dict[str, float], dict[str, Floats]]:
        """Return how far outcomes move at half the step, in the first draws."""
        size = min(REFINED, len(self.draws), CHUNK)
        table = self.draws.table(arm, self.model, slice(0, size))
        finer = self.runs(table, outcomes, courses, time_step=self.step / 2)
        errors = {
            one.name: _exceeded(
                np.abs(finer.values[one.name] - parts[0].values[one.name][:size])[None]
            )[0]
            for one in outcomes
        }
        moved = {
            name: _exceeded(np.abs(finer.courses[name] - parts[0].courses[name][:, :size]))
            for name in courses
        }
        return {name: float(error) for name, error in errors.items()}, moved

    def _key(
        self,
        arm: Arm,
        outcomes: Sequence[Outcome],
        courses: Sequence[str],
        known: Measured | None,
    ) -> str:
        """Return what names these runs and no others: model, settings, draws, versions."""
        from importlib.metadata import version

        told = {
            "format": FORMAT,
            "model": self.model.digest,
            "steps": arm.steps,
            # Those may come from other files than the model's own.
            "constants": self.model.constants,
            "names": self.draws.names,
            "shape": self.draws.design.shape,
            "step": self.step,
            "outcomes": [one.to_dict() for one in outcomes],
            "courses": list(courses),
            "errors": None if known is None else [known.errors[one.name] for one in outcomes],
            "versions": [version("sdmodel"), version("numpy"), version("llvmlite")],
        }
        digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode())
        digest.update(np.ascontiguousarray(self.draws.design).tobytes())
        if known is not None:
            for name in courses:
                digest.update(known.course_errors[name].tobytes())
        return digest.hexdigest()[:40]


def _exceeded(moved: Floats) -> Floats:
    """Return along the last axis what one of twenty exceeds; 0 where nothing is finite."""
    found = np.zeros(len(moved))
    for place, row in enumerate(moved):
        sound = row[np.isfinite(row)]
        if len(sound):
            found[place] = np.quantile(sound, ERROR_SHARE)
    return found


def _write(path: Path, kept: Measured) -> None:
    """Write an arm beside its place and move it there when complete."""
    arrays: dict[str, Any] = {"times": kept.times}
    for name, values in kept.values.items():
        arrays[f"value/{name}"] = values
        arrays[f"error/{name}"] = np.array(kept.errors[name])
    for name, values in kept.courses.items():
        arrays[f"course/{name}"] = values
        arrays[f"course error/{name}"] = kept.course_errors[name]
    order = sorted(arrays)
    told = {"names": order, "failures": kept.failures}
    packed: dict[str, Any] = {f"a{place}": arrays[name] for place, name in enumerate(order)}
    packed["told"] = np.frombuffer(json.dumps(told).encode(), dtype=np.uint8)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **packed)
            os.replace(part, path)
        finally:
            Path(part).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error


# What NumPy and zipfile may raise on a file that is not, or no longer, what was written.
DAMAGED = (
    *(OSError, EOFError, KeyError, TypeError, ValueError, AttributeError),
    *(NotImplementedError, RuntimeError, MemoryError, zipfile.BadZipFile, struct.error, zlib.error),
)


def _read(path: Path) -> Measured | None:
    """Return an arm that was kept; None where there is none, or what is there is no such file."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as packed:
            told = json.loads(packed["told"].tobytes())
            arrays = {name: packed[f"a{place}"] for place, name in enumerate(told["names"])}
    except DAMAGED:
        return None
    found = Measured(arrays.pop("times"))
    for name, values in arrays.items():
        sort, _, of = name.partition("/")
        if sort == "value":
            found.values[of] = values
        elif sort == "error":
            found.errors[of] = float(values)
        elif sort == "course":
            found.courses[of] = values
        else:
            found.course_errors[of] = values
    found.failures.extend((int(r), float(t), str(v), str(c)) for r, t, v, c in told["failures"])
    return found
