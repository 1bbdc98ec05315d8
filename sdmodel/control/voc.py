"""Optimisation control files (`.voc`): what to search, between what, and how.

Options come first, such as ``:OPTIMIZER=Powell``; then one line for each constant,
``min <= constant = start <= max``. After the Vensim Reference Manual, "Optimization Control" and
"Optimization Options".
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdmodel.control.files import read_control
from sdmodel.control.naming import why
from sdmodel.control.places import bare, signed, spelt, split, stripped
from sdmodel.control.ranges import beyond
from sdmodel.control.reading import ControlReader
from sdmodel.errors import Problem, ReadError, SDError, did_you_mean, near_names
from sdmodel.frontends.tokens import ExpressionError, Token, words
from sdmodel.source import SourceText

if TYPE_CHECKING:
    from sdmodel.model import Model

_OPTION = re.compile(r":\s*([A-Za-z][A-Za-z_ ]*?)\s*(?:=\s*(.*))?")
_COMMENT = re.compile(r":\s*COMM", re.I)
# Every option, the field it fills, and its usual value; those without a field change nothing here.
OPTIONS: dict[str, tuple[str, Any]] = {
    "OPTIMIZER": ("optimizer", "POWELL"),
    "MULTIPLE_START": ("starts", "OFF"),
    "SENSITIVITY": ("sensitivity", "OFF"),
    "SEED": ("seed", 1),
    "MAX_ITERATIONS": ("iterations", 1000),
    "RESTART_MAX": ("restarts", 0),
    "PASS_LIMIT": ("passes", 2),
    "FRACTIONAL_TOLERANCE": ("tolerance", 0.0003),
    "VECTOR_POINTS": ("vector_points", 25),
    "TRACE": ("trace", "OFF"),
    "OUTPUT_LEVEL": ("", "ON"),
    "RANDOM_NUMBER": ("", "DEFAULT"),
    "TOLERANCE_MULTIPLIER": ("", 21),
    "ABSOLUTE_TOLERANCE": ("", 1),
    "SCALE_ABSOLUTE": ("", 1),
}
WHOLE = ("seed", "iterations", "restarts", "passes", "vector_points")
CHOICES = {
    "optimizer": ("POWELL", "OFF", "MCMC"),
    "starts": ("OFF", "RANDOM", "RRANDOM", "GRID", "VECTOR", "XPARALLEL", "RPARALLEL", "SVECTOR"),
    "trace": ("OFF", "ON"),
    "sensitivity": (
        "OFF",
        "PAYOFF_VALUE",
        "PAYOFF_PERCENT",
        "PARAMETER_PERCENT",
        "ALL_CONSTANTS",
        "PAYOFF_MCMC",
    ),
}
AMOUNTS = {
    "PAYOFF_VALUE": 4.0,
    "PAYOFF_PERCENT": 10.0,
    "PARAMETER_PERCENT": 10.0,
    "ALL_CONSTANTS": 10.0,
}
_INSTEAD = {
    "XPARALLEL": ("OFF", "its threads are left to this program: one search is run"),
    "RPARALLEL": ("RANDOM", "its threads are left to this program: RANDOM is run"),
}
_NOT_OFFERED = {"MCMC", "PAYOFF_MCMC", "SVECTOR"}


@dataclass(frozen=True, slots=True)
class Searched:
    """A constant that is searched: its ends, infinite where none is given, and where to start."""

    name: str
    low: float
    high: float
    start: float
    line: int = 0


@dataclass(frozen=True, slots=True)
class OptimisationControl:
    r"""An optimisation control file, read against its model.

    `optimizer` is POWELL or OFF; `starts` is OFF, RANDOM, RRANDOM, GRID or VECTOR; `sensitivity` is
    OFF or one of Vensim's four ways, by `amount`. `searched` has each element of a subscripted
    constant by itself. `notes` are what the file asks for and is not done, line by line.

    Examples
    --------
    >>> import sdmodel as sd
    >>> from pathlib import Path
    >>> path = Path("out/two.voc")
    >>> _ = path.parent.mkdir(exist_ok=True), path.write_text(
    ...     ":OPTI=Powell\n:MULT=Random\n4<=illness=6<=12\n0.01<=infectivity<=.06\n")
    >>> control = sd.read_voc(path, sd.load("models/epidemic.mdl"))
    >>> control.starts, [one.start for one in control.searched]
    ('RANDOM', [6.0, 0.03])
    """

    path: str
    digest: str
    optimizer: str = "POWELL"
    starts: str = "OFF"
    sensitivity: str = "OFF"
    amount: float = 0.0
    seed: int = 1
    iterations: int = 1000
    restarts: int = 0
    passes: int = 2
    tolerance: float = 0.0003
    vector_points: int = 25
    trace: str = "OFF"
    comments: tuple[str, ...] = ()
    searched: tuple[Searched, ...] = ()
    notes: tuple[Problem, ...] = field(default=(), hash=False)


def read_voc(path: str | Path, model: Model) -> OptimisationControl:
    """Read an optimisation control file.

    Parameters
    ----------
    path
        The `.voc` file.
    model
        The model whose constants are searched.

    Raises
    ------
    ReadError
        With everything that is wrong in it, each with line and column.

    Examples
    --------
    >>> import sdmodel as sd
    >>> sd.read_voc("missing.voc", sd.load("models/epidemic.mdl"))
    Traceback (most recent call last):
    ...
    sdmodel.errors.ReadError: missing.voc: ...
    """
    whole = read_control(path)
    reader = _Reader(bare(whole), model)
    found = reader.read(OptimisationControl(whole.path, whole.digest))
    if reader.problems:
        raise ReadError(reader.problems)
    return found


class _Reader(ControlReader):
    def __init__(self, source: SourceText, model: Model) -> None:
        super().__init__(source, model)
        self.searched: dict[str, Searched] = {}

    def read(self, found: OptimisationControl) -> OptimisationControl:
        options: dict[str, Any] = {}
        comments: list[str] = []
        for at, text in stripped(self.source):
            if _COMMENT.match(text):
                comments.append(text.partition("=")[2].strip() or text.partition(" ")[2].strip())
            elif text.startswith(":"):
                self._option(at, text, options)
            else:
                self._parameter(at, text)
        starts = options.get("starts", found.starts)
        if options.get("optimizer") == "OFF" and starts == "OFF":
            told = "with both the optimizer and multiple starts off there is nothing to do"
            self.wrong(0, told, "set :OPTIMIZER=POWELL, or :MULTIPLE_START=GRID or the like")
        if not self.searched and not self.problems:
            cure = "add lines such as 0 <= rate = 0.1 <= 1"
            self.wrong(0, "no constant is searched", cure)
        endless = [one for one in self.searched.values() if not _finite(one)]
        if starts != "OFF" and endless:
            names = ", ".join(repr(one.name) for one in endless)
            self.wrong(0, f"many starts need both ends, but {names} has not", "give min and max")
        return replace(
            found,
            **options,
            comments=tuple(comments),
            searched=tuple(self.searched.values()),
            notes=tuple(self.notes),
        )

    # Options ----------------------------------------------------------------------------------

    def _option(self, at: int, text: str, options: dict[str, Any]) -> None:
        match = _OPTION.fullmatch(text)
        if match is None:
            self.wrong(at, f"{text!r} is no option", "write :OPTIMIZER=POWELL or the like")
            return
        if self.searched:
            self.wrong(at, "options must stand above the constants", "move this line up")
        said = (match[2] or "").strip()
        if _plain(match[1]).startswith("MC"):
            self.note(at, f"{text}: this is for MCMC, which is not offered: nothing is done")
            return
        name = _known(match[1], OPTIONS)
        if name is None:
            near = (
                did_you_mean(near_names(match[1], OPTIONS)) or f"choose from {', '.join(OPTIONS)}"
            )
            self.wrong(at, f"there is no option {match[1]!r}", near)
            return
        target, usual = OPTIONS[name]
        if not target:
            if name != "OUTPUT_LEVEL" and _plain(said) != _plain(str(usual)):
                self.note(at, f"{text}: this has no counterpart here: nothing is done")
            return
        value = self._value(at, target, said)
        if value is not None:
            options.update(value)

    def _value(self, at: int, target: str, said: str) -> dict[str, Any] | None:
        if target in CHOICES:
            word, _, amount = (part.strip() for part in said.partition("="))
            chosen = _known(word, CHOICES[target]) if word else CHOICES[target][0]
            if chosen is None:
                self.wrong(at, f"there is no {word!r}", f"choose from {', '.join(CHOICES[target])}")
                return None
            if chosen in _NOT_OFFERED:
                self.wrong(at, f"{chosen} is not offered", "choose another", "unsupported")
                return None
            if chosen in _INSTEAD:
                chosen, told = _INSTEAD[chosen]
                self.note(at, f"{word}: {told}")
            if target != "sensitivity":
                return {target: chosen}
            number = _number(amount) if amount else AMOUNTS.get(chosen, 0.0)
            if number is None or (chosen != "OFF" and not number > 0):
                self.wrong(at, f"{amount!r} is no amount above 0")
                return None
            return {target: chosen, "amount": number}
        number = _number(said)
        least = 0 if target in ("restarts", "seed") else 1 if target in WHOLE else 1e-15
        if number is None or number < least or (target in WHOLE and number != int(number)):
            what = "a whole number" if target in WHOLE else "a number"
            self.wrong(at, f"{said!r} is not {what} of {least:g} or more")
            return None
        return {target: int(number) if target in WHOLE else number}

    # Constants --------------------------------------------------------------------------------

    def _parameter(self, at: int, text: str) -> None:
        try:
            row = words(self.source.text, at, at + len(text))
        except ExpressionError as error:
            self.wrong(error.at, error.message, error.cure)
            return
        row, *tolerance = split(row, "|")
        if tolerance:
            self.note(
                tolerance[0][0].at if tolerance[0] else at,
                "tolerances of one constant are not used",
            )
        parts = split(row, "<=")
        places = [place for place, part in enumerate(parts) if _names_something(part)]
        middle = self._middle(parts, places)
        if middle is None:
            self.wrong(at, f"{text!r} is not min <= constant = start <= max", _CURE)
            return
        left, *start = split(parts[middle], "=")
        try:
            names = self.names.constants(spelt(self.source, left))
        except SDError as error:
            self.wrong(left[0].at, why(error, self.model.source.source.path))
            return
        low = self._end(parts[middle - 1], -math.inf) if middle else -math.inf
        high = self._end(parts[middle + 1], math.inf) if middle + 1 < len(parts) else math.inf
        begin = self._end(start[0], None) if start else None
        if low is None or high is None or (start and begin is None):
            return
        if not low < high:
            self.wrong(at, f"min {low:g} is not below max {high:g}", "exchange or widen them")
            return
        line = self.source.place(at)[0]
        for one in names:
            value = self.model.constants[one] if begin is None else begin
            if not low <= value <= high:
                self.note(at, f"{one!r} = {value:g} lies outside: the search starts at the end")
            if told := beyond(self.model, one, low, high):
                self.note(at, f"{told}: this file counts")
            if one in self.searched:
                self.note(at, f"{one!r} is searched twice: this line counts")
            self.searched[one] = Searched(one, low, high, min(max(value, low), high), line)

    def _middle(self, parts: list[list[Token]], places: list[int]) -> int | None:
        """Return which part is the constant: the one with an equals sign, or the only name."""
        if not 1 <= len(parts) <= 3 or not all(parts):
            return None
        if any(len(split(part, "=")) > 2 for part in parts):
            return None
        equal = [i for i, part in enumerate(parts) if len(split(part, "=")) == 2]
        if len(equal) == 1 and all(split(parts[equal[0]], "=")):
            return equal[0]
        if len(parts) == 3 and not equal and 1 in places:
            return 1
        return places[0] if len(places) == 1 and not equal else None

    def _end(self, part: Sequence[Token], missing: float | None) -> float | None:
        """Return a number, or the value of the constant that stands in its place."""
        if not part:
            return missing
        value = signed(part)
        if value is not None:
            return value
        if part[0].kind == "number" or part[0].text in "+-":
            self.wrong(part[0].at, f"{spelt(self.source, part)!r} is no number")
            return None
        try:
            found = self.names.constants(spelt(self.source, part))
        except SDError as error:
            self.wrong(part[0].at, why(error, self.model.source.source.path))
            return None
        return self.model.constants[found[0]]


_CURE = "write it as in 0 <= rate = 0.1 <= 1"


def _names_something(part: Sequence[Token]) -> bool:
    return bool(part) and part[0].kind in ("name", "quoted")


def _finite(one: Searched) -> bool:
    return math.isfinite(one.low) and math.isfinite(one.high)


def _plain(text: str) -> str:
    return re.sub(r"[\s_]", "", text).upper()


def _known(text: str, names: Sequence[str] | dict[str, Any]) -> str | None:
    """Return which name is meant by a text, which may be cut to four letters.

    >>> _known("multi start", ("OPTIMIZER", "MULTIPLE_START")), _known("max_", ("MAX_ITERATIONS",))
    ('MULTIPLE_START', 'MAX_ITERATIONS')
    """
    wanted = _plain(text)
    for name in names:
        if _plain(name) == wanted:
            return name
    cut = [one for one in names if len(wanted) > 2 and one.replace("_", "").startswith(wanted[:4])]
    return cut[0] if len(cut) == 1 else None


def _number(text: str) -> float | None:
    try:
        row = words(text)
    except ExpressionError:
        return None
    return signed(row)
