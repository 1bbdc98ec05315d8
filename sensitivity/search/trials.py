"""Running packages of levers in the same futures, and keeping each generation on disk."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import sdmodel as sd
from sensitivity.claims.arms import Bench, Draws
from sensitivity.errors import StoreError
from sensitivity.measures import Measures
from sensitivity.outcomes import Outcome
from sensitivity.space import Space

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Progress = Callable[[int, int], None]

FORMAT = 1
# Runs asked for at a time, so that neither the table nor the courses fill the memory.
ROWS = 16_384


def drawn(space: Space, draws: int, seed: int, part: int = 0) -> Draws:
    """Draw futures: a Latin hypercube of the uncertainties, another one for each part.

    Examples
    --------
    >>> from sensitivity import Space, factor
    >>> space = Space(uncertainties=[factor("a", 0, 4)])
    >>> bool((drawn(space, 4, 1).design == drawn(space, 4, 1, part=1).design).all())
    False
    """
    of_part = int(np.random.SeedSequence([seed, part]).generate_state(1)[0])
    uncertain = Space(uncertainties=space.uncertainties)
    # Where nothing is uncertain, there is one future.
    return Draws.latin(uncertain, draws if len(uncertain) else 1, of_part)


@dataclass(frozen=True, slots=True)
class Trials:
    """Where packages are run: the model, what is measured, and the futures.

    Parameters
    ----------
    outcomes
        What each run is judged by.
    futures
        The draws of the uncertainties, the same for all packages.
    fixed
        Constants that are the same in all runs.
    """

    model: sd.Model
    outcomes: Sequence[Outcome]
    futures: Draws
    fixed: Mapping[str, float]
    threads: int | None = None

    def run(
        self, names: Sequence[str], design: Floats, progress: Callable[[int], None] | None = None
    ) -> Floats:
        """Run packages in all futures: outcomes, packages, draws; NaN where a run failed.

        A run in which a variable that is never negative becomes so has failed, as in a sweep.

        Parameters
        ----------
        names, design
            The constants that a package sets, and to what: packages, constants.
        progress
            Called with the runs that have come in since the last call.
        """
        import pandas as pd

        limits = Measures(self.model, self.outcomes)
        limited = tuple(limits.limits)
        variables = tuple(dict.fromkeys([*(one.of for one in self.outcomes), *limited]))
        bench = Bench(self.model, self.futures, variables, threads=self.threads)
        futures = self.futures.design[:-1]
        draws = len(futures)
        found = np.full((len(self.outcomes), len(design), draws), np.nan)
        together = max(1, ROWS // draws)
        for first in range(0, len(design), together):
            part = design[first : first + together]
            rows = len(part) * draws
            columns = {
                name: np.tile(futures[:, place], len(part))
                for place, name in enumerate(self.futures.names)
            }
            columns |= {name: np.full(rows, value) for name, value in self.fixed.items()}
            columns |= {name: np.repeat(part[:, place], draws) for place, name in enumerate(names)}
            measured = bench.runs(pd.DataFrame(columns, index=range(rows)), self.outcomes, limited)
            broken = [run for run, *_ in limits.violations(measured.times, measured.courses)]
            for place, one in enumerate(self.outcomes):
                values = measured.values[one.name].copy()
                values[broken] = np.nan
                found[place, first : first + len(part)] = values.reshape(len(part), draws)
            if progress is not None:
                progress(rows)
        return found

    def key(self, space: Space, **others: Any) -> str:
        """Return what names these runs and no others."""
        told = {
            "format": FORMAT,
            "model": self.model.digest,
            "constants": dict(self.model.constants),
            "space": space.to_dict(),
            "outcomes": [one.to_dict() for one in self.outcomes],
            "never negative": list(self.model.settings.never_negative),
            "fixed": dict(self.fixed),
            "versions": [version(name) for name in ("sdmodel", "numpy", "scipy", "llvmlite")],
            **others,
        }
        digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode())
        digest.update(np.ascontiguousarray(self.futures.design).tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder with the generations of one search, each written whole or not at all.

    Chance in each generation hangs on the seed and its number only, so the generations that are
    there need not be run again: the search goes through the same steps and takes their outcomes
    from here.
    """

    folder: Path | None

    @classmethod
    def at(cls, folder: str | Path | None, key: str) -> Shelf:
        """Open a folder for the search with this key; refuse one that holds another search."""
        if folder is None:
            return cls(None)
        path = Path(folder)
        told = path / "search.json"
        try:
            path.mkdir(parents=True, exist_ok=True)
            if not told.exists():
                _whole(told, lambda part: part.write_text(json.dumps({"key": key})))
            known = json.loads(told.read_text(encoding="utf-8"))["key"]
        except OSError as error:
            raise StoreError(f"cannot use {path}: {error.strerror or error}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{told} is not the record of a search: remove {path}") from error
        if known != key:
            raise StoreError(
                f"{path} holds another search (another model, space, goal, seed, population or "
                "version): choose another folder, or remove it"
            )
        return cls(path)

    def read(self, generation: int, design: Floats) -> Floats | None:
        """Return what is known of a generation, if these packages are what it holds."""
        if self.folder is None:
            return None
        path = self._place(generation)
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as kept:
                values: Floats = kept["values"]
                same = np.array_equal(kept["design"], design)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise StoreError(
                f"{path} cannot be read ({error}): remove it to run it anew"
            ) from error
        if not same:
            raise StoreError(f"{path} holds other packages than this search: remove {self.folder}")
        return values

    def write(self, generation: int, design: Floats, values: Floats) -> None:
        """Keep a generation."""
        if self.folder is not None:
            _whole(
                self._place(generation),
                lambda part: _save(part, design, values),
            )

    def _place(self, generation: int) -> Path:
        assert self.folder is not None
        return self.folder / f"generation-{generation:05d}.npz"


def _save(path: Path, design: Floats, values: Floats) -> None:
    with path.open("wb") as file:
        np.savez(file, design=design, values=values)
        file.flush()
        os.fsync(file.fileno())


def _whole(path: Path, write: Callable[[Path], object]) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    part = Path(name)
    try:
        write(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
