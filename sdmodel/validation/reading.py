"""The reader of MODEL.expectations.toml: everything wrong in it at once, with its line."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdmodel.errors import OverrideError, SDError, SettingsError, did_you_mean, near_names
from sdmodel.frontends.tokens import ExpressionError, words
from sdmodel.names import element_key, key
from sdmodel.settings_file import read_toml
from sdmodel.validation.expectations import (
    DEFERRED,
    Audit,
    Budget,
    Conservation,
    Equilibrium,
    Expectations,
    Extreme,
    Identity,
    Loop,
    Setting,
    Statement,
)
from sdmodel.validation.lines import line_of

if TYPE_CHECKING:
    from sdmodel.model import Model

SIGNS = ("<=", ">=", "<>", "<", ">", "=")
_NUMBER, _TEXT, _LIST, _TABLE = (int, float), str, list, dict
_SETTING = {"set": _TABLE, "replace": _TABLE, "scenario": _TEXT}
KEYS: dict[str, dict[str, Any]] = {
    "conservation": {
        "stocks": _LIST,
        "inflows": _LIST,
        "outflows": _LIST,
        "weights": _TABLE,
        "tolerance": _NUMBER,
    },
    "identity": {"left": _TEXT, "right": _TEXT, "tolerance": _NUMBER},
    "extreme": {
        "name": _TEXT,
        "source": _TEXT,
        "expect": _LIST,
        "at": _NUMBER,
        "after": _NUMBER,
        "tolerance": _NUMBER,
        **_SETTING,
    },
    "equilibrium": {
        "settle": _NUMBER,
        "hold": _NUMBER,
        "perturb": _NUMBER,
        "follow": _NUMBER,
        "tolerance": _NUMBER,
        **_SETTING,
    },
    "structure": {"definitions": _LIST},
    "audit": {"claim": _TEXT, "variable": _TEXT, "form": _TEXT, "alternative": _TEXT},
    "parameters": {"settings": _LIST},
    "loops": {
        "path": _LIST,
        "polarity": _TEXT,
        "label": _TEXT,
        "link": _TEXT,
        "held": _TEXT,
        "live": _TEXT,
        "switch": _TEXT,
        "base_path": _TEXT,
        "cut": _TEXT,
    },
    "alternatives": {"label": _TEXT, **_SETTING},
    "budget": {"cost": _TEXT, "discount": _NUMBER, "scenarios": _LIST, "tolerance": _NUMBER},
    "second_engine": {"without": _LIST},
    "statement": {"that": _TEXT, "at": _NUMBER, "after": _NUMBER, "tolerance": _NUMBER},
}
NAMED = ("conservation", "identity", "loops", "alternatives")  # tables of tables, by name
LISTED = ("extreme", "audit")  # arrays of tables
SINGLE = ("equilibrium", "structure", "parameters", "budget", "second_engine")
OTHER = ("surprises", "bounds", "deferred")
Raw = dict[str, Any]


def read_expectations(path: str | Path, model: Model) -> Expectations:
    """Read the expectations beside a model.

    Raises
    ------
    SettingsError
        With everything that is wrong: keys nobody knows, names the model does not have, texts that
        are no comparison.

    Examples
    --------
    >>> import sdmodel as sd
    >>> model = sd.load("models/core.mdl")
    >>> sd.read_expectations("models/core.expectations.toml", model).path
    'models/core.expectations.toml'
    """
    place = Path(path)
    raw = read_toml(place)
    reader = _Reader(place, model)
    found = reader.read(raw)
    if reader.problems:
        raise SettingsError(reader.problems[0][0], "\n".join(reader.told()))
    return found


class _Reader:
    def __init__(self, path: Path, model: Model) -> None:
        self.path, self.model = str(path), model
        self.text = path.read_bytes().decode("utf-8-sig")
        self.names = {element_key(one): one for one in (*model.columns, *model.variables)}
        self.problems: list[tuple[str, str]] = []
        self.here: tuple[str, str, int] = ("", "", 0)
        self.labels: set[str] = set()

    def told(self) -> list[str]:
        """Return the problems as lines; the path of the first is told by the error itself."""
        (_, first), *others = self.problems
        return [first, *(f"{where}: {reason}" for where, reason in others)]

    def problem(self, reason: str, fragment: object = "") -> None:
        table, entry, count = self.here
        line = line_of(self.text, table, entry, str(fragment), count)
        where = f"{self.path}:{line}" if line else self.path
        label = f"[{table}.{entry}] " if entry else f"[{table}] " if table else ""
        self.problems.append((where, label + reason))

    def read(self, raw: Raw) -> Expectations:
        known = (*OTHER, *NAMED, *LISTED, *SINGLE)
        for name in raw:
            if name not in known:
                hint = did_you_mean(near_names(name, known)) or f"there are: {', '.join(known)}"
                self.problem(f"nothing is called '{name}' here; {hint}", name)
        named = {kind: self.tables(raw, kind) for kind in NAMED}
        one = {kind: self.table(raw.get(kind), kind) for kind in SINGLE}
        bounds, signed = self.bounds(raw.get("bounds", {}))
        surprises = raw.get("surprises", "")
        if not isinstance(surprises, str):
            self.here = ("", "", 0)
            self.problem("surprises must be the path of a file", "surprises")
        return Expectations(
            path=self.path,
            digest=hashlib.sha256(self.text.encode()).hexdigest(),
            conservation=tuple(self.each(named, "conservation", self.conservation)),
            identities=tuple(self.each(named, "identity", self.identity)),
            bounds=bounds,
            signed=signed,
            extremes=tuple(self.listed(raw, "extreme", self.extreme)),
            equilibrium=self.equilibrium(one["equilibrium"]) if "equilibrium" in raw else None,
            definitions=self.variables(one, "structure", "definitions"),
            audits=tuple(self.listed(raw, "audit", self.audit)),
            settings=self.variables(one, "parameters", "settings"),
            loops=tuple(self.each(named, "loops", self.loop)),
            alternatives=dict(self.each(named, "alternatives", self.alternative)),
            budget=self.budget(one["budget"]) if "budget" in raw else None,
            without=tuple(map(str, one["second_engine"].get("without", ()))),
            surprises=str(surprises),
            deferred=self.deferred(raw.get("deferred", {})),
        )

    # Tables -------------------------------------------------------------------------------------

    def table(self, found: object, kind: str, entry: str = "", count: int = 0) -> Raw:
        """Return a table with only such keys as are known and of the right kind."""
        self.here = (kind, entry, count)
        if found is None:
            return {}
        if not isinstance(found, dict):
            self.problem("this must be a table")
            return {}
        return self.checked(found, kind)

    def checked(self, found: Raw, kind: str) -> Raw:
        good, allowed = {}, KEYS[kind]
        for word, value in found.items():
            if word not in allowed:
                hint = did_you_mean(near_names(word, allowed)) or ", ".join(allowed)
                self.problem(f"there is no key '{word}'; {hint}", word)
            elif not isinstance(value, allowed[word]) or isinstance(value, bool):
                self.problem(f"{word} = {value!r} is of the wrong kind", word)
            else:
                good[word] = value
        return good

    def tables(self, raw: Raw, kind: str) -> dict[str, Raw]:
        found = raw.get(kind, {})
        self.here = (kind, "", 0)
        if not isinstance(found, dict):
            self.problem(f"'{kind}' must be tables such as [{kind}.name]")
            return {}
        return {name: self.table(one, kind, name) for name, one in found.items()}

    def each(self, named: dict[str, dict[str, Raw]], kind: str, make: Any) -> list[Any]:
        made = []
        for name, one in named[kind].items():
            self.here = (kind, name, 0)
            made.append(make(name, one))
        return made

    def listed(self, raw: Raw, kind: str, make: Any) -> list[Any]:
        found = raw.get(kind, [])
        if not isinstance(found, list):
            self.here = (kind, "", 0)
            self.problem(f"write [[{kind}]], in two brackets, for each of them")
            return []
        made = []
        for count, one in enumerate(found):
            table = self.table(one, kind, "", count)
            made.append(make(table))
        return made

    # Names and expressions ----------------------------------------------------------------------

    def variable(self, name: object) -> str:
        if isinstance(name, str) and element_key(name) in self.names:
            return self.names[element_key(name)]
        hint = did_you_mean(near_names(str(name), self.names.values()))
        self.problem(f"the model has no variable '{name}'; {hint}".rstrip("; "), name)
        return ""

    def variables(self, tables: Mapping[str, Raw], kind: str, word: str) -> tuple[str, ...]:
        self.here = (kind, "", 0)
        return tuple(filter(None, map(self.variable, tables[kind].get(word, ()))))

    def texts(self, one: Raw, word: str) -> tuple[str, ...]:
        found = one.get(word, [])
        for text in found:
            if not isinstance(text, str):
                self.problem(f"{word}: {text!r} is no text", word)
        return tuple(text for text in found if isinstance(text, str))

    def constants(self, given: Raw) -> dict[str, float]:
        from sdmodel.overrides import check_override

        found: dict[str, float] = {}
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                self.problem(f"'{name}' must be set to a number, not {value!r}", name)
            elif not math.isfinite(value):
                self.problem(f"'{name}' must be set to a finite number", name)
            else:
                try:
                    check_override(self.model.source, self.model.program, name)
                    found[name] = float(value)
                except OverrideError as error:
                    self.problem(error.reason, name)
        return found

    def setting(self, one: Raw) -> Setting:
        values: dict[str, float] = {}
        if "scenario" in one:
            try:
                values |= self.model.scenario(one["scenario"]).values
            except OverrideError as error:
                self.problem(error.reason, one["scenario"])
        own = self.constants(one.get("set", {}))
        taken = {element_key(name) for name in own}
        values = {name: v for name, v in values.items() if element_key(name) not in taken} | own
        replaced = {}
        for name, equation in one.get("replace", {}).items():
            if not isinstance(equation, str):
                self.problem(f"the equation of '{name}' must be a text", name)
            elif self.variable(name):
                try:
                    self.model.replace(name, equation)
                    replaced[name] = equation
                except SDError as error:
                    self.problem(f"the equation of '{name}': {error}", name)
        return Setting(values, replaced)

    # Entries ------------------------------------------------------------------------------------

    def conservation(self, name: str, one: Raw) -> Conservation:
        stocks = [self.variable(each) for each in one.get("stocks", ())]
        levels = {key(stock) for stock in self.model.stocks}
        for stock in filter(None, stocks):
            if key(stock.partition("[")[0]) not in levels:
                self.problem(f"'{stock}' is no stock", stock)
        if not stocks:
            self.problem("say which stocks = [...] are conserved together")
        weights = {}
        for of, value in one.get("weights", {}).items():
            if self.variable(of) not in stocks:
                self.problem(f"a weight is given for '{of}', which is not among the stocks", of)
            elif isinstance(value, bool) or not isinstance(value, int | float):
                self.problem(f"the weight of '{of}' must be a number", of)
            else:
                weights[self.variable(of)] = float(value)
        flows = self.texts(one, "inflows"), self.texts(one, "outflows")
        limit = float(one.get("tolerance", 1e-8))
        return Conservation(name, tuple(filter(None, stocks)), *flows, weights, limit)

    def identity(self, name: str, one: Raw) -> Identity:
        for side in ("left", "right"):
            if side not in one:
                self.problem(f'an identity has two sides: {side} = "expression" is missing')
        sides = str(one.get("left", "0")), str(one.get("right", "0"))
        return Identity(name, *sides, float(one.get("tolerance", 1e-8)))

    def bounds(self, given: object) -> tuple[dict[str, tuple[float, float]], tuple[str, ...]]:
        self.here = ("bounds", "", 0)
        found: dict[str, tuple[float, float]] = {}
        signed: list[str] = []
        if not isinstance(given, dict):
            self.problem("this must be a table")
            return found, ()
        for name, limits in given.items():
            if name == "signed" and isinstance(limits, list):
                signed = [self.variable(one) for one in limits]
                continue
            numbers = isinstance(limits, list) and len(limits) == 2
            if not numbers or not all(
                isinstance(one, int | float) and not isinstance(one, bool) and one == one
                for one in limits
            ):
                self.problem(f"'{name}' must be [low, high], with inf or -inf for none", name)
            elif not limits[0] <= limits[1]:
                self.problem(f"'{name}': low {limits[0]:g} is above high {limits[1]:g}", name)
            elif self.variable(name):
                found[self.variable(name)] = (float(limits[0]), float(limits[1]))
        return found, tuple(filter(None, signed))

    def extreme(self, one: Raw) -> Extreme:
        name = one.get("name", "")
        if not name:
            self.problem('a case has a name: name = "No people"')
        shared: Raw = {word: one[word] for word in ("at", "after", "tolerance") if word in one}
        expect = []
        for each in one.get("expect", ()):
            if isinstance(each, dict):
                each = self.checked(each, "statement")
            elif isinstance(each, str):
                each = {"that": each}
            else:
                each = {}
            made = self.statement({**self._times(shared, each), **each})
            expect += [made] if made else []
        if not expect and not one.get("expect"):
            self.problem('say what is expected: expect = ["a <= b"]')
        if not (one.get("set") or one.get("replace") or one.get("scenario")):
            self.problem("nothing is set or replaced: this is the base run")
        return Extreme(name, self.setting(one), tuple(expect), one.get("source", ""))

    @staticmethod
    def _times(shared: Raw, own: Raw) -> Raw:
        """Return what a case says of the times of all its statements, unless one says its own."""
        if "at" in own or "after" in own:
            return {word: value for word, value in shared.items() if word == "tolerance"}
        return shared

    def statement(self, one: Raw) -> Statement | None:
        text = one.get("that", "")
        parts = comparison(text)
        if parts is None:
            self.problem(
                f"'{text}' is no comparison: write two expressions with one of "
                f"{' '.join(SIGNS)} between them",
                text,
            )
            return None
        if "at" in one and "after" in one:
            self.problem(f"'{text}': give at or after, not both", text)
        at, after, limit = (
            float(one[word]) if word in one else None for word in ("at", "after", "tolerance")
        )
        return Statement(text, *parts, at, after, limit)

    def equilibrium(self, one: Raw) -> Equilibrium:
        self.here = ("equilibrium", "", 0)
        numbers = {
            word: float(one[word])
            for word in ("settle", "hold", "perturb", "follow", "tolerance")
            if word in one
        }
        for word, value in numbers.items():
            if not (math.isfinite(value) and value > 0):
                self.problem(f"{word} must be a number above zero", word)
        return Equilibrium(self.setting(one), **numbers)

    def audit(self, one: Raw) -> Audit:
        for word in ("claim", "variable", "form"):
            if word not in one:
                self.problem(f'{word} = "..." is missing')
        name, sign, value = (part.strip() for part in one.get("alternative", "").rpartition("="))
        alternative: dict[str, float] = {}
        if sign:
            try:
                alternative = self.constants({name: float(value)})
            except ValueError:
                self.problem(f"alternative: '{value}' is no number", "alternative")
        elif one.get("alternative"):
            self.problem('alternative is written as "switch name = value"', "alternative")
        variable = self.variable(one["variable"]) if "variable" in one else ""
        return Audit(str(one.get("claim")), variable, str(one.get("form")), alternative)

    def loop(self, name: str, one: Raw) -> Loop:
        path = tuple(filter(None, map(self.variable, one.get("path", ()))))
        if len(one.get("path", ())) < 2:
            self.problem("a loop has a path of two variables or more", "path")
        if one.get("polarity", "+") not in ("+", "-"):
            self.problem('polarity is "+" or "-"', "polarity")
        if one.get("switch"):
            self.constants({one["switch"]: 0.0})
        for word in ("held", "link", "cut"):
            if one.get(word):
                self.variable(one[word])
        if one.get("base_path"):  # a lookup has no elements among the columns
            self.variable(one["base_path"].partition("[")[0])
        on_path = {key(step.partition("[")[0]) for step in path}
        if one.get("cut") and key(one["cut"]) not in on_path:
            self.problem(f"cut names '{one['cut']}', which is not on the path", "cut")
        texts = {word: one[word] for word in KEYS["loops"] if word in one and word != "path"}
        return Loop(name=name, path=path, **texts)

    def alternative(self, name: str, one: Raw) -> tuple[str, Setting]:
        label = one.get("label", name)
        if label in self.labels:
            self.problem(f"another alternative is called '{label}' too", label)
        self.labels.add(label)
        return label, self.setting(one)

    def budget(self, one: Raw) -> Budget | None:
        self.here = ("budget", "", 0)
        missing = [word for word in ("cost", "discount", "scenarios") if word not in one]
        for word in missing:
            self.problem(f"{word} is missing")
        if missing:
            return None
        scenarios = []
        for name in one["scenarios"]:
            try:
                scenarios.append(self.model.scenario(str(name)).name)
            except OverrideError as error:
                self.problem(error.reason, name)
        cost, limit = self.variable(one["cost"]), float(one.get("tolerance", 1e-3))
        return Budget(cost, float(one["discount"]), tuple(scenarios), limit)

    def deferred(self, given: object) -> dict[str, str]:
        self.here = ("deferred", "", 0)
        if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
            self.problem('write V7 = "why it is not done yet"')
            return {}
        for name in given:
            if name.upper() not in DEFERRED:
                choices = ", ".join(DEFERRED)
                self.problem(f"{name} cannot be deferred, it is run; only {choices} can", name)
        return {name.upper(): reason for name, reason in given.items()}


def comparison(text: str) -> tuple[str, str, str] | None:
    """Return left side, sign and right side of a comparison, or None if it is not one.

    >>> comparison("a + b <= c*(d > 1)")
    ('a + b', '<=', 'c*(d > 1)')
    """
    depth, found = 0, []
    try:
        for word in words(text, 0, len(text)):
            depth += (word.text in ("(", "[")) - (word.text in (")", "]"))
            if depth == 0 and word.kind == "operator" and word.text in SIGNS:
                found.append(word)
    except ExpressionError:
        return None
    if len(found) != 1:
        return None
    left, right = text[: found[0].at].strip(), text[found[0].end :].strip()
    return (left, found[0].text, right) if left and right else None
