"""Every verb given what it cannot use: a message that names the file, and nothing destroyed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from sdmodel.cli import main
from tests.sdmodel.conftest import TANK

BINARY = bytes(range(256)) * 4
# What stands behind the model in a call of each verb; "good.mdl" is a sound one.
VERBS: dict[str, tuple[str, ...]] = {
    "check": (),
    "show": (),
    "run": (),
    "compare": (),
    "crosscheck": (),
    "convert": ("out.xmile",),
    "diff": ("good.mdl",),
    "merge": ("good.mdl", "good.mdl", "-o", "out.mdl"),
    "git-merge": ("good.mdl", "good.mdl", "good.mdl"),
    "git-text": (),
    "units": (),
    "validate": (),
    "reality": (),
    "sketch": ("-o", "out.mdl"),
    "set": ("inflow=2", "-o", "out.mdl"),
    "edit": ("inflow", "--comment", "More.", "-o", "out.mdl"),
    "rename": ("inflow", "supply", "-o", "out.mdl"),
    "add": ("supply", "1", "-o", "out.mdl"),
    "delete": ("inflow", "-o", "out.mdl"),
    "script": (),
    "doc": ("-o", "out"),
    "draw": ("-o", "out.png"),
    "publish": ("-o", "page.html"),
    "report": ("-o", "report.html"),
}
NO_MODEL = {"functions", "git-setup"}
# They tell what is wrong, and wait until the file has been mended (test_watch*, test_serving).
WAIT = {"watch", "serve"}
# What is of use all the same.
FINE = {
    ("add", "empty.mdl"): "a model begins so",
    ("merge", "empty.mdl"): "git has no base of a file that both sides added",
    ("git-merge", "empty.mdl"): "the same",
    ("git-text", "empty.mdl"): "git shows every version of a file",
    ("git-text", "settings.toml"): "the same",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out a sound model beside files that are none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.mdl").write_text(TANK, encoding="utf-8")
    (tmp_path / "good.toml").write_text("[scenarios.more]\n", encoding="utf-8")
    (tmp_path / "empty.mdl").touch()
    (tmp_path / "binary.mdl").write_bytes(BINARY)
    (tmp_path / "settings.toml").write_text("[levers]\nx = 1\n", encoding="utf-8")
    (tmp_path / "folder.mdl").mkdir()
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    """Return every file there is."""
    return {str(one): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def call(*words: str) -> Result:
    """Run a verb; anything but a plain exit is a failure of the test."""
    done = CliRunner().invoke(main, words)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "Traceback" not in done.output
    return done


def refused(words: Sequence[str], named: str, folder: Path) -> None:
    """Run a verb that must refuse, in one paragraph that names a file, and change nothing."""
    before = files(folder)
    done = call(*words)
    assert done.exit_code in (1, 2), done.output
    assert named in done.output
    if done.exit_code == 1:
        assert "\n\n" not in done.stderr.strip()
    assert files(folder) == before


def test_every_verb_is_here() -> None:
    assert isinstance(main, click.Group)
    assert VERBS.keys() | NO_MODEL | WAIT == main.commands.keys()


@pytest.mark.parametrize(
    "given", ["empty.mdl", "folder.mdl", "binary.mdl", "settings.toml", "nowhere.mdl"]
)
@pytest.mark.parametrize("verb", VERBS)
def test_what_is_no_model_is_refused(verb: str, given: str, folder: Path) -> None:
    if (verb, given) in FINE:
        assert call(verb, given, *VERBS[verb]).exit_code == 0
    else:
        refused([verb, given, *VERBS[verb]], given, folder)


@pytest.mark.parametrize("verb", VERBS)
def test_a_file_that_may_not_be_read_is_refused(verb: str, folder: Path) -> None:
    hidden = folder / "hidden.mdl"
    shutil.copy(folder / "good.mdl", hidden)
    hidden.chmod(0)
    if os.access(hidden, os.R_OK):
        hidden.unlink()
        pytest.skip("this user may read everything")
    done = call(verb, "hidden.mdl", *VERBS[verb])
    assert done.exit_code in (1, 2)
    assert "hidden.mdl" in done.output


WRITERS = [
    ("run", "good.mdl", "-o", ".csv"),
    ("compare", "good.mdl", "-o", ".csv"),
    ("convert", "good.mdl", "", ".xmile"),
    ("diff", "good.mdl", "good.mdl", "-o", ".png"),
    ("merge", "good.mdl", "good.mdl", "good.mdl", "-o", ".mdl"),
    ("sketch", "good.mdl", "-o", ".mdl"),
    ("set", "good.mdl", "inflow=2", "-o", ".mdl"),
    ("add", "good.mdl", "supply", "1", "-o", ".mdl"),
    ("doc", "good.mdl", "-o", ""),
    ("draw", "good.mdl", "-o", ".png"),
    ("publish", "good.mdl", "-o", ".html"),
    ("report", "good.mdl", "-o", ".html"),
    ("validate", "good.mdl", "-o", ".html"),
]


@pytest.mark.parametrize("words", WRITERS, ids=lambda words: words[0])
def test_no_output_replaces_the_model(words: tuple[str, ...], folder: Path) -> None:
    asked = [*filter(None, words[:-1])]
    refused([*asked, "good.mdl"], "good.mdl", folder)


@pytest.mark.parametrize("words", WRITERS, ids=lambda words: words[0])
def test_a_folder_that_cannot_be_made_is_told(words: tuple[str, ...], folder: Path) -> None:
    asked, suffix = [*filter(None, words[:-1])], words[-1]
    refused([*asked, f"empty.mdl/out{suffix}"], "empty.mdl", folder)  # a file is no folder


@pytest.mark.parametrize("words", WRITERS[:-1], ids=lambda words: words[0])  # a report takes long
def test_an_output_in_a_new_folder_is_written_or_told(words: tuple[str, ...], folder: Path) -> None:
    asked, suffix = [*filter(None, words[:-1])], words[-1]
    target = folder / "new" / f"out{suffix}"
    done = call(*asked, str(target))
    if words[0] == "diff":
        assert done.exit_code == 0  # two equal models: there is nothing to draw
    elif done.exit_code == 0:
        assert target.exists()
    else:
        assert str(target.parent) in done.output.replace("\n", "")


@pytest.mark.parametrize("words", WRITERS, ids=lambda words: words[0])
def test_an_option_without_its_value_is_told(words: tuple[str, ...], folder: Path) -> None:
    asked = [*filter(None, words[:-1])]
    before = files(folder)
    done = call(*asked)
    assert done.exit_code == 2
    assert ("TARGET" if words[0] == "convert" else "'-o' requires an argument") in done.output
    assert files(folder) == before
