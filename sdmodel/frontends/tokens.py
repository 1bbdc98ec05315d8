"""The words of an equation, each with its place; blanks and comments are words too.

Joining the text of all tokens gives the equation back unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

# In names a blank may be any white space, also a line end with or without its backslash.
_BLANK = r"(?:\\[ \t]*(?:\r\n|\r|\n)|\s)"
_START = r"(?:[^\W\d]|[$\u00a1-\U0010ffff])"
_INSIDE = r"[\w$'.%&\u00a1-\U0010ffff]"
# Blanks are taken all at once or not at all: a carriage return and line feed could be parted in so
# many ways that a name before many broken lines would take for ever.
_NAME = rf"{_START}{_INSIDE}*(?:(?>{_BLANK}+){_INSIDE}+)*"

_WORDS = re.compile(
    rf"""
    (?P<trivia> (?:\s+ | \\[ \t]*(?:\r\n|\r|\n) | \{{[^{{}}]*\}})+ )
  | (?P<name> {_NAME} )
  | (?P<number> (?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? )
  | (?P<quoted> "(?:\\[\s\S]|[^"\\])*" )
  | (?P<string> '[^'\r\n]*' )
  | (?P<keyword> :[ ]*[A-Za-z][A-Za-z \t]*: )
  | (?P<operator> <->|->|<>|<=|>=|:=|==|[-+*/^<>=()\[\],;:!@&|~?] )
  | (?P<unknown> [\s\S] )
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    """A word: its kind, its text, and the offset in the file where it begins."""

    kind: str
    text: str
    at: int

    @property
    def end(self) -> int:
        """The offset behind the word."""
        return self.at + len(self.text)


class ExpressionError(ValueError):
    """What is wrong in an equation, and at which offset."""

    def __init__(
        self, at: int, message: str, cure: str = "", kind: str = "syntax", name: str = ""
    ) -> None:
        self.at, self.message, self.cure, self.kind, self.name = at, message, cure, kind, name
        super().__init__(message)


class LexicalError(ExpressionError):
    """A character that begins no word."""


class HasPlace(Protocol):
    """A word of any language of equations."""

    @property
    def text(self) -> str:
        """As it is written."""

    @property
    def at(self) -> int:
        """The offset in the file where it begins."""


def unfinished(words: Sequence[HasPlace], end: int) -> ExpressionError:
    """Return what is wrong with an equation that ends, at `end`, where a value must stand."""
    if not words:
        return ExpressionError(end, "the equation is empty", "write what the variable is equal to")
    last = words[-1]
    return ExpressionError(
        last.at, f"something is missing after {last.text!r}", "complete the expression"
    )


def tokens(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """Return every word of ``text[start:end]``, blanks and comments included.

    >>> [word.text for word in tokens("birth rate*2")]
    ['birth rate', '*', '2']
    """
    found: list[Token] = []
    place, stop = start, len(text) if end is None else end
    for match in _WORDS.finditer(text, start, stop):
        kind = match.lastgroup or ""
        if kind == "unknown":
            raise _unknown(match.group(), place)
        found.append(Token(kind, match.group(), place))
        place = match.end()
    return found


def words(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """Return the words without blanks and comments."""
    return [token for token in tokens(text, start, end) if token.kind != "trivia"]


def keyword(text: str) -> str:
    """Return a keyword in its standard form.

    >>> keyword(": look  Forward:")
    ':LOOK FORWARD:'
    """
    return f":{' '.join(text[1:-1].upper().split())}:"


def _unknown(char: str, place: int) -> LexicalError:
    if char == '"':
        return LexicalError(place, "this quote is never closed", "add the missing '\"'")
    if char == "{":
        return LexicalError(place, "this comment is never closed", "add the missing '}'")
    if char == "'":
        return LexicalError(place, "this text is never closed", 'add the missing "\'"')
    cure = "remove it; a name that holds it stands in double quotes"
    return LexicalError(place, f"the character {char!r} cannot stand here", cure)
