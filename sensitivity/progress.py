"""Progress in notebooks: what takes long shows a bar there, unless it is told whom to tell."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

import sdmodel as sd

P = ParamSpec("P")
T = TypeVar("T")


def with_bar(what: str, *, unit: str = "runs") -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Let a function that takes `progress` show a bar in a notebook when it is given none.

    Examples
    --------
    >>> @with_bar("count")
    ... def count(*, progress=None):
    ...     progress(1, 1)
    ...     return 1
    >>> count(progress=print)
    1 1
    1
    """

    def around(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def wrapped(*args: P.args, **options: P.kwargs) -> T:
            named = cast("dict[str, Any]", options)
            with sd.progress(what, named.get("progress"), unit=unit) as tell:
                named["progress"] = tell
                return function(*args, **options)

        return wrapped

    return around
