"""What a modeler expects of a model, as the file MODEL.expectations.toml says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Tests that need data and judgement beyond the model: number, title, what passes.
DEFERRED = {
    "V7": ("Behaviour reproduction", "MAPE below 20 %, bias below 0.3 of the error"),
    "V8": ("Family members", "the same equations give the behaviour of each country"),
    "V9": ("Boundary", "conclusions stand when a driver is made endogenous or taken out"),
    "V15": ("Out of sample", "error below that of a random walk"),
    "V16": ("Modified behaviour", "direction and size of known breaks"),
}


@dataclass(frozen=True, slots=True)
class Conservation:
    """What comes in less what goes out is what the stocks change by, at every saved time."""

    name: str
    stocks: tuple[str, ...]
    inflows: tuple[str, ...] = ()
    outflows: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    tolerance: float = 1e-8


@dataclass(frozen=True, slots=True)
class Identity:
    """Two expressions that are equal at every saved time."""

    name: str
    left: str
    right: str
    tolerance: float = 1e-8


@dataclass(frozen=True, slots=True)
class Statement:
    """A comparison that must hold: at all saved times, at one, or at all after one.

    `tolerance` is absolute, in the unit of the two sides; None stands for a billionth of the larger
    one. `<` and `>` ask for a difference above it, the others allow one up to it.
    """

    text: str
    left: str
    sign: str
    right: str
    at: float | None = None
    after: float | None = None
    tolerance: float | None = None

    @property
    def when(self) -> str:
        """At which times it must hold."""
        if self.at is not None:
            return f"at {self.at:g}"
        return "always" if self.after is None else f"after {self.after:g}"


@dataclass(frozen=True, slots=True)
class Setting:
    """A change of the model: a scenario, constants set on top of it, equations replaced."""

    values: Mapping[str, float] = field(default_factory=dict)
    replace: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extreme:
    """What must happen under a setting that no country ever saw."""

    name: str
    setting: Setting
    expect: tuple[Statement, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Equilibrium:
    """How an equilibrium is looked for and what is done to it, in the model's unit of time."""

    setting: Setting
    settle: float = 2000.0
    hold: float = 200.0
    perturb: float = 0.1
    follow: float = 0.0
    tolerance: float = 1e-6


@dataclass(frozen=True, slots=True)
class Audit:
    """A form of an equation that could decide a claim, and the value that selects another form.

    Examples
    --------
    >>> import sdmodel as sd
    >>> model = sd.load("models/core.mdl")
    >>> first = sd.read_expectations("models/core.expectations.toml", model).audits[0]
    >>> isinstance(first, sd.Audit), len(first.alternative)
    (True, 1)
    """

    claim: str
    variable: str
    form: str
    alternative: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Loop:
    """A feedback loop: its variables in order, and how it is cut.

    A loop is cut by setting `switch` to 0, which lets `held` follow the lookup `base_path` in place
    of `link`; or, in a model without switches, by `cut`, a variable of the path whose users on the
    path then read its base run.
    """

    name: str
    path: tuple[str, ...]
    polarity: str = ""
    label: str = ""
    link: str = ""
    held: str = ""
    live: str = ""
    switch: str = ""
    base_path: str = ""
    cut: str = ""


@dataclass(frozen=True, slots=True)
class Budget:
    """Policies that must cost the same: the present value of `cost` in each scenario."""

    cost: str
    discount: float
    scenarios: tuple[str, ...]
    tolerance: float = 1e-3


@dataclass(frozen=True, slots=True)
class Expectations:
    """Everything the file says; empty where there is none.

    `definitions` are equations that need no source, `settings` constants that are judged but set,
    not varied. `without` are engines to leave out as second opinions.

    Examples
    --------
    >>> import sdmodel as sd
    >>> sd.Expectations().audits
    ()
    """

    path: str = ""
    digest: str = ""
    conservation: tuple[Conservation, ...] = ()
    identities: tuple[Identity, ...] = ()
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    signed: tuple[str, ...] = ()
    extremes: tuple[Extreme, ...] = ()
    equilibrium: Equilibrium | None = None
    definitions: tuple[str, ...] = ()
    audits: tuple[Audit, ...] = ()
    settings: tuple[str, ...] = ()
    loops: tuple[Loop, ...] = ()
    alternatives: Mapping[str, Setting] = field(default_factory=dict)
    budget: Budget | None = None
    without: tuple[str, ...] = ()
    surprises: str = ""
    deferred: Mapping[str, str] = field(default_factory=dict)

    def expressions(self) -> list[str]:
        """Return every expression that has to be computed, each once."""
        found: dict[str, None] = {}
        for flow in self.conservation:
            found |= dict.fromkeys((*flow.inflows, *flow.outflows))
        for identity in self.identities:
            found |= dict.fromkeys((identity.left, identity.right))
        for case in self.extremes:
            for one in case.expect:
                found |= dict.fromkeys((one.left, one.right))
        return list(found)
