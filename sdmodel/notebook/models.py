"""A model in a cell: what it is, its drawing, and what can be set; names in it found by words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from sdmodel.factors import Factor
from sdmodel.notebook.finding import Found
from sdmodel.notebook.parts import frame, image, more, table
from sdmodel.program import FINAL_TIME, INITIAL_TIME, TIME_STEP

if TYPE_CHECKING:
    from sdmodel.explain import Explanation
    from sdmodel.model import Model
    from sdmodel.notebook.sliders import Sliders

# What is listed when opened, and the largest drawing that a notebook is filled with.
OPENED, LARGEST = 200, 2**20
_DRAWN = "max-width:100%;max-height:34em;background:white;margin:.5em 0"


class Shown:
    """What a model does in a notebook beside running: it shows itself, and finds its names."""

    def __getitem__(self, name: str) -> Explanation:
        """Return a variable with its causes, as `explain` does."""
        return cast("Model", self).explain(name)

    def __contains__(self, name: object) -> bool:
        """Return whether the model has a variable of this name."""
        from sdmodel.names import key

        return isinstance(name, str) and key(name) in cast("Model", self).source.by_key

    def __iter__(self) -> Iterator[str]:
        """Return the names, in the order of the file."""
        return iter(cast("Model", self).variables)

    def find(self, words: str) -> Found:
        """Return the variables whose names hold some words, with unit and comment.

        Case, blanks and underscores do not matter, nor the order; where no name holds the words,
        names with similar ones are found.

        Examples
        --------
        >>> import sdmodel as sd
        >>> sd.load("models/core.mdl").find("barrier")
        no name holds 'barrier'
        >>> list(sd.load("models/core.mdl").find("KNOWLEDGE relative"))
        ['relative knowledge', 'initial relative knowledge']
        """
        return found_in(cast("Model", self), words)

    def sliders(self, *, title: str = "", height: int = 620) -> Sliders:
        """Return levers as sliders with charts that answer, live in the cell of a notebook.

        The model runs in the browser: no kernel is needed while a slider moves, nor in a page made
        of the notebook. `sdmodel.publish` writes the same as a file, with all there is to it.

        Parameters
        ----------
        title
            The heading that a reader of the screen hears; the model's own when left out.
        height
            Of the frame, in pixels.

        Raises
        ------
        UnsupportedError
            If the model does what cannot be done in a browser.

        Examples
        --------
        >>> import sdmodel as sd
        >>> sd.load("models/core.mdl").sliders()
        <Sliders of 'core': shown in a notebook; sdmodel.publish writes a file>
        """
        from sdmodel.notebook.sliders import sliders

        return sliders(cast("Model", self), title, height)

    def _repr_html_(self) -> str:
        return html_of(cast("Model", self))

    def _ipython_key_completions_(self) -> list[str]:
        return cast("Model", self).variables


def html_of(model: Model) -> str:
    """Return a model as HTML: size and clock, its drawing, and tables to be opened."""
    settings = model.settings
    about = (
        f"{len(model.source.variables)} variables, {len(model.stocks)} stocks, "
        f"{len(model.constants)} constants{_clock(model)}"
    )
    drawing = _drawing(model)
    parts = [
        image(drawing, f"Drawing of {model.name}", _DRAWN) if 0 < len(drawing) < LARGEST else "",
        _opened("stocks", ("stock", "unit", "comment"), _about(model, model.stocks)),
        _opened("levers", _FACTOR, [_of_factor(one) for one in settings.levers.values()]),
        _opened(
            "uncertainties", _FACTOR, [_of_factor(one) for one in settings.uncertainties.values()]
        ),
        _opened(
            "scenarios",
            ("name", "label", "what it is"),
            [[one.name, one.label, one.description] for one in settings.scenarios.values()],
        ),
        _opened(
            "outcomes",
            ("name", "label", "unit"),
            [[one.name, one.label, one.unit] for one in settings.outcomes.values()],
        ),
    ]
    title = f"{settings.title} ({model.name})" if settings.title else model.name
    return frame(title, about, *parts)


def _drawing(model: Model) -> str:
    """Return the first view that shows variables; before it there may be a page of titles."""
    from sdmodel.frontends.sketch import Kind
    from sdmodel.sketch.picture import svg
    from sdmodel.sketch.views import own_views

    for view in own_views(model.source):
        if any(one.kind is Kind.VARIABLE for one in view.elements):
            return svg(view)
    return ""


def _clock(model: Model) -> str:
    """Return over which time the file runs the model, and how; nothing of what is computed."""
    known, spelled = model.program.constants, model.source.by_key
    if not {INITIAL_TIME, FINAL_TIME, TIME_STEP} <= known.keys():
        return ""
    first, last, step = (f"{known[one]:g}" for one in (INITIAL_TIME, FINAL_TIME, TIME_STEP))
    unit = model.units.get(spelled[TIME_STEP].name, "") if TIME_STEP in spelled else ""
    return f"; {first} to {last} {unit}".rstrip() + f", {model.program.method} by {step}"


def _opened(what: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    shown = f": the first {OPENED}" if len(rows) > OPENED else ""
    return more(f"{len(rows)} {what}{shown}", table(heads, rows[:OPENED])) if rows else ""


_FACTOR = ("constant", "label", "lowest", "default", "highest", "unit")


def _of_factor(one: Factor) -> list[object]:
    return [one.name, one.label, one.low, one.default, one.high, one.unit]


def _about(model: Model, names: Sequence[str]) -> list[list[object]]:
    return [[name, *said_of(model, name)] for name in names]


def said_of(model: Model, name: str) -> tuple[str, str]:
    """Return the unit and the comment of a variable, each on one line."""
    source = model.source
    entries = source.entries[model.definition(name).key]
    comment = next((one.comment for one in entries if one.comment), "")
    return source.units.get(name, ""), " ".join(comment.split())


def found_in(model: Model, words: str) -> Found:
    """Return the variables of a model that hold some words."""

    def said(name: str) -> tuple[str, str]:
        return said_of(model, name)

    return Found(words, model.variables, ("unit", "comment"), said, said)
