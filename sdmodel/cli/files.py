"""Writing a file so that a reader never meets half of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomically(target: str | Path) -> Iterator[Path]:
    """Give a path to write to; it takes the target's place only when all went well.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomically(Path(folder) / "a.txt") as path:
    ...         _ = path.write_text("whole")
    ...     (Path(folder) / "a.txt").read_text()
    'whole'
    """
    final = Path(target)
    # In the same folder, so that the last move stays on one disk; with the same suffix, since
    # writers choose their format by it.
    with tempfile.TemporaryDirectory(prefix=f".{final.stem}-", dir=final.parent or None) as folder:
        part = Path(folder) / final.name
        yield part
        os.replace(part, final)
