"""The space a study explores: levers that policy can move, and uncertainties that nobody can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sdmodel as sd
from sensitivity import dependence
from sensitivity.dependence import Correlations, joined, parted
from sensitivity.distributions import scale, unit
from sensitivity.errors import SpaceError, among, fold, near
from sensitivity.factors import factor as factor
from sensitivity.factors import faults
from sensitivity.families import FAMILIES
from sensitivity.matching import PART, settable_in, strange

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

WHAT = ("levers", "uncertainties", "both")


@dataclass(frozen=True, slots=True)
class Space:
    """Levers and uncertainties, in order: what a sweep varies, and over which ranges.

    Parameters
    ----------
    levers
        Constants that policy can move.
    uncertainties
        Constants that nobody can move and nobody knows for certain.
    correlations
        Which factors go together: two names and their rank correlation (Spearman's), each. For
        methods that allow it; see `Space.refuse_dependence`.

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
    correlations: Correlations = ()

    def __post_init__(self) -> None:
        # Lists are welcome at the door; inside, nothing changes any more.
        object.__setattr__(self, "levers", tuple(self.levers))
        object.__setattr__(self, "uncertainties", tuple(self.uncertainties))
        pairs = tuple((one, other, float(rho)) for one, other, rho in self.correlations)
        object.__setattr__(self, "correlations", pairs)
        _check(self)

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
        try:
            whole = _of_settings(model.settings)
        except SpaceError as error:
            raise SpaceError(f"{model.name}.toml: {error}") from None
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

    @property
    def groups(self) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """The names of the groups, and for each factor the number of its group.

        A factor without a group stands alone, under its own name.

        Examples
        --------
        >>> pair = [factor("a", 0, 1, group="money"), factor("b", 0, 1, group="money")]
        >>> Space([*pair, factor("c", 0, 1)]).groups
        (('money', 'c'), (0, 0, 1))
        """
        # A factor that stands alone is in no group, even in one that has its name.
        keys = [("group", fold(one.group)) if one.group else ("", fold(one.name)) for one in self]
        order = list(dict.fromkeys(keys))
        names = dict(
            zip(reversed(keys), reversed([one.group or one.name for one in self]), strict=True)
        )
        return tuple(names[key] for key in order), tuple(order.index(key) for key in keys)

    @property
    def correlated(self) -> bool:
        """Whether any factors go together, so that their numbers are not independent."""
        return any(rho != 0 for _, _, rho in self.correlations)

    def refuse_dependence(
        self, method: str, instead: Iterable[str] = ("delta", "pawn", "regional")
    ) -> None:
        """Raise a `SpaceError` if factors go together, on behalf of a method that forbids it.

        Parameters
        ----------
        method
            The method, as the message names it.
        instead
            Methods that would do.

        Examples
        --------
        >>> Space([factor("a", 0, 1)]).refuse_dependence("sobol")
        """
        if self.correlated:
            pairs = ", ".join(f"'{a}' with '{b}' ({rho:g})" for a, b, rho in self.correlations)
            raise SpaceError(
                f"{method} needs independent inputs, for it shares the variance out among them, "
                f"but these go together: {pairs}. Choose {' or '.join(instead)}, or leave the "
                "correlations out"
            )

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
        part = self._with(
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
        return self._with(
            tuple(one for one in self.levers if one.name not in gone),
            tuple(one for one in self.uncertainties if one.name not in gone),
        )

    def _with(self, levers: tuple[sd.Factor, ...], uncertainties: tuple[sd.Factor, ...]) -> Space:
        """Return a space of some of these factors, with the correlations among them."""
        kept = {fold(one.name) for one in (*levers, *uncertainties)}
        pairs = (one for one in self.correlations if {fold(one[0]), fold(one[1])} <= kept)
        return Space(levers, uncertainties, tuple(pairs))

    def scale(self, unit_design: NDArray[np.float64]) -> NDArray[np.float64]:
        """Carry a design on the unit cube, one column per factor, over to the factors' values.

        A place that is not a number stands for the factor's default, wherever that lies.

        Examples
        --------
        >>> import numpy as np
        >>> Space([factor("a", 0, 10), factor("b", 5, 6)]).scale(np.array([[0.5, 0.0]]))
        array([[5., 5.]])
        """
        import numpy as np

        self._fits(unit_design)
        if self.correlated:
            unit_design = joined(unit_design, self.names, self.correlations)
        columns = []
        for column, one in enumerate(self.factors):
            places = np.ascontiguousarray(unit_design[:, column])
            values = scale(one, np.nan_to_num(places))
            columns.append(np.where(np.isnan(places), one.default, values))
        return np.column_stack(columns)

    def unit(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Carry values of the factors, one column for each, back to the unit cube.

        The opposite of `scale`, such as for putting defaults or known cases into a design. A whole
        number, a switch or a value of a list goes to the middle of its share.

        Examples
        --------
        >>> import numpy as np
        >>> Space([factor("a", 0, 10), factor("b", 0, 1, kind="switch")]).unit(np.array([[5, 1]]))
        array([[0.5 , 0.75]])
        """
        import numpy as np

        values = np.asarray(values, dtype=float)
        self._fits(values)
        found = np.column_stack(
            [unit(one, values[:, column]) for column, one in enumerate(self.factors)]
        )
        wrong = []
        for column, one in enumerate(self.factors):
            for row in np.flatnonzero(np.isnan(found[:, column]))[:1]:
                told = f"but row {row} has {values[row, column]:g}"
                wrong.append(f"'{one.name}' takes {_taken(one)}, {told}")
        if wrong:
            raise SpaceError("\n".join(wrong))
        return parted(found, self.names, self.correlations) if self.correlated else found

    def _fits(self, table: NDArray[np.float64]) -> None:
        if table.ndim != 2 or table.shape[1] != len(self):
            raise SpaceError(
                f"the design has shape {table.shape}, but this space has {len(self)} "
                "factors: give one column for each"
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
            names, numbers = self.groups
            problem["groups"] = [names[number] for number in numbers]
        return problem

    def matched(self, model: sd.Model) -> Space:
        """Return this space with its names spelt as in the model; refuse what it cannot set."""
        settable = settable_in(model)
        wrong = strange(self.names, settable, model)
        if wrong:
            raise SpaceError("\n".join(wrong))
        spelt = {one.name: settable[fold(one.name)] for one in self}
        told = {fold(one): settable[fold(one)] for one in self.names}
        return Space(
            tuple(replace(one, name=spelt[one.name]) for one in self.levers),
            tuple(replace(one, name=spelt[one.name]) for one in self.uncertainties),
            tuple((told[fold(a)], told[fold(b)], rho) for a, b, rho in self.correlations),
        )

    def prepare(self, model: sd.Model) -> tuple[sd.Model, Space]:
        """Return the model to run and this space, in which every factor is a constant of it.

        Parts of lookups and stocks, such as ``scale of NAME``, become constants whose values at
        first leave the model as it was; all else is as in `matched`. The digest stays that of the
        model's file, so a model and a stored space give the same again. What a control file of
        Vensim's draws may lie beyond the ranges of the model's file.

        Examples
        --------
        >>> import sdmodel as sd
        >>> space = Space(uncertainties=[factor("initial of Diaspora", 0, 50, default=0)])
        >>> model, plain = space.prepare(sd.load("models/core.mdl"))
        >>> model.constants[plain.names[0]]
        0.0
        """
        if any(one.distribution in FAMILIES for one in self):
            model = sd.without_ranges(model)
        settable = settable_in(model)
        parts = [one for one in self.names if fold(one) not in settable and PART.match(fold(one))]
        if not parts:
            return model, self.matched(model)
        others = [one for one in self.names if one not in parts]
        wrong, prepared = strange(others, settable, model), model
        try:
            prepared = model.with_parts(parts)
        except sd.ModelError as error:
            wrong.append(str(error))
        if not wrong:
            wrong = [
                f"'{name}' only says where a stock starts, and so does its initial value in this "
                "space: leave one out"
                for name in others
                if model.variable(name).used_by and not prepared.variable(name).used_by
            ]
        if wrong:
            raise SpaceError("\n".join(wrong))
        return prepared, self.matched(prepared)

    def table(self) -> pd.DataFrame:
        """Return the factors as a table, one row each, to be shown in a notebook."""
        import pandas as pd

        rows = []
        for role, one in zip(self.roles, self, strict=True):
            row = {"role": role, **asdict(one)}
            row["parameters"] = ", ".join(f"{k} = {v:g}" for k, v in one.parameters.items())
            for word in ("values", "weights"):
                row[word] = ", ".join(f"{value:g}" for value in row[word])
            row["labels"] = ", ".join(one.labels)
            row["goes with"] = ", ".join(
                f"{b if fold(a) == fold(one.name) else a} {rho:g}"
                for a, b, rho in self.correlations
                if fold(one.name) in (fold(a), fold(b))
            )
            rows.append(row)
        return pd.DataFrame(rows).set_index("name")

    def to_dict(self) -> dict[str, list[Any]]:
        """Return this space as plain lists and numbers, as it is stored with a sweep."""
        stored: dict[str, list[Any]] = {
            "levers": [_fields(one) for one in self.levers],
            "uncertainties": [_fields(one) for one in self.uncertainties],
        }
        if self.correlations:
            stored["correlations"] = [list(one) for one in self.correlations]
        return stored

    @classmethod
    def from_dict(cls, stored: Mapping[str, Iterable[Any]]) -> Space:
        """Rebuild a space from what `to_dict` gave."""
        return cls(
            tuple(_of_fields(one) for one in stored["levers"]),
            tuple(_of_fields(one) for one in stored["uncertainties"]),
            tuple((one, other, rho) for one, other, rho in stored.get("correlations", ())),
        )


def read_levers(path: str | Path, model: sd.Model | None = None) -> Space:
    """Read the levers of a TOML file, leaving its uncertainties at their defaults.

    Examples
    --------
    >>> read_levers("models/core.toml")["education effort"].high
    1.0
    """
    return Space.from_toml(path, model, what="levers")


def _taken(one: sd.Factor) -> str:
    """Return which values a factor takes, for people."""
    if one.values:
        return ", ".join(f"{value:g}" for value in one.values)
    if one.kind == "switch":
        return f"{one.low:g} or {one.high:g}"
    whole = "whole numbers from " if one.kind == "integer" else ""
    return f"{whole}{one.low:g} to {one.high:g}"


def uncertain(settings: sd.ModelSettings) -> Space:
    """Return the uncertainties that a model's settings name, which may be none.

    Examples
    --------
    >>> import sdmodel as sd
    >>> uncertain(sd.load("models/core.mdl").settings).roles[0]
    'uncertainty'
    """
    whole = _of_settings(settings)
    return whole._with((), whole.uncertainties)


def _fields(one: sd.Factor) -> dict[str, Any]:
    """Return what is said of a factor; the later fields only where there is something in them."""
    later = ("parameters", "values", "weights", "labels")
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(one).items()
        if value or name not in later
    }


def _of_fields(stored: Mapping[str, Any]) -> sd.Factor:
    lists = {name: tuple(v) for name, v in stored.items() if isinstance(v, list | tuple)}
    return sd.Factor(**{**stored, **lists})


def _of_settings(settings: sd.ModelSettings) -> Space:
    return Space(
        tuple(settings.levers.values()),
        tuple(settings.uncertainties.values()),
        getattr(settings, "correlations", ()),
    )


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
    try:
        space = _of_settings(sd.read_settings(path, model))
    except SpaceError as error:
        raise SpaceError(f"{path}: {error}") from None
    if not len(space):
        raise SpaceError(
            f'{path} names no levers or uncertainties: add tables such as [levers."tax rate"]'
        )
    return space


def _check(space: Space) -> None:
    """Report everything wrong with the factors at once."""
    wrong: list[str] = []
    seen: set[str] = set()
    for one in space:
        if fold(one.name) in seen:
            wrong.append(f"'{one.name}' is there twice: leave one out")
        seen.add(fold(one.name))
        wrong.extend(faults(one))
    wrong.extend(dependence.faults(space.factors, len(space.levers), space.correlations))
    if wrong:
        raise SpaceError("\n".join(wrong))
