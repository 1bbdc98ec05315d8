"""What scenario discovery found: boxes of runs, told in words, as a table and as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

# A factor that fewer random halves of the runs limit is told of as a doubtful one.
STABLE = 0.5


@dataclass(frozen=True, slots=True)
class Limit:
    """One end of a factor's range, or the categories of it, that a box is limited to.

    Parameters
    ----------
    factor, label, unit
        Which factor.
    low, high
        Its ends in the box, both inside; None where it has none there.
    kinds
        Its categories in the box; None for a factor with an order.
    quasi_p
        The chance, as Bryant and Lempert count it, that the limit does nothing: in all runs. It
        is flattering, because the limit was chosen by them.
    p
        The same in the runs that the search did not see.
    """

    factor: str
    label: str
    unit: str
    low: float | None
    high: float | None
    kinds: tuple[Any, ...] | None
    quasi_p: float
    p: float

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit and self.unit.lower() not in ("dmnl", "1") else ""
        if self.kinds is not None:
            return f"'{self.label}' is {' or '.join(str(one) for one in self.kinds)}"
        if self.low is not None:
            return f"'{self.label}' is at least {self.low:.3g}{unit}"
        return f"'{self.label}' is at most {self.high:.3g}{unit}"


@dataclass(frozen=True, slots=True)
class Step:
    """One region on the way to a box, by the runs that the search saw."""

    coverage: float
    density: float
    mass: float
    limited: int


@dataclass(frozen=True, slots=True)
class Box:
    """A region in which what is sought is frequent.

    Parameters
    ----------
    limits
        What holds in it, the surest first.
    coverage
        Its share of all runs that are sought, those in earlier boxes not counted.
    density
        The share of the runs in it that are sought.
    fresh_density
        The same among the runs that the search did not see.
    mass
        Its share of all runs.
    trajectory, chosen
        The regions on the way, and which of them the box was made from.
    """

    limits: tuple[Limit, ...]
    coverage: float
    density: float
    fresh_density: float
    mass: float
    trajectory: tuple[Step, ...]
    chosen: int


@dataclass(frozen=True, slots=True)
class Discovery:
    """The boxes that were found in some runs, and how sure they are.

    Parameters
    ----------
    where
        What was sought, in words.
    method
        ``prim`` or ``cart``.
    boxes
        The boxes; none where no limit could be told from chance.
    coverage, density
        Of all boxes together.
    cases, runs, left_out
        How many runs were sought, of how many, and how many more had no outcome.
    ranges
        The lowest and highest value of each ordered factor that a box limits.
    stability
        For each factor, in how many of the random halves of the runs a box limits it, as a share.
    about
        Where the runs come from: model, digest, method, seed.
    notes
        What a reader must know besides.
    """

    where: str
    method: str
    boxes: tuple[Box, ...]
    coverage: float
    density: float
    cases: int
    runs: int
    left_out: int
    ranges: Mapping[str, tuple[float, float]]
    stability: Mapping[str, float]
    about: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    def words(self) -> Iterator[str]:
        """Tell what was found, a sentence for each box."""
        yield f"{self.where}: {self.cases:,} of {self.runs:,} runs ({self.cases / self.runs:.1%})."
        if not self.boxes:
            yield "No limit on any factor can be told from chance."
        for number, box in enumerate(self.boxes, 1):
            limits = " and ".join(str(limit) for limit in box.limits)
            yield (
                f"Box {number}: where {limits}. It holds {box.coverage:.0%} of all such runs; "
                f"{box.density:.0%} of the runs in there are such ({box.fresh_density:.0%} of "
                "those that the search did not see)."
            )
            unsure = [
                f"'{limit.label}' ({self.stability[limit.factor]:.0%})"
                for limit in box.limits
                if self.stability.get(limit.factor, 1.0) < STABLE
            ]
            if unsure:
                yield (
                    f"  Doubtful, because few other halves of the runs limit them: "
                    f"{', '.join(dict.fromkeys(unsure))}."
                )
        if len(self.boxes) > 1:
            yield (
                f"Together they hold {self.coverage:.0%}; {self.density:.0%} of the runs in them "
                "are such."
            )
        yield from self.notes

    def table(self) -> pd.DataFrame:
        """Return one row a limit."""
        import pandas as pd

        rows = [
            {
                "box": number,
                "factor": limit.factor,
                "low": limit.low,
                "high": limit.high,
                "kinds": limit.kinds,
                "p": limit.p,
                "quasi p": limit.quasi_p,
                "stability": self.stability.get(limit.factor),
                "coverage": box.coverage,
                "density": box.density,
                "fresh density": box.fresh_density,
                "mass": box.mass,
            }
            for number, box in enumerate(self.boxes, 1)
            for limit in box.limits
        ]
        names = ("box", "factor", "low", "high", "kinds", "p", "quasi p", "stability", "coverage")
        columns = [*names, "density", "fresh density", "mass"]
        return pd.DataFrame(rows, columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain lists and numbers, as it is written to JSON."""
        return asdict(self) | {"words": list(self.words())}

    def draw(self) -> Figure:
        """Draw the boxes as bars on their factors' ranges, and coverage against density."""
        from sensitivity.search.figures import draw_boxes

        return draw_boxes(self)
