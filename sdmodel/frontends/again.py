"""Reading a Vensim file again after a few of its entries changed: the others are taken over."""

from __future__ import annotations

from dataclasses import replace

from sdmodel.expr import (
    Apply,
    Call,
    Const,
    Expr,
    Ref,
    Table,
    Tables,
    Text,
    Values,
    rewrite,
)
from sdmodel.frontends import mdl
from sdmodel.frontends.entries import Entry
from sdmodel.source import SourceModel, SourceText, Span, Variable


def parse_again(source: SourceText, before: SourceModel | None) -> SourceModel:
    """Return what `mdl.parse` does; entries whose text stands in `before` are not read again.

    They are only moved to where they stand now.
    """
    return mdl.parse(source, _Again(source, before) if before is not None else None)


class _Again(mdl.Reader):
    """A reader that knows entries by their text."""

    def __init__(self, source: SourceText, before: SourceModel) -> None:
        super().__init__(source)
        text = before.source.text
        wrong = {one.variable for one in before.problems}
        self._known = {
            text[one.span.start : one.span.end]: one
            for one in before.variables
            if one.span.start >= 0 and one.name not in wrong
        }

    def equation(self, entry: Entry) -> None:
        """Take one entry over if it is known, else read it."""
        known = self._known.get(self.source.text[entry.whole.start : entry.whole.end])
        if known is None:
            super().equation(entry)
        else:
            self.scope.variables.append(_moved(known, entry.whole, self.group))


def _moved(one: Variable, span: Span, group: str) -> Variable:
    """Return an entry at another place of the file."""
    by = span.start - one.span.start
    if by == 0 and group == one.group:
        return one
    return replace(
        one,
        group=group,
        at=_place(one.at, by),
        units_at=_place(one.units_at, by),
        span=span,
        equation_span=Span(_place(one.equation_span.start, by), _place(one.equation_span.end, by)),
        equation=None if one.equation is None else moved_expression(one.equation, by),
        table=None if one.table is None else _moved_tables(one.table, by),
    )


def _place(at: int, by: int) -> int:
    return at + by if at >= 0 else at


def _moved_tables(table: Table | Tables, by: int) -> Table | Tables:
    found = moved_expression(table, by)
    assert isinstance(found, Table | Tables)
    return found


def moved_expression(expr: Expr, by: int) -> Expr:
    """Return an expression as the file says it, with all its places moved.

    >>> moved_expression(Values((1.0, 2.0), at=3), 10)
    Values(values=(1.0, 2.0), rows=(), at=13)
    """

    def change(node: Expr) -> Expr:
        match node:
            case Const():
                return Const(node.value, _place(node.at, by))
            case Ref():
                return Ref(node.name, node.subscripts, _place(node.at, by), node.where)
            case Apply():
                return Apply(node.op, node.args, _place(node.at, by))
            case Call():
                outputs = tuple(replace(one, at=_place(one.at, by)) for one in node.outputs)
                return replace(node, at=_place(node.at, by), outputs=outputs)
            case Table():
                return Table(node.xs, node.ys, _place(node.at, by))
            case Tables():
                parts = (None if one is None else change(one) for one in node.tables)
                return Tables(tuple(parts), _place(node.at, by))  # type: ignore[arg-type]
            case Text():
                return Text(node.value, _place(node.at, by))
            case Values():
                return Values(node.values, node.rows, _place(node.at, by))
            case _:
                return node

    return rewrite(expr, change)
