"""Numbers and texts of a model as JavaScript has them, safe inside a page."""

from __future__ import annotations

import json
import math
from typing import Any


def number(value: float) -> str:
    """Return a number that can stand anywhere in an expression.

    >>> number(2.0), number(-0.5), number(-0.0), number(math.inf)
    ('2', '(-0.5)', '(-0)', 'Infinity')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "(-Infinity)"
    short = repr(float(value)).removesuffix(".0")
    return f"({short})" if short.startswith("-") else short


def numbers(values: list[float]) -> str:
    """Return an array of double-precision numbers."""
    return f"Float64Array.of({', '.join(number(value) for value in values)})"


def data(value: Any) -> str:
    r"""Return names, whole numbers and what is made of them; no name can end a script.

    >>> print(data({"a </script> <!--": 1}))
    {"a \u003c/script> \u003c!--":1}
    """
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
