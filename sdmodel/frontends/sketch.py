r"""The drawing at the end of a Vensim file: read it, and check it against the equations.

Layout of the lines (Vensim Reference Manual, "Sketch Information" and "Objects")::

    \\\---/// Sketch information ...       begins each view
    V300  Do not put anything below ...
    *name of the view
    $colours and fonts
    10,id,name,x,y,width,height,shape,bits,...        a variable
    11,id,0,x,y,width,height,shape,bits,...           a valve; its flow's name follows
    12,id,0,x,y,width,height,shape,bits,...           a cloud, comment or picture
    1,id,from,to,shape,hidden,polarity,thickness,...,initial,colour,font,count|(x,y)|
    ///---\\\                              ends the drawing
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

from sdmodel.errors import Problem, ReadError
from sdmodel.names import key

_BEGIN, _END = "\\\\\\---///", "///---\\\\\\"
# Bits of a word's `shape` and `bits`, and the least thickness of a pipe.
_BOX, _ON_VALVE = 3, 32
_TAKES_ARROWS, _TEXT_FOLLOWS = 1, 4
_PIPE = 20
_CLOCK = frozenset(("time", "initial time", "final time", "saveper", "time step"))


class Kind(IntEnum):
    """What an element of a view is, by the number its line begins with."""

    ARROW = 1
    VARIABLE = 10
    VALVE = 11
    COMMENT = 12


@dataclass(frozen=True, slots=True)
class Element:
    """A variable, valve, cloud or comment in a view.

    `text` is what a comment says; `style` the rest of the line: colours, font, where a name stands.

    Examples
    --------
    >>> Element(Kind.VARIABLE, 4, "birth rate", 99, 118, 29, 11, 8, 2).shadow
    True
    """

    kind: Kind
    id: int
    name: str
    x: int
    y: int
    width: int
    height: int
    shape: int
    bits: int
    line: int = field(default=0, compare=False)
    text: str = ""
    style: str = ""

    @property
    def shadow(self) -> bool:
        """Whether this only repeats a variable drawn elsewhere; arrows may leave it, not enter."""
        return self.kind is Kind.VARIABLE and not self.bits & _TAKES_ARROWS

    @property
    def hidden(self) -> bool:
        """Whether it is on a level that is not shown."""
        return self.style.partition(",")[0] not in ("", "0")

    @property
    def boxed(self) -> bool:
        """Whether it is drawn as a stock."""
        return self.kind is Kind.VARIABLE and self.shape & 15 == _BOX

    @property
    def on_valve(self) -> bool:
        """Whether it is the name written at the valve before it."""
        return self.kind is Kind.VARIABLE and bool(self.shape & _ON_VALVE)


@dataclass(frozen=True, slots=True)
class Arrow:
    """A cause drawn as an arrow, or one half of a flow's pipe.

    `polarity` is the sign that stands at it, `colour` its own as three numbers, both often empty.

    Examples
    --------
    >>> Arrow(id=3, start=5, end=1, thickness=22).pipe
    True
    """

    id: int
    start: int
    end: int
    shape: int = 0
    thickness: int = 0
    initial: bool = False
    hidden: bool = False
    points: tuple[tuple[int, int], ...] = ()
    line: int = field(default=0, compare=False)
    polarity: str = ""
    colour: str = ""

    @property
    def pipe(self) -> bool:
        """Whether it is a pipe: half of a flow, from its valve to a stock or cloud."""
        return self.thickness > _PIPE


@dataclass(frozen=True, slots=True)
class View:
    """One page of the drawing.

    Examples
    --------
    >>> View("empty", "", (), ()).elements
    ()
    """

    name: str
    style: str
    elements: tuple[Element, ...]
    arrows: tuple[Arrow, ...]

    def flows(self) -> dict[int, str]:
        """Return the name written at each valve, by the valve's id; empty where there is none."""
        named: dict[int, str] = {}
        valve: int | None = None
        for element in self.elements:
            if element.kind is Kind.VALVE:
                valve = element.id
                named[valve] = ""
            elif element.on_valve and valve is not None:
                named[valve] = element.name
                valve = None
        return named


