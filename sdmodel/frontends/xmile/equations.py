"""What the names in an equation mean: variables, dimensions, elements, functions, macros."""

from __future__ import annotations

import re

from sdmodel.errors import did_you_mean, near_names
from sdmodel.expr import Call, Const, Expr, Ref, Text, Values, children, rewrite, walk
from sdmodel.frontends.tokens import ExpressionError, LexicalError
from sdmodel.frontends.xmile.builtins import REDUCING, build_call, constants
from sdmodel.frontends.xmile.calls import allocate, macro_call
from sdmodel.frontends.xmile.directory import Directory
from sdmodel.frontends.xmile.entries import Draft
from sdmodel.frontends.xmile.expressions import parse_expression
from sdmodel.frontends.xmile.markup import Passage
from sdmodel.frontends.xmile.report import Report
from sdmodel.frontends.xmile.words import Word, plain_name, words
from sdmodel.names import key

# Functions whose first argument is a graphical function, not its value; Vensim's names for them.
_TAKE_TABLE = {
    "lookupinv": "LOOKUP INVERT",
    "lookuparea": "LOOKUP AREA",
    "lookup invert": "LOOKUP INVERT",
    "lookup area": "LOOKUP AREA",
    "lookup forward": "LOOKUP FORWARD",
    "lookup backward": "LOOKUP BACKWARD",
    "lookup extrapolate": "LOOKUP EXTRAPOLATE",
}
LARGEST = 200_000  # nodes of one equation; a delay of a delay of a delay doubles them each time
_MARK = re.compile(r"^[^:]*:[^:]*$")


# An array of numbers as converters from Vensim write it: rows end with a semicolon.
# Blanks are taken all at once or not at all, so that many of them cannot be parted in many ways.
_NUMBER = r"\s*+[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*+"
_LIST = re.compile(rf"{_NUMBER}(?:[,;]{_NUMBER})+;?\s*+")


