"""What became of a model's reality checks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

HELD, FAILED = "held", "failed"
NEVER_ACTIVE, REFUSED = "never active", "refused"
VERDICTS = (FAILED, REFUSED, NEVER_ACTIVE, HELD)


@dataclass(frozen=True, slots=True)
class RealityResult:
    """What became of one reality check, of one of its elements where it has subscripts.

    `verdict` is "held", "failed", "never active" (its condition was true at no time at which it
    asks for anything, which is no pass) or "refused" (it was not run; `text` says why). Of a check
    that failed, `time` is when it first did, `that` the comparison, `left` and `right` its sides,
    and `under` the test inputs that were active, empty for the run without any. `judged` counts
    the times at which it asked for something, over all of its runs.

    Examples
    --------
    >>> result = RealityResult("no workers no output", "", "failed", 3.0, "output = 0", 2.0, 0.0)
    >>> print(result)
    no workers no output: failed at 3: output = 0, but the sides are 2 and 0, without test inputs
    """

    check: str
    element: str
    verdict: str
    time: float = math.nan
    that: str = ""
    left: float = math.nan
    right: float = math.nan
    under: str = ""
    judged: int = 0
    text: str = ""
    line: int = 0

    @property
    def name(self) -> str:
        """The name of the check, with the element."""
        return self.check + self.element

    @property
    def told(self) -> str:
        """The verdict in words."""
        if self.verdict == FAILED:
            under = f", with {self.under}" if self.under else ", without test inputs"
            sides = f"but the sides are {self.left:.6g} and {self.right:.6g}"
            return f"failed at {self.time:g}: {self.that}, {sides}{under}"
        return f"{self.verdict}: {self.text}" if self.text else self.verdict

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.name}: {self.told}"


@dataclass(frozen=True, slots=True)
class RealityReport:
    """The reality checks of a model, each element of a subscripted one by itself.

    `values` are the constants that were set.

    Examples
    --------
    >>> report = RealityReport("m", (RealityResult("a", "", "held", judged=3),))
    >>> report.passed, report["a"].verdict
    (True, 'held')
    """

    model: str
    results: tuple[RealityResult, ...]
    values: Mapping[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether there are checks and every one of them held."""
        return bool(self.results) and all(one.verdict == HELD for one in self.results)

    @property
    def counts(self) -> dict[str, int]:
        """How many checks have each verdict."""
        return {one: sum(r.verdict == one for r in self.results) for one in VERDICTS}

    @property
    def verdict(self) -> str:
        """One sentence."""
        told = ", ".join(f"{count} {name}" for name, count in self.counts.items() if count)
        return f"{self.model}: {told or 'it has no reality checks'}"

    @property
    def table(self) -> pd.DataFrame:
        """One row a check."""
        import pandas as pd

        columns = ["check", "element", "verdict", "time", "that", "left", "right", "under", "text"]
        rows = [[getattr(one, name) for name in columns] for one in self.results]
        return pd.DataFrame(rows, columns=columns)

    def __getitem__(self, name: str) -> RealityResult:
        """Return the result of one check, by its name and element."""
        from sdmodel.errors import SDError, did_you_mean, near_names
        from sdmodel.names import element_key

        for one in self.results:
            if element_key(one.name) == element_key(name):
                return one
        known = [one.name for one in self.results]
        hint = did_you_mean(near_names(name, known)) or f"there are: {', '.join(known) or 'none'}"
        raise SDError(f"there is no reality check {name!r}; {hint}")

    def __str__(self) -> str:
        """Return one line a check, and the verdict."""
        return "\n".join([*map(str, self.results), self.verdict])


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest change found that breaks a reality check, or that none was found.

    `values` are the levers to set, `moves` how far each is from its default, as a share of its
    range; both are empty where the check fails without any. `strength` is the share of the way from
    the ordinary value to its test input at which the check begins to fail, 0 where it does however
    weak the input is, and NaN where none was weakened. `result` is the verdict under these values,
    at full strength. `runs` counts the settings that were tried and `text` says which.

    Examples
    --------
    >>> print(Counterexample("a", "", {"pay": 2.5}, {"pay": 0.25}, text="3 settings were tried"))
    a: fails with pay = 2.5; 3 settings were tried
    """

    check: str
    element: str
    values: Mapping[str, float] = field(default_factory=dict)
    moves: Mapping[str, float] = field(default_factory=dict)
    strength: float = math.nan
    result: RealityResult | None = None
    runs: int = 0
    text: str = ""

    @property
    def name(self) -> str:
        """The name of the check, with the element."""
        return self.check + self.element

    @property
    def found(self) -> bool:
        """Whether the check fails."""
        return bool(self.values) or (self.result is not None and self.result.verdict == FAILED)

    @property
    def table(self) -> pd.DataFrame:
        """One row a lever: its value, and how far it is from its default."""
        import pandas as pd

        rows = [(name, value, self.moves[name]) for name, value in self.values.items()]
        return pd.DataFrame(rows, columns=["lever", "value", "move"])

    def __str__(self) -> str:
        """Return one line."""
        if not self.found:
            return f"{self.name}: {self.text}"
        set_ = ", ".join(f"{name} = {value!r}" for name, value in self.values.items())
        mild = ""
        if self.strength == 0:
            mild = ", its input however weak"
        elif self.strength > 0:
            mild = f", its input at {self.strength:.3g} of the way"
        how = f"fails with {set_}" if set_ else "fails with every lever at its default"
        return f"{self.name}: {how}{mild}; {self.text}"
