"""What docs/reality_checks.md shows is what comes out."""

from __future__ import annotations

import re
from pathlib import Path

import sdmodel as sd
from sdmodel.reality.profiles import NAMES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reality_checks.md").read_text(encoding="utf-8")


def test_the_example_gives_what_is_printed(tmp_path: Path) -> None:
    (model,) = re.findall(r"```mdl\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "shop.mdl"
    path.write_text("{UTF-8}\n" + model, encoding="utf-8")
    verdicts, broken = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    loaded = sd.load(path)
    assert str(loaded.reality_checks()) == verdicts.strip()
    assert [str(one) for one in sd.counterexamples(loaded)] == broken.strip().splitlines()


def test_every_function_is_in_the_table() -> None:
    table = {name.casefold() for name in re.findall(r"`(RC [A-Z ]+)\(", PAGE)}
    assert table >= set(NAMES)


def test_the_files_it_names_exist() -> None:
    named = re.findall(r"`(models/[\w.]+)`", PAGE) + re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert len(named) >= 3
    places = [ROOT / one if one.startswith("models/") else ROOT / "docs" / one for one in named]
    assert all(one.is_file() for one in places)
