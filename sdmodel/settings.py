"""The TOML file beside a model: levers, uncertainties, outcomes, scenarios, by the model's names.

What the `.mdl` says already (default, unit, range, comment) is taken from there and not repeated.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from sdmodel.errors import OverrideError, SettingsError, did_you_mean, near_names
from sdmodel.names import element_key, key
from sdmodel.source import Variable

KINDS = ("continuous", "integer", "switch")
_LARGEST = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Factor:
    """A constant that a study varies: a lever (policy can move it) or an uncertainty (nobody can).

    `low`, `high`, `default` are in `unit`; `distribution` says how values are drawn between them.

    Examples
    --------
    >>> import sdmodel as sd
    >>> exposure = sd.load("models/core.mdl").settings.levers["network exposure"]
    >>> exposure.low, exposure.default, exposure.high
    (0.0, 0.4, 1.0)
    """

    name: str
    low: float
    high: float
    default: float
    unit: str = ""
    label: str = ""
    group: str = ""
    distribution: str = "uniform"
    kind: str = "continuous"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named setting of constants; scenarios of one `group` are shown together.

    Examples
    --------
    >>> import sdmodel as sd
    >>> sd.load("models/core.mdl").scenario("autarky").values
    {'network exposure': 0.0}
    """

    name: str
    label: str = ""
    description: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    group: str = ""


