"""Who runs the chunks: this machine's threads, processes beside it, or a Dask cluster.

Whoever runs them, only the program that was started writes to the store.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sensitivity.errors import ClusterError

if TYPE_CHECKING:
    from sensitivity.studies.chunks import Chunk, Job

    Span = tuple[int, int]
    Report = Callable[[int], None]
    Write = Callable[[int, Chunk], None]

# Chunks that each worker of a cluster has before it: one to run and one to go on with.
AHEAD = 2
# Dask starts a worker anew that died, and gives its chunk to another one, so many times.
DEATHS_ALLOWED = 10
ANSWERS_WITHIN = "20s"


def in_threads(
    job: Job, todo: Sequence[tuple[int, Span]], write: Write, report: Report, threads: int | None
) -> None:
    """Run chunks one after the other on all threads; keep one while the next is running."""
    done = 0
    with ThreadPoolExecutor(1) as keeper:
        keeping: Future[None] | None = None

        def keep(number: int, raw: Any, first: int, last: int) -> None:
            write(number, job.keep(raw, first, last))

        for number, (first, last) in todo:
            before = done

            def running(runs: int, _total: int, before: int = before) -> None:
                report(before + runs)

            raw = job.run(first, last, threads=threads, progress=running)
            if keeping is not None:
                keeping.result()
            keeping = keeper.submit(keep, number, raw, first, last)
            done += last - first
            report(done)
        if keeping is not None:
            keeping.result()


def on_cluster(
    job: Job, todo: Sequence[tuple[int, Span]], write: Write, report: Report, client: Any
) -> None:
    """Run chunks on the workers of a Dask cluster; what a dead worker had is run by another."""
    # As a task of its own, so that a worker that joins late can make it again.
    shipped = client.submit(pickle.loads, pickle.dumps(job), key=f"job-{id(job)}-{time.time_ns()}")
    waiting = iter(todo)
    running = _distributed().as_completed(loop=client.loop)
    numbers: dict[Any, tuple[int, int]] = {}

    def send() -> bool:
        for number, (first, last) in waiting:
            future = client.submit(
                _one_chunk, shipped, first, last, pure=False, retries=DEATHS_ALLOWED
            )
            numbers[future.key] = (number, last - first)
            running.add(future)
            return True
        return False

    workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
    for _ in range(AHEAD * workers):
        if not send():
            break
    done = 0
    for future in running:
        number, runs = numbers.pop(future.key)
        write(number, future.result())
        future.release()
        done += runs
        report(done)
        send()


def _one_chunk(job: Job, first: int, last: int) -> Chunk:
    """Run on a worker, which has one thread for each of its chunks."""
    return job.chunk(first, last, threads=1)


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError as error:
        raise ClusterError(
            "running on several workers needs dask.distributed: pip install 'sdmodel[cluster]'"
        ) from error


@contextmanager
def cluster(workers: int | None, scheduler: str | None) -> Iterator[Any]:
    """Give a Dask client: of processes started here, or of a scheduler that runs already."""
    dask = _distributed()
    if scheduler is not None:
        try:
            client = dask.Client(scheduler, timeout=ANSWERS_WITHIN, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"no scheduler answers at {scheduler}: start one with 'dask scheduler' and give "
                "the address it prints, such as tcp://10.0.0.1:8786"
            ) from error
        with client:
            yield client
        return
    with (
        dask.LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
        ) as local,
        dask.Client(local, set_as_default=False) as client,
    ):
        yield client
