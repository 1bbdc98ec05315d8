"""Other people's models edited: the same bytes where nothing was asked, the same runs elsewhere.

python -m tests.conformance.edits .mdl            counts of every check, over all files
    python -m tests.conformance.edits .xmile .stmx
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance import edits
from tests.conformance.recorded import PLACE

pytestmark = pytest.mark.slow

FILES = edits.files(".mdl", ".xmile", ".stmx", ".xml", ".itmx")


def called(path: Path) -> str:
    return path.relative_to(PLACE / "models").as_posix() if PLACE else path.name


def test_there_are_files() -> None:
    if PLACE is None:
        pytest.skip("there are no conformance models: set SDMODEL_CONFORMANCE to their folder")
    assert sum(one.suffix.lower() == ".mdl" for one in FILES) >= 147
    assert len(FILES) >= 263


@pytest.mark.parametrize("path", FILES, ids=called)
def test_edits_of_every_kind(path: Path, tmp_path: Path) -> None:
    assert edits.tokens_are_the_file(path)
    assert edits.saved_unedited(path, tmp_path)
    model = edits.opened(path, tmp_path)
    if model is not None:
        assert [what for what, check in edits.CHECKS.items() if check(model) is False] == []
