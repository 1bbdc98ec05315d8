"""Names of variables in the TOML files of a model, wherever one may stand in them.

Keys and strings are found in the text itself, so that everything else of the file stays as it is.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from sdmodel.editing.text import Splice, spliced
from sdmodel.editing.words import Renamed, splices
from sdmodel.errors import SettingsError
from sdmodel.frontends.tokens import ExpressionError, words
from sdmodel.parts import WORDS
from sdmodel.sketch.words import unquoted

Path = tuple[str, ...]
# Tables whose keys are names of constants or variables, and keys whose strings are names, or
# equations; in all others stand titles, names of outcomes and scenarios, and prose.
_NAMED = {
    "set",
    "scale",
    "add",
    "replace",
    "weights",
    "bounds",
    "levers",
    "uncertainties",
    "correlations",
}
_NAMES = {
    "of",
    "variable",
    "highlights",
    "never_negative",
    "stocks",
    "inflows",
    "outflows",
    "path",
    "paths",
    "variables",
}
_EQUATIONS = {
    "left", "right", "form", "alternative", "link", "held", "live", "switch", "base_path", "cut",
    "that", "expect", "definitions", "settings",
}  # fmt: skip
_PART = re.compile(rf"({'|'.join(WORDS)})([ _]+of[ _]+)(.*)", re.I | re.DOTALL)
_SKIPPED = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)+")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|' r"'''.*?'{3,5}" r'|"(?:\\.|[^"\\\r\n])*"|' r"'[^'\r\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^\s,\]}#]+")


class _Found(NamedTuple):
    """A key, or a string, with the path of keys that leads to it."""

    path: Path
    is_key: bool
    start: int
    end: int
    value: str


def toml_splices(path: str, text: str, renamed: Renamed) -> list[Splice]:
    """Return what renames a variable, range or element in a TOML file of a model.

    Raises
    ------
    SettingsError
        If the file is no TOML, or would not say the same with the other name.
    """
    try:
        before = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(path, f"this is not valid TOML: {error}") from None
    found = []
    for one in _Reader(text).read():
        new = _changed(one.path, one.value, renamed, is_key=one.is_key)
        if new != one.value:
            spelled = _spelled(new, text[one.start : one.end], is_key=one.is_key)
            found.append(Splice(one.start, one.end, spelled))
    after = tomllib.loads(spliced(text, found).removeprefix("\ufeff"))
    if after != _mapped(before, (), renamed):
        raise SettingsError(path, f"{renamed.old!r} cannot be renamed here: do it by hand")
    return found


def _changed(path: Path, value: str, renamed: Renamed, *, is_key: bool) -> str:
    """Return what a key or a string becomes."""
    if is_key:
        table = path[-2] if len(path) > 1 else ""
        named = table in _NAMED or (path[0] == "correlations" and 1 < len(path) <= 3)
        return _name(value, renamed) if named else value
    last = path[-1]
    lever = path[-2:] == ("along", "name")  # along which the arms of a claim lie
    if lever or (last in _NAMES and "let" not in path):
        return _name(value, renamed)
    if last in _EQUATIONS or (len(path) > 1 and path[-2] == "replace"):
        return _equation(value, renamed)
    return value


def _name(name: str, renamed: Renamed) -> str:
    """Return what a name becomes; it may be of an element, or of a part, as ``initial of x``."""
    part = _PART.fullmatch(name)
    if part:
        return part[1] + part[2] + _name(part[3], renamed)
    head, mark, inside = name.partition("[")
    if mark and inside.endswith("]"):
        subscripts = ",".join(
            unquoted(renamed.new) if renamed.means(one.strip(), inside=True) else one
            for one in inside[:-1].split(",")
        )
        return f"{_name(head, renamed)}[{subscripts}]"
    return unquoted(renamed.new) if renamed.means(name, inside=False) else name


def _equation(text: str, renamed: Renamed) -> str:
    try:
        return spliced(text, splices(words(text), renamed))
    except ExpressionError:
        return text


def _mapped(data: Any, path: Path, renamed: Renamed) -> Any:
    """Return what the file is to say, of what it says."""
    if isinstance(data, dict):
        return {
            _changed((*path, name), name, renamed, is_key=True): _mapped(
                one, (*path, name), renamed
            )
            for name, one in data.items()
        }
    if isinstance(data, list):
        return [_mapped(one, path, renamed) for one in data]
    return _changed(path, data, renamed, is_key=False) if isinstance(data, str) else data


def _spelled(value: str, old: str, *, is_key: bool) -> str:
    if is_key and _BARE.fullmatch(value) and not old.startswith(('"', "'")):
        return value
    if old.startswith("'") and not old.startswith("'''") and "'" not in value:
        return f"'{value}'"
    return json.dumps(value, ensure_ascii=False)


class _Reader:
    """Goes through a TOML file that is known to be one."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = len(text) - len(text.removeprefix("\ufeff"))
        self.found: list[_Found] = []

    def read(self) -> list[_Found]:
        table: Path = ()
        self._skip()
        while self.place < len(self.text):
            if self.text[self.place] == "[":
                double = self.text.startswith("[[", self.place)
                self.place += 1 + double
                table = self._keys(())
                self.place += 1 + double
            else:
                self._pair(table)
            self._skip()
        return self.found

    def _skip(self) -> None:
        match = _SKIPPED.match(self.text, self.place)
        self.place = match.end() if match else self.place

    def _pair(self, table: Path) -> None:
        path = self._keys(table)
        self.place += 1  # the equals sign
        self._value(path)

    def _keys(self, path: Path) -> Path:
        """Read ``a."b c".d``, up to what follows it."""
        while True:
            self._skip()
            match = _STRING.match(self.text, self.place) or _BARE.match(self.text, self.place)
            assert match is not None
            name = _decoded(match.group())
            path = (*path, name)
            self.found.append(_Found(path, True, match.start(), match.end(), name))
            self.place = match.end()
            self._skip()
            if self.text[self.place] != ".":
                return path
            self.place += 1

    def _value(self, path: Path) -> None:
        self._skip()
        char = self.text[self.place]
        if char in "[{":
            self.place += 1
            for _ in self._items("]" if char == "[" else "}"):
                if char == "[":
                    self._value(path)
                else:
                    self._pair(path)
            return
        match = _STRING.match(self.text, self.place)
        if match:
            value = _decoded(match.group())
            self.found.append(_Found(path, False, match.start(), match.end(), value))
        else:
            match = _SCALAR.match(self.text, self.place)
            assert match is not None
        self.place = match.end()

    def _items(self, closing: str) -> Iterator[None]:
        """Yield at the beginning of each item of an array or of a table in a line."""
        while True:
            self._skip()
            if self.text[self.place] == closing:
                self.place += 1
                return
            yield
            self._skip()
            self.place += self.text[self.place] == ","


def _decoded(text: str) -> str:
    if text[0] not in "\"'":
        return text
    value = tomllib.loads(f"x = {text}")["x"]
    assert isinstance(value, str)
    return value