@dataclass(frozen=True, slots=True)
class OutcomeSpec:
    """What a study looks at: a variable and how its course becomes one number.

    `at` is the time, level or rate that the reducer needs; `never` what counts where a level is
    never reached, such as a year past the end of the run; `between` the first and the last time it
    looks at, where that is not the whole run. `arm` is the scenario in which it is measured,
    `reference` the one it is compared with. An outcome with an `expression` has no variable of its
    own: it is worked out from the others that `let` gives letters to.

    Examples
    --------
    >>> import sdmodel as sd
    >>> outcome = sd.load("models/core.mdl").settings.outcomes["dependence"]
    >>> outcome.of, outcome.reduce
    ('foreign share of learning', 'mean')
    """

    name: str
    of: str = ""
    reduce: str = "final"
    at: float | None = None
    never: float | None = None
    label: str = ""
    unit: str = ""
    between: tuple[float, float] | None = None
    arm: str = ""
    reference: str = ""
    expression: str = ""
    let: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Everything the TOML file says; empty where there is none.

    Examples
    --------
    >>> import sdmodel as sd
    >>> list(sd.load("models/core.mdl").settings.scenarios)[:2]
    ['autarky', 'passive_openness']
    """

    title: str = ""
    highlights: tuple[str, ...] = ()
    levers: Mapping[str, Factor] = field(default_factory=dict)
    uncertainties: Mapping[str, Factor] = field(default_factory=dict)
    outcomes: Mapping[str, OutcomeSpec] = field(default_factory=dict)
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    never_negative: tuple[str, ...] = ()

    def scenario(self, name: str, where: Path) -> Scenario:
        """Return a scenario by name; `where` is the file that is to have it."""
        for known in self.scenarios.values():
            if key(known.name) == key(name):
                return known
        names = list(self.scenarios)
        hint = did_you_mean(near_names(name, names))
        if not hint:
            hint = f"there are: {', '.join(names)}" if names else "the file names none"
        raise OverrideError(name, f"{where}: there is no scenario named '{name}'; {hint}")

    def among(self, constants: Mapping[str, float]) -> ModelSettings:
        """Return what is left where only these constants are: levers may have become equations."""
        left = {key(name) for name in constants}

        def factors(mapping: Mapping[str, Factor]) -> dict[str, Factor]:
            return {
                name: replace(one, default=default)
                for name, one in mapping.items()
                if key(name) in left
                and one.low <= (default := constants.get(name, one.default)) <= one.high
            }

        scenarios = {
            name: replace(one, values={n: v for n, v in one.values.items() if key(n) in left})
            for name, one in self.scenarios.items()
        }
        levers, uncertainties = factors(self.levers), factors(self.uncertainties)
        return replace(self, levers=levers, uncertainties=uncertainties, scenarios=scenarios)


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


_TABLES: dict[str, dict[str, type | tuple[type, ...]]] = {
    "levers": {
        "low": (int, float),
        "high": (int, float),
        "label": str,
        "group": str,
        "distribution": str,
        "kind": str,
    },
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
_TABLES["uncertainties"] = _TABLES["levers"]


def read_settings(path: str | Path, model: HasVariables) -> ModelSettings:
    """Read the TOML file of a model.

    Parameters
    ----------
    path
        The file.
    model
        The model whose variables it names.

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
    return _Reader(str(path), model).read(read_toml(Path(path)))


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file says, or a `SettingsError` with what is wrong with it."""
    try:
        if path.stat().st_size > _LARGEST:
            raise SettingsError(str(path), f"the file is larger than {_LARGEST:,} bytes")
        # Editors on Windows like to put a byte order mark in front.
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
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
        self.path, self.model = path, model
        self.names = {element_key(name): name for name in (*model.columns, *model.variables)}
        self.constants = {element_key(name): value for name, value in model.constants.items()}

    def fail(self, reason: str) -> SettingsError:
        return SettingsError(self.path, reason)

    def read(self, raw: dict[str, Any]) -> ModelSettings:
        known = ("title", "highlights", *_TABLES, "expectations", "never_negative")
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
        levers, uncertainties = (self.factors(tables, one) for one in ("levers", "uncertainties"))
        for name in sorted(levers.keys() & uncertainties.keys()):
            raise self.fail(f"'{name}' is both a lever and an uncertainty: leave one out")
        return ModelSettings(
            title=title,
            highlights=tuple(self.course(name, "highlights") for name in highlights),
            levers=levers,
            uncertainties=uncertainties,
            outcomes={n: self.outcome(n, one, tables) for n, one in tables["outcomes"].items()},
            scenarios={n: self.scenario(n, one) for n, one in tables["scenarios"].items()},
            never_negative=tuple(self.course(name, "never_negative") for name in never_negative),
        )

    def table(self, raw: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
        found, allowed = raw.get(kind, {}), _TABLES[kind]
        if not isinstance(found, dict):
            raise self.fail(f"'{kind}' must be tables such as [{kind}.\"name\"]")
        for name, entry in found.items():
            where = f'[{kind}."{name}"]'
            if not isinstance(entry, dict):
                raise self.fail(f"{where} must be a table")
            for word, value in entry.items():
                if word not in allowed:
                    hint = did_you_mean(near_names(word, allowed)) or ", ".join(allowed)
                    raise self.fail(f"{where} has no key '{word}'; {hint}")
                if not isinstance(value, allowed[word]) or isinstance(value, bool):
                    raise self.fail(f"{where}: {word} = {value!r} is of the wrong kind")
                if isinstance(value, int | float) and not _finite(value):
                    raise self.fail(f"{where}: {word} must be a finite number")
        return found

    def variable(self, name: object, where: str) -> str:
        if not isinstance(name, str):
            raise self.fail(f"{where}: {name!r} is not the name of a variable")
        if element_key(name) not in self.names:
            hint = did_you_mean(near_names(name, self.names.values()))
            raise self.fail(f"{where}: the model has no variable '{name}'; {hint}".rstrip("; "))
        return self.names[element_key(name)]

    def course(self, name: object, where: str) -> str:
        spelled = self.variable(name, where)
        found = self.model.definition(spelled)
        if found.table is not None and not found.data:
            raise self.fail(
                f"{where}: '{spelled}' is a lookup and has no course in time: "
                "name the variable that reads it"
            )
        return spelled

    def constant(self, name: str, where: str) -> tuple[str, float]:
        spelled = self.variable(name, where)
        if element_key(name) not in self.constants:
            raise self.fail(
                f"{where}: '{spelled}' is computed by the model; only constants can be set"
            )
        return spelled, self.constants[element_key(name)]

    def factors(self, tables: dict[str, Any], kind: str) -> dict[str, Factor]:
        found: dict[str, Factor] = {}
        for name, entry in tables[kind].items():
            factor = self.factor(name, entry, kind)
            if factor.name in found:
                raise self.fail(f'[{kind}."{name}"] is there twice: leave one out')
            found[factor.name] = factor
        return found

    def factor(self, name: str, entry: dict[str, Any], kind: str) -> Factor:
        where = f'[{kind}."{name}"]'
        spelled, default = self.constant(name, where)
        said = self.model.definition(spelled)
        low, high = entry.get("low", said.low), entry.get("high", said.high)
        if low is None or high is None:
            raise self.fail(
                f"{where} has no range: give low and high here, or [low,high] behind the unit "
                "in the .mdl"
            )
        if not (_finite(low) and _finite(high)):
            raise self.fail(f"{where}: its range in the .mdl is open: give low and high here")
        if not low < high:
            raise self.fail(f"{where}: low ({low:g}) must be below high ({high:g})")
        if not low <= default <= high:
            raise self.fail(f"{where}: the default {default:g} is outside {low:g} to {high:g}")
        what = entry.get("kind", "continuous")
        if what not in KINDS:
            raise self.fail(f"{where}: kind is '{what}', but must be one of {', '.join(KINDS)}")
        return Factor(
            name=spelled,
            low=float(low),
            high=float(high),
            default=default,
            unit=said.units,
            label=entry.get("label", ""),
            group=entry.get("group", "") or said.group,
            distribution=entry.get("distribution", "uniform"),
            kind=what,
        )

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
