"""docs/methods.md against the table of methods: nothing in it goes stale."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

import sensitivity as sa
from sensitivity.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "methods.md"
TEXT = PAGE.read_text(encoding="utf-8")
LEVERS, FEW, GROUPS = 21, 8, 2  # what the page says it varies
LARGEST = 120_000


def test_the_table_is_that_of_the_program() -> None:
    told = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in re.findall(r"^\| `[\w-]+` \|.*$", TEXT, re.MULTILINE)
    ]
    there = [
        [
            f"`{row.name}`",
            ", ".join(row.indices),
            row.formula,
            "yes" if row.can_drop else "no",
            row.groups,
            "yes" if row.dependent else "no",
        ]
        for row in sa.METHODS.values()
    ]
    assert told == there


def test_every_method_has_a_section_and_a_place_in_the_comparison() -> None:
    assert re.findall(r"^## ([\w-]+)$", TEXT, re.MULTILINE) == list(sa.METHODS)
    ranked = re.findall(r"^\| `([\w-]+)` \((\w+)\) \|", TEXT, re.MULTILINE)
    assert ranked == [(row.name, row.ranks_by) for row in sa.METHODS.values()]


@pytest.mark.parametrize("name", list(sa.METHODS))
def test_the_command_asks_for_the_runs_told(name: str, tmp_path, monkeypatch) -> None:
    section = TEXT.split(f"\n## {name}\n")[1].split("\n## ")[0]
    (line,) = re.findall(r"^    sensitivity sweep (.*)$", section, re.MULTILINE)
    for file in re.findall(r"[\w/]+\.(?:mdl|toml)", line):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    monkeypatch.chdir(tmp_path)
    given = main.commands["sweep"].make_context("sweep", shlex.split(line)).params
    assert given["method"] == name
    plan = sa.Plan(
        name,
        samples=given["samples"] or sa.METHODS[name].default_samples,
        factors=FEW if name == "all-combinations" else LEVERS,
        groups=tuple(place % GROUPS for place in range(LEVERS)) if name == "packages" else (),
    )
    (runs,) = re.findall(r"^([\d,]+) runs, \d+ s\.$", section, re.MULTILINE)
    assert plan.runs == int(runs.replace(",", ""))
    (picture,) = re.findall(r"!\[.+\]\((.+)\)", section)
    assert 0 < (PAGE.parent / picture).stat().st_size <= LARGEST
