"""Names that reality checks use: taken, kept from being deleted, and renamed with the rest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import sdmodel as sd

ROOT = Path(__file__).resolve().parents[2]


def test_names_of_reality_checks_are_taken_and_empty_ones_are_none(tmp_path: Path) -> None:
    place = tmp_path / "m.mdl"
    text = "a = 1~~|\nb = a~~|\nhigh :TEST INPUT: a = 5~~|\n"
    place.write_text(f"{text}rc :THE CONDITION: high :IMPLIES: b > 3~~|\n", encoding="utf-8")
    for taken in ("high", "RC"):
        with pytest.raises(sd.OverrideError, match="is taken already"):
            sd.edit(place).rename("a", taken)
    for name in ("", '""', " "):
        with pytest.raises(sd.OverrideError, match="is no name"):
            sd.edit(place).add(name, "1")


@pytest.mark.parametrize(
    "check",
    [
        "rc :THE CONDITION: :IMPLIES: a >",
        "rc :THE CONDITION: a > 3",
        "rc :TEST INPUT: RC GROW(a, 2)",
        "rc :THE CONDITION: # :IMPLIES: b > #2 + A",  # taken for a variable
        "rc = 2 * A +",
    ],
)
def test_what_is_named_is_used_also_where_it_cannot_be_read(tmp_path: Path, check: str) -> None:
    place = tmp_path / "m.mdl"
    place.write_text(f"a = 1~~|\nb = 2~~|\nc = 3~~a|\n{check}~~c|\n", encoding="utf-8")
    with pytest.raises(sd.ModelError, match="'a' is used by 'rc'"):
        sd.edit(place).delete("a")
    assert "c = 3" not in sd.edit(place).delete("c").text.text  # a comment uses nothing
    if "=" in check:  # and together they go
        assert "a = 1" not in sd.edit(place).delete("a", "rc").text.text


def test_reality_checks_beside_a_model_follow(tmp_path: Path) -> None:
    """They still say the same, of the variable under its new name."""
    for suffix in (".mdl", ".reality"):
        shutil.copy(ROOT / "models" / f"core{suffix}", tmp_path)
    model = sd.load(tmp_path / "core.mdl")
    before = (tmp_path / "core.reality").read_text(encoding="utf-8")
    verdicts = [(one.check, one.verdict) for one in model.reality_checks().results]
    model.edit().rename("research people", "people who search").save()
    after = (tmp_path / "core.reality").read_text(encoding="utf-8")
    assert before.count("research people") >= 2
    assert after == before.replace("research people", "people who search")
    renamed = sd.load(tmp_path / "core.mdl").reality_checks()
    assert [(one.check, one.verdict) for one in renamed.results] == verdicts
