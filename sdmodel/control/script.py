"""Command scripts (`.cmd`): what is to be run with what, and what is to be written of it.

A script is read whole into steps before anything is run. Commands after Vensim's help, "Command
Descriptions".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath
from typing import Any

from sdmodel.control.commands import Command, parse_commands
from sdmodel.control.files import read_control
from sdmodel.control.inside import Inside, Outside
from sdmodel.errors import Problem, did_you_mean, model_error, near_names
from sdmodel.source import SourceText

MODELS = (".mdl", ".xmile", ".stmx", ".itmx")
EXPORTS = {"VDF2TAB": ".tab", "VDF2CSV": ".csv", "VDF2DAT": ".dat"}
SENSITIVITY = {"SENS2FILE": ".tab", "SENS2TAB": ".tab"}
RUN, OPTIMISATION = "run", "optimisation"
KINDS = {"RUN": RUN, "RUN1": RUN, "RUN_SENSITIVITY": "sensitivity", "RUN_OPTIMIZE": OPTIMISATION}
# What only concerns the windows of Vensim, or what asks for nothing that would not be done anyway.
_IDLE = frozenset(
    {"SPECIAL>NOINTERACTION", "SPECIAL>CLEARRUNS", "MENU>REDO_GRAPHS", "SETTING>SHOWWARNING"}
)


@dataclass(frozen=True, slots=True)
class Simulation:
    """One run that a script asks for, and what it is set to.

    `kind` is "run", "sensitivity" or "optimisation". `values` are line, column and text of the
    SETVAL commands that hold for it.

    Examples
    --------
    >>> import sdmodel as sd
    >>> _, slow = sd.read_script("models/epidemic.cmd").simulations
    >>> [one.name for one in slow.changes], slow.values[0][2]
    (['epidemic_slow.cin'], 'beds=400')
    """

    line: int
    kind: str
    name: str
    model: Path
    data: tuple[Path, ...] = ()
    changes: tuple[Path, ...] = ()
    values: tuple[tuple[int, int, str], ...] = ()
    save_list: Path | None = None
    sensitivity: Path | None = None
    sensitivity_save_list: Path | None = None
    payoff: Path | None = None
    optimisation: Path | None = None
    folder: Path = Path()  # of the script: what the step leaves is written there

    def beside(self, suffix: str) -> Path:
        """Return where a file of the run's name is written.

        Examples
        --------
        >>> import sdmodel as sd
        >>> sd.read_script("models/epidemic.cmd").simulations[0].beside(".nc").name
        'free.nc'
        """
        return self.folder / f"{self.name}{suffix}"


@dataclass(frozen=True, slots=True)
class Export:
    """A file that a script asks for of one of its runs.

    Time runs across unless `down`; `axis` tells whether the times are written, `extra` are cells
    behind each name. `every`, `first` and `last` choose among the saved times.
    """

    line: int
    kind: str
    run: str
    path: Path
    save_list: Path | None = None
    down: bool = False
    append: bool = False
    axis: bool = True
    constants: bool = True
    dynamics: bool = True
    every: float | None = None
    first: float | None = None
    last: float | None = None
    extra: tuple[str, ...] = ()


Step = Simulation | Export


@dataclass(frozen=True)
class Script:
    """A command script as steps in their order; `remarks` name the lines that do nothing here.

    Examples
    --------
    >>> import sdmodel as sd
    >>> script = sd.read_script("models/epidemic.cmd")
    >>> [(step.kind, step.name) for step in script.simulations]
    [('run', 'free'), ('run', 'slow')]
    """

    source: SourceText
    steps: tuple[Step, ...]
    remarks: tuple[str, ...] = ()

    @property
    def simulations(self) -> tuple[Simulation, ...]:
        """The runs it asks for."""
        return tuple(one for one in self.steps if isinstance(one, Simulation))

    def settings(self, simulation: Simulation) -> list[SourceText]:
        """Return the SETVAL commands of a run as changes files, each thing where it stands here."""
        path = self.source.path
        return [
            SourceText(path, "\n" * (line - 1) + " " * (column - 1) + text)
            for line, column, text in simulation.values
        ]

    @property
    def exports(self) -> tuple[Export, ...]:
        """The files it asks for."""
        return tuple(one for one in self.steps if isinstance(one, Export))


def read_script(path: str | Path, *, allow: Sequence[str | Path] = ()) -> Script:
    """Return what a command script of Vensim asks for; nothing is run, and no model is loaded.

    Files are looked for in the script's own folder, and must lie there or in a folder of `allow`.

    Raises
    ------
    ReadError, ModelError
        With every line that asks for what is not done here, or that names a file that is not there.

    Examples
    --------
    >>> import sdmodel as sd
    >>> [step.path.name for step in sd.read_script("models/epidemic.cmd").exports]
    ['epidemic_runs.tab', 'epidemic_runs.tab']
    """
    source = read_control(path)
    commands, problems = parse_commands(source)
    reader = _Reader(source, Inside(Path(path).parent, allow))
    for command in commands:
        if reader.over:
            reader.remark(command, "stands behind MENU>EXIT, and is not done")
        else:
            reader.take(command)
    problems += reader.problems
    if problems:
        raise model_error(sorted(problems, key=lambda one: (one.line, one.column)))
    return Script(source, tuple(reader.steps), tuple(reader.remarks))


class _Reader:
    """Takes the commands of a script one after the other, and keeps what is set."""

    def __init__(self, source: SourceText, inside: Inside) -> None:
        self.source, self.inside = source, inside
        self.set = self.empty = Simulation(0, RUN, "Current", Path(), folder=inside.folder)
        self.values: list[tuple[int, int, str]] = []
        self.steps: list[Step] = []
        self.problems: list[Problem] = []
        self.remarks: list[str] = []
        self.over = False
        self.verbs: dict[str, Callable[[Command], None]] = {
            "SPECIAL>LOADMODEL": self._load,
            "SPECIAL>LOADRUN": self._known_run,
            "SIMULATE>RUNNAME": self._name,
            "SIMULATE>READCIN": self._changes,
            "SIMULATE>ADDCIN": self._changes,
            "SIMULATE>SETVAL": self._value,
            "SIMULATE>DATA": self._data,
            "SIMULATE>ADDDATA": self._data,
            "SIMULATE>SAVELIST": self._file("save_list", ".lst"),
            "SIMULATE>SENSITIVITY": self._file("sensitivity", ".vsc"),
            "SIMULATE>SENSSAVELIST": self._file("sensitivity_save_list", ".lst"),
            "SIMULATE>PAYOFF": self._file("payoff", ".vpd"),
            "SIMULATE>OPTPARM": self._file("optimisation", ".voc"),
            "SIMULATE>REPORT": self._report,
            "FILE>DELETE": self._known_run,
            "MENU>EXIT": self._exit,
            **{f"MENU>{name}": self._run for name in KINDS},
            **{f"MENU>{name}": self._export for name in (*EXPORTS, *SENSITIVITY)},
        }

    def take(self, command: Command) -> None:
        """Read one command; whatever is wrong with it becomes a problem."""
        asked = next((i for i, one in enumerate(command.arguments) if one.startswith("?")), None)
        if command.shown in _IDLE:
            self.remark(command, "does nothing here")
        elif command.shown not in self.verbs:
            known = (*self.verbs, *_IDLE)
            near = near_names(command.shown, known)
            cure = did_you_mean(near) or f"remove the line; what is done: {', '.join(self.verbs)}"
            what = f"{command.shown} is not done here"
            self._refuse(command, what, cure, near=near, kind="unsupported")
        elif asked is not None:
            what = f"{command.shown} would ask for its argument in a window"
            self._refuse(command, what, "write the value in its place", asked)
        else:
            try:
                self.verbs[command.shown](command)
            except Outside as outside:
                near = outside.near
                self._refuse(command, outside.message, outside.cure, 0, near)

    def remark(self, command: Command, what: str) -> None:
        """Note a line that does nothing here."""
        self.remarks.append(f"line {self.source.place(command.at)[0]}: {command.shown} {what}")

    def _refuse(
        self,
        command: Command,
        what: str,
        cure: str,
        argument: int | None = None,
        near: tuple[str, ...] = (),
        kind: str = "definition",
    ) -> None:
        at = command.at
        if argument is not None and argument < len(command.starts):
            given = command.arguments[argument]
            at = command.starts[argument] + len(given) - len(given.lstrip())
        found = self.source.problem(at, what, cure=cure, kind=kind, name=command.shown, near=near)
        self.problems.append(found)

    # What a run is set to -----------------------------------------------------------------------

    def _load(self, command: Command) -> None:
        name = command.argument(0)
        if PureWindowsPath(name).suffix.lower() not in MODELS:
            cure = "in Vensim, save the model as text (.mdl), and name that"
            self._refuse(command, f"{name!r} is no model in text form", cure, 0)
            return
        self.set = replace(self.empty, model=self.inside.find(name))
        self.values.clear()

    def _name(self, command: Command) -> None:
        name = run_name(command.argument(0))
        if not name or PureWindowsPath(name).name != name:
            what = f"{command.argument(0)!r} is no name of a run"
            self._refuse(command, what, "write SIMULATE>RUNNAME|name, without a folder", 0)
            return
        self.set = replace(self.set, name=name)

    def _changes(self, command: Command) -> None:
        found = tuple(map(self._changes_file, command.names(0)))
        before = self.set.changes if command.name == "ADDCIN" else ()
        self.set = replace(self.set, changes=before + found)

    def _changes_file(self, name: str) -> Path:
        """Return a changes file; the result of an optimisation before this line is yet to come."""
        made = (one for one in self.steps if isinstance(one, Simulation))
        best = {f"{one.name}.out" for one in made if one.kind == OPTIMISATION}
        return self.inside.place(name) if name in best else self.inside.find(name, (".cin",))

    def _value(self, command: Command) -> None:
        if not command.argument(0):
            self._refuse(command, "SIMULATE>SETVAL sets nothing", "write SIMULATE>SETVAL|name=5")
            return
        start = command.starts[0]
        self.values.append((*self.source.place(start), self.source.text[start : command.end]))

    def _data(self, command: Command) -> None:
        suffixes = (".vdf", ".vdfx", ".dat")
        found = tuple(self.inside.find(one, suffixes) for one in command.names(0))
        before = self.set.data if command.name == "ADDDATA" else ()
        self.set = replace(self.set, data=before + found)

    def _file(self, setting: str, suffix: str) -> Callable[[Command], None]:
        def take(command: Command) -> None:
            name = command.argument(0)
            found: dict[str, Any] = {setting: self.inside.find(name, (suffix,)) if name else None}
            self.set = replace(self.set, **found)

        return take

    def _report(self, command: Command) -> None:
        self.remark(command, "does nothing here")

    def _exit(self, command: Command) -> None:
        self.over = True

    # What is done -------------------------------------------------------------------------------

    def _run(self, command: Command) -> None:
        kind = KINDS[command.name]
        if not self.set.model.name:
            cure = "write SPECIAL>LOADMODEL|model.mdl before it"
            self._refuse(command, "no model is loaded here", cure)
            return
        needed = {"sensitivity": ("sensitivity",), OPTIMISATION: ("optimisation", "payoff")}
        commands = {"sensitivity": "SENSITIVITY", "optimisation": "OPTPARM", "payoff": "PAYOFF"}
        for setting in needed.get(kind, ()):
            if getattr(self.set, setting) is None:
                cure = f"write SIMULATE>{commands[setting]}|file before it"
                self._refuse(command, f"{command.shown} has no file for its {setting}", cure)
        line = self.source.place(command.at)[0]
        self.steps.append(replace(self.set, line=line, kind=kind, values=tuple(self.values)))
        self.values.clear()  # they hold for the next run alone

    def _known_run(self, command: Command) -> None:
        """Pass over what handles the file of a run: here runs are kept in memory."""
        if run_name(command.argument(0)) in self._runs():
            self.remark(command, "does nothing here: runs are kept in memory")
            return
        what = f"{command.shown} names {command.argument(0)!r}, no run of this script"
        cure = "only runs that the script makes can be loaded or deleted"
        self._refuse(command, what, cure, 0)

    def _runs(self) -> list[str]:
        return [one.name for one in self.steps if isinstance(one, Simulation)]

    def _export(self, command: Command) -> None:
        runs, given = self._runs(), command.argument(0)
        run = run_name(given) if given != "!" else (runs[-1] if runs else "")
        if run not in runs:
            near = near_names(run, runs)
            what = f"no run named {given!r} was made before this line"
            cure = did_you_mean(near) or "only runs that the script makes can be written"
            self._refuse(command, what, cure, 0, near)
            return
        suffix = (EXPORTS | SENSITIVITY)[command.name]
        into = command.argument(1)
        path = self.inside.place(into if into not in ("", "!") else run + suffix)
        if not path.suffix:
            path = path.with_suffix(suffix)
        colon = next((i for i, one in enumerate(command.arguments) if i > 2 and ":" in one), None)
        arguments, extra = list(command.arguments), ""
        if colon is not None:
            arguments[colon], _, extra = "|".join(arguments[colon:]).partition(":")
            arguments = arguments[: colon + 1]
        plain = replace(command, arguments=tuple(arguments))
        made = Export(
            self.source.place(command.at)[0],
            command.name,
            run,
            path,
            extra=tuple(extra.rstrip("\r\n").split("\t")) if extra else (),
        )
        if plain.argument(2):
            made = replace(made, save_list=self.inside.find(plain.argument(2), (".lst",)))
        if command.name in EXPORTS:
            self._options(command, plain, made)
        else:
            self.steps.append(made)

    def _options(self, command: Command, plain: Command, made: Export) -> None:
        options = plain.argument(3).upper()
        for letter in options:
            if letter not in "*!+CD":
                what = f"the option {letter!r} of {command.shown} is not done here"
                cure = "leave it out; those done are * (time down), ! (no times), + (append), C, D"
                self._refuse(command, what, cure, 3, kind="unsupported")
        numbers: list[float | None] = []
        for number in (4, 5, 6):
            text = plain.argument(number)
            try:
                numbers.append(float(text) if text else None)
            except ValueError:
                what = f"{text!r} is no number"
                self._refuse(command, what, "frequency, first and last time are numbers", number)
                return
        if command.name == "VDF2DAT" and (made.extra or set(options) & set("*!+")):
            what = "a .dat file has no orientation, no further columns, and no second part"
            self._refuse(command, what, "leave them out, or write VDF2TAB", 3)
            return
        every, first, last = numbers
        self.steps.append(
            replace(
                made,
                down="*" in options,
                axis="!" not in options,
                append="+" in options,
                constants="C" not in options,
                dynamics="D" not in options,
                every=every,
                first=first,
                last=last,
            )
        )


def run_name(text: str) -> str:
    """Return the name of a run without the ending of its file.

    >>> run_name("slow.vdfx"), run_name("v1.2")
    ('slow', 'v1.2')
    """
    stem, dot, suffix = text.rpartition(".")
    return stem if dot and suffix.lower() in ("vdf", "vdfx") else text
