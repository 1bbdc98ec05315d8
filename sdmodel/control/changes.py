"""Changes files (`.cin`, the `.out` of an optimisation): other values of constants and lookups.

Layout after Vensim's help, "Constant Input Files": equations of constants and lookups as in a
model, without tildes and bars. A line of an optimisation control file stands for the value in its
middle.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sdmodel.errors import Problem
from sdmodel.expr import Table, Values
from sdmodel.frontends.leftside import LeftSide, parse_left_side
from sdmodel.frontends.lists import is_list, is_tabbed, parse_tabbed, parse_values
from sdmodel.frontends.points import parse_table, signed
from sdmodel.frontends.tokens import ExpressionError, Token, words
from sdmodel.names import tidy
from sdmodel.source import SourceText, Span

# What may hold brackets that open nothing.
_ASIDE = re.compile(r'"(?:\\.|[^"\\\r\n])*"|\'[^\'\r\n]*\'|\{[^{}\r\n]*\}')
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
# How a line goes on that is within the brackets of the line before.
_POINTS = re.compile(r"(?:[-+\s\d.,()\[\]eE\\]|:\s*NA\s*:)*", re.I)
_ROW = re.compile(r"(?:[-+\s\d.,;eE\\]|:\s*NA\s*:)+", re.I)
_TEXT = re.compile(r"(?P<left>.*?):\s*IS\s*:\s*(?P<text>.*?)\s*", re.I | re.S)
# The options of an optimisation, known by four letters; they set nothing in the model.
_OPTIONS = "OPTI SENS MULT RAND OUTP TRAC MAX_ REST PASS FRAC TOLE ABSO SCAL VECT SEED"
_OPTION = re.compile(r"\s*:\s*([A-Za-z][A-Za-z_ ]*)")
_NUMBERS = "a changes file holds numbers and points: write name = 5 or name((0,0),(1,2))"


@dataclass(frozen=True, slots=True)
class Change:
    """One entry: what it names, and its new value.

    `value` is a number, a list of numbers for the elements, the points of a lookup, a text, or
    None where a line of an optimisation leaves the value to the model.
    """

    source: SourceText
    at: int
    name: str
    subscripts: tuple[str, ...]
    exceptions: tuple[tuple[str, ...], ...]
    value: float | Values | Table | str | None

    @property
    def shown(self) -> str:
        """The name with its subscripts."""
        return f"{self.name}[{','.join(self.subscripts)}]" if self.subscripts else self.name


def parse_changes(source: SourceText) -> tuple[list[Change], list[Problem]]:
    r"""Return the entries of a changes file in their order, and what is wrong with it.

    Examples
    --------
    >>> found, _ = parse_changes(SourceText("a.cin", "life =5\n0<= b[old] = 2 <=9\nf(0,1,5,6)"))
    >>> [one.shown for one in found], found[1].value, found[2].value.ys
    (['life', 'b[old]', 'f'], 2.0, (5.0, 6.0))
    """
    found: list[Change] = []
    problems: list[Problem] = []
    for span in statements(source.text):
        try:
            found.append(_change(source, span))
        except ExpressionError as error:
            problem = source.problem(error.at, error.message, cure=error.cure, kind=error.kind)
            problems.append(problem)
    return found, problems


def statements(text: str) -> Iterator[Span]:
    """Yield the stretches that hold one entry: a line, and those on which it goes on.

    It goes on within brackets, behind a comma, and with further rows of a list behind a semicolon.
    """
    start, end, depth, rows = -1, 0, 0, False
    for match in _LINE.finditer(text):
        line = _bare(match.group()).strip()
        if start >= 0:
            # Behind a bracket that was never closed the next entry is read all the same.
            forgotten = depth > 0 and not _POINTS.fullmatch(line)
            if forgotten or (rows and not _ROW.fullmatch(line)):
                yield Span(start, end)
                start, depth = -1, 0
        if start < 0:
            if not line or _is_option(line):
                continue
            start = match.start()
        end = match.end()
        depth += line.count("(") - line.count(")")
        rows = depth <= 0 and line.endswith(";")
        if depth <= 0 and not line.endswith((",", "=", "\\", ";")):
            yield Span(start, end)
            start, depth = -1, 0
    if start >= 0:
        yield Span(start, end)


def _is_option(line: str) -> bool:
    found = _OPTION.match(line)
    if found is None:
        return False
    word = "_".join(found[1].upper().split())
    return (len(word) > 3 and word[:4] in _OPTIONS) or word.startswith(("COM", "MC"))


def _change(source: SourceText, span: Span) -> Change:
    text = source.text
    stated = _TEXT.fullmatch(_bare(text[span.start : span.end]))
    if stated is not None:
        middle = span.start + stated.end("left")
        left = parse_left_side(_named(words(text, span.start, middle), middle))
        said = text[span.start + stated.start("text") : span.start + stated.end("text")]
        plain = said[1:-1] if len(said) > 1 and said[0] == said[-1] and said[0] in "'\"" else said
        return Change(source, left.at, left.name, left.subscripts, (), plain)
    found = words(text, span.start, span.end)
    i = 0
    if found and (found[0].kind == "number" or found[0].text in ("-", "+")):
        _, i = signed(found, 0, span.end, _NUMBERS)
        if i >= len(found) or found[i].text != "<=":
            at = found[i].at if i < len(found) else span.end
            cure = "write name = 5; or, as in optimisation control, 0 <= name = 5 <= 10"
            raise ExpressionError(at, "'<=' must follow the lower limit", cure)
        i += 1
    rest = _named(found[i:], span.end)
    left = parse_left_side(rest)
    if left.data or left.remark:
        raise ExpressionError(left.at, f"{left.name!r}: no keyword can stand here", _NUMBERS)
    value = _value(text, left, rest[left.behind :], span.end)
    return Change(source, left.at, left.name, left.subscripts, left.exceptions, value)


def _bare(text: str) -> str:
    """Return a text of the same length whose quotes hold nothing, and which has no comments."""
    return _ASIDE.sub(lambda one: (" " if one[0][0] == "{" else "_") * len(one[0]), text)


def _named(found: list[Token], end: int) -> list[Token]:
    if not found or found[0].kind not in ("name", "quoted"):
        at = found[0].at if found else end
        raise ExpressionError(at, "the name of a constant or lookup must stand here", _NUMBERS)
    return found


def _value(text: str, left: LeftSide, body: list[Token], end: int) -> float | Values | Table | None:
    sign = body[0].text if body else ""
    if sign == "(":
        table, i = parse_table(body, 0, end)
        _nothing(body, i)
        return table
    if sign == "<=":
        _limit(body, end)
        return None
    if sign != "=":
        at = body[0].at if body else end
        shown = f"not {tidy(sign)!r}" if sign else "and a number"
        raise ExpressionError(at, f"'=' must follow the name, {shown}", _NUMBERS)
    stop = next((i for i, word in enumerate(body) if word.text in ("<=", "|")), len(body))
    given, tail = body[1:stop], body[stop:]
    if tail:
        _limit(tail, end)
    if is_tabbed(given):
        return parse_tabbed(text, given)
    if is_list(given):
        return _finite(parse_values(given, end), given)
    value, i = signed(given, 0, tail[0].at if tail else end, _NUMBERS)
    _nothing(given, i)
    return _finite(Values((value,)), given).values[0]


def _nothing(body: list[Token], i: int) -> None:
    """Refuse what stands behind a value."""
    if i < len(body):
        what = f"{tidy(body[i].text)!r} cannot stand behind the value"
        cure = "a changes file has no '~' and '|'" if body[i].text == "~" else _NUMBERS
        raise ExpressionError(body[i].at, what, cure)


def _limit(tail: list[Token], end: int) -> None:
    """Read ``<= 10``, behind which a word or ``| tolerance = 0.1`` means nothing here."""
    if tail[0].text == "<=":
        signed(tail, 1, end, "write the upper limit behind '<='")


def _finite(values: Values, given: list[Token]) -> Values:
    if not all(map(math.isfinite, values.values)):
        raise ExpressionError(
            given[0].at, "this is no finite number", "write it as in 0.03 or 3e-2"
        )
    return values
