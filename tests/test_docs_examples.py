"""Every example of the README and of docs/ is run: its Python, and its command lines.

The blocks of a page run in their order, in one namespace and one folder, each with `models/` as it
is in the repository. What a page takes as given (`old.mdl`, a stored sweep) is made here first.
Sizes are cut down: that a command runs is asserted here, what it gives is asserted elsewhere.
"""

from __future__ import annotations

import glob
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from click.testing import CliRunner

import sdmodel as sd
import sensitivity as sa
from sdmodel.cli import main as sdmodel_command
from sensitivity.cli import main as sensitivity_command

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = {"sdmodel": sdmodel_command, "sensitivity": sensitivity_command}
# Pages of notebooks come from runs of their own (tests/test_notebooks.py).
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES += sorted((ROOT / "docs" / "reference").glob("*.md"))
# Lines that are looked at only: the verb must be there. Anything else that is left out says why
# in the page itself, in a comment before its block: <!-- not run: reason -->
NEVER_ENDS = ("sdmodel watch", "sdmodel serve")
# Pages whose commands are parsed and counted by a test of their own, for each takes its minute.
ELSEWHERE = ("methods",)  # tests/sensitivity/test_docs_methods.py
# Verbs of which an exit status of 1 is an answer: they differ, not yet, one fails.
ANSWERS = ("sdmodel diff", "sdmodel reality", "sensitivity converged")
SMALL = {
    "sensitivity claims": ["-n", "2"],
    "sensitivity optimise": [
        "--draws",
        "4",
        "--fresh",
        "64",
        "--population",
        "8",
        "--generations",
        "2",
    ],
    "sdmodel validate": ["--draws", "40"],
}
WATER = """
infectivity=.03 ~ ~ |
birth rate=0.1 ~ 1/year [0,1] ~ |
outflow=0.05 ~ 1/year ~ |
Water=INTEG(birth rate*Water-outflow*Water, 1) ~ m3 ~ |
empty stays empty :THE CONDITION: birth rate=0 :IMPLIES: Water<=1 ~ ~ |
INITIAL TIME=0 ~ ~ |
FINAL TIME=5 ~ ~ |
TIME STEP=1 ~ ~ |
SAVEPER=1 ~ ~ |
"""
ARRAYS = """
A: a1, a2 ~ ~ |
B: b1, b2, b3 ~ ~ |
x[A,B]=1 ~ ~ |
k[A]=1, 2 ~ ~ |
S[A,B]=INTEG(x[A,B]*k[A], 0) ~ ~ |
INITIAL TIME=0 ~ ~ |
FINAL TIME=2 ~ ~ |
TIME STEP=1 ~ ~ |
SAVEPER=1 ~ ~ |
"""


@dataclass(frozen=True)
class Block:
    """Lines of a page: `language` is python or sh; `reason` why they are not run."""

    language: str
    text: str
    reason: str = ""

    @property
    def lines(self) -> list[str]:
        """The command lines of both commands, continued ones in one piece."""
        told = self.text.replace("\\\n", " ").splitlines()
        return [one.strip() for one in told if one.split()[:1] and one.split()[0] in COMMANDS]


