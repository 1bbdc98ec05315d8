"""Files that a converter wrote from a Vensim model: what their functions mean.

xmutil, which Vensim and Stella use, writes DELAY for Vensim's DELAY FIXED, and names itself in the
header. There DELAY keeps its first delay time, as DELAY FIXED does; elsewhere it follows a delay
time that changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sdmodel.expr import Call, Expr, rewrite
from sdmodel.frontends.xmile.markup import Element
from sdmodel.source import Macro, Variable


def is_from_vensim(root: Element) -> bool:
    """Return whether the header says that the file was converted from a Vensim model."""
    header = root.one("header")
    product = header.one("product") if header is not None else None
    return product is not None and "vensim" in product.text.casefold()


def with_fixed_delays(variables: Iterable[Variable]) -> list[Variable]:
    """Return the variables with every DELAY as the DELAY FIXED it was converted from."""
    found = []
    for one in variables:
        new = rewrite(one.equation, _fixed) if one.equation is not None else None
        found.append(one if new is one.equation else replace(one, equation=new))
    return found


def macros_with_fixed_delays(macros: Iterable[Macro]) -> tuple[Macro, ...]:
    """Return the macros with every DELAY as the DELAY FIXED it was converted from."""
    return tuple(replace(one, variables=tuple(with_fixed_delays(one.variables))) for one in macros)


def _fixed(node: Expr) -> Expr:
    if isinstance(node, Call) and node.function == "XMILE DELAY":
        return replace(node, function="DELAY FIXED")
    return node
