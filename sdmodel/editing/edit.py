"""Changes to the text of a model file that leave every other byte as it stands."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdmodel.editing import vensim
from sdmodel.editing.constants import constant_splices
from sdmodel.editing.meaning import RIGHT_SIDE, Meaning, check, meaning, with_fields
from sdmodel.editing.memory import equation_splices
from sdmodel.editing.saving import saved
from sdmodel.editing.text import Splice, spliced, with_text
from sdmodel.errors import SDError
from sdmodel.frontends import parse
from sdmodel.selection import definition_of, entry_of
from sdmodel.source import SourceModel, SourceText, Variable

if TYPE_CHECKING:
    from sdmodel.model import Model

Loader = Callable[[SourceModel], "Model"]
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


@dataclass(frozen=True)
class Edit:
    r"""A model file with changes that are not saved yet: each method returns another edit.

    Every change is made in the text, and the new text is read again at once: what it means must be
    what was asked, and everything else must mean what it did. Nothing outside of the change moves:
    encoding, line ends, wrapping, order, sketch and settings are kept byte for byte.

    Names may be written in any case, with blanks or underscores.

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

    @property
    def text(self) -> SourceText:
        """The text of the file as it would be saved now."""
        return self.source.source

    @property
    def changed(self) -> bool:
        """Whether anything would be saved."""
        return self.text.raw != self.before.raw

    @cached_property
    def model(self) -> Model:
        """The model as it is now, to be looked at and run."""
        return self._load(self.source)

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
        for place, splices in constant_splices(self.source, name, value).items():
            # One entry after the other: each is checked by itself, and moves what is behind it.
            if edit is not self:
                splices = constant_splices(edit.source, name, value)[place]
            edit = edit._with_entry(place, splices, RIGHT_SIDE)
        return edit

    def equation(self, name: str, equation: str) -> Edit:
        """Give a variable another equation: what stands right of the equals sign.

        For a lookup it is its points in brackets. Of a variable with several equations, name one
        by its subscripts as they stand in the file.
        """
        entry = entry_of(self.source, name)
        return self._with_entry(
            self._place(entry), equation_splices(self.source, entry, equation), RIGHT_SIDE
        )

    def units(self, name: str, units: str) -> Edit:
        """Give a variable other units; its limits stay."""
        entry = self._described(name, lambda one: bool(one.units))
        splices = vensim.units_splices(self.text, entry, units)
        return self._with_entry(self._place(entry), splices, ("units",))

    def comment(self, name: str, comment: str) -> Edit:
        """Give a variable another comment."""
        entry = self._described(name, lambda one: bool(one.comment))
        splices = vensim.comment_splices(self.text, entry, comment)
        return self._with_entry(self._place(entry), splices, ("comment",))

    def limits(
        self,
        name: str,
        low: float | str | None = None,
        high: float | str | None = None,
        step: float | str | None = None,
    ) -> Edit:
        """Give a variable other limits; None leaves one open, and three of them take all away."""
        entry = self._described(name, lambda one: (one.low, one.high) != (None, None))
        splices = vensim.limits_splices(self.text, entry, (low, high, step))
        return self._with_entry(self._place(entry), splices, ("low", "high", "step"))

    # What it comes to ---------------------------------------------------------------------------

    def diff(self) -> str:
        """Return the difference from the file as it was read, line by line, as git shows it."""
        return difference(self.before.path, self.before.text, self.text.text)

    def save(self, path: str | Path | None = None) -> Path:
        """Write the file, or another one, all at once or not at all.

        Raises
        ------
        SDError
            If the file is not what was read any more, or cannot be written.
        ModelError
            If the model could be used before and cannot be now.
        """
        self.check()
        return saved(self.before, self.text, None if path is None else Path(path))

    def check(self) -> None:
        """Refuse a model that cannot be used though it could be before."""
        if not self.changed:
            return
        try:
            self._load(parse(self.before))
        except SDError:  # it was of no use before: an edit need not mend all of it
            return
        self.model  # noqa: B018 - raises what is wrong with it

    # How a change is made -----------------------------------------------------------------------

    def _described(self, name: str, has: Callable[[Variable], bool]) -> Variable:
        """Return the entry of a variable that has what is to be changed; else its first."""
        found = definition_of(self.source, name)
        if name.strip().endswith("]"):
            return entry_of(self.source, name)
        return next((one for one in self.source.entries[found.key] if has(one)), found)

    def _place(self, entry: Variable) -> int:
        return next(i for i, one in enumerate(self.source.variables) if one is entry)

    def _with_entry(self, place: int, splices: Sequence[Splice], names: tuple[str, ...]) -> Edit:
        """Return the edit with changes after which one entry differs in these fields alone."""
        entry = self.source.variables[place]
        at = min((one.start for one in splices), default=0)

        def expected(new: SourceModel) -> Meaning:
            got = meaning(new)
            return with_fields(meaning(self.source), got, place, names)

        return self._with(splices, expected, f"this does not only change {entry.name!r}", at)

    def _with(
        self,
        splices: Sequence[Splice],
        expected: Callable[[SourceModel], Meaning],
        what: str,
        at: int,
    ) -> Edit:
        """Return the edit with these changes, once the text with them means what it should."""
        if not splices:
            return self
        text = spliced(self.text.text, splices)
        new = parse(with_text(self.text, text))
        check(new, expected(new), what, at)
        return replace(self, source=new)


def difference(path: str, before: str, after: str) -> str:
    """Return a unified diff of two texts of a file; lines keep their own ends."""
    name = Path(path).as_posix()
    lines = difflib.unified_diff(
        _LINE.findall(before), _LINE.findall(after), f"a/{name}", f"b/{name}"
    )
    shown = []
    for line in lines:
        shown.append(
            line if line.endswith(("\n", "\r")) else f"{line}\n\\ No newline at end of file\n"
        )
    return "".join(shown)
