"""A model file opened to be changed, whether it can be run or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sdmodel.editing import Edit
from sdmodel.frontends import read
from sdmodel.model import loaded


def edit(
    path: str | Path, *, data: Sequence[str | Path] = (), allow: Sequence[str | Path] = ()
) -> Edit:
    """Open a model file to change its text, also one that has mistakes and cannot be run.

    Parameters
    ----------
    path
        The model file.
    data, allow
        As in `load`, for `Edit.model`.

    Examples
    --------
    >>> edit("models/core.mdl").set("education effort", "0.50")
    <Edit of 'models/core.mdl': 2 lines of difference>
    """
    files = tuple(data), tuple(allow)
    source = read(path)
    return Edit(source.source, source, lambda one, toml: loaded(one, files, toml))
