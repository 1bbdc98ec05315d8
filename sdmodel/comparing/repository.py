"""Telling git how models are compared and merged."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sdmodel.errors import SDError
from sdmodel.external.resolve import resolve
from sdmodel.frontends import parse
from sdmodel.frontends.text import decode
from sdmodel.model import Model
from sdmodel.run import atomic

# Other formats than `.mdl` are compared by what they say, and merged by git's own lines.
ATTRIBUTES = (
    "*.mdl diff=sdmodel merge=sdmodel",
    "*.xmile diff=sdmodel",
    "*.stmx diff=sdmodel",
)
# What Vensim writes beside a model and makes anew.
IGNORED = ("*.vdf", "*.vdfx", "*.2mdl", "*.3vm", "*.bak")


def set_up(folder: Path) -> list[str]:
    """Make the git repository around `folder` compare and merge models by variable.

    Lines are added to its ``.gitattributes`` and ``.gitignore``, and three entries to its own
    configuration; what is there already stays. Returns what was done, a line each.

    Raises
    ------
    SDError
        If there is no git, or no repository.
    """
    top = Path(_git(folder, "rev-parse", "--show-toplevel"))
    done = []
    for name, wanted in ((".gitattributes", ATTRIBUTES), (".gitignore", IGNORED)):
        path = top / name
        there = path.read_text(encoding="utf-8") if path.is_file() else ""
        new = [line for line in wanted if line not in there.splitlines()]
        if new:
            if there and not there.endswith("\n"):
                there += "\n"
            with atomic(path) as part:
                part.write_text(there + "\n".join(new) + "\n", encoding="utf-8")
            done.append(f"{path}: {', '.join(new)}")
    verb = f"{shlex.quote(sys.executable)} -m sdmodel"
    for entry, value in (
        ("diff.sdmodel.textconv", f"{verb} git-text"),
        ("merge.sdmodel.name", "system dynamics models, by variable"),
        ("merge.sdmodel.driver", f"{verb} git-merge %O %A %B %P"),
    ):
        _git(folder, "config", "--local", entry, value)
        done.append(f"git config {entry} = {value}")
    return done


def version_of(
    path: Path, revision: str, data: Sequence[str] = (), allow: Sequence[str] = ()
) -> Model:
    """Return a model as it was in a revision of its git repository.

    Raises
    ------
    SDError
        If there is no git, no repository, or no such file in that revision; or what was wrong
        with the model.
    """
    if revision.startswith("-"):
        raise SDError(f"{revision!r} is no revision: write one such as HEAD, HEAD~3 or main")
    raw = _run(path.parent, "show", f"{revision}:./{path.name}")
    source = resolve(parse(decode(str(path), raw)), data, allow=allow)
    model = Model(source, files=(data, allow))
    model.program  # noqa: B018 - raises what was wrong with it
    return model


def _git(folder: Path, *words: str) -> str:
    return _run(folder, *words).decode().strip()


def _run(folder: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", *words], cwd=folder, capture_output=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SDError(f"git cannot be run: {error}") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ")
        raise SDError(f"git {words[0]}: {said}")
    return done.stdout
