"""Sharing what is scarce by priority, and the price that clears a market, in NumPy.

A requester's curve says how much of its quantity it takes at a price (or "priority"): all of it
far below its own priority, none far above. What is available is shared at the one price where the
curves add up to it. A supplier's curve is the mirror image, and the market clears where supply
meets demand. The shapes are those of Vensim's priority profiles, by their number `ptype`
(https://www.vensim.com/documentation/24335.html):

0. fixed: the whole quantity at every price,
1. rectangular: a straight line over `pwidth`, centred on `ppriority`,
2. triangular: two parabolas over `pwidth`, the integral of a triangle,
3. normal: the normal distribution with the standard deviation `pwidth`,
4. exponential: 0.5 exp(-|x - ppriority| / pwidth) on either side.

A width of 0 is a step: strict priority. Number 5, constant elasticity, and the whole-number
shapes 10 to 15 have no published formula and no public result to check one by: a model that asks
for them is refused, and where one turns up during a run only, it gives NaN.
So the last of a profile's four numbers, the elasticity, is not used.

Arrays have the shape (outer, elements, runs). Nothing raises: what has no answer becomes NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FIXED, RECTANGULAR, TRIANGULAR, NORMAL, EXPONENTIAL = range(5)

SHAPES = (FIXED, RECTANGULAR, TRIANGULAR, NORMAL, EXPONENTIAL)

# Beyond so many widths from its priority a curve is 0 or its whole quantity, in double precision.
_REACH = {RECTANGULAR: 0.5, TRIANGULAR: 0.5, NORMAL: 38.0, EXPONENTIAL: 700.0}

# A market's price is sought so many widths about the curves. Where nothing is demanded, Vensim
# gives the lowest of them: 1 - 5 for a normal and 1 - 10 for an exponential curve (SDEverywhere's
# models/allocate_price, market price at time 0).
_MARKET_REACH = {RECTANGULAR: 0.5, TRIANGULAR: 0.5, NORMAL: 5.0, EXPONENTIAL: 10.0}

# Halvings that bring any bracket used in practice down to neighbouring numbers.
_HALVINGS = 200


def _rectangular(z: Array) -> Array:
    return np.clip(0.5 - z, 0.0, 1.0)


def _triangular(z: Array) -> Array:
    left = np.clip(0.5 - z, 0.0, 1.0)
    return np.where(left < 0.5, 2.0 * left**2, 1.0 - 2.0 * (1.0 - left) ** 2)


def _normal(z: Array) -> Array:
    from scipy.special import ndtr  # Late: few models need it, and it takes a while to load.

    return np.asarray(ndtr(-z))


def _exponential(z: Array) -> Array:
    tail = 0.5 * np.exp(-np.abs(z))
    return np.where(z < 0, 1.0 - tail, tail)


# The share that a curve takes, `z` widths above its priority.
_SHAPES: dict[int, Callable[[Array], Array]] = {
    RECTANGULAR: _rectangular,
    TRIANGULAR: _triangular,
    NORMAL: _normal,
    EXPONENTIAL: _exponential,
}


@dataclass(frozen=True)
class _Curves:
    """Quantities and the shapes, priorities and widths of their curves, all of one shape."""

    quantity: Array
    kind: Array
    priority: Array
    width: Array
    masks: tuple[tuple[int, NDArray[np.bool]], ...]

    @classmethod
    def of(cls, quantity: Array, kind: Array, priority: Array, width: Array) -> _Curves:
        """Return curves of arrays that broadcast; a quantity below 0 is none."""
        positive = np.where(width < 0, np.nan, np.abs(width))
        whole = np.maximum(quantity, 0.0)
        whole, kind, priority, width = np.broadcast_arrays(whole, kind, priority, positive)
        masks = ((number, kind == number) for number in (FIXED, *_SHAPES))
        present = tuple((number, mask) for number, mask in masks if mask.any())
        return cls(whole, kind, priority, width, present)

    def at(self, price: Array, sign: float) -> Array:
        """Return what is taken (`sign` 1) or supplied (`sign` -1) at prices."""
        apart = sign * (price - self.priority)
        z = np.where(apart == 0, 0.0 * self.width, apart / self.width)
        share = np.full_like(z, np.nan)
        for number, mask in self.masks:
            share = np.where(mask, 1.0 if number == FIXED else _SHAPES[number](z), share)
        return np.where(self.quantity == 0, 0.0, self.quantity * share)

    def bracket(self, reach: dict[int, float]) -> tuple[Array, Array]:
        """Return the prices between which the curves slope; (inf, -inf) where none does."""
        widths = np.full_like(self.kind, np.nan)
        for kind, widest in reach.items():
            widths = np.where(self.kind == kind, widest, widths)
        apart = widths * self.width
        sloping = ~np.isnan(apart)
        low = np.where(sloping, self.priority - apart, np.inf).min(axis=1, keepdims=True)
        high = np.where(sloping, self.priority + apart, -np.inf).max(axis=1, keepdims=True)
        return low, high


def _total(amounts: Array) -> Array:
    return np.asarray(amounts.sum(axis=1, keepdims=True))


def _narrow(
    low: Array,
    high: Array,
    enough: Callable[[Array], NDArray[np.bool]],
) -> tuple[Array, Array]:
    """Halve brackets to neighbouring numbers, so that `enough` holds above and not below."""
    for _ in range(_HALVINGS):
        middle = 0.5 * low + 0.5 * high
        if not ((low < middle) & (middle < high)).any():
            break
        above = enough(middle)
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return low, high


def _share_out(curves: _Curves, available: Array, out: Array) -> None:
    """Fill in what each requester gets of the one element `available`."""
    with np.errstate(all="ignore"):
        low, high = curves.bracket(_REACH)
        low, high = _narrow(low, high, lambda price: _total(curves.at(price, 1.0)) <= available)
        # The two ends differ by a rounding, or by a step: of strict priority, of fixed
        # quantities that are more than there is. Between them, what is left is shared in
        # proportion, so that no more and no less than what is available goes out.
        more, less = curves.at(low, 1.0), curves.at(high, 1.0)
        more = np.where(_total(more) < available, curves.quantity, more)
        less = np.where(_total(less) > available, 0.0, less)
        gap = _total(more) - _total(less)
        weight = np.where(gap == 0, 0.0 * available, (available - _total(less)) / gap)
        shared = np.clip(less + weight * (more - less), 0.0, curves.quantity)
        shared = np.where(available >= _total(curves.quantity), curves.quantity, shared)
        out[...] = np.where(available <= 0, 0.0 * curves.quantity, shared)


def allocate_available(
    request: Array,
    ptype: Array,
    ppriority: Array,
    pwidth: Array,
    pextra: Array,
    available: Array,
    out: Array,
) -> None:
    """Fill in what each of the requests gets of `available`, which has one element.

    Examples
    --------
    Far apart, the higher priority comes first; fixed quantities share in proportion.

    >>> import numpy as np
    >>> def column(*values):
    ...     return np.array(values, dtype=float).reshape(1, -1, 1)
    >>> request, out = column(200, 300), column(0, 0)
    >>> shape, priority, width = column(1, 1), column(0.1, 0.9), column(0.5, 0.5)
    >>> allocate_available(request, shape, priority, width, column(0, 0), column(350), out)
    >>> out.ravel().round(9).tolist()
    [50.0, 300.0]
    >>> allocate_available(request, 0 * shape, priority, width, column(0, 0), column(100), out)
    >>> out.ravel().round(9).tolist()
    [40.0, 60.0]
    """
    _share_out(_Curves.of(request, ptype, ppriority, pwidth), available, out)


def allocate_by_priority(
    request: Array, priority: Array, width: Array, available: Array, out: Array
) -> None:
    """Fill in what each of the requests gets; `width` and `available` have one element.

    The curves are rectangular (https://www.vensim.com/documentation/fn_allocate_by_priority.html).

    Examples
    --------
    >>> import numpy as np
    >>> def column(*values):
    ...     return np.array(values, dtype=float).reshape(1, -1, 1)
    >>> out = column(0, 0, 0)
    >>> allocate_by_priority(column(3, 2, 4), column(1, 2, 3), column(1), column(5), out)
    >>> out.ravel().round(9).tolist()
    [0.0, 1.0, 4.0]
    """
    kind = np.full_like(request, RECTANGULAR)
    _share_out(_Curves.of(request, kind, priority, width), available, out)


def market_price(
    demand: Array,
    dtype: Array,
    dpriority: Array,
    dwidth: Array,
    dextra: Array,
    supply: Array,
    stype: Array,
    spriority: Array,
    swidth: Array,
    sextra: Array,
    out: Array,
) -> None:
    """Fill in the lowest price at which supply meets demand; `out` has one element.

    Where demand stays above supply it is the highest price of any curve; where every quantity is
    fixed, no price changes anything, and it is NaN.

    Examples
    --------
    >>> import numpy as np
    >>> def column(*values):
    ...     return np.array(values, dtype=float).reshape(1, -1, 1)
    >>> line, none, price = column(1), column(0), column(0)
    >>> demand, supply = (column(100), line, column(4), line), (column(100), line, column(5), line)
    >>> market_price(*demand, none, *supply, none, price)
    >>> price.item()
    4.5
    """
    with np.errstate(all="ignore"):
        buyers = _Curves.of(demand, dtype, dpriority, dwidth)
        sellers = _Curves.of(supply, stype, spriority, swidth)

        def excess(price: Array) -> Array:
            return _total(sellers.at(price, -1.0)) - _total(buyers.at(price, 1.0))

        ends = buyers.bracket(_MARKET_REACH), sellers.bracket(_MARKET_REACH)
        low = np.minimum(ends[0][0], ends[1][0])
        high = np.maximum(ends[0][1], ends[1][1])
        _, crossing = _narrow(low, high, lambda price: excess(price) >= 0)
        found = np.where(excess(low) >= 0, low, crossing)
        out[...] = np.where(np.isfinite(found) & ~np.isnan(excess(found)), found, np.nan)


def at_price(
    sign: float,
    quantity: Array,
    ptype: Array,
    ppriority: Array,
    pwidth: Array,
    pextra: Array,
    price: Array,
    out: Array,
) -> None:
    """Fill in what each demander (`sign` 1) takes or supplier (-1) gives at the one `price`.

    Examples
    --------
    >>> import numpy as np
    >>> one, out = np.ones((1, 1, 1)), np.zeros((1, 1, 1))
    >>> for sign in (1, -1):
    ...     at_price(sign, 80 * one, one, 5 * one, 2 * one, one, 5.5 * one, out)
    ...     out.item()
    20.0
    60.0
    """
    with np.errstate(all="ignore"):
        out[...] = _Curves.of(quantity, ptype, ppriority, pwidth).at(price, sign)


ALLOCATIONS: dict[str, Callable[..., None]] = {
    "allocate available": allocate_available,
    "allocate by priority": allocate_by_priority,
    "find market price": market_price,
    "demand at price": partial(at_price, 1.0),
    "supply at price": partial(at_price, -1.0),
}
