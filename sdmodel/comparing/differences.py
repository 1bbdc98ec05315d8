"""What differs between two versions of a model: variable by variable, and in their runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sdmodel.comparing.behaviour import Behaviour, compare_behaviour
from sdmodel.comparing.meaning import check_meaning, meaning_of
from sdmodel.comparing.places import moved_elements
from sdmodel.comparing.wording import check_text, checks_of, elements, limits, shown
from sdmodel.errors import counted
from sdmodel.names import key
from sdmodel.source import Macro, SourceModel, Variable

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
    yield from _entries(old, new, old.variables, new.variables, renamed)
    yield from _ranges(old, new)
    yield from _macros(old, new, renamed)
    yield from _checks(old, new, renamed)
    if old.method != new.method:
        yield Change("the integration", "method", old.method, new.method)
    before, after = (
        [" = ".join((one.name, *one.aliases)) for one in side.unit_definitions]
        for side in (old, new)
    )
    yield from (Change(one, "added", "", "a unit") for one in after if one not in before)
    yield from (Change(one, "removed", "a unit", "") for one in before if one not in after)
    yield from (
        Change(view, "sketch", "", what)
        for view, what in moved_elements(old.source.text, new.source.text)
    )


def _entries(
    old: SourceModel,
    new: SourceModel,
    were: Sequence[Variable],
    are: Sequence[Variable],
    renamed: dict[str, str],
    where: str = "",
) -> Iterator[Change]:
    """Yield the changes from some variables to others: those of the model, or `where`."""
    now_called = {was: now for now, was in renamed.items()}
    before = {_identity(one): one for one in were}
    matched = set()
    for one in are:
        name, subscripts, exceptions = _identity(one)
        identity = (renamed.get(name, name), subscripts, exceptions)
        was = before.get(identity)
        line = new.source.place(one.at)[0]
        if was is None:
            yield Change(shown(one) + where, "added", "", _text(one), line)
            continue
        matched.add(identity)
        if name in renamed and not where:
            yield Change(shown(one), "renamed", shown(was), shown(one), line)
        yield from _fields(was, one, renamed, line, where)
    for identity, was in before.items():
        if identity not in matched and (where or identity[0] not in now_called):
            line = old.source.place(was.at)[0]
            yield Change(shown(was) + where, "removed", _text(was), "", line)


def _macros(old: SourceModel, new: SourceModel, renamed: dict[str, str]) -> Iterator[Change]:
    before, after = ({key(one.name): one for one in side.macros} for side in (old, new))
    outer = {f"{now}$": f"{was}$" for now, was in renamed.items()}
    for name, one in after.items():
        line = new.source.place(one.at)[0]
        was = before.get(name)
        if was is None:
            yield Change(one.name, "added", "", _head(one), line)
            continue
        if _head(was).casefold() != _head(one).casefold():
            yield Change(one.name, "equation", _head(was), _head(one), line)
        where = f" in macro {one.name}"
        yield from _entries(old, new, was.variables, one.variables, outer, where)
    for name, was in before.items():
        if name not in after:
            yield Change(was.name, "removed", _head(was), "", old.source.place(was.at)[0])


def _head(one: Macro) -> str:
    more = [output for output in one.outputs if key(output) != key(one.name)]
    outputs = f" : {', '.join(more)}" if more else ""
    return f"macro {one.name}({', '.join(one.inputs)}{outputs})"


def _checks(old: SourceModel, new: SourceModel, renamed: dict[str, str]) -> Iterator[Change]:
    """Yield the changes of reality checks and of their test inputs."""
    before, after = ({key(one.name): one for one in checks_of(side)} for side in (old, new))
    for name, one in after.items():
        line = new.source.place(one.at)[0]
        was = before.get(name)
        if was is None:
            yield Change(one.name, "added", "", check_text(one), line)
            continue
        if check_meaning(was) != check_meaning(one, renamed):
            yield Change(one.name, "equation", check_text(was), check_text(one), line)
        if was.comment != one.comment:
            yield Change(one.name, "comment", was.comment, one.comment, line)
    for name, was in before.items():
        if name not in after:
            yield Change(was.name, "removed", check_text(was), "", old.source.place(was.at)[0])


def _text(one: Variable) -> str:
    return one.text or "data" if one.data or one.text else "nothing"


def _fields(
    was: Variable, one: Variable, renamed: dict[str, str], line: int, where: str
) -> Iterator[Change]:
    name = shown(one) + where
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
