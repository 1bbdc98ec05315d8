"""Putting the shards of a study together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sensitivity.errors import StoreError
from sensitivity.progress import with_bar
from sensitivity.studies.finishing import finish
from sensitivity.studies.running import MEMORY
from sensitivity.studies.store import SUFFIX, Store, is_store


@with_bar("merge", unit="chunks")
def merge(
    stores: Sequence[str | Path],
    into: str | Path,
    *,
    memory: int = MEMORY,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Put stores that hold parts of one study together, and rank the whole if it is complete.

    Parameters
    ----------
    stores
        The parts, such as those of a job array; they stay as they are.
    into
        The store of the whole. One that exists already is added to.
    memory
        Bytes that the ranking may take.
    progress
        Called with the chunks copied and the chunks in all.

    Examples
    --------
    >>> import tempfile
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> study = sa.study(model, levers, "relative knowledge", samples=16)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     parts = [
    ...         sa.run_study(study, f"{folder}/{i}.study", shard=(i, 2)) for i in (1, 2)
    ...     ]
    ...     sa.open_sweep(merge(parts, folder + "/whole.study")).sizes["sample"]
    144
    """
    if not stores:
        raise StoreError("there is nothing to merge: name the stores of the shards")
    parts = [Store.open(path) for path in stores]
    first = parts[0]
    wrong = [
        f"{part.path} holds another study than {first.path}"
        for part in parts[1:]
        if not _alike(part, first)
    ]
    if wrong:
        raise StoreError(
            "\n".join(wrong)
            + "\nonly shards of one and the same study, run with the same --memory, go together"
        )
    path = Path(into)
    if is_store(path):
        whole = Store.open(path)
        if not _alike(whole, first):
            raise StoreError(f"{path} holds another study than {first.path}: give another name")
    elif path.suffix != SUFFIX:
        raise StoreError(f"'{path}' does not end in {SUFFIX}: say whole{SUFFIX}")
    else:
        whole = Store.create(path, first.job, first.chunk_runs)
    for number in range(whole.chunks):
        if whole.mark(number) is None:
            holder = next((part for part in parts if part.mark(number) is not None), None)
            if holder is not None:
                whole.write(number, holder.read(number))
        if progress is not None:
            progress(number + 1, whole.chunks)
    if whole.complete:
        finish(whole, memory, 0.0)
    return path


def _alike(one: Store, other: Store) -> bool:
    """Say whether two stores hold the same study, cut into the same chunks."""
    same = one.job.study.identity == other.job.study.identity
    return same and one.chunk_runs == other.chunk_runs
