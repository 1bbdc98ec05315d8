"""The head of a macro: ``:MACRO: NAME(input1, input2 : output1, output2)``."""

from __future__ import annotations

from dataclasses import dataclass

from sdmodel.frontends.tokens import ExpressionError, Token
from sdmodel.names import key, tidy

_CURE = "write :MACRO: NAME(input1, input2 : output1)"


@dataclass(frozen=True, slots=True)
class MacroHead:
    """The name of a macro, its inputs, and its outputs beside its own value."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    at: int


def parse_macro_head(words: list[Token], end: int) -> MacroHead:
    """Read the words behind ``:MACRO:``; `end` is where their text stops.

    Examples
    --------
    >>> from sdmodel.frontends.tokens import words
    >>> parse_macro_head(words("F(a, b : c)"), 11)
    MacroHead(name='F', inputs=('a', 'b'), outputs=('c',), at=0)
    """
    if not words or words[0].kind not in ("name", "quoted"):
        at = words[0].at if words else end
        raise ExpressionError(at, "the name of a macro must follow :MACRO:", _CURE)
    named = words[0]
    if len(words) < 2 or words[1].text != "(":
        at = words[1].at if len(words) > 1 else end
        raise ExpressionError(at, "'(' must follow the name of the macro", _CURE)
    lists: list[list[str]] = [[]]
    seen = {key(named.text)}
    wanted = True  # a name
    for word in words[2:]:
        if wanted and word.kind in ("name", "quoted"):
            if key(word.text) in seen:
                what = f"the name {tidy(word.text)!r} stands twice in the head of this macro"
                raise ExpressionError(word.at, what, "give each input and output its own name")
            seen.add(key(word.text))
            lists[-1].append(tidy(word.text))
            wanted = False
        elif not wanted and word.text == ",":
            wanted = True
        elif not wanted and word.text == ":" and len(lists) == 1:
            lists.append([])
            wanted = True
        elif word.text == ")" and (not wanted or lists == [[]]):
            inputs, outputs = [*lists, []][:2]
            return MacroHead(tidy(named.text), tuple(inputs), tuple(outputs), named.at)
        else:
            what = f"{tidy(word.text)!r} cannot stand here in the head of a macro"
            raise ExpressionError(word.at, what, _CURE)
    raise ExpressionError(words[1].at, "the head of this macro is never closed", _CURE)
