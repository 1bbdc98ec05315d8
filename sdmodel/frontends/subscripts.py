"""What stands in square brackets: subscripts of a variable, left or right of the equals sign."""

from __future__ import annotations

from sdmodel.frontends.tokens import ExpressionError, Token
from sdmodel.names import tidy

_PARTS = frozenset({"!", "*", ":"})


def parse_subscripts(words: list[Token], i: int) -> tuple[tuple[str, ...], int]:
    """Read ``[first, second!, ...]`` from the bracket at word `i` on; return what follows it.

    Quotes stay as written; ``!`` stays behind its range, and so do ``*`` and ``*:range``.

    Examples
    --------
    >>> from sdmodel.frontends.tokens import words
    >>> parse_subscripts(words("[Region!, old age]"), 0)
    (('Region!', 'old age'), 6)
    """
    opened, parts, fresh = words[i], [""], True
    for index in range(i + 1, len(words)):
        word = words[index]
        text = word.text
        if text == "," or text == "]":
            if not parts[-1]:
                cure = "write the name of an element or a range"
                raise ExpressionError(word.at, "a subscript is missing", cure)
            if text == "]":
                return tuple(parts), index + 1
            parts.append("")
            fresh = True
        elif text in _PARTS:
            parts[-1] += text
            fresh = text != "!"
        elif word.kind in ("name", "quoted", "number") and (fresh or not parts[-1]):
            parts[-1] += tidy(text)
            fresh = False
        else:
            cure = "write names of elements or ranges, separated by commas"
            raise ExpressionError(word.at, f"a subscript cannot contain {tidy(text)!r}", cure)
    raise ExpressionError(opened.at, "this bracket is never closed", "add the missing ']'")
