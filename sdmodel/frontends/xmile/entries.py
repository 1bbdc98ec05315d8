"""Stocks, flows, auxiliaries and graphical functions as the file has them, not yet parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sdmodel.errors import counted
from sdmodel.expr import Table
from sdmodel.frontends.xmile.graphical import read_table
from sdmodel.frontends.xmile.markup import Element, Passage
from sdmodel.frontends.xmile.report import Report
from sdmodel.frontends.xmile.words import unquoted
from sdmodel.names import key, tidy

KINDS = ("stock", "flow", "aux", "gf")
_PIECES = re.compile(r'"(?:\\.|[^"\\])*"|[^,"]+|,|"')
_COMMENT = re.compile(r"\{[^{}]*\}")


@dataclass(slots=True)
class Part:
    """What a variable is for some of its elements; for all of them where it is no array."""

    subscripts: tuple[str, ...]
    element: Element
    equation: Passage | None = None
    initial: Passage | None = None
    table: Table | None = None
    mode: str = "interpolate"
    exceptions: tuple[tuple[str, ...], ...] = ()


@dataclass(slots=True)
class Draft:
    """A variable before its equations are parsed.

    `name` has the modules it lies in before it, as in ``hares.births``; `prefix` is that part.
    `source` is the variable that a module's input is connected to. `pure` tells that it is only a
    table, without a value of its own.
    """

    name: str
    prefix: str
    kind: str
    element: Element
    at: int
    dimensions: tuple[str, ...] = ()
    parts: list[Part] = field(default_factory=list)
    inflows: list[Passage] = field(default_factory=list)
    outflows: list[Passage] = field(default_factory=list)
    non_negative: bool = False
    group: str = ""
    source: str = ""
    called: bool = False

    @property
    def has_table(self) -> bool:
        """Whether it has a graphical function."""
        return any(part.table is not None for part in self.parts)

    @property
    def pure(self) -> bool:
        """Whether it is a table without a value of its own."""
        return self.has_table and all(part.equation is None for part in self.parts)

    @property
    def table_name(self) -> str:
        """The name of the lookup variable that stands for its graphical function."""
        return self.name if self.pure else f"#graphical function of {self.name}"


@dataclass(frozen=True, slots=True)
class NonNegative:
    """Which kinds of variables are non-negative unless they say otherwise (``<behavior>``)."""

    stocks: bool = False
    flows: bool = False

    @staticmethod
    def of(*places: Element) -> NonNegative:
        """Return what the ``<behavior>`` elements say; later ones override earlier ones."""
        stocks = flows = False
        for behavior in (one for place in places for one in place.all("behavior")):
            general = _flag(behavior)
            stocks = flows = general if general is not None else stocks
            for child in behavior.children:
                flag = _flag(child)
                if flag is not None and child.name == "stock":
                    stocks = flag
                elif flag is not None and child.name == "flow":
                    flows = flag
        return NonNegative(stocks, flows)


def _flag(element: Element) -> bool | None:
    """Return what ``<non_negative/>`` in an element says, if it is there."""
    found = element.one("non_negative")
    return None if found is None else found.text.lower() != "false"


def read_entries(
    variables: Element, prefix: str, defaults: NonNegative, report: Report
) -> list[Draft]:
    """Return the variables of a model; `prefix` is put before their names."""
    groups = _groups(variables)
    drafts = []
    for element in variables.all(*KINDS):
        draft = _draft(element, prefix, defaults, report)
        if draft is not None:
            draft.group = groups.get(key(draft.name[len(prefix) :]), "")
            drafts.append(draft)
    return drafts


def _groups(variables: Element) -> dict[str, str]:
    """Return the group of each variable by its key."""
    return {
        key(unquoted(entity.get("name"))): group.get("name")
        for group in variables.all("group")
        for entity in group.all("entity")
    }


def name_of(element: Element) -> str:
    r"""Return the name of an element on one line; ``\n`` in it is a blank."""
    return tidy(unquoted(element.get("name")))


def _draft(element: Element, prefix: str, defaults: NonNegative, report: Report) -> Draft | None:
    name = name_of(element)
    if not key(name):
        report.refuse(
            element.at, f"this <{element.name}> has no name", 'write name="..."', kind="syntax"
        )
        return None
    draft = Draft(prefix + name, prefix, element.name, element, report.attribute(element, "name"))
    dimensions = element.one("dimensions")
    if dimensions is not None:
        draft.dimensions = tuple(name_of(one) for one in dimensions.all("dim"))
    flag = _flag(element)
    general = {"stock": defaults.stocks, "flow": defaults.flows}.get(element.name, False)
    draft.non_negative = element.name in ("stock", "flow") and (general if flag is None else flag)
    draft.inflows = [one.passage for one in element.all("inflow")]
    draft.outflows = [one.passage for one in element.all("outflow")]
    draft.parts = list(_parts(draft, report))
    return draft


def _parts(draft: Draft, report: Report) -> Iterator[Part]:
    element = draft.element
    whole = _part(element, draft.dimensions, draft, report)
    own = []
    for child in element.all("element"):
        subscripts = split_subscripts(child.get("subscript"))
        if len(subscripts) != len(draft.dimensions):
            report.refuse(
                report.attribute(child, "subscript"),
                f"{draft.name!r} has {counted(len(draft.dimensions), 'dimension')}, but an element "
                f"of it has {counted(len(subscripts), 'subscript')}",
                'write one for each dimension: <element subscript="a, b">',
                variable=draft.name,
            )
            continue
        part = _part(child, subscripts, draft, report)
        if part.table is not None and part.equation is None:
            part.equation = whole.equation
        elif part.equation is not None and part.table is None:
            part.table, part.mode = whole.table, whole.mode
        own.append(part)
    if whole.equation is not None or not own:
        whole.exceptions = tuple(part.subscripts for part in own)
        yield whole
    yield from own


def _part(element: Element, subscripts: tuple[str, ...], draft: Draft, report: Report) -> Part:
    gf = element if element.name == "gf" else element.one("gf")
    part = Part(subscripts, element, _equation(element.one("eqn")))
    part.initial = _equation(element.one("init_eqn"))
    found = read_table(gf, draft.name, report) if gf is not None else None
    if found is not None:
        part.table, part.mode = found
    return part


def _equation(element: Element | None) -> Passage | None:
    """Return an equation; None where it is empty but for comments."""
    if element is None or not _COMMENT.sub("", element.text).strip():
        return None
    return element.passage


def split_subscripts(text: str) -> tuple[str, ...]:
    """Return the subscripts of an element.

    >>> split_subscripts('Boston, "Los Angeles", age_0')
    ('Boston', 'Los Angeles', 'age_0')
    """
    if not text.strip():
        return ()
    parts = [""]
    for piece in _PIECES.findall(text):
        if piece == ",":
            parts.append("")
        else:
            parts[-1] += piece
    return tuple(tidy(unquoted(part.strip())) for part in parts)
