"""Names as words of a text: which word means which variable, range or element."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sdmodel.editing.text import Splice, is_xmile
from sdmodel.errors import OverrideError
from sdmodel.frontends.tokens import ExpressionError, Token, words
from sdmodel.functions import MANUAL
from sdmodel.names import key, tidy
from sdmodel.sketch.words import quoted
from sdmodel.source import SourceText

VARIABLE, RANGE, ELEMENT = "variable", "range", "element"


def refuse_function(source: SourceText, name: str) -> None:
    """Refuse to name anything like a function of the language of a file.

    Vensim takes such a word for the function, and XMILE 1.0 reserves it; a function of the other
    language is a name like any other.
    """
    language = "XMILE" if is_xmile(source) else "Vensim"
    for one in MANUAL:
        if one.source == language and key(one.name) == key(name):
            told = f"{one.name!r} is the name of a function of {language}: choose another one"
            raise OverrideError(name, told)


@dataclass(frozen=True)
class Renamed:
    """A name that becomes another; `kind` is what it names, `new` as it is spelled in equations.

    `alone` tells that no variable has the name of this range or element: outside of brackets, too,
    the word then means it.
    """

    kind: str
    old: str
    new: str
    alone: bool = True

    def means(self, name: str, *, inside: bool) -> bool:
        """Return whether a word means what is renamed; `inside` of square brackets or not."""
        if key(name) != self.old:
            return False
        return not inside if self.kind == VARIABLE else inside or self.alone

    def name(self, name: str) -> str:
        """Return what a name outside of brackets becomes, as the reader of a file gives it."""
        mark = "!" if name.endswith("!") else ""
        bare = name.removesuffix("!")
        return self.new + mark if self.means(bare, inside=False) else name

    def in_macro(self, name: str) -> str:
        """Return what a name in a macro becomes: that of the model has a ``$`` behind it."""
        bare = _without_dollar(name)
        if bare is None or not self.means(bare, inside=False):
            return name
        return with_dollar(self.new)

    def subscript(self, name: str) -> str:
        """Return what a subscript becomes: ``range!`` and ``*:range`` have their marks."""
        lead = "*:" if name.startswith("*:") else ""
        mark = "!" if name.endswith("!") else ""
        bare = name.removeprefix(lead).removesuffix("!")
        return lead + self.new + mark if self.means(bare, inside=True) else name


def _without_dollar(name: str) -> str | None:
    plain = key(name)
    return plain[:-1].rstrip() if plain.endswith("$") else None


def with_dollar(name: str) -> str:
    """Return a name with the ``$`` behind it by which a macro means that of the model.

    >>> with_dollar("births"), with_dollar('"R&D"')
    ('births$', '"R&D$"')
    """
    return f'{name[:-1]}$"' if name.endswith('"') else f"{name}$"


def spelled(name: str) -> str:
    r"""Return a name as an equation has it: in quotes where Vensim needs them.

    >>> spelled("birth rate"), spelled("R&D share"), spelled('say "so"'), spelled('"a-b"')
    ('birth rate', '"R&D share"', '"say \\"so\\""', '"a-b"')
    """
    name = tidy(name)
    return name if len(name) > 1 and name[0] == name[-1] == '"' else quoted(name)


def splices(
    found: list[Token], renamed: Renamed, *, macro: bool = False, ranged: bool = False
) -> Iterator[Splice]:
    """Yield what renames the words of an entry; `ranged` for one that defines a range."""
    depth = 0
    for word in found:
        depth += (word.text == "[") - (word.text == "]")
        if word.kind not in ("name", "quoted"):
            continue
        inside = depth > 0 or ranged
        new = _renamed(word.text, renamed, macro=macro, inside=inside)
        if new is not None and new != tidy(word.text):
            yield Splice(word.at, word.end, new)


def _renamed(name: str, renamed: Renamed, *, macro: bool, inside: bool) -> str | None:
    if macro and not inside and renamed.kind == VARIABLE:
        new = renamed.in_macro(name)
        return None if new == name else new
    return renamed.new if renamed.means(name, inside=inside) else None


def in_lines(
    text: str, start: int, end: int, renamed: Renamed, passed_over: Callable[[str], int | None]
) -> Iterator[Splice]:
    """Yield what renames names in lines, each read by itself.

    `passed_over` returns where in a line names may begin, or None for a line without any.
    """
    place = start
    while place < end:
        stop = min(
            (at for at in (text.find("\n", place), text.find("\r", place)) if at >= 0), default=end
        )
        stop = min(stop, end)
        first = passed_over(text[place:stop])
        if first is not None:
            try:
                found = words(text, place + first, stop)
            except ExpressionError:
                found = []  # a path, a title: no names of variables
            yield from splices(found, renamed)
        place = stop + 1
