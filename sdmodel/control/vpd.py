"""Payoff definitions (`.vpd`): what makes one run better than another.

A type line such as ``*C`` (calibration) or ``*P`` (policy) holds until the next; each other line is
``variable/weight``, or ``variable|data/weight``. After the Vensim Reference Manual, "Payoff
Definitions" and "Payoff Element Types".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sdmodel.control.files import read_control
from sdmodel.control.naming import why
from sdmodel.control.places import bare, signed, spelt, split, stripped
from sdmodel.control.reading import ControlReader
from sdmodel.errors import Problem, ReadError, SDError
from sdmodel.expr import Table
from sdmodel.external.series import SeriesFiles, series_name
from sdmodel.frontends.tokens import ExpressionError, Token, words
from sdmodel.names import element_key, key
from sdmodel.source import SourceText

if TYPE_CHECKING:
    from sdmodel.model import Model

_TYPE = re.compile(r"\*\s*([A-Za-z ]*)")
_WORDS = {"CALIBRATION": "C", "POLICY": "P"}
# What may follow C and P, and which letters exclude each other.
ERRORS = {
    "O": "squared error times weight",
    "G": "Gaussian, weight is the standard deviation",
    "K": "Gaussian, weight is the variance",
    "R": "absolute error, weight is its scale",
    "P": "Poisson counts",
    "B": "binomial counts, weight is the number of trials",
}
TIMES = {"F": "final", "I": "initial"}
_POSITIVE = "GKRB"
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class PayoffPart:
    """One term of a payoff.

    `kind` is C or P; of a calibration `error` says how model and data are compared (O for the
    usual squared error, G, K, R, P or B) and `points` are the data; of a policy `time` is "every",
    "final" or "initial". `logs` takes logarithms first. `weight` is a number, or the name of the
    variable whose value it is.
    """

    kind: str
    variable: str
    weight: float | str = 1.0
    error: str = "O"
    time: str = "every"
    logs: bool = False
    data: str = ""
    points: Points = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class PayoffControl:
    r"""A payoff definition, read against its model: the sum of its `parts` is to be maximised.

    Each element of a subscripted variable is a part by itself. `notes` are what the file asks for
    and what was made of it, line by line.

    Examples
    --------
    >>> import sdmodel as sd
    >>> from pathlib import Path
    >>> path = Path("out/few_deaths.vpd")
    >>> _ = path.parent.mkdir(exist_ok=True), path.write_text("*PF\nDead/-1\n*P\nInfected/-1e-3\n")
    >>> payoff = sd.read_vpd(path, sd.load("models/epidemic.mdl"))
    >>> [(part.variable, part.time, part.weight) for part in payoff.parts]
    [('Dead', 'final', -1.0), ('Infected', 'every', -0.001)]
    """

    path: str
    digest: str
    parts: tuple[PayoffPart, ...] = ()
    notes: tuple[Problem, ...] = field(default=(), hash=False)


def read_vpd(path: str | Path, model: Model) -> PayoffControl:
    """Read a payoff definition, with the data that a calibration compares.

    Parameters
    ----------
    path
        The `.vpd` file.
    model
        The model, loaded with the files of its data (``load(path, data=[...])``).

    Raises
    ------
    ReadError
        With everything that is wrong in it, each with line and column.

    Examples
    --------
    >>> import sdmodel as sd
    >>> sd.read_vpd("missing.vpd", sd.load("models/epidemic.mdl"))
    Traceback (most recent call last):
    ...
    sdmodel.errors.ReadError: missing.vpd: ...
    """
    whole = read_control(path)
    reader = _Reader(bare(whole), model)
    reader.read()
    if reader.problems:
        raise ReadError(reader.problems)
    return PayoffControl(whole.path, whole.digest, tuple(reader.parts), tuple(reader.notes))


@dataclass(frozen=True, slots=True)
class _Type:
    kind: str
    error: str = "O"
    time: str = "every"
    logs: bool = False


class _Reader(ControlReader):
    def __init__(self, source: SourceText, model: Model) -> None:
        super().__init__(source, model)
        self.files = SeriesFiles(model.data_files)
        self.parts: list[PayoffPart] = []

    def read(self) -> None:
        current: _Type | None = None
        typed = False
        for at, text in stripped(self.source):
            if text.startswith("*"):
                current, typed = self._type(at, text), True
            elif current is not None:
                self._element(at, text, current)
            elif not typed:
                self.wrong(at, "no type line stands above", "put *C or *P above it")
                return
        if not self.parts and not self.problems:
            self.wrong(0, "there is nothing in it", "write *P, and below it profit/1 or the like")

    def _type(self, at: int, text: str) -> _Type | None:
        match = _TYPE.fullmatch(text)
        letters = (match[1] if match else "").replace(" ", "").upper()
        letters = _WORDS.get(letters, letters)
        if not letters or letters[0] not in "CPR":
            self.wrong(at, f"{text!r} is no type of payoff", "begin with *C or *P")
            return None
        if letters[0] == "R":
            told = f"{text}: priors of the kind *R are not offered"
            self.wrong(
                at, told, "write the logarithm of the prior as a variable, under *PI", "unsupported"
            )
            return None
        kind, rest = letters[0], letters[1:]
        known = set(ERRORS) if kind == "C" else set(TIMES)
        chosen = [letter for letter in rest if letter in known]
        strange = [letter for letter in rest if letter not in known | {"L"}]
        if strange:
            choices = ", ".join(f"{a} ({b})" for a, b in (ERRORS if kind == "C" else TIMES).items())
            told = f"{text}: {', '.join(strange)} behind *{kind} is not offered"
            self.wrong(at, told, f"there are L (logarithms), {choices}", "unsupported")
            return None
        if len(chosen) > 1 or rest.count("L") > 1:
            self.wrong(at, f"{text}: {' and '.join(rest)} exclude each other", "keep one")
            return None
        logs = "L" in rest
        if kind == "P":
            return _Type(kind, time=TIMES[chosen[0]] if chosen else "every", logs=logs)
        if logs and chosen and chosen[0] in "PB":
            self.wrong(at, f"{text}: counts are compared as they are, not by logarithms")
            return None
        return _Type(kind, error=chosen[0] if chosen else "O", logs=logs)

    def _element(self, at: int, text: str, current: _Type) -> None:
        try:
            row = words(self.source.text, at, at + len(text))
        except ExpressionError as error:
            self.wrong(error.at, error.message, error.cure)
            return
        named, *weighed = split(row, "/")
        pair = split(named, "|")
        most = 2 if current.kind == "C" else 1
        if len(weighed) > 1 or len(pair) > most or not all(pair) or not all(weighed):
            self.wrong(at, f"{text!r} is not {_FORM[current.kind]}", "write it so")
            return
        weight = self._weight(weighed[0], current) if weighed else (1.0,)
        if current.kind == "P":
            variables = self._variables(pair[0])
            if variables and weight:
                self._add(at, current, variables, (("", ()),), weight)
            return
        model, data = self._pair(pair)
        if model and data and weight:
            self._add(at, current, model, data, weight)

    def _add(
        self,
        at: int,
        current: _Type,
        variables: Sequence[str],
        data: Sequence[tuple[str, Points]],
        weights: Sequence[float | str],
    ) -> None:
        count = len(variables)
        for what, one in (("data", data), ("weight", weights)):
            if len(one) not in (1, count) or (what == "data" and data[0][0] and len(one) != count):
                self.wrong(at, f"{count} elements have {len(one)} of {what}: give one for each")
                return
        line = self.source.place(at)[0]
        for place, variable in enumerate(variables):
            name, points = data[place % len(data)]
            self.parts.append(
                PayoffPart(
                    current.kind,
                    variable,
                    weights[place % len(weights)],
                    current.error,
                    current.time,
                    current.logs,
                    name,
                    points,
                    line,
                )
            )

    def _variables(self, row: Sequence[Token]) -> tuple[str, ...]:
        try:
            return self.names.variables(spelt(self.source, row))
        except SDError as error:
            self.wrong(row[0].at, why(error, self.model.source.source.path))
            return ()

    def _weight(self, row: Sequence[Token], current: _Type) -> tuple[float | str, ...]:
        value = signed(row)
        if value is None:
            return self._variables(row)
        if current.kind == "C" and current.error in _POSITIVE and not value > 0:
            what = ERRORS[current.error].rpartition(", ")[2]
            self.wrong(row[0].at, f"the weight {value:g} must be above 0 ({what})")
            return ()
        return (value,)

    # Data -------------------------------------------------------------------------------------

    def _pair(self, pair: list[list[Token]]) -> tuple[tuple[str, ...], list[tuple[str, Points]]]:
        """Return what the model computes, and the data of each element."""
        if len(pair) == 1:
            model = self._variables(pair[0])
            return model, self._data(pair[0], model)
        # Both orders are met: what the model knows as data is the data.
        first, second = (self._is_data(one) for one in pair)
        if first and second:
            self.wrong(pair[0][0].at, "both sides of '|' are data", "name a computed variable")
            return (), []
        if first:
            pair = pair[::-1]
        model = self._variables(pair[0])
        text = spelt(self.source, pair[1])
        if series_name(text)[0] in self.model.source.by_key:
            return model, self._data(pair[1], self._variables(pair[1]))
        return model, self._data(pair[1], (text,))

    def _is_data(self, row: Sequence[Token]) -> bool:
        found = self.model.source.by_key.get(series_name(spelt(self.source, row))[0])
        return found is not None and bool(found.data)

    def _data(self, row: Sequence[Token], names: Sequence[str]) -> list[tuple[str, Points]]:
        found, without = [], []
        for name in names:
            points = self._points(name)
            found.append((name, points))
            if not points:
                without.append(name)
        if without:
            name = without[0]
            near = self.files.near(series_name(name)[0])
            told = f"there are no data of {name!r}" + (
                f"; did you mean {near[0]!r}?" if near else ""
            )
            cure = "give a file that has them: load(path, data=[...]), or --data FILE"
            self.wrong(row[0].at, told, cure)
            return []
        return found

    def _points(self, name: str) -> Points:
        """Return the data of one element: from the data files, or as the model has read them."""
        base, elements = series_name(name)
        series = self.files.find(base, elements)
        if series is not None:
            return _of(series.table())
        for entry in self.model.source.entries.get(base, ()):
            if not entry.data or entry.table is None:
                continue
            if isinstance(entry.table, Table):
                own = ",".join(map(key, entry.subscripts))
                if not elements or own == ",".join(elements):
                    return _of(entry.table)
                continue
            shape = self.model.program.shapes.get(base)
            if shape is not None:
                labels = dict(zip(shape.keys(), entry.table.tables, strict=False))
                found = labels.get(element_key(name)[len(base) :])
                if found is not None:
                    return _of(found)
        return ()


_FORM = {"C": "variable|data/weight", "P": "variable/weight"}


def _of(table: Table) -> Points:
    return tuple(zip(table.xs, table.ys, strict=True))
