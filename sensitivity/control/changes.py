"""Changes files of sensitivity runs: what they set stays with what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sdmodel as sd


def changed(
    model: sd.Model, changes: Sequence[str | Path | sd.SourceText]
) -> tuple[sd.Model, list[dict[str, str]]]:
    """Return a model with some changes files, and what to tell of each: name, digest and text.

    Examples
    --------
    >>> model = sd.load("models/epidemic.mdl")
    >>> slow, (told,) = changed(model, ["models/epidemic_slow.cin"])
    >>> slow.constants["contacts"], told["file"], changed_again(model, [told]).digest == slow.digest
    (6.0, 'epidemic_slow.cin', True)
    """
    files = [one if isinstance(one, sd.SourceText) else sd.read_control(one) for one in changes]
    told = [
        {"file": Path(one.path).name, "digest": one.digest, "text": one.text.strip()}
        for one in files
    ]
    return (model.with_changes(*files) if files else model), told


def changed_again(model: sd.Model, told: Sequence[Mapping[str, Any]]) -> sd.Model:
    """Return a model with the changes that `changed` told of."""
    return model.with_changes(*(sd.SourceText(one["file"], one["text"]) for one in told))
