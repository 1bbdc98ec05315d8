"""What the pages tell, gathered once: variables, views, a run, and the page of each."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cached_property

from sdmodel.documents.feedback import FeedbackLoops, loops
from sdmodel.documents.filenames import file_name
from sdmodel.documents.html import Html, link, shown
from sdmodel.errors import SDError
from sdmodel.explain import VariableInfo
from sdmodel.frontends.sketch import Kind, View
from sdmodel.model import Model
from sdmodel.names import key, readable
from sdmodel.run import Run
from sdmodel.sketch.words import unquoted

FOLDER = "variables"
MOST_LOOPS = 200
KINDS = {
    "stock": "Stocks",
    "auxiliary": "Flows and auxiliaries",
    "constant": "Constants",
    "computed constant": "Computed constants",
    "lookup": "Lookups",
    "data": "Data",
    "control": "Control of the run",
}


def plain(name: str) -> str:
    """Return a name as people read it: without the quotes that a file needs.

    >>> plain('"R&D"'), plain("#graphical function of y")
    ('R&D', 'graphical function of y')
    """
    return unquoted(readable(name))


def in_order(name: str) -> tuple[str, str]:
    """Return what names are sorted by: letters, whatever the case."""
    return plain(name).casefold(), name


class Facts:
    """A model, and where each of its variables is told of."""

    def __init__(self, model: Model, views: Sequence[View], *, own_drawing: bool = True) -> None:
        self.model = model
        self.views = tuple(views)
        self.own_drawing = own_drawing and bool(views)
        self.infos: dict[str, VariableInfo] = {
            key(name): model.variable(name) for name in model.variables
        }

    @cached_property
    def files(self) -> dict[str, str]:
        """The file of each variable, in the folder of variables, by key."""
        return {name: f"{file_name(info.name)}.html" for name, info in self.infos.items()}

    @cached_property
    def view_files(self) -> list[str]:
        """The file of each view, in the folder of views."""
        return [
            f"{place:02d}-{file_name(view.name)}.html" for place, view in enumerate(self.views, 1)
        ]

    @cached_property
    def drawn(self) -> dict[str, list[int]]:
        """The places of the views that show a variable, by key; first those with its own symbol."""
        own: dict[str, dict[int, None]] = {}
        ghosts: dict[str, dict[int, None]] = {}
        for place, view in enumerate(self.views):
            for one in view.elements:
                if one.kind is Kind.VARIABLE:
                    (ghosts if one.shadow else own).setdefault(key(one.name), {})[place] = None
        return {name: list(own.get(name, {}) | ghosts.get(name, {})) for name in {*own, *ghosts}}

    @cached_property
    def loops(self) -> FeedbackLoops:
        """The shortest feedback loops."""
        return loops(self.model, most=MOST_LOOPS)

    @cached_property
    def loops_of(self) -> dict[str, list[str]]:
        """The names of the loops that lead through a variable, by key."""
        found: dict[str, list[str]] = {}
        for one in self.loops:
            for name in one.path:
                found.setdefault(key(name), []).append(one.name)
        return found

    @cached_property
    def base(self) -> Run | SDError:
        """The run by the file's own method, or why there is none."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return self.model.run(method="vensim")
            except SDError as error:
                return error

    def href(self, name: str, up: str = "") -> str:
        """Return the way to a variable's page, or "" where there is no such variable."""
        file = self.files.get(key(name.partition("[")[0])) or self.files.get(key(name))
        return f"{up}{FOLDER}/{file}" if file else ""

    def name(self, name: str, up: str = "") -> Html:
        """Return a variable's name as a link to its page."""
        to = self.href(name, up)
        return link(to, plain(name)) if to else Html(shown(plain(name)))

    def sorted(self, names: Sequence[str] | None = None) -> list[str]:
        """Return names by their letters; all of them where none are given."""
        every = [info.name for info in self.infos.values()] if names is None else names
        return sorted(every, key=in_order)