class Equation:
    """The scope of one equation of a variable, for the elements it is written for."""

    def __init__(self, directory: Directory, draft: Draft, subscripts: tuple[str, ...]) -> None:
        self.directory, self.draft, self.subscripts = directory, draft, subscripts
        self.constants = constants(directory.model_mark)

    def parse(self, passage: Passage, report: Report) -> Expr | None:
        """Return the tree of an equation; None, and a problem, where it cannot be understood."""
        end = passage.at(len(passage.text.rstrip()))
        if self.draft.dimensions and _LIST.fullmatch(passage.text):
            return _values(passage)
        try:
            parsed = parse_expression(words(passage), end, self)
            if _size(parsed) > LARGEST:
                raise ExpressionError(
                    passage.first,
                    "delays of delays make this equation too long",
                    "give the inner ones variables of their own",
                )
            return self._filled(parsed)
        except (ExpressionError, LexicalError) as error:
            report.refuse(
                error.at,
                f"in the equation of {self.draft.name!r}: {error}",
                error.cure,
                kind=getattr(error, "kind", "syntax"),
                variable=self.draft.name,
            )
            return None

    # What names mean ----------------------------------------------------------------------------

    def reference(self, word: Word) -> Expr:
        """Return what a bare name stands for."""
        name = plain_name(word.text)
        known = key(name)
        draft = self.directory.find(word.text, self.draft.prefix)
        if draft is not None:
            return Ref(draft.name, (), word.at)
        if known in self.directory.parameters:
            return Ref(name, (), word.at)
        if known == "self":
            return Ref(self.draft.name, (), word.at)
        constant = self.constants.get(known)
        if isinstance(constant, Ref):
            return Ref(constant.name, (), word.at)
        if isinstance(constant, Const):
            return Const(constant.value, word.at)
        dimension, _, element = name.rpartition(".")
        position = self.directory.ranges.position(dimension, element) if dimension else None
        if position is not None:  # Location.Boston is where Boston stands in Location
            return Const(float(position), word.at)
        if self.directory.ranges.is_dimension(name):
            place = self.directory.ranges.position(name, self._present(name))
            return Const(float(place), word.at) if place else Ref(name, (), word.at)
        if known in ("time step", "initial time", "final time", "saveper"):
            return Ref(name + self.directory.model_mark, (), word.at)
        return Ref(self.draft.prefix + name.lstrip("."), (), word.at)

    def _present(self, dimension: str) -> str:
        """Return the one element of a dimension that the equation is written for, if it is one."""
        mine = zip(self.draft.dimensions, self.subscripts, strict=False)
        found = next((one for name, one in mine if key(name) == key(dimension)), "")
        return "" if self.directory.ranges.is_dimension(found) else found

    def joined(self, names: list[Word]) -> bool:
        """Return whether several words with blanks between them are one name here."""
        text = " ".join(word.text for word in names)
        known = key(text)
        return (
            self.directory.find(text, self.draft.prefix) is not None
            or known in self.directory.parameters
            or self.directory.ranges.is_dimension(text)
        )

    def subscripted(self, word: Word, indices: list[Expr]) -> Expr:
        """Return an element or part of an array, or the call of ``@`` where it is computed."""
        base = self.reference(word)
        draft = self.directory.find(word.text, self.draft.prefix)
        name = base.name if isinstance(base, Ref) else plain_name(word.text)
        computed: list[Expr] = []
        written = tuple(
            self._index(index, draft, place, computed) for place, index in enumerate(indices)
        )
        found = Ref(name, written, word.at)
        return Call("@", (found, *computed), word.at) if computed else found

    def _index(self, index: Expr, draft: Draft | None, place: int, computed: list[Expr]) -> str:
        if not isinstance(index, Text):
            computed.append(index)
            return "@"
        dimension = ""
        if draft is not None and place < len(draft.dimensions):
            dimension = draft.dimensions[place]
        text = index.value
        if ":" in text and '"' not in text and _MARK.match(text):
            return self._range(text, dimension, index.at)
        if text == "*" or text.replace(".", "", 1).isdigit():
            return text
        name, ranges = plain_name(text), self.directory.ranges
        owner, _, element = name.rpartition(".")
        if owner and ranges.position(owner, element) is not None:
            return element
        if ranges.position(dimension, name) is not None:
            return name
        if ranges.is_dimension(name):
            return self._present(name) or name
        word = Word("name", text, index.at, index.at + len(text))
        is_value = (
            self.directory.find(text, self.draft.prefix) is not None
            or key(name) in self.directory.parameters
            or key(name) in self.constants
            or key(name) == "self"
        )
        if is_value:
            computed.append(self.reference(word))
            return "@"
        return name  # an element of another dimension, or unknown: told when arrays are laid out

    def _range(self, text: str, dimension: str, at: int) -> str:
        first, _, last = (plain_name(part) for part in text.partition(":"))
        if first == "*":
            return f"*:{last}"
        name = self.directory.ranges.between(dimension, first, last)
        if name is None:
            raise ExpressionError(
                at,
                f"{text!r} is no part of the dimension {dimension!r}" if dimension
                else f"{text!r} is a part of no dimension",
                "name two elements of the dimension, the first one first",
                "definition",
            )  # fmt: skip
        return f"*:{name}"

    # Functions ----------------------------------------------------------------------------------

    def call(self, word: Word, args: list[Expr], indices: list[Expr] | None) -> Expr:
        """Return what a function, macro or graphical function gives."""
        at, name = word.at, plain_name(word.text)
        draft = self.directory.find(word.text, self.draft.prefix) if word.kind == "name" else None
        if draft is not None and draft.has_table and len(args) == 1:
            subscripts: tuple[str, ...] = ()
            if indices is not None:
                found = self.subscripted(word, indices)
                subscripts = found.subscripts if isinstance(found, Ref) else ()
            return self._read(draft, args[0], subscripts, at)
        macro = self.directory.macros.get(key(name))
        if macro is not None:
            return macro_call(macro, args, at)
        if key(name) == "lookup" and len(args) == 2:
            draft, subscripts = self._table(args[0], at)
            return self._read(draft, args[1], subscripts, at)
        if key(name) in _TAKE_TABLE and args:
            draft, subscripts = self._table(args[0], at)
            draft.called = True
            table = Ref(draft.table_name, subscripts, args[0].at)  # type: ignore[union-attr]
            return Call(_TAKE_TABLE[key(name)], (table, *args[1:]), at)
        if key(name) == "allocate" and len(args) in (6, 7):
            return allocate(args, self.directory, at)
        return self._reduced(build_call(name, args, at))

    def _read(self, draft: Draft, x: Expr, subscripts: tuple[str, ...], at: int) -> Call:
        draft.called = True
        return Call(draft.table_name, (x,), at, subscripts)

    def _table(self, arg: Expr, at: int) -> tuple[Draft, tuple[str, ...]]:
        draft = self.directory.drafts.get(key(arg.name)) if isinstance(arg, Ref) else None
        if draft is None or not draft.has_table or not isinstance(arg, Ref):
            shown = repr(arg.name) if isinstance(arg, Ref) else "this expression"
            tables = [one.name for one in self.directory.drafts.values() if one.has_table]
            near = near_names(arg.name, tables) if isinstance(arg, Ref) else ()
            raise ExpressionError(
                at,
                f"{shown} is no graphical function",
                did_you_mean(near) or "name a variable that has a <gf>",
                "definition",
            )
        return draft, arg.subscripts

    def _reduced(self, built: Expr) -> Expr:
        """Let a function over an array run over whole arrays that are named without subscripts."""
        if not isinstance(built, Call) or built.function not in REDUCING:
            return built

        def whole(node: Expr) -> Expr:
            draft = self._array(node)
            if draft is None or not isinstance(node, Ref):
                return node
            return Ref(node.name, ("*",) * len(draft.dimensions), node.at)

        args = (rewrite(built.args[0], whole), *built.args[1:])
        runs = any(
            isinstance(node, Ref) and any(one[:1] == "*" for one in node.subscripts)
            for node in walk(args[0])
        )
        if not runs and built.function in ("VMIN", "VMAX", "MEAN"):
            return args[0]  # of one number
        return Call(built.function, args, built.at)

    def _array(self, node: Expr) -> Draft | None:
        """Return the array that is named without subscripts."""
        if not isinstance(node, Ref) or node.subscripts:
            return None
        draft = self.directory.drafts.get(key(node.name))
        return draft if draft is not None and draft.dimensions else None

    # Arrays without subscripts ------------------------------------------------------------------

    def _filled(self, expr: Expr) -> Expr:
        """Give arrays named without subscripts those of the equation (XMILE 1.0, "Arrays")."""
        if not self.directory.ranges.found:
            return expr

        def change(node: Expr) -> Expr:
            if isinstance(node, Call) and not node.subscripts:
                name = key(node.function.removeprefix("#graphical function of "))
                draft = self.directory.drafts.get(name)
                if draft is not None and draft.has_table and draft.dimensions:
                    return Call(node.function, node.args, node.at, self.matching(draft.dimensions))
            draft = self._array(node)
            if draft is None or not isinstance(node, Ref):
                return node
            return Ref(node.name, self.matching(draft.dimensions), node.at)

        return rewrite(expr, change)

    def matching(self, dimensions: tuple[str, ...]) -> tuple[str, ...]:
        """Return the subscripts of this equation for an array of these dimensions."""
        mine = [key(one) for one in self.draft.dimensions]
        if [key(one) for one in dimensions] == mine:
            return self.subscripts
        free = list(range(len(mine)))
        found = []
        for dimension in dimensions:
            place = next((i for i in free if mine[i] == key(dimension)), None)
            if place is None:
                found.append(dimension)
            else:
                free.remove(place)
                found.append(self.subscripts[place])
        return tuple(found)


def _values(passage: Passage) -> Values:
    rows = [row for row in passage.text.split(";") if row.strip()]
    numbers = [[float(one) for one in row.split(",")] for row in rows]
    counts = tuple(len(row) for row in numbers) if ";" in passage.text else ()
    return Values(tuple(one for row in numbers for one in row), counts, passage.first)


def _size(expr: Expr) -> int:
    """Return how many nodes a tree has in which equal parts are one object."""
    sizes: dict[int, int] = {}
    todo: list[tuple[Expr, bool]] = [(expr, False)]
    while todo:
        node, ready = todo.pop()
        if id(node) in sizes:
            continue
        if ready:
            sizes[id(node)] = 1 + sum(sizes[id(child)] for child in children(node))
        else:
            todo.append((node, True))
            todo.extend((child, False) for child in children(node))
    return sizes[id(expr)]
