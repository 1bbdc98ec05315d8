"""A model that is looked at again and again: what can be kept from one save to the next is kept."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sdmodel.checks.checking import check_model, faults_of
from sdmodel.checks.facts import Facts
from sdmodel.checks.records import Finding
from sdmodel.checks.rules import Rules, rules_of
from sdmodel.checks.subject import Subject
from sdmodel.errors import SDError
from sdmodel.expr import literal
from sdmodel.model import Model
from sdmodel.program import Program
from sdmodel.settings import ModelSettings
from sdmodel.settings_file import read_toml, settings_of
from sdmodel.source import SourceModel
from sdmodel.units import UnitReport
from sdmodel.watching.alike import LEFT, SAID, same_frame
from sdmodel.watching.changes import Moved, Rewritten, moved, rewritten
from sdmodel.watching.units import units_again


@dataclass(frozen=True, slots=True)
class Look:
    """What a save did to the run.

    `rewritten` and `moved` compare with the last version that could be run; `errors` are why this
    one cannot. `reused` tells that only constants changed, so that nothing was compiled; `seconds`
    is the time from reading to the comparison.
    """

    errors: tuple[Finding, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()
    moved: tuple[Moved, ...] = ()
    reused: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the checks say after a save: all findings, and those the last verdict had not, or had.

    `seconds` is the time that the checks took.
    """

    findings: tuple[Finding, ...]
    fresh: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    seconds: float


@dataclass
class Session:
    """A model file under the eyes of its author: `look` runs it, `verdict` then checks it.

    Examples
    --------
    >>> session = Session("models/core.mdl")
    >>> session.look().errors, session.verdict().findings
    ((), ())
    """

    path: str | Path
    data: Sequence[str | Path] = ()
    allow: Sequence[str | Path] = ()
    rules: Rules | None = None
    # The last model that could be run, and what is known of it.
    _model: Model | None = field(default=None, init=False)
    _facts: Facts | None = field(default=None, init=False)
    _now: tuple[Model, Facts | None] = field(init=False)
    _source: SourceModel | None = field(default=None, init=False)
    _toml: tuple[bytes, Mapping[str, Any]] | None = field(default=None, init=False)
    _units: tuple[SourceModel, UnitReport] | None = field(default=None, init=False)
    _errors: tuple[Finding, ...] = field(default=(), init=False)
    _findings: tuple[Finding, ...] = field(default=(), init=False)

    @property
    def settings(self) -> Path:
        """The TOML file beside the model."""
        return Path(self.path).with_suffix(".toml")

    @property
    def watched(self) -> list[Path]:
        """The files a save of which counts: the model, its settings, its data."""
        return [Path(self.path), self.settings, *map(Path, self.data)]

    @property
    def model(self) -> Model:
        """The model as it was last looked at without errors."""
        return self._now[0]

    def look(self) -> Look:
        """Read and run the model, and compare it with the last time that could be done."""
        start = time.perf_counter()
        before, facts = self._model, self._facts
        try:
            model, reused = self._read()
        except SDError as error:
            self._errors = tuple(faults_of(error))
            return Look(self._errors, seconds=time.perf_counter() - start)
        self._errors = ()
        now = _run(model, facts if reused else None)
        self._now = model, now
        if now is not None:
            self._model, self._facts = model, now
        return Look(
            (),
            tuple(rewritten(before.source, model.source)) if before is not None else (),
            tuple(moved(facts, now)) if facts is not None and now is not None else (),
            reused,
            time.perf_counter() - start,
        )

    def verdict(self) -> Verdict:
        """Check what was looked at last, and compare with the last verdict."""
        start, known = time.perf_counter(), self._findings
        self._findings = self._errors or tuple(self._checked())
        fresh, gone = _against(known, self._findings)
        return Verdict(self._findings, fresh, gone, time.perf_counter() - start)

    def _checked(self) -> list[Finding]:
        model, facts = self._now
        try:
            rules = self.rules or rules_of(self._tables(), self.settings)
        except SDError as error:
            return faults_of(error)
        subject = Subject(model, rules, facts, self._known_units(model.source))
        found = check_model(model, rules, subject=subject)
        if "units" in vars(subject):
            self._units = model.source, subject.units
        return found

    def _known_units(self, source: SourceModel) -> UnitReport | None:
        return None if self._units is None else units_again(*self._units, source)

    def _read(self) -> tuple[Model, bool]:
        """Return the model, and whether its program is the last one but for constants."""
        from sdmodel.external.resolve import resolve

        files = tuple(self.data), tuple(self.allow)
        model = Model(resolve(self._text(), self.data, allow=self.allow), files=files)
        program = _with_constants(self._model, model.source) if self._facts is not None else None
        if program is not None:
            vars(model)["program"] = program
        model.program  # noqa: B018 - raises what is wrong with the model
        if self.settings.is_file() and self.settings.name != "pyproject.toml":
            model.settings = self._read_settings(model)
        return model, program is not None

    def _text(self) -> SourceModel:
        """Read the file; entries that are as they were are taken over."""
        from sdmodel.frontends import read, read_bytes
        from sdmodel.frontends.again import parse_again
        from sdmodel.frontends.text import decode

        place = Path(self.path)
        if place.suffix.lower() != ".mdl":
            return read(place)
        source = decode(str(self.path), read_bytes(place))
        self._source = parse_again(source, self._source)
        return self._source

    def _read_settings(self, model: Model) -> ModelSettings:
        """Read the settings, unless nothing that they are read against is different."""
        known, last = self._toml, self._model
        tables = self._tables()
        same = last is not None and known is self._toml and (
            model.constants == last.constants
            and model.columns == last.columns
            and list(map(SAID, model.source.variables)) == list(map(SAID, last.source.variables))
        )  # fmt: skip
        if same and last is not None:
            return last.settings
        return settings_of(tables, self.settings, model)

    def _tables(self) -> Mapping[str, Any]:
        """Return what the TOML file says; one that is as it was is not read again."""
        raw = self.settings.read_bytes() if self.settings.is_file() else b""
        if self._toml is None or self._toml[0] != raw:
            self._toml = raw, read_toml(self.settings) if raw else {}
        return self._toml[1]


def _run(model: Model, like: Facts | None) -> Facts | None:
    """Return the facts of a run; None where it cannot be made, which a check tells."""
    try:
        return Facts(model.program, like)
    except SDError:
        return None


def _with_constants(last: Model | None, source: SourceModel) -> Program | None:
    """Return the last program with other values of constants, where nothing else is different."""
    if last is None or not same_frame(last.source, source):
        return None
    values: dict[str, float] = {}
    program = last.program
    for old, new in zip(last.source.variables, source.variables, strict=True):
        if LEFT(old) != LEFT(new):
            return None
        if old.equation == new.equation and old.table == new.table:
            continue
        value = None if new.equation is None else literal(new.equation)
        plain = old.equation is not None and literal(old.equation) is not None
        if value is None or not plain or new.key not in program.constants:
            return None
        if new.key in program.structural:
            return None
        values[new.key] = value
    return replace(program, constants={**program.constants, **values})


def _against(
    before: Sequence[Finding], after: Sequence[Finding]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return what is new and what is gone, wherever in the file it stands."""

    def same(one: Finding) -> tuple[str, str, str]:
        return one.code, one.problem.variable, one.problem.message

    old, new = {same(one) for one in before}, {same(one) for one in after}
    fresh = tuple(one for one in after if same(one) not in old)
    return fresh, tuple(one for one in before if same(one) not in new)
