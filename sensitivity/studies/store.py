"""The store of a study: a folder with a zarr group in it, filled chunk by chunk.

A chunk counts once its mark is there. The mark is written last, takes its name in one step, and
holds the digest of the chunk's numbers: whatever moment a program dies at, what has a mark is
whole, and what has none is run again and gives the same numbers. Everything needed to repeat the
study lies in the folder: its description, the model's own text, and what its runs were made with.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.errors import StoreError
from sensitivity.report import whole
from sensitivity.studies import bands
from sensitivity.studies.chunks import Chunk, Job, digest_of, made_by
from sensitivity.studies.copied import copy_model, own_model
from sensitivity.studies.study import restored, text_of

if TYPE_CHECKING:
    import zarr
    from numpy.typing import NDArray

    import sdmodel as sd

FORMAT = 1
SUFFIX, PARTIAL = ".study", ".part-"
DESCRIPTION, RUNS, MARKS = "study.json", "runs.zarr", "done"
MODEL, ANALYSIS = "model", "analysis.nc"
# Instants that lie together in a file of courses: indices over time read some at a time.
TIMES_TOGETHER = 8
VERIFY = "'sensitivity verify' says which runs are to be run again"
LARGEST_DESCRIPTION = 64 * 2**20


@dataclass(frozen=True)
class Store:
    """A study's folder.

    Parameters
    ----------
    path
        The folder.
    job
        The study, made ready.
    chunk_runs
        Runs of a chunk; the last one may have fewer.
    """

    path: Path
    job: Job
    chunk_runs: int

    # Making and opening ------------------------------------------------------------------------

    @classmethod
    def create(cls, path: Path, job: Job, chunk_runs: int) -> Store:
        """Make an empty store for a study."""
        if path.exists() and (path.is_file() or any(path.iterdir())):
            raise StoreError(f"{path} holds something already: give another name, or remove it")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Made beside its place and moved there whole: nobody ever sees half a store.
            with tempfile.TemporaryDirectory(
                prefix=f"{PARTIAL}{path.name}-", dir=path.parent
            ) as folder:
                made = cls(Path(folder) / path.name, job, chunk_runs)
                (made.path / MARKS).mkdir(parents=True)
                copy_model(job.study.model, made.path / MODEL)
                made._make_arrays()
                made._describe()
                os.replace(made.path, path)
        except OSError as error:
            raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
        return cls(path, job, chunk_runs)

    @classmethod
    def open(cls, path: str | Path, model: sd.Model | None = None) -> Store:
        """Open a store; the model comes from the store's own copy unless one is given."""
        path = Path(path)
        about = description(path)
        if model is None:
            model = own_model(path / MODEL)
        if model.digest != about["identity"]["model_digest"]:
            raise StoreError(
                f"{path} was made with another version of {about['identity']['model']}: its own "
                f"copy lies in {path / MODEL}"
            )
        group = zarr_group(path, "r")
        with undamaged(path):
            study = restored(model, about["identity"])
            job = Job(
                study=study,
                measures=study.measures,
                times=np.asarray(zarr_array(group, "time")[:], dtype=float),
                edges=np.asarray(zarr_array(group, "edges")[:], dtype=float),
                base=_arrays(about["base"]),
                reference=_arrays(about["reference"]),
                base_cause=str(about["base_cause"]),
                integration=str(about["integration"]),
                provenance=dict(about["provenance"]),
            )
            return cls(path, job, int(about["chunk_runs"]))

    def grown(self, samples: int) -> Store:
        """Return this store made larger for more samples; what was run stays."""
        from dataclasses import replace

        study = self.job.study.with_samples(samples)
        store = Store(self.path, replace(self.job, study=study), self.chunk_runs)
        (self.path / ANALYSIS).unlink(missing_ok=True)
        group = zarr_group(self.path, "r+")
        for name, shape, _, _ in store._layout():
            zarr_array(group, name).resize(shape)
        store._describe()
        return store

    # What there is and what is missing -----------------------------------------------------------

    @property
    def runs(self) -> int:
        """How many runs the whole study has."""
        return self.job.study.plan.runs

    @property
    def chunks(self) -> int:
        """How many chunks the whole study has."""
        return -(-self.runs // self.chunk_runs)

    def span(self, number: int) -> tuple[int, int]:
        """Return the first run of a chunk, and the one after its last."""
        first = number * self.chunk_runs
        return first, min(first + self.chunk_runs, self.runs)

    def mark(self, number: int) -> dict[str, Any] | None:
        """Return the mark of a chunk, or nothing where it is still to be run."""
        try:
            found = json.loads((self.path / MARKS / f"{number}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        # A store that was made larger may have ended within this chunk.
        whole = _is_mark(found) and found["span"] == [*self.span(number)]
        return found if whole else None

    def missing(self, shard: tuple[int, int] = (1, 1)) -> list[int]:
        """Return the chunks still to be run, of one of several equal parts of the study."""
        part, parts = shard
        return [k for k in range(part - 1, self.chunks, parts) if self.mark(k) is None]

    @property
    def complete(self) -> bool:
        """Whether every chunk is there."""
        return not self.missing()

    # Chunks in and out ---------------------------------------------------------------------------

    def write(self, number: int, chunk: Chunk) -> None:
        """Keep a chunk: its numbers first, its mark last."""
        here = made_by(self.job.provenance)
        if chunk.made_by != here:
            raise StoreError(
                f"{self.path} was begun by {here}, and runs {chunk.first} to {chunk.last - 1} were "
                f"made by {chunk.made_by}, which may give other last digits: go on where it was "
                "begun, or begin another store"
            )
        group = zarr_group(self.path, "r+")
        for name, values in chunk.arrays.items():
            zarr_array(group, name)[self._where(name, number)] = (
                values[None] if name in ("counts", "extremes") else values
            )
        mark = {
            "span": [chunk.first, chunk.last],
            "digest": chunk.digest,
            "failed": int((chunk.failed_reason > 0).sum()),
            "reasons": [list(reason) for reason in chunk.reasons],
        }
        with whole(self.path / MARKS / f"{number}.json") as path:
            path.write_text(json.dumps(mark), encoding="utf-8")

    def read(self, number: int) -> Chunk:
        """Return a chunk as it was kept; refuse one that was damaged since."""
        mark = self.mark(number)
        first, last = self.span(number)
        if mark is None:
            raise StoreError(f"{self.path} is not complete: runs {first} to {last - 1} are missing")
        arrays: dict[str, Any] = {}
        try:
            for name, *_ in self._layout():
                values = self.numbers(name, self._where(name, number))
                arrays[name] = values[0] if name in ("counts", "extremes") else values
            sound = digest_of(arrays, mark["reasons"]) == mark["digest"]
        except StoreError:
            sound = False
        if not sound:
            raise StoreError(
                f"{self.path}: runs {first} to {last - 1} are not what was written: remove "
                f"{self.path / MARKS / f'{number}.json'} and run the study again"
            )
        return Chunk(
            first=first,
            last=last,
            reasons=tuple((str(variable), str(cause)) for variable, cause in mark["reasons"]),
            courses=arrays.pop("courses", None),
            made_by=made_by(self.job.provenance),
            **arrays,
        )

    def array(self, name: str) -> zarr.Array[Any]:
        """Return one of the store's arrays, to be read in pieces."""
        return zarr_array(zarr_group(self.path, "r"), name)

    def numbers(self, name: str, where: Any) -> NDArray[Any]:
        """Return a part of one of the store's arrays."""
        with readable(self.path):
            return np.asarray(self.array(name)[where])

    def failures(self) -> Iterator[tuple[int, float, str, str]]:
        """Yield the failed runs in order: run, time, variable and cause."""
        for number in range(self.chunks):
            mark = self.mark(number)
            if mark is None or not mark["failed"]:
                continue
            first, last = self.span(number)
            when = self.numbers("failed_time", slice(first, last))
            why = self.numbers("failed_reason", slice(first, last))
            if why.max() > len(mark["reasons"]):
                raise StoreError(f"{self.path}: the causes of failed runs are damaged: {VERIFY}")
            for run in np.flatnonzero(why):
                variable, cause = mark["reasons"][int(why[run]) - 1]
                yield first + int(run), float(when[run]), variable, cause

    @property
    def digest(self) -> str:
        """SHA-256 of what the study is and of every number in it; no clock, no folder names."""
        found = hashlib.sha256(text_of(self.job.study.identity).encode())
        for number in range(self.chunks):
            mark = self.mark(number)
            found.update(f"{number} {mark['digest'] if mark else 'missing'};".encode())
        return found.hexdigest()

    # Inside ----------------------------------------------------------------------------------

    def _layout(self) -> list[tuple[str, tuple[int, ...], tuple[int, ...], tuple[str, ...]]]:
        """Name, shape, chunks and dimensions of the arrays that are filled chunk by chunk."""
        study, size = self.job.study, self.chunk_runs
        outcomes, series, times = len(study.outcomes), len(study.series), len(self.job.times)
        layout = [
            ("outcomes", (outcomes, self.runs), (outcomes, size), ("outcome", "sample")),
            ("status", (outcomes, self.runs), (outcomes, size), ("outcome", "sample")),
            ("failed_time", (self.runs,), (size,), ("sample",)),
            ("failed_reason", (self.runs,), (size,), ("sample",)),
            (
                "counts",
                (self.chunks, series, times, bands.BINS),
                (1, max(series, 1), times, bands.BINS),
                ("chunk", "series", "time", "bin"),
            ),
            (
                "extremes",
                (self.chunks, 2, series, times),
                (1, 2, max(series, 1), times),
                ("chunk", "end", "series", "time"),
            ),
        ]
        if study.courses:
            together = min(TIMES_TOGETHER, times)
            layout.append(
                (
                    "courses",
                    (series, times, self.runs),
                    (1, together, size),
                    ("series", "time", "sample"),
                )
            )
        return layout

    def _where(self, name: str, number: int) -> Any:
        first, last = self.span(number)
        if name in ("counts", "extremes"):
            return slice(number, number + 1)
        return (..., slice(first, last))

    def _make_arrays(self) -> None:
        import zarr
        from zarr.codecs import BloscCodec

        group = zarr.create_group(str(self.path / RUNS), overwrite=False)
        packed = BloscCodec(cname="lz4", clevel=1, shuffle="shuffle")
        types = {"status": "i1", "failed_reason": "u2", "counts": "u4"}
        for name, shape, chunks, dims in self._layout():
            kind = types.get(name, "f8")
            group.create_array(
                name,
                shape=shape,
                chunks=chunks,
                dtype=kind,
                compressors=packed,
                fill_value=np.nan if kind == "f8" else 0,
                dimension_names=dims,
            )
        study = self.job.study
        for name, values, dims in (
            ("time", self.job.times, ("time",)),
            ("edges", self.job.edges, ("series", "time", "edge")),
            ("outcome", _texts([one.name for one in study.outcomes]), ("outcome",)),
            ("series", _texts(study.series), ("series",)),
            ("factor", _texts(study.space.names), ("factor",)),
        ):
            made = group.create_array(
                name, shape=values.shape, dtype=values.dtype, dimension_names=dims
            )
            made[...] = values

    def _describe(self) -> None:
        job = self.job
        about = {
            "sensitivity_store": FORMAT,
            "identity": job.study.identity,
            "chunk_runs": self.chunk_runs,
            "integration": job.integration,
            "base_cause": job.base_cause,
            "base": _lists(job.base),
            "reference": _lists(job.reference),
            "provenance": dict(job.provenance) | _versions(),
            "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        }
        with whole(self.path / DESCRIPTION) as path:
            path.write_text(json.dumps(sealed(about), indent=1), encoding="utf-8")


def sealed(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description with the digest of all else in it, which tells changes by hand."""
    plain = {name: value for name, value in about.items() if name != "digest"}
    text = json.dumps(plain, sort_keys=True)
    return plain | {"digest": hashlib.sha256(text.encode()).hexdigest()}


def description(path: Path) -> dict[str, Any]:
    """Return what a store says of itself; refuse what is no store."""
    file = path / DESCRIPTION
    if not file.is_file():
        raise StoreError(
            f"{path} is not a store of a study: give a folder that 'sensitivity run' wrote"
        )
    if file.stat().st_size > LARGEST_DESCRIPTION:
        raise StoreError(f"{file} is larger than any description of a study: it is damaged")
    try:
        about = json.loads(file.read_text(encoding="utf-8"))
        found = int(about["sensitivity_store"])
        digest = about["identity"]["model_digest"]
    except (ArithmeticError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(f"{file} is damaged ({error!r}): run the study again") from error
    if found != FORMAT:
        raise StoreError(f"{path} has format {found}, this version reads {FORMAT}")
    if not isinstance(digest, str) or about.get("digest") != sealed(about)["digest"]:
        raise StoreError(
            f"{file} is damaged, or was changed by hand: its runs are those of the study it was "
            "made for; put it back, or run the study into another store"
        )
    return dict(about)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what files of numbers that were damaged lead to into a message."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{path} is damaged ({error}): {VERIFY}") from error


@contextmanager
def undamaged(path: Path) -> Iterator[None]:
    """Turn what a description that was changed by hand leads to into a message."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise StoreError(f"what {path} says of its study is damaged ({error!r})") from error


def is_store(path: str | Path) -> bool:
    """Say whether a path is the folder of a study."""
    return (Path(path) / DESCRIPTION).is_file()


def sweep_up(path: Path) -> None:
    """Remove what programs that were killed left half written in a store, and beside it.

    Only of a complete store: in another one somebody may be writing.
    """
    for folder, folders, files in os.walk(path):
        for name in files:
            if name.endswith(".partial"):  # zarr's
                (Path(folder) / name).unlink(missing_ok=True)
        for name in folders:
            if name.startswith(PARTIAL):
                shutil.rmtree(Path(folder) / name, ignore_errors=True)
    for left in path.parent.glob(f"{PARTIAL}{glob.escape(path.name)}-*"):
        shutil.rmtree(left, ignore_errors=True)


def zarr_group(path: Path, mode: Any) -> zarr.Group:
    """Open the arrays of a store."""
    import zarr

    try:
        return zarr.open_group(str(path / RUNS), mode=mode)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreError(f"{path} is damaged ({error}): run the study into another one") from error


def zarr_array(group: zarr.Group, name: str) -> zarr.Array[Any]:
    """Return one array of a store."""
    import zarr

    with readable(Path(str(group.store_path).removeprefix("file://"))):
        found = group.get(name)
    if not isinstance(found, zarr.Array):
        raise StoreError(f"{group.store_path}: there is no array '{name}': the store is damaged")
    return found


def _is_mark(found: object) -> bool:
    """Say whether a mark has all that a mark has."""
    return (
        isinstance(found, dict)
        and found.keys() >= {"span", "digest", "failed", "reasons"}
        and isinstance(found["failed"], int)
        and isinstance(found["reasons"], list)
        and all(isinstance(one, list) and len(one) == 2 for one in found["reasons"])
    )


def _texts(texts: Sequence[str]) -> NDArray[Any]:
    # Fixed widths have no settled form in zarr yet; strings of any length do.
    return np.array(list(texts), dtype=np.dtypes.StringDType())


def _versions() -> dict[str, str]:
    return {package: version(package) for package in ("numpy", "scipy", "xarray", "zarr")}


def _lists(courses: Mapping[str, Mapping[str, NDArray[Any]]]) -> dict[str, dict[str, Any]]:
    return {arm: {name: one.tolist() for name, one in of.items()} for arm, of in courses.items()}


def _arrays(
    stored: Mapping[str, Mapping[str, Any]],
) -> dict[str, dict[str, NDArray[np.float64]]]:
    return {
        arm: {name: np.array(one, dtype=float) for name, one in of.items()}
        for arm, of in stored.items()
    }
