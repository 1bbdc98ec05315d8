"""Words to an expression tree, by operator precedence, without recursion.

Two stacks, operands and pending operators, so that nesting is bounded by memory and not by
Python's call depth. From weakest to strongest binding (Vensim Reference Manual, "Operators"):
:OR:, :AND:, :NOT:, comparisons, + -, * /, unary minus, ^. All bind from the left but ^: there the
manual is silent, and every other reader of Vensim files takes a^b^c for a^(b^c).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from sdmodel.expr import Apply, Call, Const, Expr, Op, Ref, Table
from sdmodel.frontends.tokens import Token
from sdmodel.names import key, tidy

NOT_AVAILABLE = -(2.0**109)  # :NA:, Vensim's number for a missing value

_BINARY = {
    ":OR:": (1, Op.OR),
    ":AND:": (2, Op.AND),
    "=": (4, Op.EQ),
    "<>": (4, Op.NE),
    "<": (4, Op.LT),
    "<=": (4, Op.LE),
    ">": (4, Op.GT),
    ">=": (4, Op.GE),
    "+": (5, Op.ADD),
    "-": (5, Op.SUB),
    "*": (6, Op.MUL),
    "/": (6, Op.DIV),
    "^": (8, Op.POW),
}
_NOT, _UNARY = 3, 7
# Functions whose second argument is a table written in place.
_WITH_TABLE = {"with lookup"}


class ExpressionError(ValueError):
    """What is wrong in an expression, and at which offset."""

    def __init__(self, at: int, message: str, cure: str = "", kind: str = "syntax") -> None:
        self.at, self.message, self.cure, self.kind = at, message, cure, kind
        super().__init__(message)


@dataclass(slots=True)
class _Pending:
    """An operator or an opened bracket that waits for its right side."""

    kind: str  # binary, unary, group, call
    level: int
    at: int
    op: Op | None = None
    name: str = ""
    args: list[Expr] = field(default_factory=list)


def parse_expression(words: list[Token], end: int) -> Expr:
    """Return the tree for a whole list of words; `end` is the offset where the text stops."""
    return _Parser(words, end).parse()


class _Parser:
    def __init__(self, words: list[Token], end: int) -> None:
        self.words, self.end, self.i = words, end, 0
        self.operands: list[Expr] = []
        self.pending: list[_Pending] = []

    def parse(self) -> Expr:
        expect_operand = True
        while self.i < len(self.words):
            word = self.words[self.i]
            expect_operand = self._operand(word) if expect_operand else self._operator(word)
        if expect_operand:
            self._fail_at_end()
        self._reduce(0)
        if self.pending:
            opened = self.pending[-1]
            what = (
                f"the argument list of {opened.name}" if opened.kind == "call" else "this bracket"
            )
            raise ExpressionError(opened.at, f"{what} is never closed", "add the missing ')'")
        return self.operands[0]

    def _fail_at_end(self) -> None:
        if not self.words:
            raise ExpressionError(
                self.end, "the equation is empty", "write what the variable is equal to"
            )
        last = self.words[-1]
        raise ExpressionError(
            last.at, f"something is missing after {last.text!r}", "complete the expression"
        )

    def _operand(self, word: Token) -> bool:
        """Take a word where a value must stand; tell whether a value is still wanted."""
        text = word.text
        if word.kind == "number":
            self.operands.append(Const(float(text), word.at))
        elif word.kind in ("name", "quoted"):
            return self._name(word)
        elif word.kind == "keyword" and _keyword(text) == ":NOT:":
            self.pending.append(_Pending("unary", _NOT, word.at, Op.NOT))
            self.i += 1
            return True
        elif word.kind == "keyword" and _keyword(text) == ":NA:":
            self.operands.append(Const(NOT_AVAILABLE, word.at))
        elif text in ("-", "+"):
            self.pending.append(_Pending("unary", _UNARY, word.at, Op.NEG if text == "-" else None))
            self.i += 1
            return True
        elif text == "(":
            self.pending.append(_Pending("group", 0, word.at))
            self.i += 1
            return True
        elif text == ")" and self._empty_call():
            pass
        elif word.kind == "string":
            raise ExpressionError(
                word.at,
                f"the data file {text} is not read: external data is not offered yet",
                "write the numbers into the model, as constants or lookups",
                "unsupported",
            )
        else:
            raise ExpressionError(
                word.at,
                f"a value must stand here, not {text!r}",
                "a variable, a number, a function call or an opening bracket",
            )
        self.i += 1
        return False

    def _empty_call(self) -> bool:
        before = self.words[self.i - 1].text if self.i else ""
        if self.pending and self.pending[-1].kind == "call" and before == "(":
            call = self.pending.pop()
            self.operands.append(Call(call.name, (), call.at))
            return True
        return False

    def _name(self, word: Token) -> bool:
        name, after = tidy(word.text), self._text(self.i + 1)
        if after == "(":
            self.pending.append(_Pending("call", 0, word.at, name=name))
            self.i += 2
            return True
        subscripts: tuple[str, ...] = ()
        self.i += 1
        if after == "[":
            subscripts = self._subscripts()
        self.operands.append(Ref(name, subscripts, word.at))
        return False

    def _subscripts(self) -> tuple[str, ...]:
        opened = self.words[self.i]
        self.i += 1
        parts: list[str] = [""]
        while self._text(self.i) != "]":
            if self.i >= len(self.words):
                raise ExpressionError(
                    opened.at, "this bracket is never closed", "add the missing ']'"
                )
            word = self.words[self.i]
            if word.text == ",":
                parts.append("")
            else:
                parts[-1] += tidy(word.text)
            self.i += 1
        self.i += 1
        return tuple(parts)

    def _text(self, index: int) -> str:
        return self.words[index].text if index < len(self.words) else ""

    def _operator(self, word: Token) -> bool:
        """Take a word where an operator must stand; tell whether a value is wanted next."""
        text = _keyword(word.text) if word.kind == "keyword" else word.text
        if text in _BINARY:
            level, op = _BINARY[text]
            self._reduce(level + 1 if op is Op.POW else level)
            self.pending.append(_Pending("binary", level, word.at, op))
            self.i += 1
            return True
        if text == ",":
            return self._comma(word)
        if text == ")":
            self._close(word)
            self.i += 1
            return False
        if word.kind in ("name", "quoted", "number"):
            raise ExpressionError(
                word.at,
                f"an operator is missing before {tidy(word.text)!r}",
                "write +, -, *, / or ^ between two values",
            )
        if text in ("(", ":"):
            what = "calling a subscripted lookup" if text == "(" else "a macro with several outputs"
            cure = "write one lookup for each element" if text == "(" else "write its equations out"
            raise ExpressionError(word.at, f"{what} is not offered yet", cure, "unsupported")
        raise ExpressionError(
            word.at, f"{word.text!r} cannot stand here", "remove it, or write an operator there"
        )

    def _comma(self, word: Token) -> bool:
        self._reduce(0)
        if not self.pending or self.pending[-1].kind != "call":
            raise ExpressionError(
                word.at, "a comma stands only between the arguments of a function", "remove it"
            )
        call = self.pending[-1]
        call.args.append(self.operands.pop())
        self.i += 1
        if key(call.name) in _WITH_TABLE and len(call.args) == 1:
            table, self.i = parse_table(self.words, self.i, self.end)
            self.operands.append(table)
            return False
        return True

    def _close(self, word: Token) -> None:
        self._reduce(0)
        if not self.pending:
            raise ExpressionError(
                word.at, "this bracket closes nothing", "remove it, or add the missing '('"
            )
        opened = self.pending.pop()
        if opened.kind == "call":
            args = (*opened.args, self.operands.pop())
            self.operands.append(Call(opened.name, args, opened.at))

    def _reduce(self, level: int) -> None:
        """Apply all pending operators that bind at least as strongly as `level`."""
        while self.pending and self.pending[-1].kind in ("binary", "unary"):
            top = self.pending[-1]
            if top.level < level:
                return
            self.pending.pop()
            if top.kind == "unary":
                if top.op is not None:
                    self.operands.append(Apply(top.op, (self.operands.pop(),), top.at))
                continue
            right, left = self.operands.pop(), self.operands.pop()
            assert top.op is not None
            self.operands.append(Apply(top.op, (left, right), top.at))


def _keyword(text: str) -> str:
    return ":" + text[1:-1].strip().upper() + ":"


def parse_table(words: list[Token], i: int, end: int) -> tuple[Table, int]:
    """Read ``([(0,0)-(1,1)],(x,y),...)`` or ``(x1,x2,...,y1,y2,...)`` from word `i` on."""
    if i >= len(words) or words[i].text != "(":
        at = words[i].at if i < len(words) else end
        raise ExpressionError(at, "the points of a lookup must stand here", "such as ((0,0),(1,2))")
    opened, i = words[i], i + 1
    if i < len(words) and words[i].text == "[":  # the limits of the graph editor: not data
        while i < len(words) and words[i].text != "]":
            i += 1
        i += 1
        if i < len(words) and words[i].text == ",":
            i += 1
    points: list[tuple[float, float]] = []
    flat: list[float] = []
    while i < len(words) and words[i].text != ")":
        if words[i].text == "(":
            x, i = _signed(words, i + 1, end)
            i = _expect(words, i, ",", end)
            y, i = _signed(words, i, end)
            i = _expect(words, i, ")", end)
            points.append((x, y))
        else:
            value, i = _signed(words, i, end)
            flat.append(value)
        if i < len(words) and words[i].text == ",":
            i += 1
    if i >= len(words):
        raise ExpressionError(opened.at, "this lookup is never closed", "add the missing ')'")
    if flat and (points or len(flat) % 2):
        raise ExpressionError(
            opened.at,
            "the points of this lookup do not come in pairs",
            "write (x,y),(x,y) or all x values and then as many y values",
        )
    if flat:
        half = len(flat) // 2
        points = list(zip(flat[:half], flat[half:], strict=True))
    if not points:
        raise ExpressionError(opened.at, "this lookup has no points", "add at least one (x,y)")
    xs = tuple(x for x, _ in points)
    if any(b < a for a, b in pairwise(xs)):
        worst = next(b for a, b in pairwise(xs) if b < a)
        raise ExpressionError(
            opened.at, f"the x values of this lookup must not fall (at x = {worst:g})", "sort them"
        )
    return Table(xs, tuple(y for _, y in points), opened.at), i + 1


def _signed(words: list[Token], i: int, end: int) -> tuple[float, int]:
    sign = 1.0
    while i < len(words) and words[i].text in ("-", "+"):
        sign, i = (-sign if words[i].text == "-" else sign), i + 1
    if i < len(words) and words[i].kind == "number":
        return sign * float(words[i].text), i + 1
    at = words[i].at if i < len(words) else end
    raise ExpressionError(at, "a number must stand here", "lookup points are plain numbers")


def _expect(words: list[Token], i: int, text: str, end: int) -> int:
    if i < len(words) and words[i].text == text:
        return i + 1
    at = words[i].at if i < len(words) else end
    raise ExpressionError(at, f"{text!r} must stand here", "write each point as (x,y)")
