"""What stands left of the equals sign: a name, its subscripts, exceptions and data keywords."""

from __future__ import annotations

from dataclasses import dataclass

from sdmodel.errors import counted
from sdmodel.frontends.expressions import unknown_keyword
from sdmodel.frontends.subscripts import parse_subscripts
from sdmodel.frontends.tokens import ExpressionError, Token, keyword
from sdmodel.names import tidy

# How a data variable is read over Time (Vensim Reference Manual, "Data variables").
DATA_MODES = {
    ":INTERPOLATE:": "interpolate",
    ":LOOK FORWARD:": "forward",
    ":HOLD BACKWARD:": "backward",
    ":RAW:": "raw",
}
# Texts: no variables.
REMARKS = {":IS:": "is a text and has no values"}
# Statements about runs (Vensim User Guide, "Reality Check").
CONDITION, TEST_INPUT = ":THE CONDITION:", ":TEST INPUT:"
_KEYWORDS = (":EXCEPT:", *DATA_MODES, *REMARKS, CONDITION, TEST_INPUT)


@dataclass(frozen=True, slots=True)
class LeftSide:
    """The parts of a left side; `behind` is the number of the word that follows it.

    `remark` says why an entry is no variable, if it is none; `reality` is the keyword of an entry
    that belongs to a reality check.
    """

    name: str
    at: int
    subscripts: tuple[str, ...] = ()
    exceptions: tuple[tuple[str, ...], ...] = ()
    data: str = ""
    remark: str = ""
    behind: int = 1
    reality: str = ""


def parse_left_side(words: list[Token]) -> LeftSide:
    """Read the left side of an entry that begins with a name.

    Examples
    --------
    >>> from sdmodel.frontends.tokens import words
    >>> left = parse_left_side(words("x[Age] :EXCEPT: [old], [young] = 1"))
    >>> left.name, left.subscripts, left.exceptions
    ('x', ('Age',), (('old',), ('young',)))
    """
    name, at, i = tidy(words[0].text), words[0].at, 1
    subscripts: tuple[str, ...] = ()
    exceptions: tuple[tuple[str, ...], ...] = ()
    data = remark = reality = ""
    if i < len(words) and words[i].text == "[":
        subscripts, i = parse_subscripts(words, i)
        _refuse_running(words[1].at, subscripts)
    while i < len(words) and words[i].kind == "keyword":
        word = words[i]
        known = keyword(word.text)
        i += 1
        if known == ":EXCEPT:":
            exceptions, i = _exceptions(words, i, len(subscripts))
        elif known in DATA_MODES:
            data = DATA_MODES[known]
        elif known in REMARKS:
            remark = REMARKS[known]
            break
        elif known in (CONDITION, TEST_INPUT):
            reality = known
            break
        else:
            raise unknown_keyword(word, _KEYWORDS)
    return LeftSide(name, at, subscripts, exceptions, data, remark, i, reality)


def _refuse_running(at: int, subscripts: tuple[str, ...]) -> None:
    for one in subscripts:
        if one.endswith("!") or "*" in one:
            what = f"the subscript {one!r} cannot stand left of the equals sign"
            raise ExpressionError(at, what, "write the name of an element or a range")


def _exceptions(words: list[Token], i: int, count: int) -> tuple[tuple[tuple[str, ...], ...], int]:
    """Read ``[a1, b1], [a2, b2]`` behind ``:EXCEPT:``."""
    found: list[tuple[str, ...]] = []
    at = words[i - 1].at
    while True:
        if i >= len(words) or words[i].text != "[":
            where = words[i].at if i < len(words) else at
            cure = "write x[Range] :EXCEPT: [element] = ..."
            raise ExpressionError(where, "'[' must follow :EXCEPT: with what is left out", cure)
        opened = words[i]
        one, i = parse_subscripts(words, i)
        _refuse_running(opened.at, one)
        if len(one) != count:
            what = f"this exception has {counted(len(one), 'subscript')} instead of {count}"
            raise ExpressionError(opened.at, what, "write as many as left of :EXCEPT:")
        found.append(one)
        if i >= len(words) or words[i].text != ",":
            return tuple(found), i
        i += 1
