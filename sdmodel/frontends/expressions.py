"""Words to an expression tree, by operator precedence, without recursion.

Two stacks, operands and pending operators, so that nesting is bounded by memory and not by
Python's call depth. From weakest to strongest binding (Vensim Reference Manual, "Operators"):
:OR:, :AND:, :NOT:, comparisons, + -, * /, unary minus, ^. All bind from the left but ^: there the
manual is silent, and every other reader of Vensim files takes a^b^c for a^(b^c).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sdmodel.errors import did_you_mean, near_names
from sdmodel.expr import Apply, Call, Const, Expr, Op, Ref, Text
from sdmodel.frontends.lists import NOT_AVAILABLE
from sdmodel.frontends.points import parse_table
from sdmodel.frontends.subscripts import parse_subscripts
from sdmodel.frontends.tokens import ExpressionError, Token, keyword, unfinished
from sdmodel.names import key, tidy

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
_KEYWORDS = (":OR:", ":AND:", ":NOT:", ":NA:")


@dataclass(slots=True)
class _Pending:
    """An operator or an opened bracket that waits for its right side."""

    kind: str  # binary, unary, group, call
    level: int
    at: int
    op: Op | None = None
    name: str = ""
    subscripts: tuple[str, ...] = ()
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
            raise unfinished(self.words, self.end)
        self._reduce(0)
        if self.pending:
            opened = self.pending[-1]
            what = (
                f"the argument list of {opened.name}" if opened.kind == "call" else "this bracket"
            )
            raise ExpressionError(opened.at, f"{what} is never closed", "add the missing ')'")
        return self.operands[0]

    def _operand(self, word: Token) -> bool:
        """Take a word where a value must stand; tell whether a value is still wanted."""
        kind, text = word.kind, word.text
        if kind == "name" or kind == "quoted":
            return self._name(word)
        self.i += 1
        if kind == "number":
            self.operands.append(Const(float(text), word.at))
            return False
        if kind == "string":
            return self._quoted_text(word)
        if kind == "keyword":
            return self._keyword(word)
        if text in ("-", "+"):
            self.pending.append(_Pending("unary", _UNARY, word.at, Op.NEG if text == "-" else None))
            return True
        if text == "(":
            self.pending.append(_Pending("group", 0, word.at))
            return True
        if text == ")" and self._empty_call():
            return False
        raise ExpressionError(
            word.at,
            f"a value must stand here, not {text!r}",
            "a variable, a number, a function call or an opening bracket",
        )

    def _quoted_text(self, word: Token) -> bool:
        within = self.pending and self.pending[-1].kind == "call"
        if not within or self._text(self.i) not in (",", ")"):
            what = f"the text {word.text} stands only as an argument of a function"
            cure = "names that hold special characters stand in double quotes"
            raise ExpressionError(word.at, what, cure)
        self.operands.append(Text(word.text[1:-1], word.at))
        return False

    def _keyword(self, word: Token) -> bool:
        name = keyword(word.text)
        if name == ":NOT:":
            self.pending.append(_Pending("unary", _NOT, word.at, Op.NOT))
            return True
        if name == ":NA:":
            self.operands.append(Const(NOT_AVAILABLE, word.at))
            return False
        if name in _BINARY:
            raise ExpressionError(
                word.at,
                f"a value must stand here, not {word.text!r}",
                "a variable, a number, a function call or an opening bracket",
            )
        raise unknown_keyword(word, _KEYWORDS)

    def _empty_call(self) -> bool:
        before = self.words[self.i - 2].text if self.i > 1 else ""
        if self.pending and self.pending[-1].kind == "call" and before == "(":
            call = self.pending.pop()
            self.operands.append(Call(call.name, (), call.at, call.subscripts))
            return True
        return False

    def _name(self, word: Token) -> bool:
        after = self._text(self.i + 1)
        subscripts: tuple[str, ...] = ()
        self.i += 1
        if after == "[":
            subscripts, self.i = parse_subscripts(self.words, self.i)
            after = self._text(self.i)
        if after == "(":
            self.pending.append(
                _Pending("call", 0, word.at, name=tidy(word.text), subscripts=subscripts)
            )
            self.i += 1
            return True
        name = tidy(word.text)
        if after == "!" and not subscripts:  # a range as a number within SUM
            name += "!"
            self.i += 1
        self.operands.append(Ref(name, subscripts, word.at))
        return False

    def _text(self, index: int) -> str:
        return self.words[index].text if index < len(self.words) else ""

    def _operator(self, word: Token) -> bool:
        """Take a word where an operator must stand; tell whether a value is wanted next."""
        text = keyword(word.text) if word.kind == "keyword" else word.text
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
        if text == ":":
            return self._outputs(word)
        if word.kind == "keyword" and text not in _KEYWORDS:
            raise unknown_keyword(word, _KEYWORDS)
        raise ExpressionError(
            word.at, f"{word.text!r} cannot stand here", "remove it, or write an operator there"
        )

    def _outputs(self, word: Token) -> bool:
        """Take the variables that a macro fills: ``F(a, b : x, y)``."""
        self._reduce(0)
        if not self.pending or self.pending[-1].kind != "call":
            raise ExpressionError(
                word.at,
                "a colon stands only before the outputs of a macro",
                "remove it, or write F(inputs : outputs)",
            )
        call = self.pending.pop()
        args, outputs = (*call.args, self.operands.pop()), list[Ref]()
        self.i += 1
        while True:
            one = self.words[self.i] if self.i < len(self.words) else None
            if one is None or one.kind not in ("name", "quoted"):
                at = self.end if one is None else one.at
                cure = "write F(inputs : outputs), with names of variables behind the colon"
                raise ExpressionError(at, "the name of an output must stand here", cure)
            subscripts: tuple[str, ...] = ()
            self.i += 1
            if self._text(self.i) == "[":
                subscripts, self.i = parse_subscripts(self.words, self.i)
            outputs.append(Ref(tidy(one.text), subscripts, one.at))
            after = self._text(self.i)
            self.i += 1
            if after == ")":
                self.operands.append(
                    Call(call.name, args, call.at, call.subscripts, tuple(outputs))
                )
                return False
            if after != ",":
                self.i -= 1
                if self.i >= len(self.words):
                    what = f"the argument list of {call.name} is never closed"
                    raise ExpressionError(call.at, what, "add the missing ')'")
                raise ExpressionError(
                    self.words[self.i].at,
                    f"{tidy(after)!r} cannot stand between the outputs of a macro",
                    "separate their names by commas",
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
            self.operands.append(Call(opened.name, args, opened.at, opened.subscripts))

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


def unknown_keyword(word: Token, known: tuple[str, ...]) -> ExpressionError:
    """Return the error for a word between colons that means nothing where it stands."""
    name = keyword(word.text)
    near = near_names(name, known)
    cure = did_you_mean(near) or f"remove it; what may stand here is {', '.join(known)}"
    return ExpressionError(word.at, f"the keyword {name} means nothing here", cure)
