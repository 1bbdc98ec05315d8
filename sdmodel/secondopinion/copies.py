"""A copy of a model for another engine, which may write beside it and spoils nothing."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sdmodel.errors import SDError
from sdmodel.frontends import XMILE
from sdmodel.source import SourceText

DATA = (".xlsx", ".xlsm", ".xls", ".ods", ".csv", ".tab", ".dat", ".txt")
MOST_BYTES, MOST_FILES, MOST_ENTRIES = 256 * 2**20, 1000, 20_000
_READS_FILES = re.compile(r"\bGET[ _](?:DIRECT|XLS|123|ODBC)[ _]", re.IGNORECASE)


@contextmanager
def copied(source: SourceText) -> Iterator[Path]:
    """Give the path of a model file in a folder of its own, which is removed afterwards.

    Beside it lie the data files of the model's folder, if the model reads any.

    Raises
    ------
    SDError
        If there is too much to copy.
    """
    path = Path(source.path)
    suffix = path.suffix.lower()
    with tempfile.TemporaryDirectory(prefix="sdmodel-copy-") as folder:
        place = Path(folder) / f"{_plain(path.stem)}{suffix if suffix in XMILE else '.mdl'}"
        if _READS_FILES.search(source.text):
            _copy_data(path.parent.resolve(), Path(folder))
        place.write_bytes(source.raw)
        yield place


def _plain(stem: str) -> str:
    """Return a name that can also be a module's, as PySD needs it."""
    return re.sub(r"\W", "_", stem) or "model"


def _copy_data(folder: Path, target: Path) -> None:
    size = files = seen = 0
    for root, _, names in os.walk(folder):
        for name in names:
            seen += 1
            path = Path(root) / name
            if path.suffix.lower() in DATA and path.is_file() and not path.is_symlink():
                files, size = files + 1, size + path.stat().st_size
                if size <= MOST_BYTES and files <= MOST_FILES:
                    copy = target / path.relative_to(folder)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, copy)
            if files > MOST_FILES or size > MOST_BYTES or seen > MOST_ENTRIES:
                raise SDError(
                    f"{folder} holds more than {MOST_FILES} data files or "
                    f"{MOST_BYTES // 2**20} MiB, too much to copy for another engine: put the "
                    "model and its data into a folder of their own"
                )
