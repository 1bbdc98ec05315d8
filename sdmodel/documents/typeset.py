"""Equations as HTML: fractions where they stay readable, names as links, functions by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from html import escape

from sdmodel.expr import (
    Apply,
    Call,
    Const,
    Expr,
    Lookup,
    Op,
    Ref,
    Table,
    Tables,
    Text,
    Values,
    fold,
)
from sdmodel.names import key, readable

# From a name as written to the page it has, if any.
Href = Callable[[str], str]

_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _POWER, _ATOM = range(9)
_BINARY = {
    Op.OR: (_OR, "or"),
    Op.AND: (_AND, "and"),
    Op.LT: (_COMPARE, "<"),
    Op.LE: (_COMPARE, "≤"),
    Op.GT: (_COMPARE, ">"),
    Op.GE: (_COMPARE, "≥"),
    Op.EQ: (_COMPARE, "="),
    Op.NE: (_COMPARE, "≠"),
    Op.ADD: (_SUM, "+"),
    Op.SUB: (_SUM, "−"),
    Op.MUL: (_PRODUCT, "×"),
    Op.DIV: (_PRODUCT, "/"),
}
# Longer parts than this, in letters, are not set one above the other or raised.
_WIDEST, _HIGHEST = 56, 28
# Vensim's number for "not available".
_NA = -(2.0**109)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Part of an equation: its HTML, length in letters, how tightly it binds, fractions in it.

    `heard` is how tightly it binds where it is read aloud or copied: a fraction is then a division.
    """

    html: str
    length: int
    binds: int = _ATOM
    tall: int = 0
    heard: int = _ATOM


def typeset(expr: Expr, href: Href) -> str:
    """Return an expression as HTML; `href` gives the page of a variable, or "" for none.

    Examples
    --------
    >>> from sdmodel.expr import Const, Ref
    >>> typeset(Ref("a") * (Ref("b") + Const(1.0)), lambda name: "")
    '<i>a</i> × (<i>b</i> + 1)'
    """
    return _folded(expr, href).html


def equation(expr: Expr, href: Href, left: str) -> str:
    """Return an equation as HTML, of a variable that is shown as `left`.

    A stock is shown by its rate of change and where it starts; a choice at the head of an equation
    by its cases, one a line.
    """
    if isinstance(expr, Call):
        name, args = key(expr.function), expr.args
        if name == "integ" and len(args) == 2:
            rate, start = (typeset(one, href) for one in args)
            slope = _over(_Piece(f"d {left}", 0), _Piece("d Time", 0)).html
            return _line(slope, rate) + _line(f"{left} <small>at the start</small>", start)
        if name == "active initial" and len(args) == 2:
            later, start = (typeset(one, href) for one in args)
            return _line(left, later) + _line(f"{left} <small>at the start</small>", start)
        if name == "if then else" and len(args) == 3:
            return _line(left, _cases(expr, href))
    return _line(left, typeset(expr, href))


def _line(left: str, right: str) -> str:
    return f'<div class="eq"><span class="left">{left} =</span> <span>{right}</span></div>\n'


def _cases(expr: Expr, href: Href) -> str:
    rows = []
    while isinstance(expr, Call) and key(expr.function) == "if then else" and len(expr.args) == 3:
        condition, then, expr = expr.args
        rows.append(f"<li>{typeset(then, href)} <b>if</b> {typeset(condition, href)}</li>")
    rows.append(f"<li>{typeset(expr, href)} <b>otherwise</b></li>")
    return f'<ul class="cases">{"".join(rows)}</ul>'


def _folded(expr: Expr, href: Href) -> _Piece:
    """Set every node, children first."""
    return fold(expr, lambda node, parts: _set(node, parts, href))


def _set(node: Expr, parts: Sequence[_Piece], href: Href) -> _Piece:
    match node:
        case Const():
            return _word(number(node.value))
        case Ref():
            return _name(node.name, node.subscripts, href)
        case Text():
            return _word(f"'{node.value}'")
        case Table():
            return _word(f"a table of {len(node.xs)} points")
        case Tables():
            return _word(f"{len(node.tables)} tables")
        case Values():
            return _word(f"{len(node.values)} numbers")
        case Lookup():
            return _call(_Piece("<b>its points</b>", 10), parts)
        case Apply():
            return _applied(node.op, parts)
        case Call():
            return _call(_function(node, href), parts)
        case _:
            return _word("?")


def number(value: float) -> str:
    """Write a number as in a file, with as many digits as it has.

    >>> number(0.1), number(3e6), number(-2.0**109)
    ('0.1', '3000000', ':NA:')
    """
    return ":NA:" if value == _NA else f"{value:.15g}"


