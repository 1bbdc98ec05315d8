"""What the TOML file beside a model says: levers, uncertainties, outcomes, scenarios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from sdmodel.errors import OverrideError, did_you_mean, near_names
from sdmodel.factors import Factor
from sdmodel.names import key


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
    correlations: tuple[tuple[str, str, float], ...] = ()

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

    @property
    def names(self) -> list[str]:
        """Everything that levers, uncertainties and scenarios set."""
        told = (one.values for one in self.scenarios.values())
        return list(
            dict.fromkeys([*self.levers, *self.uncertainties, *(n for t in told for n in t)])
        )

    def among(self, constants: Mapping[str, float]) -> ModelSettings:
        """Return what is left where only these constants are: levers may have become equations."""
        left = {one for name in constants for one in (key(name), key(name.partition("[")[0]))}

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
        kept = {*levers, *uncertainties}
        return replace(
            self,
            levers=levers,
            uncertainties=uncertainties,
            scenarios=scenarios,
            correlations=tuple(one for one in self.correlations if {*one[:2]} <= kept),
        )


Overrides = Mapping[str, float] | str | Scenario | None


def values_of(
    overrides: Overrides, named: Callable[[str], Scenario]
) -> tuple[Mapping[str, float], str]:
    """Return the values that a run is to set, and the name of the scenario they are of, if any."""
    if overrides is None:
        return {}, ""
    if isinstance(overrides, str):
        overrides = named(overrides)
    if isinstance(overrides, Scenario):
        return overrides.values, overrides.name
    if not isinstance(overrides, Mapping):
        raise OverrideError("overrides", "give values by name, {'name': value}, or a scenario")
    return overrides, ""
