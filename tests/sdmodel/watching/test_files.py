"""When a file counts as saved: replaced, rewritten, written in pieces, or only touched."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sdmodel.watching.files import Files

Save = Callable[[Path, bytes], None]


def written(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def replaced(path: Path, content: bytes) -> None:
    """Write another file and give it the name, as many editors do."""
    part = path.with_suffix(".tmp")
    part.write_bytes(content)
    part.replace(path)


def removed_first(path: Path, content: bytes) -> None:
    """Move the old file away and write a new one after a moment."""
    path.rename(path.with_suffix(".bak"))
    time.sleep(0.1)
    path.write_bytes(content)


def in_pieces(path: Path, content: bytes) -> None:
    """Empty the file, and fill it slowly."""
    with path.open("wb") as file:
        time.sleep(0.1)
        for start in range(0, len(content), 5):
            file.write(content[start : start + 5])
            file.flush()
            time.sleep(0.005)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "m.mdl"
    path.write_bytes(b"first content")
    return path


def wait(files: Files, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    return files.wait(lambda: time.monotonic() > end)


@pytest.mark.parametrize("save", [written, replaced, removed_first, in_pieces])
def test_a_save_is_seen_once_and_whole(path: Path, save: Save) -> None:
    files = Files([path, path.with_suffix(".toml")])
    for content in (b"second content, longer than before", b"third one"):
        saving = threading.Thread(target=save, args=(path, content))
        saving.start()
        assert wait(files)
        assert path.read_bytes() == content
        saving.join()
        assert not wait(files, 0.2)


def test_the_same_size_at_the_same_time_is_seen(path: Path) -> None:
    files = Files([path])
    state = path.stat()
    path.write_bytes(b"other content")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert wait(files)


def test_a_touch_is_no_save(path: Path) -> None:
    files = Files([path])
    os.utime(path, (1e9, 1e9))
    assert not wait(files, 0.3)
    path.write_bytes(b"first content")
    assert not wait(files, 0.3)


def test_a_file_beside_the_model_counts(path: Path) -> None:
    beside = path.with_suffix(".toml")
    files = Files([path, beside])
    beside.write_text("title = 'x'")
    assert wait(files)
    beside.unlink()
    assert wait(files)


def test_a_removed_model_is_waited_for(path: Path) -> None:
    files = Files([path])
    path.unlink()
    assert not wait(files, 0.3)
    path.write_bytes(b"back again")
    assert wait(files)


def test_an_emptied_file_is_told_in_the_end(path: Path) -> None:
    files = Files([path])
    path.write_bytes(b"")
    assert wait(files)
    assert path.read_bytes() == b""
