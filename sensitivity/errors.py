"""What can go wrong in a sensitivity study; every class is also an ``sdmodel.SDError``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

import sdmodel as sd

_AROUND_SUBSCRIPTS = re.compile(r"\s*([\[\],])\s*")


class SensitivityError(sd.SDError):
    """Something in a sensitivity study is wrong; the text says what and what to do about it."""


class SpaceError(SensitivityError):
    """A lever or uncertainty that cannot be varied as it is described."""


class OutcomeError(SensitivityError):
    """An outcome that cannot be measured as it is described."""


class MethodError(SensitivityError):
    """A method, sample size or seed that does not fit."""


class AnalysisError(SensitivityError):
    """Runs from which the indices cannot be computed."""


class StoreError(SensitivityError):
    """A file that is not a stored sweep, or that cannot be read or written."""


class StudyError(SensitivityError):
    """A study file that does not say what to run; the text names the lines."""


class ClusterError(SensitivityError):
    """Workers that cannot be reached, or that would give other numbers than this machine."""


class ClaimsError(SensitivityError):
    """Something in a claims file does not fit; the text says where and what to do about it."""


class SweepWarning(UserWarning):
    """Something about a sweep that its reader must know, although it was carried through."""


def fold(name: str) -> str:
    """Return the name as it is compared: letter case, blanks and underscores make no difference.

    Nor do quotes, and blanks around subscripts.

    Examples
    --------
    >>> fold("Birth_Rate ") == fold("birth rate") == fold('"birth rate"')
    True
    >>> fold("x[ A,b ]") == fold("X[a, B]")
    True
    """
    text = " ".join(name.replace("_", " ").replace('"', " ").split()).lower()
    return _AROUND_SUBSCRIPTS.sub(r"\1", text) if text.endswith("]") else text


def near(name: str, names: Iterable[str]) -> str:
    """Return a hint with the names most like this one, or nothing when none is like it.

    Examples
    --------
    >>> near("brith rate", ["birth rate", "population"])
    "; did you mean 'birth rate'?"
    >>> near("xyz", ["birth rate"])
    ''
    """
    by_fold = {fold(known): known for known in names}
    close = difflib.get_close_matches(fold(name), by_fold, n=3, cutoff=0.6)
    if not close:
        return ""
    first, *others = [by_fold[key] for key in close]
    text = f"; did you mean '{first}'"
    return text + "".join(f" or '{other}'" for other in others[:1]) + "?"


def among(name: str, names: Iterable[str]) -> str:
    """Return the hint of `near`, followed by all that there is to choose from.

    Examples
    --------
    >>> among("fest", ["fast", "morris"])
    "; did you mean 'fast'? Choose from: fast, morris"
    >>> among("xyz", ["fast", "morris"])
    '. Choose from: fast, morris'
    """
    known = list(names)
    return f"{near(name, known) or '.'} Choose from: {', '.join(known)}"
