"""Waiting for files to be saved: by looking, so that it works on any file system.

Editors replace files, write them in pieces, or remove them for a moment: what is read must have
rested, and have another content than before.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# Seconds between two looks, and for which a file must have rested.
POLL, REST = 0.02, 0.02
# An empty file is one that an editor is about to fill, unless it stays so.
_EMPTY = 1.0
# A file changed twice within the clock of its file system may look the same: it is read again.
_RACY = 0.1

Stamp = tuple[int, int, int]


class Files:
    """Some files, of which the first must be there; tells when any was saved with other content."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)
        self._stamps = self._look()
        self._content = self._hashes()
        self._seen = time.time()

    def wait(self, stop: Callable[[], bool] = lambda: False) -> bool:
        """Return true once a file has other content and has rested; false when told to stop."""
        while not stop():
            if self.changed():
                return True
            time.sleep(POLL)
        return False

    def changed(self) -> bool:
        """Tell whether any file has other content than at the last time this was true."""
        stamps = self._look()
        racy = time.time() - self._seen < _RACY
        if stamps == self._stamps and not racy:
            return False
        stamps = self._rested(stamps)
        if stamps[0] is None:  # between the removal of the old file and the new one
            return False
        content = self._hashes()
        same, self._stamps = content == self._content, stamps
        if same:
            return False
        self._content, self._seen = content, time.time()
        return True

    def _rested(self, stamps: list[Stamp | None]) -> list[Stamp | None]:
        """Wait until nothing moves any more; an empty model is waited for longer."""
        since = time.monotonic()
        while True:
            time.sleep(REST)
            now = self._look()
            empty = now[0] is None or now[0][1] == 0
            if now == stamps and not (empty and time.monotonic() - since < _EMPTY):
                return now
            stamps = now

    def _look(self) -> list[Stamp | None]:
        return [_stamp(path) for path in self.paths]

    def _hashes(self) -> list[bytes]:
        return [_hash(path) for path in self.paths]


def _stamp(path: Path) -> Stamp | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


def _hash(path: Path) -> bytes:
    try:
        return hashlib.blake2b(path.read_bytes()).digest()
    except OSError:
        return b""
