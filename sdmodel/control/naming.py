"""What a name in a control file stands for: the elements of a constant or variable of the model."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from sdmodel.dimensions import Dimensions
from sdmodel.errors import OverrideError, SDError, did_you_mean, near_names
from sdmodel.names import element_key
from sdmodel.overrides import check_override
from sdmodel.selection import selected

if TYPE_CHECKING:
    from sdmodel.model import Model


class Names:
    """The names of a model, as control files may write them: ``x``, ``x[a]`` or ``x[Range]``."""

    def __init__(self, model: Model) -> None:
        self.model = model

    @cached_property
    def _ranges(self) -> Dimensions:
        return Dimensions(self.model.source)

    @cached_property
    def _spelled(self) -> Mapping[str, str]:
        return {found: shown for found, (shown, _) in self.model.program.columns.items()}

    def constants(self, name: str) -> tuple[str, ...]:
        """Return the constants that a name stands for, each element by itself.

        Raises
        ------
        SDError
            If there is no such constant, or a run may not set it.
        """
        found: list[str] = []
        for one in self._each(name):
            for element in check_override(self.model.source, self.model.program, one):
                found.append(self._spelled[element])
        return tuple(dict.fromkeys(found))

    def variables(self, name: str) -> tuple[str, ...]:
        """Return the columns of a run that a name stands for."""
        source, program = self.model.source, self.model.program
        return tuple(dict.fromkeys(selected(source, program, self._each(name))))

    def _each(self, name: str) -> list[str]:
        """Return a name with every range among its subscripts put as its elements."""
        whole = element_key(name)
        if not whole.endswith("]"):
            return [name]
        head, _, inside = whole.rpartition("[")
        parts = [one.rstrip("!") for one in inside[:-1].split(",")]
        if not any(self._ranges.is_range(one) for one in parts):
            return [name]
        each = [
            self._ranges.elements(one) if self._ranges.is_range(one) else (one,) for one in parts
        ]
        labels = (f"{head}[{','.join(one)}]" for one in itertools.product(*each))
        known = [one for one in labels if one in self._spelled]
        if not known:
            near = near_names(name, self._spelled.values())
            hint = did_you_mean(near) or "`sdmodel show MODEL` lists its variables"
            raise OverrideError(name, f"the model has no variable named '{name}'; {hint}")
        return known


def why(error: SDError, path: str) -> str:
    """Return what an error says of a name, without the place in the model that it begins with."""
    problems = getattr(error, "problems", ())
    if problems:
        return "; ".join(part for part in (problems[0].message, problems[0].cure) if part)
    return re.sub(rf"^{re.escape(path)}(:\d+)?: ", "", str(error))
