"""Reading the TOML file beside a model: levers, uncertainties, outcomes, scenarios.

What the `.mdl` says already (default, unit, range, comment) is taken from there and not repeated.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from sdmodel import factors
from sdmodel.errors import ModelError, SettingsError, did_you_mean, near_names
from sdmodel.factors import Factor
from sdmodel.parts import part_key, split
from sdmodel.settings import ModelSettings, OutcomeSpec, Scenario
from sdmodel.source import Variable

_LARGEST = 4 * 2**20


class HasVariables(Protocol):
    """What settings are read against: a model's variables and constants."""

    @property
    def constants(self) -> Mapping[str, float]:
        """Default values of the constants, by name."""

    @property
    def variables(self) -> Sequence[str]:
        """All names."""

    @property
    def columns(self) -> Sequence[str]:
        """All names and elements that have a course in time."""

    def definition(self, name: str) -> Variable:
        """Return what the file says of a variable."""

    def with_parts(self, names: Iterable[str]) -> HasVariables:
        """Return the model with parts of lookups and stocks as constants."""


_TABLES: dict[str, dict[str, type | tuple[type, ...]]] = {
    "levers": factors.KEYS,
    "uncertainties": factors.KEYS,
    "outcomes": {
        "of": str,
        "reduce": str,
        "at": (int, float),
        "never": (int, float),
        "label": str,
        "unit": str,
        "between": list,
        "arm": str,
        "reference": str,
        "expression": str,
        "let": dict,
    },
    "scenarios": {"label": str, "description": str, "group": str, "set": dict},
}


def read_settings(
    path: str | Path,
    model: HasVariables,
    ignore: Collection[str] = (),
    *,
    content: bytes | None = None,
) -> ModelSettings:
    """Read the TOML file of a model.

    Parameters
    ----------
    path
        The file.
    model
        The model whose variables it names.
    ignore
        What else may stand in the file, for somebody else.
    content
        What is to be read in place of the file on disk.

    Raises
    ------
    SettingsError
        If the file is not TOML, has keys nobody knows, or names what the model does not have.

    Examples
    --------
    >>> import sdmodel as sd
    >>> model = sd.load("models/core.mdl")
    >>> read_settings("models/core.toml", model).levers["network exposure"].high
    1.0
    """
    return settings_of(read_toml(Path(path), content), path, model, ignore)


def settings_of(
    raw: Mapping[str, Any], path: str | Path, model: HasVariables, ignore: Collection[str] = ()
) -> ModelSettings:
    """Return what the tables of a TOML file say; see `read_settings`."""
    return _Reader(str(path), model).read({k: v for k, v in raw.items() if k not in ignore})


