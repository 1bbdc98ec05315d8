"""Another engine runs a model in a process of its own, which is stopped when its time is up.

The process gets a copy of the model and leaves a table of numbers or one line of text; neither is
ever executed here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sdmodel.errors import SDError
from sdmodel.kernel import Array
from sdmodel.secondopinion.copies import copied

if TYPE_CHECKING:
    from sdmodel.model import Model

LIMIT = 60.0  # seconds
ENGINES = {
    "PySD": ("pysd", "pip install pysd"),
    "pysimlin": ("simlin", "pip install 'sdmodel[vdf]'"),
}
_NUMBERS, _REASON = "numbers.npz", "reason.txt"


def ask(model: Model, engine: str, limit: float = LIMIT) -> tuple[Array, list[str], Array]:
    """Return what an engine makes of a model by Euler: times, names, and values by name and time.

    Raises
    ------
    SDError
        If the engine is not installed, cannot read or run the model, or takes over `limit` seconds;
        then it is stopped.
    """
    library, cure = ENGINES[engine]
    if find_spec(library) is None:
        raise SDError(f"{engine} is not installed: {cure}")
    with copied(model.source.source) as place, tempfile.TemporaryDirectory() as answer:
        method = "" if model.source.method == "euler" else "euler"
        files = [str(path.resolve()) for path in model.data_files]
        _run([engine, str(place), answer, method, *files], engine, limit)
        reason, numbers = Path(answer) / _REASON, Path(answer) / _NUMBERS
        if reason.is_file():
            text = reason.read_text(encoding="utf-8")
            raise SDError(f"{engine} cannot run {model.path}: {text}")
        with np.load(numbers, allow_pickle=False) as found:
            return found["times"], [str(name) for name in found["names"]], found["values"]


def _run(words: Sequence[str], engine: str, limit: float) -> None:
    # The other process finds the same packages, but nothing that lies in the present folder.
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *(path for path in sys.path if path)]
    command = [sys.executable, "-P", "-m", __name__, *words]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        reason = f"took longer than {limit:g} s and was stopped"
        raise SDError(f"{engine} {reason}: --limit, or limit=, gives it more time") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        last = f": {lines[-1]}" if lines else ""
        raise SDError(f"{engine} broke off with status {done.returncode}{last}")


def main(words: Sequence[str]) -> None:
    """Run a model in this process and leave the answer in a folder.

    `words` are the engine, the model's file, the folder, the method to set, if any, and data files.
    """
    engine, place, answer, method, *files = words
    from sdmodel.secondopinion import pysd, simlin

    try:
        if engine == "PySD":
            table = pysd.table_of_file(Path(place), files)
        else:
            table = simlin.table_of_file(Path(place), method)
        np.savez(
            Path(answer) / _NUMBERS,
            times=np.asarray(table.index, dtype=float),
            names=np.array([str(name) for name in table.columns], dtype=str),
            values=table.to_numpy(dtype=float).T,
        )
    except Exception as error:  # whatever the engine raises is its answer
        reason = f"{type(error).__name__}: {error}"
        (Path(answer) / _REASON).write_text(reason, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
