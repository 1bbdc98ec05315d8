"""Reality checks: constraints and test inputs, as they stand in a `.mdl` file.

Vensim User Guide, chapter "Reality Check": ``name :TEST INPUT: variable = expression`` and
``name :THE CONDITION: condition :IMPLIES: consequence``. What is wrong with one of them is kept in
the entry itself: a model runs whatever its reality checks are.
"""

from __future__ import annotations

from dataclasses import replace

from sdmodel.errors import Problem
from sdmodel.expr import Apply, Expr, Op, Ref
from sdmodel.frontends.definitions import plain, shown
from sdmodel.frontends.entries import Entry
from sdmodel.frontends.expressions import parse_expression
from sdmodel.frontends.leftside import LeftSide
from sdmodel.frontends.subscripts import parse_subscripts
from sdmodel.frontends.tokens import ExpressionError, Token, keyword
from sdmodel.names import tidy
from sdmodel.source import RealityConstraint, RealityInput, SourceText

IMPLIES = ":IMPLIES:"
# Named in the manual's list of keywords, but what they ask for is not said to the end.
UNKNOWN = (":CROSSING:", ":AT LEAST ONCE:")
COMPARISONS = frozenset({Op.EQ, Op.NE, Op.LT, Op.LE, Op.GT, Op.GE})


def constraint(
    source: SourceText, entry: Entry, words: list[Token], left: LeftSide, group: str
) -> RealityConstraint:
    """Return the constraint of an entry, or one that says why it cannot be read."""
    text = source.text
    known = RealityConstraint(
        left.name,
        subscripts=left.subscripts,
        units=plain(text[entry.units.start : entry.units.end]),
        comment=plain(text[entry.comment.start : entry.comment.end]),
        group=group,
        at=left.at,
        span=entry.whole,
    )
    end = entry.equation.end
    try:
        before, behind = _parted(words[left.behind :], end)
        condition = parse_expression(before, behind[0].at if behind else end) if before else None
        consequence = parse_expression(behind, end)
    except ExpressionError as error:
        return replace(known, problem=_problem(source, error, left.name))
    return replace(
        known,
        condition=condition,
        consequence=consequence,
        condition_text=_shown(text, before),
        consequence_text=_shown(text, behind),
    )


def test_input(
    source: SourceText, entry: Entry, words: list[Token], left: LeftSide, group: str
) -> RealityInput:
    """Return the test input of an entry, or one that says why it cannot be read."""
    text = source.text
    known = RealityInput(
        left.name,
        subscripts=left.subscripts,
        comment=plain(text[entry.comment.start : entry.comment.end]),
        group=group,
        at=left.at,
        span=entry.whole,
    )
    body, end = words[left.behind :], entry.equation.end
    try:
        _known_keywords(body)
        target, sign, equation = _assignment(body, end)
    except ExpressionError as error:
        return replace(known, problem=_problem(source, error, left.name))
    text_of = _shown(text, body)
    return replace(known, target=target, comparison=sign, equation=equation, text=text_of)


def _parted(words: list[Token], end: int) -> tuple[list[Token], list[Token]]:
    """Return what stands before and behind ``:IMPLIES:``."""
    _known_keywords(words)
    places = [i for i, one in enumerate(words) if one.kind == "keyword" and _is_implies(one)]
    cure = "write name :THE CONDITION: condition :IMPLIES: consequence"
    if not places:
        raise ExpressionError(end, ":IMPLIES: is missing behind the condition", cure)
    if len(places) > 1:
        raise ExpressionError(words[places[1]].at, "there is a second :IMPLIES: here", cure)
    return words[: places[0]], words[places[0] + 1 :]


def _is_implies(word: Token) -> bool:
    return keyword(word.text) == IMPLIES


def _known_keywords(words: list[Token]) -> None:
    for word in words:
        if word.kind == "keyword" and keyword(word.text) in UNKNOWN:
            name = keyword(word.text)
            what = f"{name} is not judged: the manual does not say to the end what it asks for"
            cure = "write the comparison without it, for the times at which it must hold"
            raise ExpressionError(word.at, what, cure, kind="unsupported", name=name)


def _assignment(body: list[Token], end: int) -> tuple[Ref, Op, Expr]:
    """Return the target, the sign and the right side of ``x[a] = expression``."""
    cure = "write name :TEST INPUT: variable = expression"
    if not body or body[0].kind not in ("name", "quoted"):
        at = body[0].at if body else end
        raise ExpressionError(at, "the name of a variable must stand here", cure)
    subscripts, i = parse_subscripts(body, 1) if _text(body, 1) == "[" else ((), 1)
    if _text(body, i) == "=":
        target = Ref(tidy(body[0].text), subscripts, body[0].at)
        return target, Op.EQ, parse_expression(body[i + 1 :], end)
    whole = parse_expression(body, end)
    if isinstance(whole, Apply) and whole.op in COMPARISONS and isinstance(whole.args[0], Ref):
        return whole.args[0], whole.op, whole.args[1]
    raise ExpressionError(body[0].at, "this sets no variable", cure)


def _text(words: list[Token], i: int) -> str:
    return words[i].text if i < len(words) else ""


def _shown(text: str, words: list[Token]) -> str:
    return shown(text[words[0].at : words[-1].end]) if words else ""


def _problem(source: SourceText, error: ExpressionError, name: str) -> Problem:
    message = f"in the reality check {name!r}: {error.message}"
    kind = error.kind
    return source.problem(error.at, message, kind=kind, variable=name, cure=error.cure)
