"""Reading a claims file: everything that is wrong with it is told at once, with its line."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sdmodel as sd
from sensitivity.claims.book import (
    BASE,
    CHANGES,
    Arm,
    Book,
    Cannot,
    Claim,
    Experiment,
    Item,
    Keep,
    Structural,
)
from sensitivity.claims.kinds import KINDS
from sensitivity.claims.tables import LARGEST, WORDS, Tables, finite
from sensitivity.errors import ClaimsError, among, fold, near
from sensitivity.outcomes import Outcome, choose

if TYPE_CHECKING:
    from sdmodel import Model


def read_claims(path: str | Path, model: Model) -> Book:
    """Read the claims file of a model.

    Parameters
    ----------
    path
        The file, such as ``models/claims.toml``.
    model
        The model whose constants, variables and scenarios it names.

    Raises
    ------
    ClaimsError
        If the file cannot be read, or with everything in it that does not fit: the line, the name
        as it is written, and what to do.

    Examples
    --------
    >>> import sdmodel as sd
    >>> book = read_claims("models/core.claims.toml", sd.load("models/core.mdl"))
    >>> len(book.claims) > 0
    True
    """
    path = Path(path)
    try:
        if path.stat().st_size > LARGEST:
            raise ClaimsError(f"{path}: the file is larger than {LARGEST:,} bytes")
        text = path.read_bytes().decode("utf-8-sig")
        raw = tomllib.loads(text)
    except OSError as error:
        raise ClaimsError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ClaimsError(f"{path}: this is not valid TOML: {error}") from None
    reader = _Reader(str(path), text, raw, model)
    book = reader.read()
    if reader.wrong:
        raise ClaimsError("\n".join(dict.fromkeys(reader.wrong)))
    return book


# What every run of a study has in common.
CONTROL = ("initial time", "final time", "time step", "saveper")


class _Reader(Tables):
    def __init__(self, path: str, text: str, raw: dict[str, Any], model: Model) -> None:
        super().__init__(path, text, raw)
        self.model = model
        self.constants = {fold(name): name for name in model.constants}
        self.columns = {fold(name): name for name in (*model.units, *model.columns)}
        self.outcomes: dict[str, Outcome] = {}
        self.arms: dict[str, Arm] = {BASE: Arm(BASE, "Base")}

    def read(self) -> Book:
        for word in self.raw:
            if word not in WORDS or word == "keep":
                known = [one for one in WORDS if one != "keep"]
                self.fail(f"[{word}]", f"nothing is called so here{among(word, known)}")
        study = self.entry("[study]", self.raw.get("study", {}), "study")
        self.read_outcomes()
        self.read_arms()
        experiments = {
            name: self.experiment(f"[experiments.{name}]", name, entry)
            for name, entry in self.tables("experiments")
        }
        claims = {}
        for name, entry in self.tables("claims"):
            claim = self.claim(f"[claims.{name}]", name, entry, experiments)
            if claim is not None:
                claims[name] = claim
        if not claims and not self.wrong:
            self.fail("[claims]", "the file claims nothing: add tables such as [claims.NAME]")
        draws, seed = study.get("draws", 2000), study.get("seed", 1)
        if draws < 2:
            self.fail("[study]", f"draws = {draws}: two are the least")
        step = study.get("time_step")
        if step is not None and step <= 0:
            self.fail("[study]", f"time_step = {step}: it must be above zero")
        if seed < 0:
            self.fail("[study]", f"seed = {seed}: it must be a whole number from 0 on")
        filtered = self.entry("[filter]", self.raw.get("filter", {}), "filter")
        return Book(
            path=self.path,
            draws=draws,
            seed=seed,
            time_step=None if step is None else float(step),
            ids=self.ids("[study]", study.get("ids", [])),
            arms=self.arms,
            outcomes=self.outcomes,
            experiments=experiments,
            claims=claims,
            keeps=tuple(self.keeps(filtered.get("keep", []))),
            plausible=filtered.get("about", ""),
            cannot=tuple(self.cannot()),
            structural=tuple(self.structural()),
        )

    # ---- outcomes and arms --------------------------------------------------------------------

    def read_outcomes(self) -> None:
        given: list[Outcome] = []
        for name, entry in self.tables("outcomes"):
            where = f"[outcomes.{name}]"
            if "of" not in entry:
                self.fail(where, 'must say which variable it is of: of = "name"')
                continue
            words = {word: value for word, value in entry.items() if word != "between"}
            window = self.numbers(where, "between", entry.get("between", []))
            if "between" in entry and (len(window) != 2 or not window[0] < window[1]):
                self.fail(where, "between must be two times, the earlier one first")
                continue
            try:
                given.append(Outcome(name, **words, between=window if window else None))  # type: ignore[arg-type]
            except sd.SDError as error:
                self.fail(where, str(error))
        known = list(choose(self.model, None)) if self.model.settings.outcomes else []
        for one in given:
            try:
                known += choose(self.model, one)
            except sd.SDError as error:
                self.fail(f"[outcomes.{one.name}]", str(error))
        for one in known:
            if fold(one.name) in self.outcomes:
                self.fail(
                    f"[outcomes.{one.name}]",
                    "an outcome has this name already (in the model's own .toml): use that one, or "
                    "another name",
                )
            self.outcomes[fold(one.name)] = one
        self.outcomes = {one.name: one for one in self.outcomes.values()}

    def read_arms(self) -> None:
        for name, scenario in self.model.settings.scenarios.items():
            steps = tuple(("set", of, value) for of, value in scenario.values.items())
            self.arms[name] = Arm(name, scenario.label or name, steps)
        written = dict(self.tables("arms"))
        for name in written:
            if name in self.arms:
                self.fail(
                    f"[arms.{name}]",
                    "this is the name of the base run or of a scenario of the model: use that as "
                    "it is, or choose another name",
                )
        own = {name: entry for name, entry in written.items() if name not in self.arms}
        for name in own:
            self.arm(name, own)

    def arm(self, name: str, own: Mapping[str, dict[str, Any]]) -> None:
        """Read an arm, after the arms that it starts from, the farthest of them first."""
        chain: list[str] = []
        while name in own and name not in self.arms and name not in chain:
            chain.append(name)
            name = own[name].get("from", "")
        steps = self.arms[name].steps if name in self.arms else ()
        if name in chain:
            where = f"[arms.{chain[-1]}]"
            self.fail(where, f"starts from itself by way of {' from '.join((*chain, name))}")
        elif name not in self.arms and not name:
            where = f"[arms.{chain[-1]}]"
            self.fail(where, f'must say what it starts from: from = "{BASE}", a scenario or an arm')
        elif name not in self.arms:
            hint = near(name, [*self.arms, *own])
            where = f"[arms.{chain[-1]}]"
            self.fail(where, f"starts from '{name}', which is no arm or scenario{hint}")
        for one in reversed(chain):
            steps += tuple(self.changes(f"[arms.{one}]", own[one]))
            self.arms[one] = Arm(one, own[one].get("label", "") or one, steps)

    def changes(self, where: str, entry: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
        done: set[tuple[str, str]] = set()
        for how in CHANGES:
            for constant, value in entry.get(how, {}).items():
                spelled = self.constants.get(fold(constant))
                if spelled is None:
                    self.fail(where, f"{how}: {self.no_constant(constant)}")
                elif not isinstance(value, int | float) or isinstance(value, bool):
                    self.fail(where, f"{how}: '{constant}' needs a number, not {value!r}")
                elif not finite(value):
                    self.fail(where, f"{how}: '{constant}' needs a finite number")
                elif fold(spelled) in CONTROL:
                    self.fail(
                        where,
                        f"{how}: '{spelled}' belongs to the run, not to the world: it is the same "
                        "for all arms, and the step is time_step in [study]",
                    )
                elif (how, spelled) in done:
                    self.fail(where, f"{how}: '{constant}' is there twice: keep one of them")
                else:
                    done.add((how, spelled))
                    yield how, spelled, float(value)

    def no_course(self, name: str) -> str:
        elements = [one for one in self.model.columns if one.startswith(f"{name}[")]
        if elements:
            return f"'{name}' is subscripted: name an element of it, such as '{elements[0]}'"
        return f"'{name}' has no course in time: name a variable that uses it"

    def no_constant(self, name: str) -> str:
        if fold(name) in self.columns:
            return f"'{name}' is computed by {self.model.name}; only constants can be changed"
        hint = near(name, self.constants.values())
        return f"{self.model.name} has no constant '{name}'{hint}"

    # ---- experiments and claims ---------------------------------------------------------------

    def known_arm(self, where: str, name: str) -> str:
        if name not in self.arms:
            self.fail(where, f"there is no arm or scenario '{name}'{near(name, self.arms)}")
        return name

    def known_outcome(self, where: str, name: str) -> str:
        for known in self.outcomes:
            if fold(known) == fold(name):
                return known
        hint = near(name, self.outcomes)
        if fold(name) in self.columns:
            hint = (
                f"; '{name}' is a variable: say how it becomes one number, as in "
                f'[outcomes."{name} at the end"] with of = "{name}"'
            )
        self.fail(where, f"there is no outcome '{name}'{hint}")
        return name

    def experiment(self, where: str, name: str, entry: dict[str, Any]) -> Experiment:
        arms = self.texts(where, "arms", entry.get("arms", []))
        outcomes = self.texts(where, "outcomes", entry.get("outcomes", []))
        along, values = self.along(where, entry.get("along", {}), len(arms))
        return Experiment(
            name,
            entry.get("title", ""),
            entry.get("question", ""),
            tuple(self.known_arm(where, arm) for arm in arms),
            tuple(self.known_outcome(where, one) for one in outcomes),
            along,
            values,
            entry.get("caveat", ""),
        )

    def claim(
        self, where: str, name: str, entry: dict[str, Any], experiments: Mapping[str, Experiment]
    ) -> Claim | None:
        before = len(self.wrong)
        kind = entry.get("kind", "")
        if kind not in KINDS:
            self.fail(where, f"kind = '{kind}' is not known{among(kind, KINDS)}")
            return None
        if not entry.get("text", "").strip():
            self.fail(where, 'must say what it claims: text = "..."')
        experiment = entry.get("experiment", "")
        if experiment and experiment not in experiments:
            hint = near(experiment, experiments)
            self.fail(where, f"there is no experiment '{experiment}'{hint}")
        items = self.items(where, kind, entry)
        row = KINDS[kind]
        if items and not row.least <= len(items) <= row.most:
            need = f"{row.least}" if row.least == row.most else f"at least {row.least}"
            missing = ": name the arm to compare with" if len(items) < row.least else ""
            self.fail(where, f"'{kind}' compares {need} items, and {len(items)} are given{missing}")
        expect, level = self.expected(where, kind, entry)
        weights = self.numbers(where, "weights", entry.get("weights", []))
        if kind == "contrast" and items and len(weights) != len(items):
            self.fail(where, f"needs a weight for each of {len(items)} items: weights = [1, -1]")
        if kind != "contrast" and weights:
            self.fail(where, f"'{kind}' has no use for weights: leave them out, or use contrast")
        along, values = self.along(where, entry.get("along", {}), len(items))
        scale = entry.get("scale", "")
        if scale not in ("", "log"):
            self.fail(where, f"scale = '{scale}': leave it out, or write log for ratios")
        if len(self.wrong) > before:
            return None
        return Claim(
            name=name,
            text=entry["text"].strip(),
            kind=kind,
            items=items,
            experiment=experiment,
            covers=self.ids(where, entry.get("covers", [])),
            expect=expect,
            level=level,
            weights=weights,
            along=along,
            values=values,
            logarithms=scale == "log",
            because=entry.get("because", "").strip(),
            line=self.line_of(where),
        )

    def items(self, where: str, kind: str, entry: dict[str, Any]) -> tuple[Item, ...]:
        arms = self.texts(where, "arms", entry.get("arms", []))
        if not arms:
            self.fail(where, "must name the arms it compares: arms = [...]")
            return ()
        arms = [self.known_arm(where, arm) for arm in arms]
        if KINDS[kind].courses:
            course = entry.get("of", "")
            if not course or "outcome" in entry or "outcomes" in entry:
                self.fail(where, f"'{kind}' looks at a whole course: of = a variable, no outcome")
            elif fold(course) not in self.columns:
                hint = near(course, self.columns.values())
                self.fail(where, f"{self.model.name} has no variable '{course}'{hint}")
            elif self.columns[fold(course)] not in self.model.columns:
                self.fail(where, self.no_course(self.columns[fold(course)]))
            return tuple(Item(arm, course=self.columns.get(fold(course), course)) for arm in arms)
        if "of" in entry:
            self.fail(where, f"'{kind}' has no use for of: name an outcome")
        if ("outcome" in entry) == ("outcomes" in entry):
            self.fail(
                where, "must name one outcome (outcome = ...), or one for each arm (outcomes)"
            )
            return ()
        outcomes = [entry["outcome"]] if "outcome" in entry else entry["outcomes"]
        outcomes = [
            self.known_outcome(where, one) for one in self.texts(where, "outcomes", outcomes)
        ]
        size = max(len(arms), len(outcomes))
        if len(arms) not in (1, size) or len(outcomes) not in (1, size):
            self.fail(where, f"{len(arms)} arms and {len(outcomes)} outcomes do not match")
            return ()
        arms, outcomes = arms * (size // max(len(arms), 1)), outcomes * (size // len(outcomes))
        return tuple(Item(arm, one) for arm, one in zip(arms, outcomes, strict=True))

    def expected(self, where: str, kind: str, entry: dict[str, Any]) -> tuple[str, float]:
        expects = KINDS[kind].expects
        bounds = [word for word in ("above", "below") if word in entry]
        if kind == "level":
            if len(bounds) != 1:
                self.fail(where, "'level' needs one number to compare with: above = 0.5, or below")
                return "", 0.0
            level = float(entry[bounds[0]])
            if "expect" in entry:
                self.fail(where, "'level' has no use for expect: above or below says it")
            if entry.get("scale") == "log" and level <= 0:
                self.fail(where, f"{bounds[0]} = {level:g} has no logarithm: leave scale out")
            return bounds[0], level
        if bounds:
            self.fail(where, f"'{kind}' has no use for {bounds[0]}: leave it out, or use level")
        expect = entry.get("expect", expects[0] if expects else "")
        if expect and expect not in expects:
            hint = among(expect, expects) if expects else ": leave it out"
            self.fail(where, f"expect = '{expect}' does not fit '{kind}'{hint}")
        return expect, 0.0

    def along(self, where: str, found: dict[str, Any], size: int) -> tuple[str, tuple[float, ...]]:
        if not found:
            return "", ()
        name, values = found.get("name", ""), found.get("values", [])
        if set(found) - {"name", "values"} or not isinstance(name, str):
            self.fail(where, "along has the keys name and values only")
            return "", ()
        numbers = self.numbers(where, "along", values if isinstance(values, list) else [None])
        if len(numbers) != size:
            self.fail(where, f"along has {len(numbers)} values for {size} items")
        return name, numbers

    # ---- the rest -----------------------------------------------------------------------------

    def keeps(self, found: Sequence[object]) -> Iterator[Keep]:
        for entry in found:
            where = "[filter]"
            good = self.entry(where, entry, "keep")
            if set(good) != set(WORDS["keep"]):
                self.fail(where, "each keep needs arm, outcome, low and high")
                continue
            if not good["low"] < good["high"]:
                self.fail(where, f"low = {good['low']} must be below high = {good['high']}")
            yield Keep(
                self.known_arm(where, good["arm"]),
                self.known_outcome(where, good["outcome"]),
                float(good["low"]),
                float(good["high"]),
            )

    def cannot(self) -> Iterator[Cannot]:
        for where, entry in self.listed("cannot"):
            if not all(entry.get(word) for word in ("ids", "reason", "missing")):
                self.fail(
                    where, "needs ids, reason and missing (the stock or link that is not there)"
                )
                continue
            yield Cannot(self.ids(where, entry["ids"]), entry["reason"], entry["missing"])

    def structural(self) -> Iterator[Structural]:
        for where, entry in self.listed("structural"):
            if not all(entry.get(word) for word in ("id", "check")):
                self.fail(where, "needs id and check")
                continue
            names = self.texts(where, "variables", entry.get("variables", []))
            paths = [
                self.texts(where, "paths", pair if isinstance(pair, list) else [None])
                for pair in entry.get("paths", [])
            ]
            if any(len(pair) != 2 for pair in paths):
                self.fail(where, "each path is a pair of variables: from, to")
            if not names and not paths:
                self.fail(where, "checks nothing: name variables or paths")
            for name in (*names, *(name for pair in paths for name in pair)):
                if fold(name) not in self.columns:
                    hint = near(name, self.columns.values())
                    self.fail(where, f"{self.model.name} has no variable '{name}'{hint}")
            pairs = tuple((pair[0], pair[1]) for pair in paths if len(pair) == 2)
            yield Structural(entry["id"], entry["check"], tuple(names), pairs)
