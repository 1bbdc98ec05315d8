"""Every message: what is wrong, where, and what to do; and never anything but a message."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import sdmodel as sd
from sdmodel.cli import main
from sdmodel.errors import model_error
from sdmodel.frontends.mdl import parse
from sdmodel.frontends.text import decode
from sdmodel.model import Model

Maker = Callable[..., Model]
Text = Callable[..., str]

TANK = """
stock = INTEG(inflow - outflow, 100) ~ litre ~ |
inflow = 5 ~ litre/Minute [0,10] ~ |
outflow = stock/emptying time ~ litre/Minute ~ |
emptying time = 10 ~ Minute ~ |
"""
FAST = '[scenarios.fast]\nset = { "emptying time" = 5 }\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, so that messages name short paths."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path, mdl: Text) -> Callable[..., str]:
    """Return a writer of model files."""

    def to_file(equations: str = TANK, toml: str = "") -> str:
        (folder / "tank.mdl").write_text(mdl(equations), encoding="utf-8")
        if toml:
            (folder / "tank.toml").write_text(toml, encoding="utf-8")
        return "tank.mdl"

    return to_file


def call(*arguments: str) -> Result:
    """Run a verb; an exception that is not a plain exit fails the test."""
    result = CliRunner().invoke(main, arguments, catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


# Four broken files: in Python and at the command line ------------------------------------------

BROKEN_FILES = {
    "misspelt function": (
        ("stock/emptying time", "SMOTH3(stock, emptying time)"),
        sd.UnsupportedError,
        "tank.mdl:4:11: in the equation of 'outflow': there is no function named 'SMOTH3'\n"
        "    4 | outflow = SMOTH3(stock, emptying time) ~ litre/Minute ~ |\n"
        "                  ^\n"
        "      cure: did you mean 'SMOOTH3' or 'SMOOTH3I' or 'SMOOTH'?",
    ),
    "missing variable": (
        ("stock/emptying time", "stock/emptyng time"),
        sd.UnknownNameError,
        "tank.mdl:4:17: in the equation of 'outflow': no variable is named 'emptyng time'\n"
        "    4 | outflow = stock/emptyng time ~ litre/Minute ~ |\n"
        "                        ^\n"
        "      cure: did you mean 'emptying time'?",
    ),
    "circular equations": (
        ("inflow = 5", "inflow = outflow - stock/emptying time + outflow"),
        sd.CircularError,
        "tank.mdl:3:1: these define each other: inflow -> outflow -> inflow\n"
        "    3 | inflow = outflow - stock/emptying time + outflow ~ litre/Minute [0,10] ~ |\n"
        "        ^\n"
        "      cure: put a stock or a delay into the circle",
    ),
    "missing bracket": (
        ("stock/emptying time", "stock/(emptying time + 1"),
        sd.ReadError,
        "tank.mdl:4:17: in the equation of 'outflow': this bracket is never closed\n"
        "    4 | outflow = stock/(emptying time + 1 ~ litre/Minute ~ |\n"
        "                        ^\n"
        "      cure: add the missing ')'",
    ),
}


@pytest.fixture(params=BROKEN_FILES)
def broken(request: pytest.FixtureRequest, write: Callable[..., str]) -> tuple[str, Any, str]:
    """Return a broken file with the class and the text of the error it must give."""
    (old, new), kind, message = BROKEN_FILES[request.param]
    equations = TANK.replace(old, new)
    if request.param == "circular equations":
        equations = equations.replace("outflow = stock", "outflow = inflow + stock")
    return write(equations), kind, message


def test_broken_file(broken: tuple[str, Any, str]) -> None:
    path, kind, message = broken
    with pytest.raises(sd.SDError) as caught:
        sd.load(path)
    assert type(caught.value) is kind
    assert str(caught.value) == message
    assert (caught.value.path, caught.value.line) == ("tank.mdl", int(message.split(":")[1]))


@pytest.mark.parametrize("verb", ["run", "show", "check", "compare"])
def test_broken_file_at_the_command_line(broken: tuple[str, Any, str], verb: str) -> None:
    path, _, message = broken
    result = call(verb, path)
    assert result.exit_code == 1
    shown = re.sub(r"error SD\d{3}: ", "", result.stdout) if verb == "check" else result.stderr
    assert message in shown


def test_fields_of_the_errors() -> None:
    def error_of(equations: str) -> Any:
        text = f"{equations}\nINITIAL TIME=0~~|FINAL TIME=1~~|TIME STEP=1~~|"
        with pytest.raises(sd.SDError) as caught:
            _ = Model(parse(decode("m.mdl", text.encode()))).program
        return caught.value

    unknown = error_of("tax rate = 1 ~~|\nx = tax rte ~~|")
    assert (unknown.name, unknown.near, unknown.line, unknown.column) == (
        "tax rte",
        ("tax rate",),
        2,
        5,
    )
    assert isinstance(unknown, KeyError)
    circular = error_of("a = c ~~|\nb = a ~~|\nc = b ~~|")
    assert circular.loop == ("a", "c", "b")
    assert "a -> c -> b -> a" in str(circular)
    unsupported = error_of("x = VECTOR LOOKUP(1, 2) ~~|")
    assert unsupported.function == "VECTOR LOOKUP"
    assert unsupported.problems[0].variable == "x"


# Six broken runs --------------------------------------------------------------------------------

BROKEN_RUNS = {
    "unknown override": (
        ["inflw=3"],
        {"inflw": 3},
        "tank.mdl: there is no variable named 'inflw'; did you mean 'inflow'?",
    ),
    "override of a computed variable": (
        ["outflow=3"],
        {"outflow": 3},
        "tank.mdl:4: 'outflow' is computed, not constant (outflow = stock/emptying time): "
        'change its equation with model.replace("outflow", ...)',
    ),
    "value out of range": (
        ["inflow=30"],
        {"inflow": 30},
        "tank.mdl:3: 'inflow' = 30 is outside its range [0, 10] litre/Minute: choose a value "
        'inside, or change the range in the file; model.replace("inflow", "30") sets it regardless',
    ),
    "unknown scenario": (
        ["--scenario", "fst"],
        "fst",
        "tank.toml: there is no scenario named 'fst'; did you mean 'fast'?",
    ),
}


@pytest.mark.parametrize("case", BROKEN_RUNS)
def test_broken_run(case: str, write: Callable[..., str]) -> None:
    arguments, overrides, message = BROKEN_RUNS[case]
    path = write(toml=FAST)
    with pytest.raises(sd.OverrideError) as caught:
        sd.load(path).run(overrides)
    assert str(caught.value) == caught.value.reason == message
    assert isinstance(caught.value, ValueError)
    result = call("run", path, *arguments)
    assert result.exit_code == 1
    assert result.stderr == f"sdmodel: {message}\n"
    assert result.stdout == ""


def test_unknown_scenario_without_likeness(write: Callable[..., str]) -> None:
    path = write(toml=FAST)
    with pytest.raises(sd.OverrideError) as caught:
        sd.load(path).run("zzz")
    assert str(caught.value) == "tank.toml: there is no scenario named 'zzz'; there are: fast"
    Path("tank.toml").unlink()
    with pytest.raises(sd.OverrideError) as caught:
        sd.load(path).run("zzz")
    assert str(caught.value) == "tank.toml: there is no scenario named 'zzz'; the file names none"


@pytest.mark.parametrize("method", ["auto", "vensim"])
def test_values_that_give_nan(method: str, write: Callable[..., str]) -> None:
    path = write()
    with pytest.raises(sd.SolverError) as caught:
        sd.load(path).run({"emptying time": 0}, method=method)
    message = str(caught.value)
    assert message.startswith("tank.mdl:")
    assert "in run 'run', " in message
    assert "is no longer a finite number at time 0" in message
    assert "look at its equation" in message or "check these values and the equation" in message
    assert (caught.value.time, caught.value.variable in ("stock", "outflow")) == (0.0, True)
    assert isinstance(caught.value, ArithmeticError)
    result = call("run", path, "emptying time=0", "--method", method)
    assert result.exit_code == 1
    assert result.stderr == f"sdmodel: {message}\n"


def test_nan_names_the_variable_that_went_wrong_first_and_its_inputs(model: Maker) -> None:
    made = model(
        "share = a / b\nb = 2 - Time\na = 1\nuser = share * 2\nstock = INTEG(user, 0)\n"
        "other = stock + 1"
    )
    with pytest.raises(sd.SolverError) as caught:
        made.run(method="vensim", name="base run")
    assert str(caught.value) == (
        "test.mdl:2: in run 'base run', 'share' is no longer a finite number at time 2 (there "
        "a = 1, b = 0): check these values and the equation; a division by zero, the logarithm "
        "of a negative number or growth without bound lead here"
    )
    assert (caught.value.time, caught.value.variable) == (2.0, "share")


def test_nan_in_a_hidden_stock_names_its_owner(model: Maker) -> None:
    made = model("average = SMOOTH(a, b) + 0*c\na = 1 + STEP(1, 1)\nb = 0\nc = 1")
    with pytest.raises(sd.SolverError, match="test.mdl:2: in run 'base', 'average'"):
        made.run(method="vensim")


def test_nan_in_a_hidden_stock_alone_names_its_owner_too(model: Maker) -> None:
    made = model("a = 1 + STEP(1, 1)\nx = IF THEN ELSE(Time < 99, 5, SMOOTH(a, 0))")
    with pytest.raises(sd.SolverError) as caught:
        made.run(method="vensim")
    assert str(caught.value).startswith("test.mdl:3: in run 'base', 'x' is no longer a finite")
    assert caught.value.variable == "x"


@pytest.mark.parametrize("method", ["auto", "vensim"])
def test_an_auxiliary_that_is_not_finite_is_a_warning(model: Maker, method: str) -> None:
    made = model("stock = INTEG(1, 0)\nratio = 1 / (2 - Time)")
    message = (
        "test.mdl:3: in run 'base', 'ratio' is no longer a finite number at time 2; no stock "
        "depends on it"
    )
    with pytest.warns(sd.NonFiniteWarning) as caught:
        run = made.run(method=method)
    assert [str(one.message) for one in caught] == [message]
    assert run.result == "completed, but 'ratio' is not finite from time 2 on"
    assert run.values("stock").tolist() == pytest.approx([0.0, 1.0, 2.0, 3.0, 4.0], rel=1e-9)


# Files that cannot be read ----------------------------------------------------------------------


def unreadable(path: str) -> str:
    with pytest.raises(sd.ReadError) as caught:
        sd.load(path)
    assert caught.value.problems[0].cure
    return str(caught.value)


def test_a_file_that_is_not_there(write: Callable[..., str]) -> None:
    assert unreadable("tank.mdl") == (
        "tank.mdl: the file cannot be read: No such file or directory\n      cure: check the path"
    )
    write()
    assert unreadable("tnak.mdl") == (
        "tnak.mdl: the file cannot be read: No such file or directory\n"
        "      cure: in that folder there is: tank.mdl"
    )
    assert "cure: check the path" in unreadable("nowhere/at/all.mdl")
    assert call("run", "tnak.mdl").exit_code == 2


def test_a_folder_in_place_of_a_file(folder: Path) -> None:
    (folder / "d.mdl").mkdir()
    assert unreadable("d.mdl") == (
        "d.mdl: the file cannot be read: Is a directory\n"
        "      cure: check the path, and that you may read it"
    )
    assert call("run", "d.mdl").exit_code == 2


def test_a_file_one_may_not_read(
    write: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert unreadable(write()) == (
        "tank.mdl: the file cannot be read: Permission denied\n"
        "      cure: check the path, and that you may read it"
    )
    assert call("run", "tank.mdl").exit_code == 1


@pytest.mark.parametrize("name", ["x" * 5000 + ".mdl", "a/" * 3000 + "b.mdl", "a\0b.mdl"])
def test_names_no_file_can_have(name: str) -> None:
    assert "the file cannot be read: " in unreadable(name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("tank.vmf", ".vmf"), ("tank.stm", ".stm"), ("tank", "no suffix"), ("", "no suffix")],
)
def test_files_of_another_kind(name: str, kind: str) -> None:
    where = f"{name}: " if name else ""
    assert unreadable(name) == (
        f"{where}this is no model file that is read ({kind})\n"
        "      cure: give one of .mdl, .xmile, .stmx, .itmx, .xml; "
        "in Vensim, save the model as text (.mdl), not .vmf"
    )


def test_a_binary_file(folder: Path) -> None:
    (folder / "b.mdl").write_bytes(bytes(range(256)) * 20)
    assert unreadable("b.mdl") == (
        "b.mdl: this is a binary file, not a model in text form\n"
        "      cure: in Vensim, save the model as text (.mdl); a .vmf or .vpmx file is binary"
    )
    result = call("check", "b.mdl")
    assert result.exit_code == 1
    assert "b.mdl: error SD001: this is a binary file" in result.stdout


def test_a_file_too_large_to_be_a_model(
    write: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sdmodel.frontends.LARGEST_FILE", 100)
    message = unreadable(write())
    assert message.startswith("tank.mdl: the file has ")
    assert message.endswith(" bytes; at most 100 are read\n      cure: is this really a model?")


# Everything wrong at once -----------------------------------------------------------------------


def test_all_problems_of_a_file_at_once(write: Callable[..., str]) -> None:
    path = write(
        """
