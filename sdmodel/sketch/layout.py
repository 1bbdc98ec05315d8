"""The views of a whole model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from sdmodel.frontends.sketch import View
from sdmodel.program import CONTROL
from sdmodel.sketch.overview import overview
from sdmodel.sketch.page import Page, best_of
from sdmodel.sketch.sectors import sectors, split
from sdmodel.sketch.structure import Structure, structure_of
from sdmodel.source import SourceModel

# How many times a view is drawn whose arrows cross, to take the clearest.
_TRIES = 3


def lay_out(
    model: SourceModel, *, tell: Callable[[str], object] | None = None, processes: int = 1
) -> tuple[View, ...]:
    r"""Draw a model anew: an overview of its sectors, and a view for each.

    Every variable is drawn once with all its causes; those of other sectors are shadows. The
    same model always gives the same views.

    Parameters
    ----------
    model : SourceModel
        As `sdmodel.frontends.read` returns it; an existing drawing is not looked at.
    tell : callable, optional
        Is told the title of each view when it is drawn.
    processes : int, optional
        How many views to draw at a time, each in a process of its own; a script that asks for
        several must be guarded by ``if __name__ == "__main__"``.

    Examples
    --------
    >>> from sdmodel.frontends import parse
    >>> from sdmodel.source import SourceText
    >>> text = "Fish= INTEG (births, 9) ~~|\nbirths= Fish*birth rate ~~|\nbirth rate= 0.1 ~~|"
    >>> (view,) = lay_out(parse(SourceText("fish.mdl", text)))
    >>> view.name, list(view.flows().values())
    ('Model', ['births'])
    """
    structure = structure_of(model)
    shown = {"time": "Time"} | {name: name.upper() for name in CONTROL} | structure.names
    whole = sectors(structure)
    parts = split(structure, whole)
    tasks: list[Callable[[], View]] = []
    if len(whole) > 1:
        tasks.append(partial(overview, whole, structure, shown))
    tasks += [partial(_drawn, title, own, structure, shown) for title, own in parts.items()]
    pages = []
    for view in _done(tasks, processes):
        if tell is not None:
            tell(view.name)
        pages.append(view)
    return tuple(pages)


def _drawn(title: str, own: Sequence[str], structure: Structure, shown: Mapping[str, str]) -> View:
    return best_of(lambda seed: Page(title, own, structure, shown).laid_out(seed), _TRIES)


def _done(tasks: Sequence[Callable[[], View]], processes: int) -> Iterator[View]:
    """Yield what the tasks return, in their order."""
    if processes < 2 or len(tasks) < 2:
        yield from (task() for task in tasks)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # A fork of a process with threads, such as those of NumPy, may never end.
    fresh = get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(tasks)), mp_context=fresh) as pool:
        yield from (future.result() for future in [pool.submit(task) for task in tasks])
