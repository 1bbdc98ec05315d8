"""The tree of errors, and how a problem in a file is shown.

::

    SDError
      ReadError              the file cannot be understood            .path .line .column .problems
      ModelError             the model contradicts itself             .problems (all of them)
        UnknownNameError     a name nobody defines                    .name .near
        CircularError        variables that define each other         .loop
        UnsupportedError     something not offered yet                .function
      OverrideError          a value that may not be set              .name .reason
      SettingsError          the TOML file beside the model           .path
      SolverError            the integration stopped                  .time .variable

Every message says what is wrong, where, and what to do about it; it is complete without a
traceback.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_WIDEST_LINE = 120  # a longer line of a file is shown in part
_LONGEST_COMPARED = 500  # the time to compare two names grows with the product of their lengths


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a file, with its place and the cure.

    `line` and `column` count from 1; 0 means that no place is known. `kind` is one of ``"syntax"``,
    ``"unknown name"``, ``"circular"``, ``"unsupported"``, ``"duplicate"``, ``"definition"``.

    Examples
    --------
    >>> print(Problem("no variable is named 'b'", path="m.mdl", line=3, column=5, text="a = b"))
    m.mdl:3:5: no variable is named 'b'
        3 | a = b
                ^
    """

    message: str
    kind: str = "syntax"
    path: str = ""
    line: int = 0
    column: int = 0
    variable: str = ""
    cure: str = ""
    text: str = ""
    name: str = ""
    near: tuple[str, ...] = ()
    loop: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return ``file:line:column: message``, the source line with a caret, and the cure."""
        where = f"{self.path}:{self.line}:{self.column}: " if self.line else f"{self.path}: "
        parts = [(where if self.path else "") + self.message]
        if self.text and self.line:
            number = f"{self.line:5d} | "
            shown, caret = _around(self.text, max(self.column - 1, 0))
            parts.append(number + shown.replace("\t", " "))
            parts.append(" " * (len(number) + caret) + "^")
        if self.cure:
            parts.append(f"      cure: {self.cure}")
        return printable("\n".join(parts))


def printable(text: str) -> str:
    r"""Return a text in which nothing commands a terminal: a model's name may hold such characters.

    >>> printable("a\x1b]0;title\x07\n\tb")
    'a�]0;title�\n\tb'
    """
    return _COMMANDS.sub("\ufffd", text)


def _around(text: str, place: int) -> tuple[str, int]:
    """Return what is shown of a line, and where in it the place then is."""
    if len(text) <= _WIDEST_LINE:
        return text, place
    first = min(max(place - _WIDEST_LINE // 2, 0), len(text) - _WIDEST_LINE)
    shown = text[first : first + _WIDEST_LINE]
    before, after = "..." * (first > 0), "..." * (first + _WIDEST_LINE < len(text))
    return before + shown + after, len(before) + place - first


class SDError(Exception):
    """Whatever sdmodel refuses; catch this to catch all of it."""


class _WithProblems(SDError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        first = self.problems[0]
        self.path, self.line, self.column = first.path, first.line, first.column
        text = "\n".join(str(problem) for problem in self.problems)
        if len(self.problems) > 1:
            paths = dict.fromkeys(problem.path or "the model" for problem in self.problems)
            text += f"\n{len(self.problems)} problems in {' and '.join(paths)}"
        super().__init__(text)


class ReadError(_WithProblems):
    """The file cannot be read, or its text cannot be understood."""


class ModelError(_WithProblems):
    """The model was read, but contradicts itself or asks for what is not there."""

    @property
    def name(self) -> str:
        """The name the first problem is about."""
        return self.problems[0].name

    @property
    def near(self) -> tuple[str, ...]:
        """Names close to it."""
        return self.problems[0].near

    @property
    def loop(self) -> tuple[str, ...]:
        """The variables that define each other."""
        return self.problems[0].loop

    @property
    def function(self) -> str:
        """The function or construct that is not offered."""
        return self.problems[0].name


class UnknownNameError(ModelError, KeyError):
    """A name that nobody defines."""

    def __str__(self) -> str:
        """Return the message as it is (KeyError would put it in quotes)."""
        return Exception.__str__(self)


class CircularError(ModelError):
    """Variables that define each other, with no stock or delay between them."""


class UnsupportedError(ModelError):
    """A function or construct that sdmodel does not offer yet."""


class OverrideError(SDError, ValueError):
    """A value that may not be set, or a scenario that does not exist."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(reason)


class SettingsError(SDError):
    """The TOML file beside a model says something that cannot be."""

    def __init__(self, path: str, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"{path}: {reason}")


class SolverError(SDError, ArithmeticError):
    """The integration stopped or left the finite numbers."""

    def __init__(self, message: str, *, time: float = float("nan"), variable: str = "") -> None:
        self.time, self.variable = time, variable
        super().__init__(message)


def near_names(name: str, known: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """Return up to `count` of the `known` names that look like `name`, best first.

    >>> near_names("Infectivty", ["contacts", "infectivity"])
    ('infectivity',)
    """
    if len(name) > _LONGEST_COMPARED:
        return ()
    spelled = {
        one.casefold().replace("_", " "): one for one in known if len(one) <= _LONGEST_COMPARED
    }
    found = difflib.get_close_matches(name.casefold().replace("_", " "), spelled, count, 0.6)
    return tuple(spelled[one] for one in found)


def did_you_mean(near: Sequence[str]) -> str:
    """Return ``did you mean 'a' or 'b'?``, or nothing where there is nothing near.

    >>> did_you_mean(["birth rate", "death rate"])
    "did you mean 'birth rate' or 'death rate'?"
    """
    return f"did you mean {' or '.join(repr(one) for one in near)}?" if near else ""


def counted(number: int, what: str) -> str:
    """Return a number with what it counts.

    >>> counted(1, "subscript"), counted(2, "subscript")
    ('1 subscript', '2 subscripts')
    """
    return f"{number:,} {what}{'s' * (number != 1)}"


def model_error(problems: Sequence[Problem]) -> SDError:
    """Return the most telling error for a list of problems."""
    kinds = {problem.kind for problem in problems}
    if kinds == {"unknown name"}:
        return UnknownNameError(problems)
    if kinds == {"circular"}:
        return CircularError(problems)
    if kinds == {"unsupported"}:
        return UnsupportedError(problems)
    if kinds == {"syntax"}:
        return ReadError(problems)
    return ModelError(problems)