def _word(text: str) -> _Piece:
    return _Piece(escape(text), len(text), _SIGN if text.startswith("-") else _ATOM)


def _name(name: str, subscripts: Sequence[str], href: Href) -> _Piece:
    shown = readable(name)
    page = href(name)
    text = f'<a href="{escape(page)}">{escape(shown)}</a>' if page else f"<i>{escape(shown)}</i>"
    if not subscripts:
        return _Piece(text, len(shown))
    inside = ", ".join(subscripts)
    sub = f'<span class="sub">[{escape(inside)}]</span>'
    return _Piece(text + sub, len(shown) + len(inside) + 2)


def _function(node: Call, href: Href) -> _Piece:
    if href(node.function):
        return _name(node.function, node.subscripts, href)
    shown = readable(node.function)
    return _Piece(f'<span class="fn">{escape(shown)}</span>', len(shown))


def _call(head: _Piece, parts: Sequence[_Piece]) -> _Piece:
    inside = ", ".join(part.html for part in parts)
    length = head.length + sum(part.length + 2 for part in parts)
    return _Piece(f"{head.html}({inside})", length, _ATOM, max((p.tall for p in parts), default=0))


def _applied(op: Op, parts: Sequence[_Piece]) -> _Piece:
    if op is Op.DIV and _fits(parts):
        return _over(*parts)
    if op is Op.POW:
        base, power = parts
        if power.length <= _HIGHEST and not power.tall:
            raised = f'<span class="sr">^(</span>{power.html}<span class="sr">)</span>'
            base = _bound(base, _ATOM)
            html = f"{base.html}<sup>{raised}</sup>"
            # A fraction and its brackets stay on one line.
            html = f'<span class="nb">{html}</span>' if base.tall else html
            return replace(
                base, html=html, length=base.length + power.length, binds=_POWER, heard=_POWER
            )
        return _joined(parts, "^", _POWER, (_ATOM, _ATOM))
    if op in (Op.NEG, Op.NOT):
        binds, sign = (_SIGN, "−") if op is Op.NEG else (_NOT, "not ")
        part = _bound(parts[0], binds)
        return replace(
            part, html=sign + part.html, length=part.length + 1, binds=binds, heard=binds
        )
    if op in _BINARY and len(parts) == 2:
        binds, sign = _BINARY[op]
        # a - (b - c) keeps its brackets, a + (b + c) needs none; nor does what is compared.
        loose = op in (Op.ADD, Op.MUL, Op.AND, Op.OR)
        return _joined(parts, sign, binds, (binds, binds if loose else binds + 1))
    return _call(_Piece(f'<span class="fn">{escape(op.name)}</span>', len(op.name)), parts)


def _joined(parts: Sequence[_Piece], sign: str, binds: int, needed: tuple[int, int]) -> _Piece:
    left, right = _bound(parts[0], needed[0]), _bound(parts[1], needed[1])
    # A sign right behind another one is bracketed: a + (-b).
    if parts[1].binds == _SIGN and right is parts[1]:
        right = _bound(right, _ATOM)
    html = f"{left.html} {escape(sign)} {right.html}"
    length, tall = left.length + right.length + 3, max(left.tall, right.tall)
    return _Piece(html, length, binds, tall, binds)


def _bound(part: _Piece, needed: int) -> _Piece:
    """Return a part in brackets, if it would fall apart without; unseen ones where it is seen."""
    if part.binds < needed:
        html, length = f"({part.html})", part.length + 2
        return replace(part, html=html, length=length, binds=_ATOM, heard=_ATOM)
    if part.heard < needed:
        return replace(part, html=_unseen(part.html), heard=_ATOM)
    return part


def _unseen(html: str) -> str:
    return f'<span class="sr">(</span>{html}<span class="sr">)</span>'


def _fits(parts: Sequence[_Piece]) -> bool:
    return all(part.length <= _WIDEST and part.tall < 2 for part in parts)


def _over(above: _Piece, below: _Piece) -> _Piece:
    """Set one part above the other; read aloud or copied, it is a division with its brackets."""
    heard = [
        _unseen(part.html) if min(part.binds, part.heard) <= _PRODUCT else part.html
        for part in (above, below)
    ]
    html = (
        f'<span class="frac"><span class="num">{heard[0]}</span><span class="sr"> / </span>'
        f'<span class="den">{heard[1]}</span></span>'
    )
    tall = 1 + max(above.tall, below.tall)
    return _Piece(html, max(above.length, below.length), _POWER, tall, _PRODUCT)
