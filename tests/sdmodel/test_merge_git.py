"""What git itself does with models once `sdmodel git-setup` was run."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sdmodel.test_merge import (
    BASE,
    EXPOSURE,
    ROOT,
    Edit,
    both,
    change,
    one_more,
    one_other,
    say_of_exposure,
    set_education,
    set_exposure,
    stretched,
)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
class TestInARepository:
    """What git itself does with the driver."""

    @staticmethod
    def git(folder: Path, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        named = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        return subprocess.run(
            ["git", *named, *words], cwd=folder, capture_output=True, text=True, check=check
        )

    @pytest.fixture
    def repository(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("PYTHONPATH", str(ROOT))  # git starts this checkout, installed or not
        self.git(tmp_path, "init", "-q", "-b", "main")
        (tmp_path / "m.mdl").write_text(BASE, encoding="utf-8")
        (tmp_path / ".gitattributes").write_text("*.txt text", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "sdmodel", "git-setup", str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "merge.sdmodel.driver" in done.stdout
        self.git(tmp_path, "add", "-A")
        self.git(tmp_path, "commit", "-qm", "base")
        return tmp_path

    def edit(self, folder: Path, branch: str, *edits: Edit) -> None:
        self.git(folder, "checkout", "-q", "-B", branch, "main")
        path = folder / "m.mdl"
        path.write_text(both(*edits)(BASE), encoding="utf-8")
        self.git(folder, "commit", "-qam", branch)

    def test_setting_up_twice_changes_nothing_more(self, repository: Path) -> None:
        from sdmodel.comparing.repository import ATTRIBUTES, set_up

        before = (repository / ".gitattributes").read_text(encoding="utf-8")
        assert before.splitlines() == ["*.txt text", *ATTRIBUTES]
        set_up(repository)
        assert (repository / ".gitattributes").read_text(encoding="utf-8") == before

    def test_edits_of_one_entry_merge_and_conflicts_stop_it(self, repository: Path) -> None:
        self.edit(repository, "mine", set_exposure, one_more)
        self.edit(repository, "yours", say_of_exposure, one_other)
        self.git(repository, "checkout", "-q", "yours")
        self.git(repository, "merge", "-q", "-m", "both", "mine")
        text = (repository / "m.mdl").read_text(encoding="utf-8")
        assert text == both(one_other, one_more, set_exposure, say_of_exposure)(BASE) or (
            text == both(one_more, one_other, set_exposure, say_of_exposure)(BASE)
        )
        self.edit(repository, "third", change(EXPOSURE, EXPOSURE.replace("0.4", "0.2")))
        done = self.git(repository, "merge", "mine", check=False)
        assert done.returncode == 1
        assert "m.mdl: conflict: network exposure: equation changed" in done.stderr

    def test_its_diff_is_by_variable(self, repository: Path) -> None:
        path = repository / "m.mdl"
        path.write_text(both(stretched, set_education)(BASE), encoding="utf-8")
        lines = self.git(repository, "diff", "-U0").stdout.splitlines()
        assert [line for line in lines if line[0] in "+-" and line[:3] not in ("+++", "---")] == [
            "-education effort = 0.4",
            "+education effort = 0.6",
        ]

    def test_against_a_revision(self, repository: Path) -> None:
        path = repository / "m.mdl"
        path.write_text(set_education(BASE), encoding="utf-8")
        words = ["diff", str(path), "--against", "HEAD", "--no-runs"]
        done = subprocess.run(
            [sys.executable, "-m", "sdmodel", *words], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (
            1,
            "equation of education effort\n  - 0.4\n  + 0.6\n",
        )
