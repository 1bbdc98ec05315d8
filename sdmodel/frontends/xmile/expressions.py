"""Words to an expression tree, by operator precedence, without recursion.

From weakest to strongest (XMILE 1.0, "Operators"): OR, AND, = <>, comparisons, + -, * / MOD and
Stella's //, unary minus and NOT, ^. All bind from the left but ^ and the unary ones. IF THEN ELSE
reaches as far right as it can.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from sdmodel.expr import Apply, Call, Const, Expr, Op, Text
from sdmodel.frontends.tokens import ExpressionError, unfinished
from sdmodel.frontends.xmile.words import Word

_BINARY: dict[str, tuple[int, Op | str]] = {
    "or": (1, Op.OR),
    "and": (2, Op.AND),
    "=": (3, Op.EQ),
    "==": (3, Op.EQ),
    "<>": (3, Op.NE),
    "!=": (3, Op.NE),
    "<": (4, Op.LT),
    "<=": (4, Op.LE),
    ">": (4, Op.GT),
    ">=": (4, Op.GE),
    "+": (5, Op.ADD),
    "-": (5, Op.SUB),
    "*": (6, Op.MUL),
    "/": (6, Op.DIV),
    "//": (6, "//"),
    "mod": (6, "MOD"),
    "^": (8, Op.POW),
}
_UNARY = 7


class Scope(Protocol):
    """What an equation may name."""

    def reference(self, word: Word) -> Expr:
        """Return what a bare name stands for."""

    def subscripted(self, word: Word, indices: list[Expr]) -> Expr:
        """Return an element or part of an array; an index is a `Text` where it is one word."""

    def call(self, word: Word, args: list[Expr], indices: list[Expr] | None) -> Expr:
        """Return what a function, macro or graphical function gives."""

    def joined(self, names: list[Word]) -> bool:
        """Return whether several words with blanks between them are one name here."""


@dataclass(slots=True)
class _Pending:
    """An operator or an opened bracket that waits for its right side."""

    kind: str  # binary, unary, group, call, index, if, then, else
    level: int
    word: Word
    op: Op | str | None = None
    args: list[Expr] = field(default_factory=list)
    indices: list[Expr] | None = None


_BRACKETS = ("group", "call", "index", "if", "then")


def parse_expression(words: list[Word], end: int, scope: Scope) -> Expr:
    """Return the tree for a whole list of words; `end` is the offset where the text stops."""
    return _Parser(words, end, scope).parse()


class _Parser:
    def __init__(self, words: list[Word], end: int, scope: Scope) -> None:
        self.words, self.end, self.scope, self.i = words, end, scope, 0
        self.operands: list[Expr] = []
        self.pending: list[_Pending] = []

    def parse(self) -> Expr:
        expect_operand = True
        while self.i < len(self.words):
            word = self.words[self.i]
            expect_operand = self._operand(word) if expect_operand else self._operator(word)
        if expect_operand:
            raise unfinished(self.words, self.end)
        self._reduce(0)
        if self.pending:
            self._fail_open(self.pending[-1])
        return self.operands[0]

    def _fail_open(self, opened: _Pending) -> None:
        if opened.kind in ("if", "then"):
            lacks = "THEN" if opened.kind == "if" else "ELSE"
            raise ExpressionError(
                opened.word.at, f"this IF has no {lacks}", "write IF a THEN b ELSE c"
            )
        what = "this bracket"
        if opened.kind in ("call", "index"):
            what = ("the argument list of " if opened.kind == "call" else "the subscripts of ") + (
                opened.word.text
            )
        bracket = "]" if opened.kind == "index" else ")"
        raise ExpressionError(
            opened.word.at, f"{what} is never closed", f"add the missing '{bracket}'"
        )

    # Where a value must stand -------------------------------------------------------------------

    def _operand(self, word: Word) -> bool:
        """Take a word where a value must stand; tell whether a value is still wanted."""
        text = word.text
        if self.pending and self.pending[-1].kind == "index" and self._simple_index():
            return False
        if word.kind == "number":
            self.operands.append(Const(float(text), word.at))
        elif word.kind == "name":
            return self._name()
        elif text in ("-", "+", "not"):
            op = {"-": Op.NEG, "+": None, "not": Op.NOT}[text]
            self.pending.append(_Pending("unary", _UNARY, word, op))
            self.i += 1
            return True
        elif text in ("(", "if"):
            self.pending.append(_Pending("group" if text == "(" else "if", 0, word))
            self.i += 1
            return True
        elif text == ")" and self._empty_call():
            return False
        elif text == "mod" and self._text(self.i + 1) == "(":
            self.pending.append(_Pending("call", 0, word))
            self.i += 2
            return True
        else:
            raise ExpressionError(
                word.at,
                f"a value must stand here, not {text!r}",
                "a variable, a number, a function call or an opening bracket",
            )
        self.i += 1
        return False

    def _text(self, index: int) -> str:
        return self.words[index].text if index < len(self.words) else ""

    def _simple_index(self) -> bool:
        """Take an index of one word, or a range such as ``1:3``, as it is written."""
        word, after = self.words[self.i], self._text(self.i + 1)
        if word.kind not in ("name", "number") and word.text != "*":
            return False
        if after in (",", "]"):
            self.operands.append(Text(word.text, word.at))
            self.i += 1
            return True
        if after == ":" and self._text(self.i + 3) in (",", "]"):
            last = self.words[self.i + 2]
            self.operands.append(Text(f"{word.text}:{last.text}", word.at))
            self.i += 3
            return True
        return False

    def _empty_call(self) -> bool:
        if not (self.pending and self.pending[-1].kind == "call" and self._text(self.i - 1) == "("):
            return False
        call = self.pending.pop()
        self.i += 1
        self.operands.append(self.scope.call(call.word, [], call.indices))
        return True

    def _name(self) -> bool:
        word = self._whole_name()
        after = self._text(self.i)
        if after in ("(", "["):
            kind = "call" if after == "(" else "index"
            self.pending.append(_Pending(kind, 0, word))
            self.i += 1
            return True
        self.operands.append(self.scope.reference(word))
        return False

    def _whole_name(self) -> Word:
        """Return a name; writers that know no better leave blanks in it without quotes."""
        first = self.i
        while self.i < len(self.words) and self.words[self.i].kind == "name":
            self.i += 1
        names = self.words[first : self.i]
        if len(names) > 1 and not (self._text(self.i) == "(" or self.scope.joined(names)):
            self.i = first + 1
            raise ExpressionError(
                names[1].at,
                f"an operator is missing before {names[1].text!r}",
                "write an operator between two values; blanks in a name are written as _",
            )
        text = " ".join(name.text for name in names)
        return Word("name", text, names[0].at, names[-1].end)

    # Where an operator must stand ---------------------------------------------------------------

    def _operator(self, word: Word) -> bool:
        """Take a word where an operator must stand; tell whether a value is wanted next."""
        text = word.text
        if text in _BINARY and word.kind in ("operator", "keyword"):
            level, op = _BINARY[text]
            self._reduce(level + 1 if op is Op.POW else level)
            self.pending.append(_Pending("binary", level, word, op))
            self.i += 1
            return True
        if text in ("then", "else") and word.kind == "keyword":
            return self._branch(word)
        if text == "," and word.kind == "operator":
            return self._comma(word)
        if text in (")", "]"):
            return self._close(word)
        if word.kind in ("name", "number", "keyword"):
            raise ExpressionError(
                word.at,
                f"an operator is missing before {text!r}",
                "write an operator between two values; blanks in a name are written as _",
            )
        raise ExpressionError(
            word.at, f"{text!r} cannot stand here", "remove it, or write an operator there"
        )

    def _branch(self, word: Word) -> bool:
        self._reduce(0)
        wanted = "if" if word.text == "then" else "then"
        if not self.pending or self.pending[-1].kind != wanted:
            raise ExpressionError(
                word.at,
                f"{word.text.upper()} without {wanted.upper()} before it",
                "write IF a THEN b ELSE c",
            )
        opened = self.pending[-1]
        opened.args.append(self.operands.pop())
        opened.kind = word.text
        self.i += 1
        return True

    def _comma(self, word: Word) -> bool:
        self._reduce(0)
        if not self.pending or self.pending[-1].kind not in ("call", "index"):
            if self.pending and self.pending[-1].kind in ("if", "then"):
                self._fail_open(self.pending[-1])
            raise ExpressionError(
                word.at, "a comma stands only between arguments or subscripts", "remove it"
            )
        self.pending[-1].args.append(self.operands.pop())
        self.i += 1
        return True

    def _close(self, word: Word) -> bool:
        """Take a closing bracket; a subscripted graphical function then wants its argument."""
        self._reduce(0)
        kinds = ("group", "call") if word.text == ")" else ("index",)
        if self.pending and self.pending[-1].kind not in kinds:
            self._fail_open(self.pending[-1])
        if not self.pending:
            opening = "(" if word.text == ")" else "["
            raise ExpressionError(
                word.at, "this bracket closes nothing", f"remove it, or add the missing '{opening}'"
            )
        opened = self.pending.pop()
        self.i += 1
        if opened.kind == "group":
            return False
        args = [*opened.args, self.operands.pop()]
        if opened.kind == "call":
            self.operands.append(self.scope.call(opened.word, args, opened.indices))
        elif self._text(self.i) == "(":
            self.pending.append(_Pending("call", 0, opened.word, indices=args))
            self.i += 1
            return True
        else:
            self.operands.append(self.scope.subscripted(opened.word, args))
        return False

    def _reduce(self, level: int) -> None:
        """Apply all pending operators that bind at least as strongly as `level`."""
        while self.pending and self.pending[-1].kind not in _BRACKETS:
            top = self.pending[-1]
            if top.level < level:
                return
            self.pending.pop()
            right = self.operands.pop()
            if top.kind == "unary":
                known = top.op if isinstance(top.op, Op) else None
                self.operands.append(
                    right if known is None else Apply(known, (right,), top.word.at)
                )
            elif top.kind == "else":
                condition, yes = top.args
                chosen = Call("IF THEN ELSE", (condition, yes, right), top.word.at)
                self.operands.append(chosen)
            else:
                left = self.operands.pop()
                if isinstance(top.op, Op):
                    self.operands.append(Apply(top.op, (left, right), top.word.at))
                else:
                    self.operands.append(self.scope.call(_named(top), [left, right], None))


def _named(top: _Pending) -> Word:
    return Word("operator", str(top.op), top.word.at, top.word.end)
