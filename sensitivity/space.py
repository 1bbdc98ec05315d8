"""The space a study explores: levers that policy can move, and uncertainties that nobody can."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sdmodel as sd
from sensitivity.distributions import DISTRIBUTIONS, KINDS, scale
from sensitivity.errors import SpaceError, among, fold, near

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

WHAT = ("levers", "uncertainties", "both")


def factor(
    name: str,
    low: float,
    high: float,
    *,
    default: float | None = None,
    unit: str = "",
    label: str = "",
    group: str = "",
    distribution: str = "uniform",
    kind: str = "continuous",
) -> sd.Factor:
    """Describe one lever or uncertainty in Python, without a levers file.

    Parameters
    ----------
    name
        The constant's name as in the model, blanks and all.
    low, high
        The ends of its range.
    default
        Its usual value; the middle of the range when left out. It is the centre of the
        ``triangular``, ``normal`` and ``lognormal`` distributions.
    distribution
        ``uniform``, ``triangular``, ``normal`` or ``lognormal``; none of them leaves the range.
    kind
        ``continuous``, ``integer`` (whole numbers only) or ``switch`` (either low or high).

    Examples
    --------
    >>> factor("tax rate", 0.1, 0.3, unit="Dmnl").default
    0.2
    """
    if default is None:
        middle = math.sqrt(low * high) if distribution == "lognormal" and low > 0 else None
        default = 0.5 * (low + high) if middle is None else middle
        if kind == "switch":
            default = low
        elif kind == "integer":
            default = float(math.floor(default))
    return sd.Factor(
        name=name,
        low=float(low),
        high=float(high),
        default=float(default),
        unit=unit,
        label=label,
        group=group,
        distribution=distribution,
        kind=kind,
    )


@dataclass(frozen=True, slots=True)
class Space:
    """Levers and uncertainties, in order: what a sweep varies, and over which ranges.

    Parameters
    ----------
    levers
        Constants that policy can move.
    uncertainties
        Constants that nobody can move and nobody knows for certain.

    Examples
    --------
    >>> space = Space(levers=[factor("tax rate", 0, 0.5)], uncertainties=[factor("drift", 1, 3)])
    >>> space.names
    ('tax rate', 'drift')
    >>> space.only("uncertainties").names
    ('drift',)
    >>> space["Tax_Rate"].high
    0.5
    """

    levers: tuple[sd.Factor, ...] = ()
    uncertainties: tuple[sd.Factor, ...] = ()

    def __post_init__(self) -> None:
        # Lists are welcome at the door; inside, nothing changes any more.
        object.__setattr__(self, "levers", tuple(self.levers))
        object.__setattr__(self, "uncertainties", tuple(self.uncertainties))
        _check(self.factors)

    @classmethod
    def from_settings(cls, model: sd.Model, what: str = "both") -> Space:
        """Take the levers and uncertainties named in the TOML file beside a model.

        Parameters
        ----------
        model
            A loaded model.
        what
            ``levers``, ``uncertainties`` or ``both``.
        """
        settings = model.settings
        whole = cls(tuple(settings.levers.values()), tuple(settings.uncertainties.values()))
        if not len(whole):
            raise SpaceError(
                f"{model.name} has no levers or uncertainties to vary: name some in the .toml "
                'file beside the model, such as [levers."tax rate"] with low = 0 and high = 0.5, '
                "or build a sensitivity.Space in Python"
            )
        return whole.only(what)

    @classmethod
    def from_toml(
        cls, path: str | Path, model: sd.Model | None = None, what: str = "both"
    ) -> Space:
        """Read the levers and uncertainties of a TOML file.

        Parameters
        ----------
        path
            The file, such as ``models/core.toml``.
        model
            The model it belongs to, which gives units, defaults and ranges; when left out, the
            ``.mdl`` of the same name beside the file.
        what
            ``levers``, ``uncertainties`` or ``both``.
        """
        return _from_toml(Path(path), model).only(what)

    @property
    def factors(self) -> tuple[sd.Factor, ...]:
        """Every factor: the levers first, then the uncertainties."""
        return self.levers + self.uncertainties

    @property
    def names(self) -> tuple[str, ...]:
        """The factors' names as the model's file spells them."""
        return tuple(one.name for one in self.factors)

    @property
    def roles(self) -> tuple[str, ...]:
        """For each factor, ``lever`` or ``uncertainty``."""
        return ("lever",) * len(self.levers) + ("uncertainty",) * len(self.uncertainties)

    @property
    def defaults(self) -> dict[str, float]:
        """The usual value of every factor, by name."""
        return {one.name: one.default for one in self.factors}

    def __len__(self) -> int:
        return len(self.levers) + len(self.uncertainties)

    def __iter__(self) -> Iterator[sd.Factor]:
        return iter(self.factors)

    def __getitem__(self, name: str) -> sd.Factor:
        for one in self.factors:
            if fold(one.name) == fold(name):
                return one
        raise SpaceError(f"no factor named '{name}' in this space{near(name, self.names)}")

    def only(self, what: str) -> Space:
        """Return the part of this space with the levers, the uncertainties, or both."""
        if what not in WHAT:
            raise SpaceError(f"'{what}' is not a part of a space{among(what, WHAT)}")
        part = Space(
            self.levers if what != "uncertainties" else (),
            self.uncertainties if what != "levers" else (),
        )
        if len(self) and not len(part):
            other = "uncertainties" if what == "levers" else "levers"
            raise SpaceError(f"this space has no {what}, only {other}: ask for {other} or both")
        return part

    def without(self, *names: str) -> Space:
        """Return this space less some factors, which then keep their default.

        Examples
        --------
        >>> Space([factor("a", 0, 1), factor("b", 0, 1)]).without("a").names
        ('b',)
        """
        gone = {self[name].name for name in names}
        return Space(
            tuple(one for one in self.levers if one.name not in gone),
            tuple(one for one in self.uncertainties if one.name not in gone),
        )

    def scale(self, unit_design: NDArray[np.float64]) -> NDArray[np.float64]:
        """Carry a design on the unit cube, one column per factor, over to the factors' values.

        Examples
        --------
        >>> import numpy as np
        >>> Space([factor("a", 0, 10), factor("b", 5, 6)]).scale(np.array([[0.5, 0.0]]))
        array([[5., 5.]])
        """
        import numpy as np

        if unit_design.ndim != 2 or unit_design.shape[1] != len(self):
            raise SpaceError(
                f"the design has shape {unit_design.shape}, but this space has {len(self)} "
                "factors: give one column for each"
            )
        return np.column_stack(
            [scale(one, unit_design[:, column]) for column, one in enumerate(self.factors)]
        )

    def problem(self, *, groups: bool = False) -> dict[str, Any]:
        """Return what SALib calls a problem: the names, and the unit cube as bounds.

        SALib then samples the unit cube, and `scale` carries the sample over to values; so any
        of its methods serves every distribution and kind of factor.

        Parameters
        ----------
        groups
            Put factors of the same group together; one without a group stands alone.

        Examples
        --------
        >>> Space([factor("tax rate", 0.1, 0.3)]).problem()
        {'num_vars': 1, 'names': ['tax rate'], 'bounds': [[0.0, 1.0]]}
        """
        problem: dict[str, Any] = {
            "num_vars": len(self),
            "names": list(self.names),
            "bounds": [[0.0, 1.0] for _ in self.factors],
        }
        if groups:
            problem["groups"] = [one.group or one.name for one in self.factors]
        return problem

    def matched(self, model: sd.Model) -> Space:
        """Return this space with its names spelt as in the model; refuse what it cannot set."""
        constants = {fold(name): name for name in model.constants}
        variables = {fold(name) for name in model.units}
        wrong = []
        for name in self.names:
            key = fold(name)
            if key in constants:
                continue
            if key in variables:
                wrong.append(
                    f"'{name}' is computed in {model.name}, not a constant, so it cannot be varied"
                )
            else:
                wrong.append(f"{model.name} has no constant '{name}'{near(name, model.constants)}")
        if wrong:
            raise SpaceError("\n".join(wrong))
        return Space(
            tuple(replace(one, name=constants[fold(one.name)]) for one in self.levers),
            tuple(replace(one, name=constants[fold(one.name)]) for one in self.uncertainties),
        )

    def table(self) -> pd.DataFrame:
        """Return the factors as a table, one row each, to be shown in a notebook."""
        import pandas as pd

        rows = [{"role": role, **_fields(one)} for role, one in zip(self.roles, self, strict=True)]
        return pd.DataFrame(rows).set_index("name")

    def to_dict(self) -> dict[str, list[dict[str, Any]]]:
        """Return this space as plain lists and numbers, as it is stored with a sweep."""
        return {
            "levers": [_fields(one) for one in self.levers],
            "uncertainties": [_fields(one) for one in self.uncertainties],
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Iterable[Mapping[str, Any]]]) -> Space:
        """Rebuild a space from what `to_dict` gave."""
        return cls(
            tuple(sd.Factor(**one) for one in stored["levers"]),
            tuple(sd.Factor(**one) for one in stored["uncertainties"]),
        )


def read_levers(path: str | Path, model: sd.Model | None = None) -> Space:
    """Read the levers of a TOML file, leaving its uncertainties at their defaults.

    Examples
    --------
    >>> read_levers("models/core.toml")["education effort"].high
    1.0
    """
    return Space.from_toml(path, model, what="levers")


def _fields(one: sd.Factor) -> dict[str, Any]:
    return asdict(one)


def _from_toml(path: Path, model: sd.Model | None) -> Space:
    if not path.is_file():
        raise SpaceError(f"there is no levers file {path}: give the .toml that names the levers")
    if model is None:
        beside = path.with_suffix(".mdl")
        if not beside.is_file():
            raise SpaceError(
                f"{path} has no model {beside.name} beside it: name the model it belongs to, as in "
                "read_levers(path, model) or --levers FILE"
            )
        model = sd.load(beside)
    settings = sd.read_settings(path, model)
    space = Space(tuple(settings.levers.values()), tuple(settings.uncertainties.values()))
    if not len(space):
        raise SpaceError(
            f'{path} names no levers or uncertainties: add tables such as [levers."tax rate"]'
        )
    return space


def _check(factors: tuple[sd.Factor, ...]) -> None:
    """Report everything wrong with the factors at once."""
    wrong: list[str] = []
    seen: dict[str, str] = {}
    for one in factors:
        if fold(one.name) in seen:
            wrong.append(f"'{one.name}' is there twice: leave one out")
        seen[fold(one.name)] = one.name
        wrong.extend(_problems(one))
    if wrong:
        raise SpaceError("\n".join(wrong))


def _problems(one: sd.Factor) -> Iterator[str]:
    who = f"'{one.name}'"
    if not (math.isfinite(one.low) and math.isfinite(one.high)):
        yield (
            f"{who} has no end to its range ({one.low:g} to {one.high:g}): give finite low and high"
        )
        return
    if one.low == one.high:
        yield f"{who} has low = high = {one.low:g}, so it would not vary: widen it or leave it out"
    elif one.low > one.high:
        yield f"{who} has low {one.low:g} above high {one.high:g}: exchange them"
    if one.kind not in KINDS:
        yield f"{who} has kind '{one.kind}'{among(one.kind, KINDS)}"
    if one.distribution not in DISTRIBUTIONS:
        yield f"{who} has distribution '{one.distribution}'{among(one.distribution, DISTRIBUTIONS)}"
        return
    row = DISTRIBUTIONS[one.distribution]
    if row.positive and one.low <= 0:
        yield f"{who} is {row.name} and has low {one.low:g}: it must be above 0"
    if row.centred and not one.low <= one.default <= one.high:
        yield (
            f"{who} is {row.name} about its default {one.default:g}, which lies outside "
            f"{one.low:g} to {one.high:g}: widen the range, or make it uniform"
        )
    if one.kind == "integer" and not (float(one.low).is_integer() and float(one.high).is_integer()):
        yield f"{who} takes whole numbers only, but runs from {one.low:g} to {one.high:g}"
    if one.kind == "switch" and one.distribution != "uniform":
        yield f"{who} is a switch, so it is either low or high: leave its distribution out"