def blocks(page: Path) -> list[Block]:
    """Return the examples of a page: fenced ones, and indented ones of command lines."""
    found = re.finditer(
        r"(?:<!-- not run: (?P<reason>[^>]+?) -->\n+)?"
        r"(?:^```(?P<language>python|sh)\n(?P<fenced>.*?)^```$|(?P<indented>(?:^    \S.*\n)+))",
        page.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    made = [
        Block(one["language"] or "sh", one["fenced"] or one["indented"], one["reason"] or "")
        for one in found
    ]
    return [one for one in made if one.language == "python" or one.lines]


def fenced(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


# What pages take as given ----------------------------------------------------------------------


def for_the_readme(_: dict[str, object]) -> None:
    write("pond.mdl", "{UTF-8}\n" + WATER)
    write("dry.cin", "outflow = 0.2\n")
    write("fish.lst", "Water\n")
    write("batch.cmd", "SPECIAL>LOADMODEL|pond.mdl\nSIMULATE>RUNNAME|a\nMENU>RUN|o\n")
    write("pond.vsc", "8,L,1,,0\noutflow=RANDOM UNIFORM(.01,.2)\n")
    committed()


def for_comparing(_: dict[str, object]) -> None:
    old = Path("models/core.mdl").read_text(encoding="utf-8")
    for name in ("old", "base", "yours"):
        write(f"{name}.mdl", old)
    for name in ("new", "mine"):
        edit = sd.edit("models/core.mdl").set("network exposure", 0.45)
        edit.save(f"{name}.mdl")
    committed()


def for_converting(_: dict[str, object]) -> None:
    write("model.mdl", "{UTF-8}\n" + re.sub(r"empty stays.*\n", "", WATER))


def for_editing(_: dict[str, object]) -> None:
    write("base.cin", "network exposure = 0.3\n")
    write("save.lst", "network exposure\n")


def for_language(known: dict[str, object]) -> None:
    write("m.mdl", "{UTF-8}\n" + ARRAYS)
    write("history.tab", "Time\tseries\n0\t1\n2\t3\n")
    write("more.dat", "other\n0\t1\n2\t3\n")
    Path("../shared").mkdir()
    model = sd.load("m.mdl")
    known.update(sd=sd, pd=pd, model=model, run=model.run())


def for_searching(_: dict[str, object]) -> None:
    model = sd.load("models/core.mdl")
    space = sa.Space.from_settings(model, "both")
    Path("out").mkdir()
    # Some runs must have failed, for the line that asks where.
    found = sa.sweep(
        model,
        space,
        "final relative knowledge",
        samples=16,
        resamples=0,
        limits={"relative knowledge": (None, 0.3)},
    )
    sa.save(found, "out/sweep.nc")
    sa.save(found, "sweep.nc")


def for_reporting(known: dict[str, object]) -> None:
    for_searching(known)
    invoke("sensitivity claims models/core.mdl -o out")


def for_reality(_: dict[str, object]) -> None:
    write("work.mdl", "{UTF-8}\n" + fenced("reality_checks.md", "mdl")[0])


def for_sketching(_: dict[str, object]) -> None:
    write("mine.mdl", "{UTF-8}\n" + WATER)


def for_studies(_: dict[str, object]) -> None:
    shutil.copytree("models", "../models")
    (study,) = fenced("studies.md", "toml")
    write("levers.toml", study.replace("1024", "8"))
    for part in (1, 3, 4, 5):
        invoke(f"sensitivity run levers.toml --shard {part}/5 -o part{part}.study")


def for_control(_: dict[str, object]) -> None:
    for one in Path("models").glob("epidemic*"):
        shutil.copy(one, ".")
    for kind in ("vsc", "voc", "vpd"):
        write(f"epidemic.{kind}", fenced("vensim_control.md", kind)[0].replace("200,L", "8,L"))
    write("whole.cmd", fenced("vensim_control.md", "cmd")[0])
    write("more.cin", "beds = 500\n")
    times = range(0, 101, 10)
    data = {name: "\n".join(f"{t}\t{2 + t}" for t in times) for name in ("Infected", "buried")}
    data["Recovered"] = data["buried"]
    write("observed.dat", "".join(f"{name}\n{rows}\n" for name, rows in data.items()))


PREPARED: dict[str, Callable[[dict[str, object]], None]] = {
    "README": for_the_readme,
    "comparing": for_comparing,
    "converting": for_converting,
    "editing": for_editing,
    "language": for_language,
    "outcomes": for_searching,
    "policy_search": for_searching,
    "reality_checks": for_reality,
    "report": for_reporting,
    "sketch": for_sketching,
    "studies": for_studies,
    "vensim_control": for_control,
}
SLOW = {"README", "claims", "findings", "policy_search", "vensim_control"}
SLOW |= {"report", "sketch", "studies", "understanding", "validation", "outcomes"}


def write(name: str, text: str) -> None:
    Path(name).write_text(text, encoding="utf-8")


def committed() -> None:
    """Make the present folder a repository of git in which everything is committed."""
    who = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "first"]):
        subprocess.run(["git", *words], check=True)


# Running ---------------------------------------------------------------------------------------


def invoke(line: str) -> None:
    """Run a command line as a shell would, in this process; its exit status must be as told."""
    command, *words = shlex.split(line, comments=True)
    words = [one for word in words for one in (sorted(glob.glob(word)) or [word])]
    verb = f"{command} {words[0]}"
    words += SMALL.get(verb, [])
    if verb == "sensitivity sweep":
        words += ["-n", "4"]
    elif verb == "sensitivity claims" and "industrial" in line:
        words = [one for one in words if one not in ("--only", "E06")]
        words += ["--only", "E06_policy_is_the_hinge"]
    elif verb == "sensitivity run" and "-n" in words:
        words += ["-n", "16"]
    done = CliRunner().invoke(COMMANDS[command], words, prog_name=command)
    plt.close("all")
    answered = verb in ANSWERS and done.exit_code == 1 and not done.output.startswith(command)
    assert done.exit_code == 0 or answered, f"{line}\n{done.output}\n{done.exception!r}"
    assert done.exception is None or isinstance(done.exception, SystemExit), line


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make a folder with models/ the present one, where git has settings of its own."""
    here = tmp_path / "here"
    shutil.copytree(ROOT / "models", here / "models")
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("SDMODEL_DRAWS", "8")
    yield here
    plt.close("all")


def cases() -> Iterator[object]:
    for page in PAGES:
        if blocks(page) and page.stem not in ELSEWHERE:
            marks = [pytest.mark.slow] if page.stem in SLOW else []
            yield pytest.param(page, id=page.relative_to(ROOT).as_posix(), marks=marks)


@pytest.mark.filterwarnings("ignore::sensitivity.SweepWarning")  # of so few runs
@pytest.mark.parametrize("page", list(cases()))
def test_the_examples_run(page: Path, folder: Path) -> None:
    if page.stem in ("README", "comparing") and shutil.which("git") is None:
        pytest.skip("git is not installed")
    known: dict[str, object] = {}
    PREPARED.get(page.stem, lambda _: None)(known)
    for block in blocks(page):
        if block.reason:
            continue
        shutil.copytree(ROOT / "models", folder / "models", dirs_exist_ok=True)
        if block.language == "python":
            exec(compile(block.text, str(page), "exec"), known)
        for line in block.lines:
            if not line.startswith(NEVER_ENDS):
                invoke(line)


def test_hardly_any_example_is_left_out() -> None:
    found = [block for page in PAGES for block in blocks(page)]
    assert sum(block.language == "python" for block in found) >= 9
    assert sum(len(block.lines) for block in found) >= 80
    left_out = [block for block in found if block.reason]
    assert len(left_out) <= 4
    assert all(len(block.reason.split()) >= 3 for block in left_out)


def test_every_verb_told_exists() -> None:
    lines = [line.split() for page in PAGES for block in blocks(page) for line in block.lines]
    verbs = {(words[0], words[1]) for words in lines}
    assert [(a, b) for a, b in verbs if b not in COMMANDS[a].commands] == []
