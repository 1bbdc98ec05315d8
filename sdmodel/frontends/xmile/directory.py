"""Which variable a name means, in the module where it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sdmodel.expr import Expr
from sdmodel.frontends.xmile.entries import Draft
from sdmodel.frontends.xmile.ranges import Ranges
from sdmodel.frontends.xmile.words import plain_name
from sdmodel.names import key


@dataclass(frozen=True, slots=True)
class MacroHead:
    """How a macro is called: its parameters, and what stands in for those left out."""

    name: str
    parameters: tuple[str, ...]
    defaults: tuple[Expr | None, ...]


class Directory:
    """The variables of a model with all its modules, or those of one macro."""

    def __init__(
        self,
        drafts: Iterable[Draft],
        ranges: Ranges,
        macros: dict[str, MacroHead],
        model_mark: str = "",
        parameters: tuple[str, ...] = (),
    ) -> None:
        self.drafts: dict[str, Draft] = {}
        for draft in drafts:
            self.drafts.setdefault(key(draft.name), draft)
        self.ranges, self.macros = ranges, macros
        self.model_mark = model_mark
        self.parameters = {key(name) for name in parameters}

    def find(self, text: str, prefix: str = "") -> Draft | None:
        """Return the variable a name means within the module `prefix`; inputs are followed.

        A name that begins with a dot is one of the whole model (XMILE 1.0, "Modules").
        """
        draft = next((self.drafts[k] for k in self._keys(text, prefix) if k in self.drafts), None)
        seen = set[str]()
        while draft is not None and draft.source and key(draft.source) not in seen:
            seen.add(key(draft.source))
            further = self.drafts.get(key(draft.source))
            if further is None or not further.has_table:
                break
            draft = further  # a graphical function is handed on as such
        return draft

    def _keys(self, text: str, prefix: str) -> Iterator[str]:
        name = plain_name(text)
        if name.startswith("."):
            yield key(name[1:])
            return
        yield key(prefix + name)
        while prefix and "." in name:
            prefix = prefix[:-1].rpartition(".")[0]
            prefix = prefix + "." if prefix else ""
            yield key(prefix + name)