def read_sketch(text: str, path: str = "") -> tuple[View, ...]:
    r"""Read the views of a Vensim file's text; none where it has no drawing.

    Raises
    ------
    ReadError
        A line that is not as Vensim writes it; all such lines are named at once.

    Examples
    --------
    >>> lines = ["\\\\\\---/// Sketch information", "V300", "*Main", "$", "10,1,x,9,9,9,9,8,3,0,0"]
    >>> [view.name for view in read_sketch("\n".join(lines))]
    ['Main']
    """
    views: list[View] = []
    problems: list[Problem] = []
    for number, page in _pages(text):
        views.append(_read_view(page, number, path, problems))
    if problems:
        raise ReadError(problems)
    return tuple(views)


def _pages(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each view's lines with the number of the first; ids only hold within one view."""
    page: list[str] | None = None
    first = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith((_BEGIN, _END)):
            if page is not None:
                yield first, page
            page, first = ([], number + 1) if line.startswith(_BEGIN) else (None, 0)
        elif page is not None:
            page.append(line)
    if page is not None:
        yield first, page


def _read_view(page: Sequence[str], first: int, path: str, problems: list[Problem]) -> View:
    name = style = ""
    elements: list[Element] = []
    arrows: list[Arrow] = []
    lines = iter(enumerate(page, first))
    for number, line in lines:
        if line.startswith("*"):
            name = line[1:].strip()
        elif line.startswith("$"):
            style = line[1:]
        elif line.strip() and not line.startswith(("V300", "V301")):
            try:
                found = _read_object(line, number)
            except (ValueError, IndexError):
                problems.append(_unreadable(line, number, path))
                continue
            if isinstance(found, Arrow):
                arrows.append(found)
            elif found is not None:
                if found.kind is Kind.COMMENT and found.bits & _TEXT_FOLLOWS:
                    _, said = next(lines, (0, ""))
                    found = replace(found, text=said)
                elements.append(found)
    return View(name, style, tuple(elements), tuple(arrows))


def _unreadable(line: str, number: int, path: str) -> Problem:
    return Problem(
        "this line of the sketch is not as Vensim writes it",
        path=path,
        line=number,
        column=1,
        text=line,
        cure="open and save the model in Vensim, or remove the line",
    )


def _read_object(line: str, number: int) -> Element | Arrow | None:
    fields = next(csv.reader([line], quotechar='"'))
    code = int(fields[0])
    if code == Kind.ARROW:
        tail = line.split(",", 13)[13].split("|")
        pairs = (point.strip("()").split(",") for point in tail[1:] if point.strip())
        return Arrow(
            id=int(fields[1]),
            start=int(fields[2]),
            end=int(fields[3]),
            shape=int(fields[4]),
            hidden=fields[5] != "0",
            thickness=int(fields[7]),
            initial=fields[10] == "1",
            points=tuple((int(x), int(y)) for x, y in pairs),
            line=number,
            polarity=chr(polarity) if 32 < (polarity := int(fields[6])) < 127 else "",
            colour=fields[11] if int(fields[8]) & 1 else "",
        )
    if code not in tuple(Kind):
        # Pictures, slider and table objects carry no structure.
        return None
    x, y, width, height, shape, bits = (int(value) for value in fields[3:9])
    return Element(
        Kind(code),
        int(fields[1]),
        fields[2],
        x,
        y,
        width,
        height,
        shape,
        bits,
        line=number,
        style=",".join(fields[9:]),
    )


def sketch_problems(
    views: Sequence[View],
    variable_names: Collection[str],
    uses: Mapping[str, Collection[str]] | None = None,
) -> list[str]:
    """Return what is wrong with a drawing, one sentence each; nothing where all is well.

    Parameters
    ----------
    views : sequence of View
        As `read_sketch` returns them.
    variable_names : collection of str
        All the variables of the model. Time and the control variables need not be drawn.
    uses : mapping of str to collection of str, optional
        The variables that each variable's equation uses, its initial value included. With it, the
        arrows are compared with the equations, over all views together.

    Examples
    --------
    >>> word = Element(Kind.VARIABLE, 1, "births", 9, 9, 9, 9, 8, 3)
    >>> sketch_problems([View("Main", "", (word,), ())], ["births", "deaths"])
    ["'deaths' is drawn in no view: draw it"]
    """
    known = {key(name): name for name in variable_names}
    problems: list[str] = []
    drawn: set[str] = set()
    causes: dict[str, set[str]] = {}
    for view in views:
        problems += _ids(view)
        problems += _pipes(view)
        problems += _names(view, known, drawn)
        problems += _arrows(view, causes)
    for missing in known.keys() - drawn - _CLOCK:
        problems.append(f"'{known[missing]}' is drawn in no view: draw it")
    if uses is not None:
        problems += _against_equations(known, causes, uses)
    return sorted(problems)


def _where(view: View, line: int) -> str:
    return f"view '{view.name}'" + (f", line {line}" if line else "")


def _ids(view: View) -> Iterator[str]:
    seen: dict[int, int] = {}
    objects: tuple[Element | Arrow, ...] = (*view.elements, *view.arrows)
    for one in objects:
        if one.id in seen:
            yield (
                f"{_where(view, one.line)}: id {one.id} is taken by line {seen[one.id]}: "
                "give each object its own"
            )
        seen.setdefault(one.id, one.line)


def _pipes(view: View) -> Iterator[str]:
    valves = view.flows()
    ends = dict.fromkeys(valves, 0)
    for arrow in view.arrows:
        if not arrow.pipe:
            continue
        if arrow.start in ends:
            ends[arrow.start] += 1
        else:
            yield f"{_where(view, arrow.line)}: pipe {arrow.id} does not start at a valve: add one"
    for valve, name in valves.items():
        if not name:
            yield f"view '{view.name}': valve {valve} has no name: write the flow after it"
        if ends[valve] < 2:
            yield (
                f"view '{view.name}': the valve of '{name}' has {ends[valve]} of 2 pipes: "
                "lead one to a stock or cloud on each side"
            )


def _names(view: View, known: Mapping[str, str], drawn: set[str]) -> Iterator[str]:
    for element in view.elements:
        if element.kind is not Kind.VARIABLE:
            continue
        name = key(element.name)
        if not element.shadow:
            drawn.add(name)
        if name not in known and name not in _CLOCK:
            yield (
                f"{_where(view, element.line)}: '{element.name}' is drawn but not in the model: "
                "correct the name or remove it"
            )


def _arrows(view: View, causes: dict[str, set[str]]) -> Iterator[str]:
    """Yield arrows that lead nowhere, and add what each variable is drawn to depend on."""
    flows = view.flows()
    by_id = {element.id: element for element in view.elements}
    for arrow in view.arrows:
        start, end = by_id.get(arrow.start), by_id.get(arrow.end)
        for place, found in ((arrow.start, start), (arrow.end, end)):
            if found is None:
                yield (
                    f"{_where(view, arrow.line)}: arrow {arrow.id} ends at id {place}, which is "
                    "not in the view: remove or redraw it"
                )
        if start is None or end is None:
            continue
        source = flows.get(start.id, start.name if start.kind is Kind.VARIABLE else "")
        target = flows.get(end.id, end.name if end.kind is Kind.VARIABLE else "")
        if end.shadow:
            yield (
                f"{_where(view, arrow.line)}: an arrow enters the shadow of '{end.name}': "
                "lead it to the variable itself"
            )
        elif source and target:
            causes.setdefault(key(target), set()).add(key(source))


def _against_equations(
    known: Mapping[str, str],
    causes: Mapping[str, set[str]],
    uses: Mapping[str, Collection[str]],
) -> Iterator[str]:
    needed = {key(name): {key(cause) for cause in found} for name, found in uses.items()}
    for name, shown in known.items():
        wanted, found = needed.get(name, set()), causes.get(name, set())
        for extra in found - wanted - _CLOCK:
            yield (
                f"an arrow leads from '{known.get(extra, extra)}' to '{shown}', whose equation "
                "does not use it: remove it"
            )
        for missing in wanted - found - _CLOCK - {name}:
            yield (
                f"'{shown}' uses '{known.get(missing, missing)}', but no arrow shows it: draw one"
            )
