"""A bar in a notebook for what takes long: it comes late, and is gone when all is done."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

Report = Callable[[int, int], None]

# Seconds until a bar is shown, and between what it shows.
DELAY, EVERY = 0.7, 0.15
_showing = False  # what runs within a call that has a bar has none of its own


@contextmanager
def progress(what: str, given: Report | None = None, *, unit: str = "runs") -> Iterator[Report]:
    """Give a function to be told how much of how much is done, which shows a bar in a notebook.

    Elsewhere it shows nothing. The bar needs no extension of the notebook; it comes when the work
    has taken a moment, and no trace of it is left when the work ends, well or badly.

    Parameters
    ----------
    what
        What is done, in a word or two.
    given
        The caller's own function, which then is the one that is told.
    unit
        What is counted.

    Examples
    --------
    >>> with progress("test runs") as tell:
    ...     for done in range(3):
    ...         tell(done + 1, 3)
    """
    global _showing
    show = None if given is not None or _showing else _display()
    bar = Bar(what, unit, show) if show is not None else None
    before, _showing = _showing, _showing or bar is not None or given is not None
    try:
        yield given or (bar.tell if bar is not None else _nothing)
    finally:
        _showing = before
        if bar is not None:
            bar.close()


class Bar:
    """What is shown of a piece of work, by a function that shows a bundle of MIME types in place.

    >>> shown = []
    >>> bar = Bar("sweep", "runs", shown.append, delay=0.0)
    >>> bar.tell(1, 4)
    >>> shown[0]["text/plain"][:20]
    'sweep: 1 of 4 runs, '
    """

    def __init__(
        self, what: str, unit: str, show: Callable[[dict[str, str]], None], delay: float = DELAY
    ) -> None:
        self.what, self.unit, self.show = what, unit, show
        self.began = time.perf_counter()
        self.due = self.began + delay
        self.shown = False

    def tell(self, done: int, total: int) -> None:
        """Show how much is done, unless that was shown just now."""
        now = time.perf_counter()
        if now < self.due:
            return
        self.due, self.shown = now + EVERY, True
        rate = done / max(now - self.began, 1e-9)
        left = f", {(total - done) / rate:.0f} s left" if rate > 0 else ""
        text = f"{self.what}: {done:,} of {total:,} {self.unit}, {rate:,.0f} {self.unit}/s{left}"
        bar = f'<progress value="{done}" max="{total}" style="width:16em"></progress>'
        self.show({"text/plain": text, "text/html": f"{bar} {escape(text)}"})

    def close(self) -> None:
        """Take away what was shown."""
        if self.shown:
            self.show({"text/plain": "", "text/html": ""})


def _nothing(done: int, total: int) -> None:
    """Take no notice."""


def _display() -> Callable[[dict[str, str]], None] | None:
    """Return what shows something in the cell that runs, always in the same place, or nothing.

    Only a notebook's kernel has such a place, and only its main thread knows the cell.
    """
    if "IPython" not in sys.modules or threading.current_thread() is not threading.main_thread():
        return None
    from IPython import get_ipython
    from IPython.display import display

    if getattr(get_ipython(), "kernel", None) is None:
        return None
    begin: Any = display  # which says nothing of its types
    place: list[Any] = []

    def show(bundle: dict[str, str]) -> None:
        if place:
            place[0].update(bundle, raw=True)
        else:
            place.append(begin(bundle, raw=True, display_id=True))

    return show
