"""The views of a model: its file's own, or new ones where it has none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sdmodel.frontends import XMILE
from sdmodel.frontends.sketch import View, read_sketch
from sdmodel.source import SourceModel


def own_views(source: SourceModel) -> tuple[View, ...]:
    """Return the views that a model's file holds, without those that show nothing."""
    text = source.source
    if Path(text.path).suffix.lower() in XMILE:
        from sdmodel.frontends.xmile.views import read_views

        return read_views(text)
    return tuple(one for one in read_sketch(text.text, text.path) if one.elements)


def views_of(
    source: SourceModel, *, tell: Callable[[str], object] | None = None, processes: int = 1
) -> tuple[View, ...]:
    """Return the views of a model's file, or lay some out; `tell` is told of each new one.

    Examples
    --------
    >>> from sdmodel.frontends import read
    >>> [view.name for view in views_of(read("models/core.mdl"))]
    ['Core model']
    """
    found = own_views(source)
    if found:
        return found
    from sdmodel.sketch.layout import lay_out

    return lay_out(source, tell=tell, processes=processes)
