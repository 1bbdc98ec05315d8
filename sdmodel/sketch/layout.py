"""The views of a whole model."""

from __future__ import annotations

from collections.abc import Callable

from sdmodel.frontends.sketch import View
from sdmodel.program import CONTROL
from sdmodel.sketch.overview import overview
from sdmodel.sketch.page import Page
from sdmodel.sketch.sectors import sectors, split
from sdmodel.sketch.structure import structure_of
from sdmodel.source import SourceModel


def lay_out(model: SourceModel, *, tell: Callable[[str], object] | None = None) -> tuple[View, ...]:
    """Draw a model anew: an overview of its sectors, and a view for each.

    Every variable is drawn once with all its causes; those of other sectors are shadows. The
    same model always gives the same views.

    Parameters
    ----------
    model : SourceModel
        As `sdmodel.frontends.read` returns it; an existing drawing is not looked at.
    tell : callable, optional
        Is told the title of each view before it is drawn.

    Examples
    --------
    >>> import sdmodel as sd
    >>> views = lay_out(sd.load("models/core.mdl").source)
    >>> [view.name for view in views][:3]
    ['Overview', 'Knowledge', 'Absorption']
    """
    structure = structure_of(model)
    shown = {"time": "Time"} | {name: name.upper() for name in CONTROL} | structure.names
    whole = sectors(structure)
    parts = split(structure, whole)
    pages: list[View] = []
    if len(whole) > 1:
        pages.append(overview(whole, structure, shown))
    for title, own in parts.items():
        if tell is not None:
            tell(title)
        pages.append(Page(title, own, structure, shown).laid_out())
    return tuple(pages)
