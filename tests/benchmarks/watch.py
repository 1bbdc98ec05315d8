"""How long `sdmodel watch` takes from a save to what it shows, for real saves of real files.

Run from the root of the repository, with the models to measure besides those of the project:

    python tests/benchmarks/watch.py [MODEL ...]

For each model and kind of edit: the median of ten saves, each of the whole file and of another
number, seen by looking at the file as the verb does. "run shown" is when the equations and courses
that changed are known, "checked" when all findings are. "processor" is the time that this process
alone worked for one save, and "least" the least of the ten: on a machine with other work it is the
best guess at what an idle one needs.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sdmodel.expr import literal
from sdmodel.source import SourceModel, Variable
from sdmodel.watching import Session
from sdmodel.watching.files import Files

ROOT = Path(__file__).resolve().parents[2]
SAVES = 10
Edit = Callable[[int], str]


def edits(source: SourceModel) -> dict[str, Edit]:
    """Return the kinds of edits: each makes the text of the n-th save."""
    text = source.source.text
    numbers = [
        one
        for one in source.variables
        if one.equation is not None and literal(one.equation) not in (None, 0.0)
        and re.fullmatch(r"[\d.]+", one.text) and not one.key.endswith((" time", "step", "saveper"))
    ]  # fmt: skip
    computed = [
        one
        for one in source.variables
        if one.equation is not None and re.fullmatch(r"[\w \n\t*/+-]+", one.text)
        and not re.fullmatch(r"[\d.eE+-]+", one.text) and not one.subscripts
    ]  # fmt: skip

    def put(one: Variable, new: str) -> str:
        span = one.equation_span
        return text[: span.start] + new + text[span.end :]

    def old(one: Variable) -> str:
        return text[one.equation_span.start : one.equation_span.end]

    middle, some = numbers[len(numbers) // 2], computed[len(computed) // 2]
    return {
        "a constant": lambda n: put(middle, f"{float(middle.text) * (1 + n / 1000):.12g}"),
        "an equation": lambda n: put(some, f"({old(some)})*(1+{n}/1000)"),
        "a comment": lambda n: (
            text.replace(source.variables[0].name, source.variables[0].name, 1)
            if n == 0
            else _commented(source, n)
        ),
        "a mistake": lambda n: put(some, f"({old(some)})*nobody {n}"),
    }


def _commented(source: SourceModel, n: int) -> str:
    text = source.source.text
    one = next(v for v in source.variables if v.comment)
    at = text.index("~", text.index("~", one.span.start) + 1) + 1
    return f"{text[:at]} Seen {n} times. {text[at:]}"


def measure(path: Path, edit: Edit) -> tuple[list[float], list[float], list[float]]:
    """Return seconds from save to run and to findings, and of the processor, for ten saves."""
    session = Session(path)
    session.look()
    session.verdict()
    files = Files(session.watched)
    shown, checked, worked = [], [], []
    for n in range(1, SAVES + 1):
        text = edit(n).encode("utf-8")
        time.sleep(0.2)
        saved: list[float] = []

        def save(text: bytes = text, saved: list[float] = saved) -> None:
            time.sleep(0.05)
            path.write_bytes(text)
            saved.append(time.perf_counter())

        saving = threading.Thread(target=save)
        saving.start()
        files.wait()
        began = time.process_time()
        session.look()
        shown.append(time.perf_counter() - saved[0])
        session.verdict()
        checked.append(time.perf_counter() - saved[0])
        worked.append(time.process_time() - began)
        saving.join()
    return shown, checked, worked


def main(paths: list[Path]) -> None:
    """Print a line for each model and kind of edit."""
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    columns = zip(("run shown", "checked", "processor", "least"), (10, 10, 11, 8), strict=True)
    head = "".join(f"{name:>{width}}" for name, width in columns)
    print(f"{'model':<24}{'edit':<14}{head}   seconds")
    for place in paths:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / place.name
            for suffix in (place.suffix, ".toml"):
                beside = place.with_suffix(suffix)
                if beside.is_file():
                    path.with_suffix(suffix).write_bytes(beside.read_bytes())
            session = Session(path)
            session.look()
            assert session._model is not None
            for name, edit in edits(session._model.source).items():
                path.write_bytes(place.read_bytes())
                times = measure(path, edit)
                told = [*map(statistics.median, times), min(times[-1])]
                figures = "".join(
                    f"{one:>{width}.2f}" for one, width in zip(told, (10, 10, 11, 8), strict=True)
                )
                print(f"{place.stem:<24}{name:<14}{figures}", flush=True)


if __name__ == "__main__":
    models = [ROOT / "models" / name for name in ("industrial_upgrading.mdl", "core.mdl")]
    main([*models, *map(Path, sys.argv[1:])])
