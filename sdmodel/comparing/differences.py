"""What differs between two versions of a model: variable by variable, and in their runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sdmodel.comparing.behaviour import Behaviour, compare_behaviour
from sdmodel.comparing.meaning import meaning_of
from sdmodel.comparing.places import moved_elements
from sdmodel.comparing.wording import elements, limits, shown
from sdmodel.errors import counted
from sdmodel.names import key
from sdmodel.source import SourceModel, Variable

if TYPE_CHECKING:
    from sdmodel.model import Model

Identity = tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True)
class Change:
    """One difference.

    `what` is "added", "removed", "renamed", "equation", "units", "comment", "range", "group",
    "supplementary", "subscripts", "method" or "sketch"; `line` is where it stands in the new file,
    or in the old one if it was removed.

    Examples
    --------
    >>> print(Change("birth rate", "units", "1/Year", "1/Month", 12))
    units of birth rate: 1/Year -> 1/Month
    """

    name: str
    what: str
    old: str = ""
    new: str = ""
    line: int = 0

    def __str__(self) -> str:
        """Say it in a line, or in three where an equation changed."""
        if self.what == "renamed":
            return f"renamed: {self.old} is now {self.new}"
        if self.what in ("added", "removed"):
            return f"{self.what}: {self.name} = {self.new or self.old}"
        if self.what in ("equation", "comment"):
            return f"{self.what} of {self.name}\n  - {self.old}\n  + {self.new}"
        return f"{self.what} of {self.name}: {self.old or 'none'} -> {self.new or 'none'}"


@dataclass(frozen=True)
class ModelDiff:
    """What differs between two versions of a model.

    Attributes
    ----------
    old, new
        The files.
    changes
        Every difference in meaning or documentation; layout does not count.
    behaviour
        What it does to the runs, or None if they were not asked for.

    Examples
    --------
    >>> import sdmodel as sd
    >>> model = sd.load("models/core.mdl")
    >>> changed = model.replace("network exposure", "0.5")
    >>> [change.what for change in sd.diff(model, changed).changes]
    ['equation']
    """

    old: str
    new: str
    changes: tuple[Change, ...]
    behaviour: Behaviour | None = None

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.changes) or bool(self.behaviour)

    def __str__(self) -> str:
        """Say all of it."""
        lines = [str(one) for one in self.changes]
        lines.append(f"{counted(len(self.changes), 'change')} from {self.old} to {self.new}")
        if self.behaviour is not None:
            lines.append(str(self.behaviour))
        return "\n".join(lines)


def diff(old: Model, new: Model, *, runs: bool = True, method: str = "vensim") -> ModelDiff:
    """Compare two versions of a model.

    Parameters
    ----------
    old, new
        The versions; one may be from Vensim's format and the other from XMILE.
    runs
        Whether both are run too, and their trajectories compared.
    method
        How they are run; each by its file's own method and TIME STEP where left out.

    Examples
    --------
    >>> import sdmodel as sd
    >>> model = sd.load("models/core.mdl")
    >>> found = sd.diff(model, model.replace("network exposure", "0.5"))
    >>> print(found.changes[0])
    equation of network exposure
      - 0.4
      + 0.5
    >>> bool(found.behaviour.table["change"].max() > 0.1)
    True
    """
    renamed = _renamed(old.source, new.source)
    changes = tuple(_changes(old.source, new.source, renamed))
    behaviour = compare_behaviour(old, new, renamed, method) if runs else None
    return ModelDiff(str(old.path), str(new.path), changes, behaviour)


def _identity(one: Variable) -> Identity:
    exceptions = tuple(sorted(tuple(map(key, names)) for names in one.exceptions))
    return one.key, tuple(map(key, one.subscripts)), exceptions


def _renamed(old: SourceModel, new: SourceModel) -> dict[str, str]:
    """Return, for keys only the new version has, the keys only the old one has that say the same.

    What cannot be told apart from another candidate is left as removed and added.
    """
    gone = _signatures(old, old.by_key.keys() - new.by_key.keys())
    come = _signatures(new, new.by_key.keys() - old.by_key.keys())
    return {
        come[one][0]: gone[one][0]
        for one in gone.keys() & come.keys()
        if len(gone[one]) == len(come[one]) == 1
    }


def _signatures(model: SourceModel, names: set[str]) -> dict[object, list[str]]:
    found: dict[object, list[str]] = {}
    for name in names:
        entries = model.entries[name]
        said = tuple((_identity(one)[1:], meaning_of(one)) for one in entries)
        found.setdefault((said, entries[0].units, entries[0].comment), []).append(name)
    return found


def _changes(old: SourceModel, new: SourceModel, renamed: dict[str, str]) -> Iterator[Change]:
    now_called = {was: now for now, was in renamed.items()}
    before = {_identity(one): one for one in old.variables}
    matched = set()
    for one in new.variables:
        name, subscripts, exceptions = _identity(one)
        identity = (renamed.get(name, name), subscripts, exceptions)
        was = before.get(identity)
        line = new.source.place(one.at)[0]
        if was is None:
            yield Change(shown(one), "added", "", _text(one), line)
            continue
        matched.add(identity)
        if name in renamed:
            yield Change(shown(one), "renamed", shown(was), shown(one), line)
        yield from _fields(was, one, renamed, line)
    for identity, was in before.items():
        if identity not in matched and identity[0] not in now_called:
            line = old.source.place(was.at)[0]
            yield Change(shown(was), "removed", _text(was), "", line)
    yield from _ranges(old, new)
    if old.method != new.method:
        yield Change("the integration", "method", old.method, new.method)
    yield from (
        Change(view, "sketch", "", what)
        for view, what in moved_elements(old.source.text, new.source.text)
    )


def _text(one: Variable) -> str:
    return one.text or "data" if one.data or one.text else "nothing"


def _fields(was: Variable, one: Variable, renamed: dict[str, str], line: int) -> Iterator[Change]:
    name = shown(one)
    if meaning_of(was) != meaning_of(one, renamed):
        yield Change(name, "equation", _text(was), _text(one), line)
    pairs = [
        ("units", was.units, one.units),
        ("range", limits(was), limits(one)),
        ("group", was.group, one.group),
        ("supplementary", _yes(was.supplementary), _yes(one.supplementary)),
        ("comment", was.comment, one.comment),
    ]
    for what, old, new in pairs:
        if old != new:
            yield Change(name, what, old, new, line)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _ranges(old: SourceModel, new: SourceModel) -> Iterator[Change]:
    before, after = ({one.key: one for one in side.dimensions} for side in (old, new))
    for name, one in after.items():
        line = new.source.place(one.at)[0]
        was = before.get(name)
        if was is None:
            yield Change(one.name, "added", "", elements(one), line)
        elif elements(was).casefold() != elements(one).casefold():
            yield Change(one.name, "subscripts", elements(was), elements(one), line)
    for name, was in before.items():
        if name not in after:
            line = old.source.place(was.at)[0]
            yield Change(was.name, "removed", elements(was), "", line)
