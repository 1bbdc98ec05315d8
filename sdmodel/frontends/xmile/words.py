"""The words of an XMILE equation, each with its place in the file."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sdmodel.frontends.tokens import LexicalError
from sdmodel.frontends.xmile.markup import Passage

_START = r"[^\W\d]|[$\u00b2-\uffff]"
_INSIDE = r"[\w$'\u00b2-\uffff]"
_PLAIN = rf"(?:{_START}){_INSIDE}*"
_QUOTED = r'"(?:\\[\s\S]|[^"\\])*"'
_PART = rf"(?:{_QUOTED}|{_PLAIN})"

_WORDS = re.compile(
    rf"""
    (?P<trivia> (?: \s | \{{[^{{}}]*\}} )+ )
  | (?P<number> (?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)? )
  | (?P<name> \.?{_PART}(?:\.{_PART})* )
  | (?P<operator> <> | <= | >= | != | == | // | [-+*/^<>=()\[\],:;@] )
    """,
    re.VERBOSE,
)
_KEYWORDS = frozenset({"if", "then", "else", "and", "or", "not", "mod"})
_SPLIT = re.compile(rf"({_QUOTED})|\.")


@dataclass(frozen=True, slots=True)
class Word:
    """A word: number, name, keyword or operator; keywords are in lower case."""

    kind: str
    text: str
    at: int
    end: int


def words(passage: Passage) -> list[Word]:
    """Return the words of an equation without blanks and comments.

    >>> [word.text for word in words(Passage('IF a.b > "c d" THEN 1 ELSE x MOD 2 {why}'))]
    ['if', 'a.b', '>', '"c d"', 'then', '1', 'else', 'x', 'mod', '2']
    """
    found, place, text = list[Word](), 0, passage.text
    while place < len(text):
        match = _WORDS.match(text, place)
        if match is None:
            raise _misplaced(passage, place)
        kind, spelled = str(match.lastgroup), match.group()
        if kind == "name" and spelled.lower() in _KEYWORDS:
            kind, spelled = "keyword", spelled.lower()
        if kind != "trivia":
            found.append(Word(kind, spelled, passage.at(place), passage.at(match.end() - 1) + 1))
        place = match.end()
    return found


def _misplaced(passage: Passage, place: int) -> LexicalError:
    char, at = passage.text[place], passage.at(place)
    if char == '"':
        return LexicalError(at, "this quote is never closed", "add the missing '\"'")
    if char == "{":
        return LexicalError(at, "this comment is never closed", "add the missing '}'")
    cure = "remove it; a name that holds it stands in double quotes"
    return LexicalError(at, f"the character {char!r} cannot stand here", cure)


def plain_name(text: str) -> str:
    r"""Return a name as people read it: no quotes, single blanks for underscores and line ends.

    >>> plain_name('a."module/out\\nput"')
    'a.module/out put'
    """
    parts = _SPLIT.split(text) if '"' in text else [text]
    joined = "".join("." if part is None else unquoted(part) for part in parts)
    return re.sub(r"[\s\u00a0]+", " ", joined).strip()


def unquoted(text: str) -> str:
    r"""Return a name without its quotes and escapes; ``\n`` is a blank (XMILE 1.0, "Identifiers").

    >>> unquoted('say \\"yes\\"\\nor no')
    'say "yes" or no'
    """
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return re.sub(r"\\(.)", lambda m: {"n": " "}.get(m[1], m[1]), text, flags=re.S)
