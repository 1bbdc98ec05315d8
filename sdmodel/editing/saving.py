"""Writing an edited file: all at once, and only over the very file that was read."""

from __future__ import annotations

import os
from pathlib import Path

from sdmodel.errors import SDError
from sdmodel.frontends import read_bytes
from sdmodel.run import atomic
from sdmodel.source import SourceText


def saved(before: SourceText, after: SourceText, path: Path | None = None) -> Path:
    """Write a text over its file, or to another path, and return where it is.

    Raises
    ------
    SDError
        If the file on disk is not what was read, or cannot be written.
    """
    own = Path(before.path)
    place = own if path is None else path
    over = place.exists() and own.exists() and place.samefile(own)
    if path is None or over:
        unchanged(own, before.raw)
        if after.raw == before.raw:
            return place
    write(place, after.raw)
    return place


def unchanged(path: Path, raw: bytes) -> None:
    """Refuse to go on if a file is not what was read of it."""
    if read_bytes(path) != raw:
        raise SDError(
            f"{path}: the file was changed by somebody else since it was read; read it again, and "
            "make the change there"
        )


def write(place: Path, raw: bytes) -> None:
    """Write a file all at once; it keeps its permissions, and a link to it stays a link."""
    real = place.resolve()
    there = real.is_file()
    if there and not os.access(real, os.W_OK):
        raise SDError(f"{place}: cannot be written: it is read-only")
    mode = real.stat().st_mode & 0o7777 if there else None
    with atomic(real) as part, part.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    if mode is not None:
        real.chmod(mode)
