"""The table of methods."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from sensitivity.errors import MethodError, among
from sensitivity.methods.combinations import COMBINATIONS
from sensitivity.methods.controlled import CONTROLLED
from sensitivity.methods.delta import DELTA
from sensitivity.methods.dgsm import DGSM
from sensitivity.methods.factorial import FRACTIONAL
from sensitivity.methods.fast import FAST
from sensitivity.methods.hdmr import HDMR
from sensitivity.methods.leave_one_out import LEAVE_ONE_OUT, PACKAGES
from sensitivity.methods.morris import MORRIS
from sensitivity.methods.one_at_a_time import ONE_AT_A_TIME
from sensitivity.methods.pawn import PAWN
from sensitivity.methods.rbd_fast import RBD_FAST
from sensitivity.methods.regional import REGIONAL
from sensitivity.methods.row import Method
from sensitivity.methods.scores import LATIN, SAMPLE
from sensitivity.methods.sobol import SOBOL

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        row.name: row
        for row in (
            *(SOBOL, MORRIS, FAST, RBD_FAST, HDMR, DGSM, DELTA, PAWN, REGIONAL, LATIN, SAMPLE),
            *(ONE_AT_A_TIME, LEAVE_ONE_OUT, PACKAGES, COMBINATIONS, FRACTIONAL),
        )
    }
)


def method(name: str) -> Method:
    """Return a method by name, those of Vensim's control files too.

    Examples
    --------
    >>> method("sobol").ranks_by
    'ST'
    """
    found = METHODS.get(name) or CONTROLLED.get(name)
    if found is None:
        raise MethodError(f"no method named '{name}'{among(name, METHODS)}")
    return found
