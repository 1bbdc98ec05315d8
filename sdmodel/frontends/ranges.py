"""Subscript ranges: ``Age: young, (a1-a9), old -> (Group: minor, (b1-b9), pensioner)``."""

from __future__ import annotations

import re

from sdmodel.dimensions import LARGEST_RANGE
from sdmodel.expr import Call
from sdmodel.frontends.expressions import parse_expression
from sdmodel.frontends.tokens import ExpressionError, Token
from sdmodel.names import key, tidy
from sdmodel.source import Dimension, DimensionMapping

_NUMBERED = re.compile(r'(?P<stem>"?.*?)(?P<number>[0-9]+)(?P<end>"?)', re.DOTALL)
_MOST_DIGITS = 18
_EXTERNAL = frozenset({"get direct subscript", "get xls subscript"})
_CURE = "write Range: first, second, (third1-third9)"


class RangeReader:
    """Reads the ranges of one file; the elements written out of ``(a1-a9)`` are counted."""

    def __init__(self) -> None:
        self.left = LARGEST_RANGE

    def read(self, words: list[Token], end: int) -> Dimension:
        """Return the range that the words of an entry define; `end` is where its text stops."""
        name, at, mark = tidy(words[0].text), words[0].at, words[1]
        if mark.text == "<->":
            if len(words) != 3 or words[2].kind not in ("name", "quoted"):
                where = words[3].at if len(words) > 3 else mark.at
                what = "one name of a range must follow '<->'"
                raise ExpressionError(where, what, "write Range <-> OtherRange")
            return Dimension(name, equivalent=tidy(words[2].text), at=at)
        body, tail = words[2:], list[Token]()
        for i, word in enumerate(body):
            if word.text == "->":
                body, tail = body[:i], body[i:]
                break
        mappings = self._mappings(tail, end)
        if not body:
            raise ExpressionError(mark.at, "this range has no elements", _CURE)
        if len(body) > 1 and body[1].text == "(" and key(body[0].text) in _EXTERNAL:
            call = parse_expression(body, end)
            if not isinstance(call, Call):
                what = "only one call can stand in a range"
                raise ExpressionError(body[0].at, what, _CURE)
            return Dimension(name, (), mappings, external=call, at=at)
        elements, stand, i = self._elements(body, 0, end)
        if i < len(body):
            what = f"{tidy(body[i].text)!r} cannot stand in a range"
            raise ExpressionError(body[i].at, what, _CURE)
        return Dimension(name, elements, mappings, at=at, places=stand)

    def _elements(
        self, words: list[Token], i: int, end: int
    ) -> tuple[tuple[str, ...], tuple[int, ...], int]:
        """Read names and numeric ranges separated by commas; return where they stand too."""
        found: list[str] = []
        stand: list[int] = []
        while True:
            word = words[i] if i < len(words) else None
            if word is not None and word.kind in ("name", "quoted"):
                found.append(tidy(word.text))
                i += 1
            elif word is not None and word.text == "(":
                found += self._numbered(words, i, end)
                i += 5
            else:
                at = end if word is None else word.at
                raise ExpressionError(at, "the name of an element must stand here", _CURE)
            stand += [word.at] * (len(found) - len(stand))
            if i >= len(words) or words[i].text != ",":
                return tuple(found), tuple(stand), i
            i += 1

    def _numbered(self, words: list[Token], i: int, end: int) -> list[str]:
        """Write out ``(a1-a3)``."""
        parts = words[i + 1 : i + 5]
        first = _NUMBERED.fullmatch(tidy(parts[0].text)) if parts else None
        last = _NUMBERED.fullmatch(tidy(parts[2].text)) if len(parts) > 2 else None
        stops = [part.text for part in parts[1::2]] == ["-", ")"]
        if not stops or first is None or last is None:
            what = "a numeric range must stand here"
            raise ExpressionError(words[i].at, what, "write (name1-name9)")
        if key(first["stem"] + first["end"]) != key(last["stem"] + last["end"]):
            what = f"{parts[0].text!r} and {parts[2].text!r} differ in more than their number"
            raise ExpressionError(parts[0].at, what, "write (name1-name9)")
        if max(len(first["number"]), len(last["number"])) > _MOST_DIGITS:
            what = f"a number within {parts[0].text!r} to {parts[2].text!r} is too long"
            raise ExpressionError(parts[0].at, what, f"use at most {_MOST_DIGITS} digits")
        low, high = int(first["number"]), int(last["number"])
        if high < low:
            what = f"the range from {parts[0].text!r} to {parts[2].text!r} is empty"
            raise ExpressionError(parts[0].at, what, "write the smaller number first")
        self.left -= high - low + 1
        if self.left < 0:
            what = f"the ranges of this file have more than {LARGEST_RANGE:,} elements"
            raise ExpressionError(parts[0].at, what, "write smaller ranges")
        width = len(first["number"]) if first["number"][0] == "0" else 0
        return [f"{first['stem']}{n:0{width}d}{first['end']}" for n in range(low, high + 1)]

    def _mappings(self, words: list[Token], end: int) -> tuple[DimensionMapping, ...]:
        """Read ``-> Target, (Other: first, second)``."""
        found: list[DimensionMapping] = []
        i = 0
        while i < len(words):
            arrow, i = words[i], i + 1
            word = words[i] if i < len(words) else None
            if word is not None and word.kind in ("name", "quoted"):
                found.append(DimensionMapping(tidy(word.text), (), word.at))
                i += 1
            elif word is not None and word.text == "(":
                one, i = self._detailed(words, i, end)
                found.append(one)
            else:
                at = arrow.at if word is None else word.at
                cure = "write Range: first, second -> Target"
                raise ExpressionError(at, f"a range must follow {arrow.text!r}", cure)
            if i < len(words) and words[i].text not in (",", "->"):
                what = f"{tidy(words[i].text)!r} cannot stand in a mapping"
                raise ExpressionError(words[i].at, what, "separate the targets by commas")
        return tuple(found)

    def _detailed(self, words: list[Token], i: int, end: int) -> tuple[DimensionMapping, int]:
        cure = "write -> (Target: first, second), one for each element"
        opened, named = words[i], words[i + 1 : i + 3]
        if len(named) < 2 or named[0].kind not in ("name", "quoted") or named[1].text != ":":
            raise ExpressionError(opened.at, "this mapping names no range and elements", cure)
        elements, _, i = self._elements(words, i + 3, end)
        if i >= len(words) or words[i].text != ")":
            raise ExpressionError(opened.at, "this mapping is never closed", "add the missing ')'")
        return DimensionMapping(tidy(named[0].text), elements, named[0].at), i + 1
