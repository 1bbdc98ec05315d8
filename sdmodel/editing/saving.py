"""Writing an edited file: all at once, and only over the very file that was read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sdmodel.errors import SDError
from sdmodel.frontends import read_bytes
from sdmodel.run import atomic
from sdmodel.source import SourceText


def saved(texts: Sequence[tuple[SourceText, SourceText]], path: Path | None = None) -> Path:
    """Write texts over their files, or the first to another path; return where that is.

    Each is given as it was read and as it is now. All files are looked at before one is written.

    Raises
    ------
    SDError
        If a file on disk is not what was read, or cannot be written.
    """
    before, after = texts[0]
    own = Path(before.path)
    place = own if path is None else path
    if place.exists() and own.exists() and place.samefile(own):
        changed = [(old, new) for old, new in texts if old.raw != new.raw]
        for old, _ in changed or texts[:1]:
            unchanged(Path(old.path), old.raw)
        for old, new in changed:
            write(Path(old.path), new.raw)
    elif path is None:
        unchanged(own, before.raw)  # says that it is gone
    else:
        write(place, after.raw)
    return place


def unchanged(path: Path, raw: bytes) -> None:
    """Refuse to go on if a file is not what was read of it."""
    if read_bytes(path) != raw:
        raise SDError(
            f"{path}: the file is not what this edit began with: it was changed by somebody else "
            "since it was read, or the model in memory was; open it again, and change it there"
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
