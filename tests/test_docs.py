"""What the README promises is there, and runs."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sdmodel as sd
from sdmodel.cli import main as sdmodel_command
from sensitivity.cli import main as sensitivity_command

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.mark.slow
def test_the_example_runs() -> None:
    (example,) = blocks("python")
    assert len(example.strip().splitlines()) <= 12
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", example],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )
    assert done.returncode == 0, done.stderr
    assert "Domestic knowledge/Foreign frontier" in done.stdout
    assert "network exposure" in done.stdout


def test_the_commands_exist() -> None:
    commands = {
        "sdmodel": sdmodel_command.commands,
        "sensitivity": sensitivity_command.commands,
    }
    told = [line.split() for block in blocks("sh") for line in block.splitlines()]
    verbs = [(words[0], words[1]) for words in told if words and words[0] in commands]
    assert len(verbs) >= 6
    assert all(verb in commands[command] for command, verb in verbs)


def test_the_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    told = set(re.findall(r"^make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test", "check"} <= told <= targets


def test_the_files_exist() -> None:
    linked = re.findall(r"\]\(([^)#]+)\)", README)
    named = re.findall(r"`((?:docs|models|notebooks|tests|sdmodel|sensitivity)/[\w./]*)`", README)
    assert linked
    assert named
    assert [one for one in (*linked, *named) if not (ROOT / one).exists()] == []


def test_the_picture_shows_every_variable() -> None:
    """When it does not, the model has changed: `make picture` draws it anew."""
    drawn = (ROOT / "docs" / "model_core.svg").read_text(encoding="utf-8")
    shown = {html.unescape(text) for text in re.findall(r"<tspan[^>]*>([^<]*)</tspan>", drawn)}
    model = sd.load(ROOT / "models" / "core.mdl")
    expected = {name for name in model.variables if model.variable(name).kind != "control"}
    assert expected <= shown