def read_toml(path: Path, content: bytes | None = None) -> dict[str, Any]:
    """Return what a TOML file says, or a `SettingsError` with what is wrong with it."""
    try:
        if content is None and path.stat().st_size > _LARGEST:
            raise SettingsError(str(path), f"the file is larger than {_LARGEST:,} bytes")
        # Editors on Windows like to put a byte order mark in front.
        return tomllib.loads(
            (path.read_bytes() if content is None else content).decode("utf-8-sig")
        )
    except OSError as error:
        raise SettingsError(str(path), f"cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, no end of brackets
        raise SettingsError(str(path), f"this is not valid TOML: {error}") from None


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False


class _Reader:
    def __init__(self, path: str, model: HasVariables) -> None:
        self.path = path
        self.wrong: list[str] = []
        self.know(model)

    def know(self, model: HasVariables) -> None:
        self.model = model
        self.names = {part_key(name): name for name in (*model.columns, *model.variables)}
        self.constants = {part_key(name): value for name, value in model.constants.items()}

    def fail(self, reason: str) -> SettingsError:
        return SettingsError(self.path, reason)

    def read(self, raw: dict[str, Any]) -> ModelSettings:
        try:
            found = self.settings(raw)
        except SettingsError as error:
            self.wrong.append(error.reason)
        if self.wrong:
            raise self.fail("\n".join(dict.fromkeys(self.wrong)))
        return found

    def settings(self, raw: dict[str, Any]) -> ModelSettings:
        known = ("title", "highlights", *_TABLES, "correlations", "expectations", "never_negative")
        known += ("checks",)  # those of `sdmodel check`, which reads them itself
        for name in raw:
            if name not in known:
                hint = did_you_mean(near_names(name, known)) or f"there are: {', '.join(known)}"
                raise self.fail(f"nothing is called '{name}' here; {hint}")
        title, highlights = raw.get("title", ""), raw.get("highlights", [])
        if not isinstance(title, str) or not isinstance(highlights, list):
            raise self.fail("title must be a text and highlights a list of variables")
        never_negative = raw.get("never_negative", [])
        if not isinstance(never_negative, list):
            raise self.fail("never_negative must be a list of variables")
        tables = {kind: self.table(raw, kind) for kind in _TABLES}
        for kind in ("levers", "uncertainties"):
            tables[kind] = factors.spread_out(tables[kind], self.wrong, kind)
        self.parts(tables)
        levers, uncertainties = (self.factors(tables, one) for one in ("levers", "uncertainties"))
        for name in sorted(levers.keys() & uncertainties.keys()):
            self.wrong.append(f"'{name}' is both a lever and an uncertainty: leave one out")
        told = (*tables["levers"], *tables["uncertainties"])
        told += (*raw.get("levers", {}), *raw.get("uncertainties", {}))
        named = [self.names.get(part_key(name), name) for name in told]
        correlations = self.correlations(raw.get("correlations", {}), named)
        return ModelSettings(
            title=title,
            highlights=tuple(self.course(name, "highlights") for name in highlights),
            levers=levers,
            uncertainties=uncertainties,
            outcomes={n: self.outcome(n, one, tables) for n, one in tables["outcomes"].items()},
            scenarios={n: self.scenario(n, one) for n, one in tables["scenarios"].items()},
            never_negative=tuple(self.course(name, "never_negative") for name in never_negative),
            correlations=correlations,
        )

    def table(self, raw: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
        found, allowed = raw.get(kind, {}), _TABLES[kind]
        if not isinstance(found, dict):
            raise self.fail(f"'{kind}' must be tables such as [{kind}.\"name\"]")
        fitting: dict[str, dict[str, Any]] = {}
        for name, entry in found.items():
            where = f'[{kind}."{name}"]'
            if not isinstance(entry, dict):
                self.wrong.append(f"{where} must be a table")
                continue
            before = len(self.wrong)
            for word, value in entry.items():
                self.check_word(where, word, value, allowed)
            if len(self.wrong) == before:
                fitting[name] = entry
        return fitting

    def check_word(self, where: str, word: str, value: object, allowed: Mapping[str, Any]) -> None:
        if word not in allowed:
            hint = did_you_mean(near_names(word, allowed)) or ", ".join(allowed)
            self.wrong.append(f"{where} has no key '{word}'; {hint}")
        elif not isinstance(value, allowed[word]) or isinstance(value, bool):
            self.wrong.append(f"{where}: {word} = {value!r} is of the wrong kind")
        elif isinstance(value, int | float) and not _finite(value):
            self.wrong.append(f"{where}: {word} must be a finite number")

    def parts(self, tables: Mapping[str, dict[str, dict[str, Any]]]) -> None:
        """Make constants of the parts of lookups and stocks that the tables name."""
        wanted = {
            name: f'[{kind}."{name}"]'
            for kind in ("levers", "uncertainties")
            for name in tables[kind]
        }
        for of, one in tables["scenarios"].items():
            wanted |= dict.fromkeys(one.get("set", {}), f'[scenarios."{of}"]')
        wanted = {n: at for n, at in wanted.items() if part_key(n) not in self.names}
        names = [name for name in wanted if split(name)]
        try:
            self.know(self.model.with_parts(names))
        except ModelError:
            for name in names:
                self.part(name, wanted[name])

    def part(self, name: str, where: str) -> None:
        """Make a constant of one part, or tell what is wrong with it."""
        try:
            self.know(self.model.with_parts([name]))
        except ModelError as error:
            told = (f"{one.message}; {one.cure}" for one in error.problems)
            self.wrong += [f"{where}: {one}" for one in told]

    def variable(self, name: object, where: str) -> str:
        if not isinstance(name, str):
            raise self.fail(f"{where}: {name!r} is not the name of a variable")
        if part_key(name) not in self.names:
            hint = did_you_mean(near_names(name, self.names.values()))
            raise self.fail(f"{where}: the model has no variable '{name}'; {hint}".rstrip("; "))
        return self.names[part_key(name)]

    def course(self, name: object, where: str) -> str:
        spelled = self.variable(name, where)
        found = self.model.definition(spelled)
        if found.table is not None and not found.data:
            raise self.fail(
                f"{where}: '{spelled}' is a lookup and has no course in time: "
                "name the variable that reads it"
            )
        return spelled

    def constant(self, name: str, where: str) -> tuple[str, float | None]:
        """Return a constant's name and value; of an array whose elements differ no value."""
        spelled, wanted = self.variable(name, where), part_key(name)
        if wanted in self.constants:
            return spelled, self.constants[wanted]
        elements = [one for one in self.names if one.startswith(f"{wanted}[")]
        if not elements or not self.constants.keys() >= set(elements):
            raise self.fail(
                f"{where}: '{spelled}' is computed by the model; only constants can be set"
            )
        values = {self.constants[one] for one in elements}
        return spelled, values.pop() if len(values) == 1 else None

    def factors(self, tables: dict[str, Any], kind: str) -> dict[str, Factor]:
        found: dict[str, Factor] = {}
        for name, entry in tables[kind].items():
            where = f'[{kind}."{name}"]'
            if split(name) and part_key(name) not in self.names:
                continue  # refused already
            try:
                spelled, default = self.constant(name, where)
            except SettingsError as error:
                self.wrong.append(error.reason)
                continue
            if default is None:
                own = [n for k, n in self.names.items() if k.startswith(f"{part_key(name)}[")]
                told = f"its elements differ: name one, such as '{own[0]}'"
                self.wrong.append(f"{where}: {told}")
                continue
            said = self.model.definition(spelled)
            factor, wrong = factors.read_factor(entry, where, spelled, default, said)
            self.wrong += wrong
            if spelled in found:
                self.wrong.append(f"{where} is there twice: leave one out")
            if factor is not None:
                found[spelled] = factor
        return found

    def correlations(self, raw: object, known: Sequence[str]) -> tuple[tuple[str, str, float], ...]:
        """Return the rank correlations of ``[correlations]``: a table for each first factor."""
        if not isinstance(raw, dict) or not all(isinstance(one, dict) for one in raw.values()):
            raise self.fail(
                'correlations must be as in [correlations] with "one factor" = { "another" = 0.6 }'
            )
        names = {part_key(name): name for name in known}
        found = []
        for one, others in raw.items():
            for other, rho in others.items():
                strange = [name for name in (one, other) if part_key(name) not in names]
                for name in strange:
                    hint = did_you_mean(near_names(name, known)) or "name it there first"
                    told = f"[correlations]: '{name}' is no lever or uncertainty here; {hint}"
                    self.wrong.append(told)
                if isinstance(rho, bool) or not isinstance(rho, int | float) or not _finite(rho):
                    self.wrong.append(f"[correlations]: {one} with {other} = {rho!r} is no number")
                elif not strange:
                    pair = names[part_key(one)], names[part_key(other)]
                    found.append((*pair, float(rho)))
        return tuple(found)

    def outcome(self, name: str, entry: dict[str, Any], tables: dict[str, Any]) -> OutcomeSpec:
        where = f'[outcomes."{name}"]'
        if "expression" in entry or "let" in entry:
            return self.combination(name, entry)
        if "of" not in entry:
            raise self.fail(
                f'{where} must say which variable it is of: of = "name", or what it is worked out '
                'from: expression = "a - b" and let = {a = "one outcome", b = "another"}'
            )
        for word in ("arm", "reference"):
            one, scenarios = entry.get(word), tables["scenarios"]
            if one is not None and one not in scenarios:
                hint = did_you_mean(near_names(one, scenarios)) or (
                    f"there are: {', '.join(scenarios)}" if scenarios else "it names none"
                )
                raise self.fail(f"{where}: {word} = '{one}' is no scenario of this file; {hint}")
        at, never = entry.get("at"), entry.get("never")
        return OutcomeSpec(
            name=name,
            of=self.course(entry["of"], where),
            reduce=entry.get("reduce", "final"),
            at=None if at is None else float(at),
            never=None if never is None else float(never),
            label=entry.get("label", ""),
            unit=entry.get("unit", ""),
            between=self.window(entry.get("between"), where),
            arm=entry.get("arm", ""),
            reference=entry.get("reference", ""),
        )

    def combination(self, name: str, entry: dict[str, Any]) -> OutcomeSpec:
        where = f'[outcomes."{name}"]'
        extra = sorted(entry.keys() - {"expression", "let", "label", "unit"})
        if extra:
            raise self.fail(
                f"{where} is worked out from other outcomes, so it has no use for "
                f"{', '.join(extra)}: say that of the outcomes it is worked out from"
            )
        let = entry.get("let", {})
        if not entry.get("expression") or not let:
            raise self.fail(
                f'{where} needs both: expression = "a - b" and '
                'let = {a = "one outcome", b = "another"}'
            )
        for letter, of in let.items():
            if not isinstance(of, str):
                raise self.fail(f"{where}: let.{letter} must be the name of an outcome, not {of!r}")
        return OutcomeSpec(
            name=name,
            label=entry.get("label", ""),
            unit=entry.get("unit", ""),
            expression=entry["expression"],
            let=dict(let),
        )

    def window(self, found: list[Any] | None, where: str) -> tuple[float, float] | None:
        if found is None:
            return None
        ends = [one for one in found if isinstance(one, int | float) and not isinstance(one, bool)]
        if len(found) != 2 or len(ends) != 2 or not ends[0] < ends[1] or not _finite(sum(ends)):
            raise self.fail(f"{where}: between = {found} must be two times, the earlier one first")
        return float(ends[0]), float(ends[1])

    def scenario(self, name: str, entry: dict[str, Any]) -> Scenario:
        where, values = f'[scenarios."{name}"]', {}
        for of, value in entry.get("set", {}).items():
            spelled, _ = self.constant(of, where)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise self.fail(f"{where}: '{of}' must be set to a number, not {value!r}")
            if not _finite(value):
                raise self.fail(f"{where}: '{of}' must be set to a finite number")
            if spelled in values:
                raise self.fail(f"{where}: '{of}' is set twice: keep one value")
            values[spelled] = float(value)
        group = entry.get("group", "")
        if "group" in entry and not group.strip():
            raise self.fail(f"{where}: group is empty: name one, or leave the key out")
        return Scenario(
            name, entry.get("label", ""), entry.get("description", ""), values, group.strip()
        )
