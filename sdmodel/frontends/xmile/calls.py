"""Calls that need more than the function's name: of macros, and of Stella's ALLOCATE."""

from __future__ import annotations

from sdmodel.errors import counted
from sdmodel.expr import Call, Expr, Ref, rewrite
from sdmodel.frontends.tokens import ExpressionError
from sdmodel.frontends.xmile.directory import Directory, MacroHead
from sdmodel.names import key


def macro_call(macro: MacroHead, args: list[Expr], at: int) -> Call:
    """Return the call of a macro, with what stands in for arguments left out."""
    given = list(args)
    for default in macro.defaults[len(args) :]:
        if default is None:
            break
        known = {key(one): value for one, value in zip(macro.parameters, given, strict=False)}
        given.append(rewrite(default, lambda node: _put_in(node, known)))  # noqa: B023
    if len(given) != len(macro.parameters):
        raise ExpressionError(
            at,
            f"the macro {macro.name!r} is given {counted(len(args), 'argument')}",
            f"write {macro.name}({', '.join(macro.parameters)})",
            "definition",
        )
    return Call(macro.name, tuple(given), at)


def _put_in(node: Expr, values: dict[str, Expr]) -> Expr:
    return values.get(key(node.name), node) if isinstance(node, Ref) else node


def allocate(args: list[Expr], directory: Directory, at: int) -> Call:
    """Return Vensim's ALLOCATE AVAILABLE for Stella's ALLOCATE.

    ``ALLOCATE(supply, dimension, demand, priorities, widths, types)`` can be said so where the last
    three are columns of one array of priorities laid out as Vensim has it: type, priority, width,
    extra.
    """
    supply, over, demand, priority, width, kind = args[:6]
    places = [_column(one, kind, directory) for one in (kind, priority, width)]
    first = places[0]
    if (
        not (isinstance(over, Ref) and isinstance(demand, Ref) and isinstance(kind, Ref))
        or first is None
        or places != [first, first + 1, first + 2]
    ):
        raise ExpressionError(
            at,
            "ALLOCATE is offered only with types, priorities and widths in one array",
            "give one array the columns type, priority, width and extra, in this order",
            "unsupported",
        )
    wanted = Ref(demand.name, (over.name,), demand.at)
    profile = Ref(kind.name, (over.name, kind.subscripts[1]), kind.at)
    return Call("ALLOCATE AVAILABLE", (wanted, profile, supply), at)


def _column(one: Expr, other: Expr, directory: Directory) -> int | None:
    """Return which column of the array that `other` names is meant."""
    if not (isinstance(one, Ref) and isinstance(other, Ref) and len(one.subscripts) == 2):
        return None
    draft = directory.drafts.get(key(one.name))
    if draft is None or key(one.name) != key(other.name) or len(draft.dimensions) != 2:
        return None
    return directory.ranges.position(draft.dimensions[1], one.subscripts[1])
