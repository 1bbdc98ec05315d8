"""Files that fuzzing begins with, and those it once broke something with."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

FUZZ = Path(__file__).resolve().parents[1] / "fuzz"
CORPUS = sorted((FUZZ / "corpus").iterdir())
REGRESSIONS = sorted((FUZZ / "regressions").iterdir())
# These ask for files that are not there, or for what is not read.
REFUSED = {"data.mdl", "hard.stmx"}

Limited = Callable[[float], AbstractContextManager[None]]


def _examine() -> Callable[[bytes], str]:
    spec = importlib.util.spec_from_file_location("examine", FUZZ / "examine.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    examine: Callable[[bytes], str] = module.examine
    return examine


examine = _examine()


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_corpus(path: Path, limited: Limited) -> None:
    raw = path.read_bytes()
    assert len(raw) < 2000
    with limited(20):
        assert examine(raw) == ("refused" if path.name in REFUSED else "run")


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.name)
def test_what_once_failed(path: Path, limited: Limited) -> None:
    with limited(20):
        assert examine(path.read_bytes()) in ("refused", "stopped", "large", "lowered", "run")