stock = INTEG(inflow - outflw, 100) ~ litre ~ |
inflow = 5 * (2 ~ litre/Minute [0,10] ~ |
outflow = SMOTH(stock) ~ litre/Minute ~ |
a = b ~ ~ |
b = a ~ ~ |
inflow = 7 ~ ~ |
c = MAX(1, 2, 3) ~ ~ |
"""
    )
    with pytest.raises(sd.ModelError) as caught:
        sd.load(path)
    assert type(caught.value) is sd.ModelError
    problems = caught.value.problems
    assert [(p.line, p.kind) for p in problems] == [
        (2, "unknown name"),
        (3, "syntax"),
        (4, "unsupported"),
        (5, "circular"),
        (8, "definition"),
    ]
    assert str(caught.value).endswith("\n5 problems in tank.mdl")
    assert all(p.cure and p.path == "tank.mdl" and p.text for p in problems)
    result = call("check", path)
    assert result.exit_code == 1
    assert result.stdout.count("cure: ") == 5
    assert result.stderr == "tank.mdl: 5 problems\n"


def test_problems_of_one_kind_have_their_own_class() -> None:
    def one(kind: str) -> sd.Problem:
        return sd.Problem("wrong", kind=kind)

    kinds = {
        "unknown name": sd.UnknownNameError,
        "circular": sd.CircularError,
        "unsupported": sd.UnsupportedError,
        "syntax": sd.ReadError,
        "definition": sd.ModelError,
        "duplicate": sd.ModelError,
    }
    for kind, error in kinds.items():
        assert type(model_error([one(kind), one(kind)])) is error
    assert type(model_error([one("circular"), one("syntax")])) is sd.ModelError


def test_the_tree_of_errors() -> None:
    for error in (sd.ReadError, sd.ModelError, sd.OverrideError, sd.SettingsError, sd.SolverError):
        assert issubclass(error, sd.SDError)
    for error in (sd.UnknownNameError, sd.CircularError, sd.UnsupportedError):
        assert issubclass(error, sd.ModelError)
