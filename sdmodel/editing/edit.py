"""Changes to the text of a model file that leave every other byte as it stands."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sdmodel.editing import vensim, xmile
from sdmodel.editing.beside import Beside, left_behind, opened, renamed_in
from sdmodel.editing.clock import same_clock
from sdmodel.editing.constants import constant_settings
from sdmodel.editing.drawing import only_removed
from sdmodel.editing.entries import added_key, addition, deletion, left_of
from sdmodel.editing.meaning import (
    RIGHT_SIDE,
    Meaning,
    check,
    meaning,
    place_of,
    refuse_more,
    shown,
    with_fields,
)
from sdmodel.editing.memory import equation_splices
from sdmodel.editing.renaming import refuse_used, rename_splices, renamed_meaning, renaming
from sdmodel.editing.saving import saved
from sdmodel.editing.text import Splice, is_xmile, spliced, with_text
from sdmodel.editing.vensim import Limit
from sdmodel.errors import OverrideError, SDError
from sdmodel.frontends import parse
from sdmodel.lowering import problems
from sdmodel.names import element_key, key, tidy
from sdmodel.selection import definition_of, entry_of
from sdmodel.simulate import check_clock
from sdmodel.source import SourceModel, SourceText, Variable

if TYPE_CHECKING:
    from sdmodel.model import Model

# Makes a model of what was read, with the bytes of its TOML file where they are not on disk.
Loader = Callable[[SourceModel, bytes | None], "Model"]
_LIMITS = re.compile(r"\[[^\[\]]*\]\s*\Z")
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")


class Language(Protocol):
    """How the parts of a variable are changed in a kind of file; each gives the splices."""

    def units_splices(self, source: SourceText, variable: Variable, units: str) -> list[Splice]:
        """Give it other units."""

    def comment_splices(self, source: SourceText, variable: Variable, comment: str) -> list[Splice]:
        """Give it another comment."""

    def limits_splices(
        self, source: SourceText, variable: Variable, limits: tuple[Limit, Limit, Limit]
    ) -> list[Splice]:
        """Give it other limits."""


@dataclass(frozen=True)
class Edit:
    r"""A model file with changes that are not saved yet: each method returns another edit.

    Every change is made in the text, and the new text is read again at once: what it means must be
    what was asked, and everything else must mean what it did. Nothing outside of the change moves:
    encoding, line ends, wrapping, order, sketch and settings are kept byte for byte.

    Names may be written in any case, with blanks or underscores. `notes` tell what was left for
    others to do, such as control files that hold a name which was changed.

    Examples
    --------
    >>> import sdmodel as sd
    >>> edit = sd.load("models/core.mdl").edit().set("network exposure", 0.45)
    >>> [line for line in edit.diff().splitlines() if line[0] in "+-"][2:]
    ['-\t0.4', '+\t0.45']
    """

    before: SourceText
    source: SourceModel
    _load: Loader = field(repr=False, compare=False)
    files: tuple[Beside, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> SourceText:
        """The text of the file as it would be saved now."""
        return self.source.source

    @property
    def changed(self) -> bool:
        """Whether anything would be saved."""
        return self.text.raw != self.before.raw or any(one.now != one.before for one in self.files)

    @cached_property
    def model(self) -> Model:
        """The model as it is now, to be looked at and run."""
        beside = Path(self.before.path).with_suffix(".toml")
        toml = [one.now.raw for one in self.files if one.path == beside]
        return self._load(self.source, toml[0] if toml else None)

    def __repr__(self) -> str:
        """Return the file and how many lines are changed."""
        lines = [one for one in self.diff().splitlines()[2:] if one[:1] in ("+", "-")]
        return f"<Edit of {self.before.path!r}: {len(lines)} lines of difference>"

    # Changes ------------------------------------------------------------------------------------

    def set(self, name: str, value: Any) -> Edit:
        """Set a constant, one element or a list of them, or the points of a lookup.

        Parameters
        ----------
        name
            The variable, or one element or range of it, as in ``x[a]``.
        value
            A number; as text, it is written as it is given. A list has one number for each
            element, the last subscript fastest; a list of pairs is the points of a lookup.

        Raises
        ------
        OverrideError
            If it is no constant, or the value does not fit or is outside of its limits.
        """
        edit = self
        for place in constant_settings(self.source, name, value):
            # One entry after the other: each is checked by itself, and moves what is behind it.
            one = constant_settings(edit.source, name, value)[place]
            edit = edit._with_right_side(place, one.splices)
            if not one.holds(edit.source, shown(edit.source)[place]):
                raise OverrideError(name, f"{name!r} cannot be set to {value!r} in this file")
        return edit

    def equation(self, name: str, equation: str) -> Edit:
        """Give a variable another equation: what stands right of the equals sign.

        For a lookup it is its points in brackets. Of a variable with several equations, name one
        by its subscripts as they stand in the file.
        """
        entry = entry_of(self.source, name)
        splices = equation_splices(self.source, entry, equation)
        return self._with_right_side(place_of(self.source, entry), splices)

    def units(self, name: str, units: str) -> Edit:
        """Give a variable other units; its limits stay."""
        entry = self._entry(name, lambda one: bool(one.units))
        splices = self._language.units_splices(self.text, entry, units)
        return self._described(entry, splices, units=tidy(units))

    def comment(self, name: str, comment: str) -> Edit:
        """Give a variable another comment."""
        entry = self._entry(name, lambda one: bool(one.comment))
        splices = self._language.comment_splices(self.text, entry, comment)
        return self._described(entry, splices, comment=" ".join(comment.split()))

    def limits(
        self,
        name: str,
        low: float | str | None = None,
        high: float | str | None = None,
        step: float | str | None = None,
    ) -> Edit:
        """Give a variable other limits; None leaves one open, and three of them take all away."""
        entry = self._entry(name, lambda one: (one.low, one.high) != (None, None))
        try:
            splices = self._language.limits_splices(self.text, entry, (low, high, step))
            ends = [None if one is None else float(one) for one in (low, high, step)]
        except ValueError as error:
            raise OverrideError(name, f"a limit of {name!r}: {error}") from None
        if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
            told = f"the limits of {name!r} must rise: {low} is greater than {high}"
            raise OverrideError(name, told)
        return self._described(entry, splices, low=ends[0], high=ends[1], step=ends[2])

    def rename(self, old: str, new: str, *, also: Sequence[str | Path] = ()) -> Edit:
        """Rename a variable, a range or an element wherever the file names it.

        That is in equations, in ranges, in macros (as ``name$``), in the sketch and in the
        settings, and beside it in MODEL.toml, MODEL.expectations.toml, MODEL.claims.toml and
        MODEL.reality; comments are left as they are. The new name is put in quotes where it
        needs them. Other control files in the folder are left alone; `notes` name those that hold
        the old name, by line.

        Parameters
        ----------
        old, new
            The names.
        also
            Other files that name it: ``.cin``, ``.lst``, ``.vsc``, ``.voc``, ``.vpd``, ``.cmd``,
            ``.toml``, ``.reality``. They are saved together with the model.
        """
        renamed = renaming(self.source, old, new)
        splices = rename_splices(self.source, renamed)
        if not splices:
            return self

        def expected(got: Meaning) -> Meaning:
            return renamed_meaning(self.source, got, renamed)

        what = f"{old!r} cannot be renamed to {new!r} in every place"
        edit = self._with(splices, expected, what)
        beside = opened(self.before.path, self.files, also)
        left = left_behind(self.before.path, beside, old, renamed)
        return replace(
            edit,
            files=tuple(renamed_in(one, renamed) for one in beside),
            notes=(*edit.notes, *left),
        )

    def add(
        self,
        name: str,
        equation: str,
        units: str = "",
        comment: str = "",
        *,
        group: str = "",
        after: str = "",
    ) -> Edit:
        """Add a variable, or an equation for other elements of one.

        Parameters
        ----------
        name
            Its name, with subscripts where it has them: ``x[Age]``.
        equation
            What stands right of the equals sign; for a lookup its points in brackets.
        units, comment
            What stands behind the equation; limits may stand behind the unit, as in ``m [0,1]``.
        group, after
            Where it goes: behind the last variable of a group, or behind another variable; else
            behind the last one before the controls of a run.
        """
        one, place = addition(self.source, name, equation, units, comment, group, after)

        def expected(got: Meaning) -> Meaning:
            old = meaning(self.source)
            added = got.variables[place : place + 1]
            wanted = (added_key(self.text, name), tidy(_LIMITS.sub("", units)), tidy(comment))
            if [(element_key(left_of(v)), v.units, v.comment) for v in added] != [wanted]:
                return old
            variables = (*old.variables[:place], *added, *old.variables[place:])
            return replace(old, variables=variables)

        return self._with([one], expected, f"this does not only add {name!r}")

    def delete(self, *names: str, even_if_used: bool = False) -> Edit:
        """Delete variables, and what the sketch shows of them with their arrows.

        Raises
        ------
        ModelError
            If other variables use one of them; all of those are named.
        OverrideError
            If a name is that of an element.
        """
        found = [definition_of(self.source, name) for name in names]
        gone = {one.key for one in found}
        for name, one in zip(names, found, strict=True):
            if key(name) != one.key:
                told = f"{name!r} is a part of {one.name!r}: only a whole variable is deleted"
                raise OverrideError(name, told)
        if not even_if_used:
            refuse_used(self.source, gone, " and ".join(map(repr, names)))
        splices = deletion(self.source, gone)

        def expected(got: Meaning) -> Meaning:
            old = meaning(self.source)
            left = tuple(one for one in old.variables if one.key not in gone)
            drawn = got.sketch if only_removed(old.sketch, got.sketch, gone) else old.sketch
            wrong = tuple(one for one in old.problems if key(one[0]) not in gone)
            return replace(old, variables=left, sketch=drawn, problems=wrong)

        what = f"this does not only delete {' and '.join(names)}"
        return self._with(splices, expected, what)

    # What it comes to ---------------------------------------------------------------------------

    def diff(self) -> str:
        """Return the difference from the file as it was read, line by line, as git shows it."""
        texts = [(self.before, self.text), *((one.before, one.now) for one in self.files)]
        return "".join(difference(old.path, old.text, new.text) for old, new in texts)

    def save(self, path: str | Path | None = None) -> Path:
        """Write the file, or another one, all at once or not at all.

        Files beside it in which a name was changed are written with it, but only in their places.

        Raises
        ------
        SDError
            If the file is not what was read any more, or cannot be written.
        ModelError
            If the model could be used before and cannot be now.
        """
        self.check()
        place = None if path is None else Path(path)
        beside = [] if place else [(one.before, one.now) for one in self.files]
        return saved([(self.before, self.text), *beside], place)

    def check(self) -> None:
        """Refuse a model that cannot be used though it could be before, or has more mistakes."""
        if not self.changed:
            return
        old = parse(self.before)
        try:
            before = self._load(old, None)
        except SDError:  # it was of no use before: an edit need not mend all of it
            refuse_more(problems(old), problems(self.source))
            return
        now = self.model  # raises what is wrong with it
        if same_clock(old, self.source):
            return  # working out a clock takes longer than all the rest
        try:
            check_clock(before.engines.reference)
        except SDError:
            return
        check_clock(now.engines.reference)

    @property
    def _language(self) -> Language:
        return xmile if is_xmile(self.text) else vensim

    # How a change is made -----------------------------------------------------------------------

    def _entry(self, name: str, has: Callable[[Variable], bool]) -> Variable:
        """Return the entry of a variable that has what is to be changed; else its first."""
        found = definition_of(self.source, name)
        if name.strip().endswith("]"):
            return entry_of(self.source, name)
        return next((one for one in self.source.entries[found.key] if has(one)), found)

    def _with_right_side(self, place: int, splices: Sequence[Splice]) -> Edit:
        """Return the edit with changes after which one entry has another right side alone."""

        def expected(got: Meaning) -> Meaning:
            if len(got.variables) <= place:
                return meaning(self.source)
            new = {name: getattr(got.variables[place], name) for name in RIGHT_SIDE}
            return with_fields(meaning(self.source), [place], new)

        return self._with(splices, expected, self._only(shown(self.source)[place]))

    def _described(self, entry: Variable, splices: Sequence[Splice], **new: object) -> Edit:
        """Return the edit with changes after which an entry says this behind its equation."""
        # The parts of an array in XMILE stand in one element and share what it says.
        places = [i for i, one in enumerate(shown(self.source)) if one.span == entry.span]
        wanted = with_fields(meaning(self.source), places, new)
        return self._with(splices, lambda got: wanted, self._only(entry))

    def _only(self, entry: Variable) -> str:
        return f"this does not only change {entry.name!r}"

    def _with(
        self, splices: Sequence[Splice], expected: Callable[[Meaning], Meaning], what: str
    ) -> Edit:
        """Return the edit with these changes, once the text with them means what it should."""
        if not splices:
            return self
        new = parse(with_text(self.text, spliced(self.text.text, splices)))
        got = meaning(new)
        check(new, got, expected(got), what, min(one.start for one in splices))
        return replace(self, source=new)


def difference(path: str, before: str, after: str) -> str:
    """Return a unified diff of two texts of a file; lines keep their own ends."""
    name = Path(path).as_posix()
    if "\n" not in before:  # an old Macintosh file, whose lines git takes for one
        before, after = before.replace("\r", "\n"), after.replace("\r", "\n")
    lines = difflib.unified_diff(
        _LINE.findall(before), _LINE.findall(after), f"a/{name}", f"b/{name}"
    )
    ends = "\n\\ No newline at end of file\n"
    return "".join(line if line.endswith("\n") else line + ends for line in lines)
