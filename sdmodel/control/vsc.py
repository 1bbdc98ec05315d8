"""Sensitivity control files (`.vsc`): how many runs, by which method, of which constants.

The first line is ``runs,method,seed,file,warnings``; each other line gives a constant a
distribution, such as ``delay=RANDOM NORMAL(1,9,5,2)``. After the Vensim Reference Manual,
"Sensitivity Control" and "Distributions".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sdmodel.control.families import FAMILIES, LOOKUP, Family, fits
from sdmodel.control.files import read_control
from sdmodel.control.naming import why
from sdmodel.control.places import lines, signed, spelt, split
from sdmodel.control.ranges import beyond
from sdmodel.control.reading import ControlReader
from sdmodel.errors import Problem, ReadError, SDError, did_you_mean, near_names
from sdmodel.expr import Table
from sdmodel.frontends.tokens import Token
from sdmodel.source import SourceText

if TYPE_CHECKING:
    from sdmodel.model import Model

METHODS = {
    "U": "univariate",
    "M": "multivariate",
    "L": "Latin hypercube",
    "G": "Latin grid",
    "F": "file",
}
RUNS, SEED = 200, 1234
_LARGEST_SEED = 2**31
_HEAD = ("runs", "method", "seed", "file", "warnings")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A constant that a control file draws, and from what.

    `distribution` is Vensim's name in capitals with single blanks; `parameters` are its arguments
    behind `low` and `high`; `points` are those of the lookup of RANDOM LOOKUP.
    """

    name: str
    distribution: str
    low: float
    high: float
    parameters: Mapping[str, float] = field(default_factory=dict, hash=False)
    points: tuple[tuple[float, float], ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class SensitivityControl:
    r"""A sensitivity control file, read against its model.

    `method` is one of the letters U, M, L, G and F; `drawn` has each element of a subscripted
    constant by itself. Under F `table` has the file's constants with their values, one for each
    run. `notes` are what the file asks for and what is done about it, line by line.

    Examples
    --------
    >>> import sdmodel as sd
    >>> from pathlib import Path
    >>> path = Path("out/three.vsc")
    >>> _ = path.parent.mkdir(exist_ok=True), path.write_text(
    ...     "50,L,7,,0\ninfectivity=RANDOM UNIFORM(.02,.04)\n")
    >>> control = sd.read_vsc(path, sd.load("models/epidemic.mdl"))
    >>> control.runs, control.method, control.drawn[0].distribution
    (50, 'L', 'RANDOM UNIFORM')
    """

    path: str
    digest: str
    runs: int = RUNS
    method: str = "M"
    seed: int = SEED
    file: str = ""
    warnings: bool = True
    drawn: tuple[Drawn, ...] = ()
    table: Mapping[str, tuple[float, ...]] = field(default_factory=dict, hash=False)
    notes: tuple[Problem, ...] = ()


def read_vsc(path: str | Path, model: Model) -> SensitivityControl:
    """Read a sensitivity control file, and the table that it names under method F.

    Parameters
    ----------
    path
        The `.vsc` file.
    model
        The model whose constants it varies.

    Raises
    ------
    ReadError
        With everything that is wrong in it, each with line and column.

    Examples
    --------
    >>> import sdmodel as sd
    >>> sd.read_vsc("missing.vsc", sd.load("models/epidemic.mdl"))
    Traceback (most recent call last):
    ...
    sdmodel.errors.ReadError: missing.vsc: ...
    """
    reader = _Reader(read_control(path), model)
    found = reader.read()
    if reader.problems:
        raise ReadError(reader.problems)
    return found


class _Reader(ControlReader):
    def __init__(self, source: SourceText, model: Model) -> None:
        super().__init__(source, model)
        self.drawn: dict[str, Drawn] = {}

    def read(self) -> SensitivityControl:
        rows = list(lines(self.source, self.problems))
        found = SensitivityControl(self.source.path, self.source.digest)
        if not rows:
            if not self.problems:
                self.problems.append(
                    self.source.problem(0, "the file is empty", cure=f"begin with {_SHOWN}")
                )
            return found
        found = self._head(rows[0], found)
        if found.method == "F":
            table = self._table(rows[0], found.file)
            for row in rows[1:]:
                self.note(row[0].at, "method F takes all values from its file: this is not used")
            return replace(found, table=table, notes=tuple(self.notes))
        for row in rows[1:]:
            self._distribution(row)
        if not self.drawn and not self.problems:
            message = "no constant is given a distribution, so there is nothing to run"
            cure = "add lines such as delay=RANDOM UNIFORM(2,8)"
            self.problems.append(self.source.problem(rows[0][0].at, message, cure=cure))
        return replace(found, drawn=tuple(self.drawn.values()), notes=tuple(self.notes))

    # The first line ---------------------------------------------------------------------------

    def _head(self, row: list[Token], found: SensitivityControl) -> SensitivityControl:
        # The file's name may hold anything but a comma, so it is not read word by word.
        line = self.source.line(self.source.place(row[0].at)[0])
        parts = [one.strip() for one in line.strip().split(",")]
        if "=" in line or not re.fullmatch(r"\d*", parts[0]):
            self.wrong(row[0].at, f"the first line must be {_SHOWN}", f"put {_USUAL} above it")
            return found
        for extra in parts[len(_HEAD) :]:
            if extra:
                self.note(row[0].at, f"{extra!r} behind the warnings has no meaning that is known")
        said = dict(zip(_HEAD, parts, strict=False))
        runs = int(said["runs"]) if said["runs"] else RUNS
        method = said.get("method", "").upper() or "M"
        if runs < 1 and method != "F":
            self.wrong(row[0].at, "the number of runs is 0", "give 1 or more")
        if method not in METHODS:
            choices = ", ".join(f"{letter} ({name})" for letter, name in METHODS.items())
            self.wrong(
                row[0].at, f"there is no method {said['method']!r}", f"choose from {choices}"
            )
        warnings = said.get("warnings", "") or "1"
        if warnings not in ("0", "1"):
            self.wrong(row[0].at, f"warnings is {warnings!r}", "give 0 for none, or 1")
        seed = said.get("seed", "") or str(SEED)
        if not re.fullmatch(r"[+-]?\d{1,10}", seed) or abs(int(seed)) > _LARGEST_SEED:
            self.wrong(row[0].at, f"the seed is {seed!r}", "give a whole number up to 2147483648")
            seed = str(SEED)
        if int(seed) < 0:
            told = (
                "a negative seed asks for Vensim's old generator: its absolute value is used here"
            )
            self.note(row[0].at, told)
        file = said.get("file", "").strip("\"'")
        if file and method != "F":
            self.note(row[0].at, f"the file {file!r} is read under method F only")
        return replace(
            found,
            runs=runs,
            method=method,
            seed=int(seed),
            file=file,
            warnings=warnings == "1",
        )

    # Distributions ----------------------------------------------------------------------------

    def _distribution(self, row: list[Token]) -> None:
        left, *rest = split(row, "=")
        if len(rest) != 1 or not left or not rest[0]:
            self.wrong(
                row[0].at, f"{spelt(self.source, row)!r} gives nothing a distribution", _CURE
            )
            return
        right = rest[0]
        if right[0].kind != "name" or len(right) < 3 or right[1].text != "(":
            self.wrong(right[0].at, f"{spelt(self.source, right)!r} is no distribution", _CURE)
            return
        if right[-1].text != ")":
            self.wrong(right[-1].at, "the bracket is never closed", "add ')'")
            return
        name = " ".join(right[0].text.replace("_", " ").upper().split())
        family = FAMILIES.get(name)
        if family is None:
            near = near_names(name, FAMILIES) or tuple(FAMILIES)
            self.wrong(
                right[0].at, f"there is no distribution {right[0].text!r}", did_you_mean(near)
            )
            return
        made = self._arguments(family, right[0], split(right[2:-1], ","))
        names = self._constants(left)
        if made is None:
            return
        for one in names:
            if told := beyond(self.model, one, made.low, made.high):
                self.note(right[0].at, f"{told}: this file counts")
            if one in self.drawn:
                self.note(left[0].at, f"{one!r} is given a distribution twice: this one counts")
            self.drawn[one] = replace(made, name=one)

    def _constants(self, left: Sequence[Token]) -> tuple[str, ...]:
        try:
            return self.names.constants(spelt(self.source, left))
        except SDError as error:
            self.wrong(left[0].at, why(error, self.model.source.source.path))
            return ()

    def _arguments(self, family: Family, at: Token, parts: list[list[Token]]) -> Drawn | None:
        words = ("min", "max", *family.arguments)
        if not family.least + 2 <= len(parts) <= len(words):
            told = f"{family.name} takes {', '.join(words)}, but here are {len(parts)} numbers"
            self.wrong(at.at, told)
            return None
        values: dict[str, float] = {}
        points: tuple[tuple[float, float], ...] = ()
        before = len(self.problems)
        for word, part in zip(words, parts, strict=False):
            if family.name == LOOKUP and word == "lookup":
                points = self._lookup(part or [at])
                continue
            value = signed(part)
            if value is None:
                shown = repr(spelt(self.source, part)) if part else "nothing"
                self.wrong((part or [at])[0].at, f"{word} must be a number, not {shown}")
                continue
            values[word] = value
            rule = family.rules.get(word)
            if rule is not None and not fits(rule, value):
                self.wrong(part[0].at, f"{word} of {family.name} is {value:g}: it must be {rule}")
        if len(self.problems) > before:
            return None
        low, high = values.pop("min"), values.pop("max")
        line = self.source.place(at.at)[0]
        if not low < high:
            # The manual: such a function is ignored.
            self.note(at.at, f"min {low:g} is not below max {high:g}: the constant is left alone")
            return None
        if family.name == "RANDOM TRIANGULAR" and not self._ordered(at, values):
            return None
        if values.get("order", 1.0) < 1:
            self.note(at.at, f"the order {values['order']:g} of a gamma distribution counts as 1")
            values["order"] = 1.0
        return Drawn("", family.name, low, high, values, points, line)

    def _ordered(self, at: Token, values: Mapping[str, float]) -> bool:
        start, peak, stop = values["start"], values["peak"], values["stop"]
        if start <= peak <= stop and start < stop:
            return True
        told = f"start {start:g}, peak {peak:g} and stop {stop:g} do not rise"
        self.wrong(at.at, f"{told}, as a triangle must")
        return False

    def _lookup(self, part: Sequence[Token]) -> tuple[tuple[float, float], ...]:
        name = spelt(self.source, part)
        try:
            found = self.model.definition(name)
        except SDError as error:
            self.wrong(part[0].at, why(error, self.model.source.source.path))
            return ()
        if not isinstance(found.table, Table) or not found.lookup:
            self.wrong(part[0].at, f"{found.name!r} is no lookup, which RANDOM LOOKUP draws from")
            return ()
        points = tuple(zip(found.table.xs, found.table.ys, strict=True))
        heights = found.table.ys
        if min(heights) < 0 or not max(heights) > 0 or len(set(found.table.xs)) < 2:
            told = (
                f"{found.name!r} is no density: it must be nowhere negative and somewhere above 0"
            )
            self.wrong(part[0].at, told)
        return points

    # The table of method F --------------------------------------------------------------------

    def _table(self, head: list[Token], file: str) -> dict[str, tuple[float, ...]]:
        if not file:
            self.wrong(head[0].at, "method F needs a file", "name it, as in 200,F,1234,runs.tab,0")
            return {}
        from sdmodel.control.rows import read_rows

        try:
            beside = read_control(Path(self.source.path).parent / file.replace("\\", "/"))
        except ReadError as error:
            self.wrong(head[0].at, f"its file: {why(error, '')}")
            return {}
        found, problems, notes = read_rows(beside, self.names)
        self.problems += problems
        self.notes += notes
        return found


_USUAL = f"{RUNS},M,{SEED},,1"
_SHOWN = f"{','.join(_HEAD)} such as {_USUAL}"
_CURE = "write NAME=DISTRIBUTION(min,max,...), such as delay=RANDOM NORMAL(1,9,5,2)"
