"""Packages of levers compared over common draws of the uncertainties: which of them are robust.

A package is robust where it does better than the levers as they stand in most futures, and no worse
in anything else that matters. Regret and satisficing are those of Lempert, Popper and Bankes 2003,
Shaping the Next One Hundred Years, RAND MR-1626, chapter 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

import sdmodel as sd
from sensitivity.claims.arms import Bench, Draws
from sensitivity.claims.book import Arm
from sensitivity.distances import distances
from sensitivity.errors import MethodError, among
from sensitivity.outcomes import choose
from sensitivity.progress import with_bar
from sensitivity.space import Space, uncertain

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Progress = Callable[[int, int], None]

AIMS = ("high", "low")
# A difference counts above this share of the value that the levers as they stand give.
BAND = 0.01
# A lever is left at its low end in half of the packages, so that packages are few things each.
LEFT_OUT = 0.5
TOP = 0.1


@dataclass(frozen=True, slots=True)
class PackageStudy:
    """Packages of levers, and what each does in every draw.

    Parameters
    ----------
    aims
        The outcomes with what is wanted of them, the first the one to be improved.
    levers, design
        Names of the levers, and their values: packages, levers. The first package is the levers as
        they stand in the model's file.
    names
        Of the packages.
    values
        Outcomes, packages, draws.

    Examples
    --------
    >>> import sdmodel as sd
    >>> study = robust_packages(
    ...     sd.load("models/core.mdl"), {"final relative knowledge": "high"}, packages=8, draws=16
    ... )
    >>> study.values.shape
    (1, 9, 16)
    """

    aims: Mapping[str, str]
    levers: tuple[str, ...]
    design: Floats
    names: tuple[str, ...]
    values: Floats

    def __repr__(self) -> str:
        """Return its size, and what the packages were drawn for."""
        aims = ", ".join(f"{name!r} {way}" for name, way in self.aims.items())
        return (
            f"<PackageStudy: {len(self.names)} packages of {len(self.levers)} levers in "
            f"{self.values.shape[2]} draws, for {aims}>"
        )

    @property
    def gains(self) -> Floats:
        """What each package gains over the levers as they stand: outcomes, packages, draws."""
        ways = np.array([1.0 if way == "high" else -1.0 for way in self.aims.values()])
        found: Floats = ways[:, None, None] * (self.values - self.values[:, :1])
        return found

    @property
    def robust(self) -> Floats:
        """The share of draws in which a package improves the first aim and harms no other."""
        bands = BAND * np.abs(self.values[:, :1])
        gains = self.gains
        with np.errstate(invalid="ignore"):
            better = (gains[0] > bands[0]) & (gains[1:] >= -bands[1:]).all(axis=0)
        found: Floats = better.mean(axis=1)
        return found

    @property
    def regret(self) -> Floats:
        """How far each package is behind the best in the first aim, at most, in 90 % of draws."""
        gains = self.gains[0]
        behind = np.where(np.isfinite(gains), np.nanmax(gains, axis=0) - gains, np.inf)
        found: Floats = np.quantile(behind, 0.9, axis=1, method="higher")
        return found

    def table(self) -> pd.DataFrame:
        """Return one row a package, the most robust first: shares, regret, medians, levers."""
        import pandas as pd

        columns = {"robust": self.robust, "regret": self.regret}
        for name, rows in zip(self.aims, self.values, strict=True):
            columns[name] = np.nanmedian(rows, axis=1)
        table = pd.DataFrame(columns, index=pd.Index(self.names, name="package"))
        for place, lever in enumerate(self.levers):
            table[lever] = self.design[:, place]
        return table.sort_values(["robust", "regret"], ascending=[False, True])

    def common(self) -> pd.DataFrame:
        """Return what the most robust tenth of the random packages has in common.

        Returns
        -------
        pandas.DataFrame
            One row a lever, the strongest first: the distance between its distributions in the
            tenth and in the rest (Kolmogorov and Smirnov), whether more or less of it, and both
            means.
        """
        import pandas as pd

        drawn = np.array([name.isdigit() for name in self.names])
        design, robust, regret = self.design[drawn], self.robust[drawn], self.regret[drawn]
        order = np.lexsort((regret, -robust))
        top = np.zeros(len(order), dtype=bool)
        top[order[: max(1, round(TOP * len(order)))]] = True
        distance, way = distances(design, top)
        table = pd.DataFrame(
            {
                "distance": distance,
                "more": way > 0,
                "mean_robust": design[top].mean(axis=0),
                "mean_others": design[~top].mean(axis=0),
            },
            index=pd.Index(self.levers, name="lever"),
        )
        return table.sort_values("distance", ascending=False)


@with_bar("packages")
def robust_packages(
    model: sd.Model,
    aims: Mapping[str, str],
    *,
    levers: Space | None = None,
    packages: int = 200,
    draws: int = 64,
    seed: int = 1,
    fixed: Mapping[str, float] | None = None,
    scenarios: tuple[str, ...] = (),
    threads: int | None = None,
    progress: Progress | None = None,
) -> PackageStudy:
    """Draw packages of levers at random, run each in the same futures, and compare them.

    Parameters
    ----------
    model
        The model; its settings name levers, uncertainties and outcomes.
    aims
        What is wanted of which outcomes, as in ``{"income": "high", "brain drain": "low"}``; the
        first is to be improved, no other is to be harmed.
    levers
        The levers to choose from; all of the model's when left out.
    packages, draws, seed
        How many packages, in how many draws of the uncertainties.
    fixed
        Constants that are the same in all runs, such as a world without innovation networks.
    scenarios
        Scenarios of the model to compare besides, by their own names.
    threads, progress
        As in ``sensitivity.sweep``.

    Returns
    -------
    PackageStudy
        With what each package does in each draw.

    Examples
    --------
    >>> import sdmodel as sd
    >>> study = robust_packages(
    ...     sd.load("models/core.mdl"),
    ...     {"final relative knowledge": "high", "brain drain": "low"},
    ...     packages=20,
    ...     draws=16,
    ... )
    >>> float(study.robust[0])
    0.0
    """
    for name, way in aims.items():
        if way not in AIMS:
            raise MethodError(f"the aim of '{name}' is '{way}'{among(way, AIMS)}")
    if not aims or packages < 1 or draws < 2:
        raise MethodError("give at least one aim, one package and two draws")
    outcomes = choose(model, list(aims))
    space = Space.from_settings(model, "levers") if levers is None else levers
    model, space = space.prepare(model)
    rng = np.random.default_rng(seed)
    unit = rng.random((packages, len(space)))
    unit[rng.random(unit.shape) < LEFT_OUT] = 0.0
    design = np.vstack([list(space.defaults.values()), space.scale(unit)])
    arms = {"as in the file": ()} | {
        str(n): _steps(space, row) for n, row in enumerate(design[1:], 1)
    }
    for name in scenarios:
        told = model.scenario(name).values
        arms[name] = tuple(("set", of, value) for of, value in told.items())
        design = np.vstack([design, [told.get(one.name, one.default) for one in space.factors]])
    variables = tuple(dict.fromkeys(one.of for one in outcomes))
    bench = Bench(
        model, Draws.latin(uncertain(model.settings), draws, seed), variables, threads=threads
    )
    before = tuple(("set", name, value) for name, value in (fixed or {}).items())
    values = np.full((len(outcomes), len(arms), draws), np.nan)
    for place, (name, steps) in enumerate(arms.items()):
        table = bench.draws.table(Arm(name, name, before + steps), model, slice(0, draws))
        found = bench.runs(table, outcomes, ())
        for row, one in enumerate(outcomes):
            values[row, place] = found.values[one.name]
        if progress is not None:
            progress((place + 1) * draws, len(arms) * draws)
    return PackageStudy(dict(aims), space.names, design, tuple(arms), values)


def _steps(space: Space, row: Floats) -> tuple[tuple[str, str, float], ...]:
    return tuple(("set", name, float(value)) for name, value in zip(space.names, row, strict=True))
