"""A model whose constants may be set to anything: control files know no ranges of sliders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdmodel.model import Model


def without_ranges(model: Model) -> Model:
    """Return the same model without the ranges that its file gives constants.

    To Vensim these are the ends of sliders, and a control file may go beyond them. The digest
    stays that of the model's file.

    Examples
    --------
    >>> import sdmodel as sd
    >>> free = sd.without_ranges(sd.load("models/epidemic.mdl"))
    >>> free.run({"illness": 2.5}, outputs=["illness"]).values("illness")[0]
    np.float64(2.5)
    """
    variables = tuple(replace(one, low=None, high=None) for one in model.source.variables)
    source = replace(model.source, variables=variables)
    return type(model)(source, model.settings, model._files)


def beyond(model: Model, name: str, low: float, high: float) -> str:
    """Say by what a range goes beyond that of the model's file; nothing where it does not."""
    found = model.definition(name)
    if (found.low is None or low >= found.low) and (found.high is None or high <= found.high):
        return ""
    least = "" if found.low is None else f"{found.low:g}"
    most = "" if found.high is None else f"{found.high:g}"
    return f"{low:g} to {high:g} goes beyond the range [{least}, {most}] of {name!r} in the model"
