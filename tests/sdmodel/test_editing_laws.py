"""Laws of edits on every model file in this repository: those kept for the tests, and our own."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdmodel.frontends import SUFFIXES
from tests.conformance import edits

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(
    one
    for folder in ("tests/fuzz/corpus", "tests/fuzz/regressions", "models")
    for one in (ROOT / folder).iterdir()
    if one.suffix in SUFFIXES and one.stat().st_size < 100_000
)


def test_there_are_files_of_both_kinds() -> None:
    assert {one.suffix for one in FILES} >= {".mdl", ".xmile", ".stmx"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_laws(path: Path, tmp_path: Path) -> None:
    assert edits.tokens_are_the_file(path)
    assert edits.saved_unedited(path, tmp_path)
    model = edits.opened(path, tmp_path)
    if model is not None:
        assert [what for what, check in edits.CHECKS.items() if check(model) is False] == []
