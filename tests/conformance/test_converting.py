"""Other people's models in the other format: they run as before, or are refused for a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

import sdmodel as sd
from tests.conformance.recorded import PLACE

pytestmark = pytest.mark.slow

# Files that are no whole models, or whose data is not beside them: refused by `load` itself.
UNREAD = {".mdl": 5, ".xmile": 0, ".stmx": 0}
# What the other format cannot say, and how many models ask for it.
REFUSED = {
    "ALLOCATE AVAILABLE, and XMILE has no such function": 1,
    "ALLOCATE BY PRIORITY, and XMILE has no such function": 1,
    "FIND MARKET PRICE, and XMILE has no such function": 1,
    "INVERT MATRIX, and XMILE has no such function": 2,
    "is raw data, without a value between its times": 1,
    "may change during a run": 1,
}
CONVERTED = {".mdl": 134, ".xmile": 82, ".stmx": 34}
needs_models = pytest.mark.skipif(
    PLACE is None,
    reason="there are no conformance models: set SDMODEL_CONFORMANCE to their folder",
)


def models(suffix: str) -> list[Path]:
    assert PLACE is not None
    return sorted((PLACE / "models").rglob(f"*{suffix}"))


def convert(path: Path, folder: Path) -> str:
    """Convert a model; return what became of it."""
    try:
        sd.load(path)
    except sd.SDError:
        return "unread"
    try:
        done = sd.convert(path, folder / ("m.xmile" if path.suffix == ".mdl" else "m.mdl"))
    except sd.UnsupportedError as error:
        return next((why for why in REFUSED if why in str(error)), str(error))
    assert done.comparison is not None
    assert done.comparison.missing == ()
    return "converted" if done.comparison.largest <= 1e-9 else f"apart: {done.comparison.where}"


@needs_models
@pytest.mark.parametrize("suffix", [".mdl", ".xmile", ".stmx"])
def test_a_few_models_run_as_before(suffix: str, tmp_path: Path) -> None:
    for path in models(suffix)[::16]:
        assert convert(path, tmp_path) in {"converted", "unread", *REFUSED}, path


@needs_models
@pytest.mark.slow
def test_all_models_run_as_before_or_are_refused(tmp_path: Path) -> None:
    refused = dict.fromkeys(REFUSED, 0)
    for suffix in CONVERTED:
        counts: dict[str, int] = {}
        for path in models(suffix):
            became = convert(path, tmp_path)
            counts[became] = counts.get(became, 0) + 1
        assert counts.pop("converted") == CONVERTED[suffix]
        assert counts.pop("unread", 0) == UNREAD[suffix]
        for why, count in counts.items():
            refused[why] = refused.get(why, 0) + count
    assert refused == REFUSED
