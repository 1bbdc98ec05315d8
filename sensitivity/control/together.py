"""Several searches at once, whose points are evaluated together.

A search asks for one point at a time. Each goes its own way in a thread; when all that are still
searching wait for an answer, their points are one batch. No search sees another, so their results
do not depend on how many there are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Many = Callable[[Floats], Floats]
    One = Callable[[Floats], float]

Found = TypeVar("Found")


def together(searches: Sequence[Callable[[One], Found]], many: Many) -> list[Found]:
    """Return what each search finds; each is given a function of one point.

    Examples
    --------
    >>> def walk(ask):
    ...     return [ask(np.array([x])) for x in (1.0, 2.0)]
    >>> sizes = []
    >>> def many(points):
    ...     sizes.append(len(points))
    ...     return points[:, 0] ** 2
    >>> together([walk, walk], many), sizes
    ([[1.0, 4.0], [1.0, 4.0]], [2, 2])
    """
    desk = _Desk(many, len(searches))

    def run(number: int) -> Found:
        try:
            return searches[number](lambda point: desk.ask(number, point))
        finally:
            desk.leave()

    with ThreadPoolExecutor(max(1, len(searches))) as pool:
        return list(pool.map(run, range(len(searches))))


class _Desk:
    def __init__(self, many: Many, searching: int) -> None:
        self._many, self._searching = many, searching
        self._waiting: dict[int, Floats] = {}
        self._answers: dict[int, float] = {}
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def ask(self, number: int, point: Floats) -> float:
        with self._changed:
            self._waiting[number] = np.array(point, dtype=float)
            self._answer_all()
            self._changed.wait_for(lambda: number in self._answers or self._error is not None)
            if self._error is not None:
                raise self._error
            return self._answers.pop(number)

    def leave(self) -> None:
        with self._changed:
            self._searching -= 1
            self._answer_all()

    def _answer_all(self) -> None:
        """Evaluate what is waited for, if nobody is still on the way."""
        if not self._waiting or len(self._waiting) < self._searching:
            return
        numbers = sorted(self._waiting)
        try:
            answers = self._many(np.stack([self._waiting[number] for number in numbers]))
            self._answers |= dict(zip(numbers, map(float, answers), strict=True))
        except BaseException as error:
            self._error = error
        self._waiting.clear()
        self._changed.notify_all()
