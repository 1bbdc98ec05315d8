"""Words in figures: factors and variables with their units, and what indices are called."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from sdmodel import style

if TYPE_CHECKING:
    import xarray as xr

    from sensitivity.methods import Method

LABEL_WIDTH = 30
PANEL_LABEL_WIDTH = 24
_CALLED = {
    "ST": "total, ST",
    "S1": "alone, S1",
    "mu_star": "mean size of effect, \N{GREEK SMALL LETTER MU}*",
    "mu": "mean effect with sign, \N{GREEK SMALL LETTER MU}",
    "sigma": "spread of the effect, \N{GREEK SMALL LETTER SIGMA}",
    "delta": "shift of the distribution, \N{GREEK SMALL LETTER DELTA}",
}
# Parts of the outcome's variance, which add up to it.
SHARES = frozenset({"ST", "S1", "S2"})
_EFFECTS = frozenset({"mu_star", "mu"})


def index_label(name: str) -> str:
    """Return what an index is called in a legend.

    Examples
    --------
    >>> index_label("ST"), index_label("median")
    ('total, ST', 'median')
    """
    return _CALLED.get(name, name.replace("_", " "))


def index_axis(row: Method, index: str, unit: str) -> str:
    """Return what stands along an axis of an index."""
    if index in SHARES:
        return "share of the outcome's variance"
    if index in _EFFECTS:
        return bracketed("effect of moving the factor over its range", unit)
    text = "\n".join(textwrap.wrap(row.meanings[index], 80))
    return bracketed(text, unit) if row.in_units else text


def factor_label(sweep: xr.Dataset, name: str, width: int = LABEL_WIDTH) -> str:
    """Return the label of a factor with its unit, in lines that are not too long.

    What is no factor is a group of them, and keeps its name.
    """
    if name not in sweep["factor"].values:
        return with_unit(name, "", width)
    one = sweep.sel(factor=name)
    return with_unit(str(one["factor_label"].values), str(one["factor_unit"].values), width)


def with_unit(label: str, unit: str, width: int = LABEL_WIDTH) -> str:
    r"""Wrap a label, with its unit in brackets unbroken at the end, if it has one.

    Examples
    --------
    >>> with_unit("share of trained people in firms", "1/Year", width=20)
    'share of trained\npeople in firms\n(1/Year)'
    """
    lines = textwrap.wrap(label, width, break_long_words=False) or [label]
    written = bracketed("", unit).strip()
    if written and len(lines[-1]) + 1 + len(written) <= width:
        lines[-1] += f" {written}"
    elif written:
        lines.append(written)
    return plain("\n".join(lines))


def bracketed(text: str, unit: str) -> str:
    """Put a unit behind a text, if it is one."""
    return style.label(text, unit)


def time_label(sweep: xr.Dataset) -> str:
    """Return what stands along an axis of time."""
    return bracketed("Time", str(sweep["time"].attrs.get("units", "")))


def plain(text: str) -> str:
    r"""Return text that is drawn as it stands.

    Examples
    --------
    >>> print(plain("$ 5"))
    \$ 5
    """
    # A dollar sign would start mathematics.
    return text.replace("$", r"\$")
