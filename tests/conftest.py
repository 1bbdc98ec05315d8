"""What all tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def code_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep compiled code in a folder of the tests' own, out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SDMODEL_CACHE", str(tmp_path_factory.mktemp("code") / "cache"))
        yield
