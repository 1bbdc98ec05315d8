"""What a search found: packages none of which is beaten in everything, and what they give."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import AnalysisError, StoreError, among, fold
from sensitivity.outcomes import FAILED, OK
from sensitivity.search.goals import BASE
from sensitivity.space import Space
from sensitivity.store import ENGINE, save

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FORMAT = 1
# A search is not at rest while the best of an objective moves by more than this share of the
# front's width in its last fifth.
MOVING, LAST = 0.01, 0.2
# A lever is told of where it is moved by more than this share of its range.
MOVED = 0.1
TOLD = 8
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Front:
    """Packages of levers that are not beaten in everything by any other, and what they give.

    Parameters
    ----------
    data
        ``design`` (package, lever), ``objectives`` and ``fresh_objectives`` (package, objective),
        the outcomes in every draw, the ``regret`` in every fresh draw, and where it all comes
        from in ``attrs``. The front comes first; behind it stand the levers as they are in the
        model's file, and scenarios.

    Examples
    --------
    >>> import sdmodel as sd
    >>> from sensitivity import optimise
    >>> found = optimise(
    ...     sd.load("models/core.mdl"),
    ...     aims={"final relative knowledge": "high"},
    ...     require="brain drain <= 0.3",
    ...     draws=8,
    ...     fresh=16,
    ...     population=16,
    ...     generations=5,
    ... )
    >>> found.objectives
    ('mean of final relative knowledge', 'satisficing share')
    >>> Front.open(found.save("out/front.nc")).packages == found.packages
    True
    """

    data: xr.Dataset

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages of the front, the best in the first objective first."""
        front = self.data["kind"].values == "front"
        return tuple(str(name) for name in self.data["package"].values[front])

    @property
    def references(self) -> tuple[str, ...]:
        """What the packages are compared with: the levers as they stand, and scenarios."""
        front = self.data["kind"].values == "front"
        return tuple(str(name) for name in self.data["package"].values[~front])

    @property
    def objectives(self) -> tuple[str, ...]:
        """What the packages were judged by."""
        return tuple(str(name) for name in self.data["objective"].values)

    @property
    def ways(self) -> tuple[str, ...]:
        """For each objective whether ``high`` or ``low`` is better."""
        return tuple(str(way) for way in self.data["way"].values)

    @property
    def signs(self) -> Floats:
        """1 for each objective of which more is better, -1 for the others."""
        return np.array([1.0 if way == "high" else -1.0 for way in self.ways])

    @property
    def compromise(self) -> str:
        """The package that is nowhere far from the best: its largest shortfall is the smallest.

        A shortfall is the distance to the best of an objective as a share of the front's width.
        """
        short = self.shortfalls()
        # Of alike ones the one that is nearer in all.
        place = np.lexsort((short.sum(axis=1), short.max(axis=1)))[0]
        return self.packages[int(place)]

    def shortfalls(self) -> Floats:
        """Return how far each package is behind the best of the front: packages, objectives."""
        scores = self._part("objectives") * self.signs
        width = np.ptp(scores, axis=0)
        found: Floats = (scores.max(axis=0) - scores) / np.where(width > 0, width, 1.0)
        return found

    def package(self, name: str) -> dict[str, float]:
        """Return what a package sets: each lever's value."""
        row = self.data["design"].sel(package=self._spelt(name)).values
        return {str(of): float(v) for of, v in zip(self.data["lever"].values, row, strict=True)}

    def table(self) -> pd.DataFrame:
        """Return one row a package, references last: objectives, seen and fresh, regret, levers."""
        import pandas as pd

        data = self.data
        columns: dict[str, Floats] = {}
        for place, name in enumerate(self.objectives):
            columns[name] = data["objectives"].values[:, place]
            columns[f"{name}, fresh"] = data["fresh_objectives"].values[:, place]
        for place, aim in enumerate(data["aim"].values):
            columns[f"mean regret of {aim}, fresh"] = _mean(data["regret"].values[place])
        columns["failed, fresh"] = data["fresh_failed"].values
        for place, lever in enumerate(data["lever"].values):
            columns[str(lever)] = data["design"].values[:, place]
        return pd.DataFrame(columns, index=pd.Index(data["package"].values, name="package"))

    def optimism(self) -> tuple[Floats, Floats]:
        """Return how much better the draws of the search make things look than fresh draws do.

        Returns
        -------
        tuple
            For each objective the mean over the front, and the same of the levers as they stand,
            which were not chosen by those draws. What the first has beyond the second comes of
            the choosing.
        """
        gap = (self.data["objectives"] - self.data["fresh_objectives"]).values * self.signs
        front = len(self.packages)
        return gap[:front].mean(axis=0), gap[front]

    @property
    def moving(self) -> tuple[str, ...]:
        """Objectives whose best still rose towards the end, so that a longer search may find more.

        None can be told of with fewer than five generations.
        """
        course = self.data["best_so_far"].values * self.signs
        last = round(LAST * len(course))
        if not last:
            return ()
        width = np.ptp(self._part("objectives"), axis=0)
        risen = course.max(axis=0) - course[-last - 1]
        return tuple(np.array(self.objectives)[risen > MOVING * width].tolist())

    def futures(self, name: str) -> xr.Dataset:
        """Return a package's fresh runs as a sweep over the uncertainties, for `discover`.

        Examples
        --------
        >>> import sdmodel as sd
        >>> from sensitivity import optimise
        >>> found = optimise(
        ...     sd.load("models/core.mdl"),
        ...     aims={"brain drain": "low"},
        ...     draws=4,
        ...     fresh=8,
        ...     population=8,
        ...     generations=2,
        ... )
        >>> dict(found.futures("as in the file").sizes)["sample"]
        8
        """
        import xarray as xr

        name = self._spelt(name)
        data, space = self.data, Space.from_dict(json.loads(self.data.attrs["space"]))
        factors = space.uncertainties
        if not factors:
            raise AnalysisError("nothing was uncertain in this search, so there is one future only")
        values = data["fresh_values"].sel(package=name).values
        about = data.attrs
        return xr.Dataset(
            {
                "design": (("sample", "factor"), data["fresh_draws"].values),
                "outcomes": (("outcome", "sample"), values),
                "status": (
                    ("outcome", "sample"),
                    np.where(np.isfinite(values), OK, FAILED).astype(np.int8),
                ),
            },
            coords={
                "factor": np.array([one.name for one in factors], dtype=str),
                "factor_label": (
                    "factor",
                    np.array([one.label or one.name for one in factors], dtype=str),
                ),
                "factor_unit": ("factor", np.array([one.unit or "" for one in factors], dtype=str)),
                "outcome": data["outcome"].values,
                "outcome_unit": ("outcome", data["outcome_unit"].values),
            },
            attrs={
                "model": about["model"],
                "model_digest": about["model_digest"],
                "method": f"fresh futures of package {name}",
                "seed": about["seed"],
                "runs": values.shape[1],
                "space": json.dumps(Space(uncertainties=factors).to_dict()),
            },
        )

    def save(self, path: str | Path) -> Path:
        """Write it to a netCDF file, whole or not at all."""
        return save(self.data, path)

    @classmethod
    def open(cls, path: str | Path) -> Front:
        """Read what `save` wrote."""
        import xarray as xr

        path = Path(path)
        if not path.is_file():
            raise StoreError(
                f"there is no file {path}: write one with 'sensitivity optimise -o {path}'"
            )
        try:
            data = xr.load_dataset(path, engine=ENGINE)
        except (OSError, ValueError, KeyError) as error:
            raise StoreError(f"{path} is not a netCDF file, so not a front ({error})") from error
        if "search_format" not in data.attrs:
            raise StoreError(
                f"{path} is a netCDF file but not a front: give one that 'sensitivity optimise' or "
                "Front.save wrote"
            )
        return cls(data)

    def draw(self) -> Figure:
        """Draw the front: two objectives against each other, more on parallel axes."""
        from sensitivity.search.figures import draw_front

        return draw_front(self)

    def draw_futures(self) -> Figure:
        """Draw what its packages give in fresh futures, beside the references: shares, regret."""
        from sensitivity.search.figures import draw_futures

        return draw_futures(self)

    def words(self) -> Iterator[str]:
        """Tell in a few sentences what was found, and how far it can be trusted."""
        about = self.data.attrs
        yield (
            f"{len(self.packages)} packages of {int(about['judged']):,} are not beaten in "
            f"everything by another ({int(about['runs']):,} runs)."
        )
        chosen, fresh = self.compromise, self.data["fresh_objectives"]
        place = self.packages.index(chosen)
        short = self.shortfalls()[place]
        if len(self.objectives) > 1:
            yield (
                f"Compromise: package {chosen}, in no objective further than {short.max():.0%} of "
                "the front's width from the best."
            )
        for column, name in enumerate(self.objectives):
            here = float(fresh.sel(package=chosen).values[column])
            base = float(fresh.sel(package=BASE).values[column])
            seen = float(self.data["objectives"].sel(package=chosen).values[column])
            yield (
                f"  {name}: {seen:.3g} in the futures of the search, {here:.3g} in fresh ones; "
                f"with the levers {BASE} {base:.3g}."
            )
        moves = self._moves(chosen)
        if moves:
            yield "  It moves: " + "; ".join(moves) + "."
        for name, mine, stands in zip(self.objectives, *self.optimism(), strict=True):
            if abs(mine) > ROUNDING:
                yield (
                    f"'{name}' looks {_better(mine)} in the futures of the search than in fresh "
                    f"ones, on average over the front; with the levers {BASE}, which were not "
                    f"chosen by them, {_better(stands)}."
                )
        if int(self.data["fresh_failed"].sum()):
            yield (
                f"{int(self.data['fresh_failed'].sum()):,} fresh runs failed: they are left out of "
                "means, and count as not fulfilling what is required."
            )
        if self.moving:
            yield (
                f"Not at rest: {', '.join(self.moving)} still rose towards the end; more "
                "generations may find more."
            )

    def _moves(self, name: str) -> list[str]:
        space = Space.from_dict(json.loads(self.data.attrs["space"]))
        mine, base = self.package(name), self.package(BASE)
        moves = [
            (abs(mine[one.name] - base[one.name]) / (one.high - one.low), one)
            for one in space.levers
        ]
        moves = sorted((m for m in moves if m[0] > MOVED), key=lambda m: -m[0])
        told = [
            f"{one.label or one.name} {base[one.name]:.3g} to {mine[one.name]:.3g}"
            for _, one in moves[:TOLD]
        ]
        return [*told, f"{len(moves) - TOLD} more"] if len(moves) > TOLD else told

    def _part(self, name: str) -> Floats:
        found: Floats = self.data[name].values[: len(self.packages)]
        return found

    def _spelt(self, name: str) -> str:
        known = [str(one) for one in self.data["package"].values]
        for one in known:
            if fold(one) == fold(name):
                return one
        raise AnalysisError(f"the front has no package '{name}'{among(name, known)}")


def _better(gap: float) -> str:
    return f"{abs(gap):.2g} {'better' if gap >= 0 else 'worse'}"


def _mean(values: Floats) -> Floats:
    """Return the mean of each row over what is there; NaN where nothing is."""
    sound = np.isfinite(values)
    total = np.where(sound, values, 0.0).sum(axis=1)
    return np.where(sound.any(axis=1), total / np.maximum(sound.sum(axis=1), 1), np.nan)
