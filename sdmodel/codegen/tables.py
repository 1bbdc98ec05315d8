"""Lookups: which segment, and the line in it.

Even grids find their segment by a multiplication, small uneven ones by counting the points passed,
large ones by bisection. Where the processor can pick lanes out of a register (AVX-512), tables of
up to 17 points never touch memory.
"""

from __future__ import annotations

import math

import numpy as np

from sdmodel.codegen.emit import Emitter, Loop, Value
from sdmodel.expr import Table, Tables

_COUNTED = 24  # uneven tables up to this size: comparing with every point beats searching


def read(e: Emitter, table: Table, mode: str, x: Value, permute: bool) -> Value:
    """Return the value of a table at x; `permute` allows AVX-512's lane picking."""
    at = e.as_number(x)
    xs, ys = np.array(table.xs), np.array(table.ys)
    if mode in ("forward", "backward"):
        return _stepped(e, xs, ys, mode, at)
    if len(xs) == 1:
        flat = e.constant(float(ys[0]))
        unknown = e.compare("uno", at, at)
        return e.select(unknown.name, at, flat.name)
    inside = _interpolated(e, xs, ys, at, permute, clamp=mode != "extrapolate")
    if xs[0] == xs[1]:  # a jump at the very beginning: below it the first value holds
        before = e.compare("olt", at, e.splat(float(xs[0])))
        return e.select(before.name, e.splat(float(ys[0])), inside.name)
    return inside


def _even(xs: np.ndarray) -> bool:
    step = (xs[-1] - xs[0]) / (len(xs) - 1)
    if not step > 0 or not np.isfinite(step):
        return False
    grid = xs[0] + step * np.arange(len(xs))
    return bool(np.abs(xs - grid).max() <= 1e-13 * step)


def _interpolated(
    e: Emitter, xs: np.ndarray, ys: np.ndarray, x: str, permute: bool, clamp: bool
) -> Value:
    last = len(xs) - 2  # segments are 0 ... last
    if clamp:  # NaN passes both
        low, high = e.splat(float(xs[0])), e.splat(float(xs[-1]))
        x = e.select(e.compare("olt", x, low).name, low, x).name
        x = e.select(e.compare("ogt", x, high).name, high, x).name
    if _even(xs):
        step = (xs[-1] - xs[0]) / (len(xs) - 1)
        offset = e.binary("fsub", x, e.splat(float(xs[0]))) if xs[0] else Value(x)
        place = e.binary("fmul", offset.name, e.splat(float(1 / step)))
        bounded = _bounded(e, place.name, 0.0, float(last))
        whole = e.intrinsic("trunc", bounded)
        part = e.binary("fsub", place.name, whole.name)
        index = _index(e, whole.name)
        start = _pick(e, ys[:-1], index, permute)
        rise = _pick(e, np.diff(ys), index, permute)
    else:
        with np.errstate(all="ignore"):
            width = np.diff(xs)
            slope = np.where(width > 0, np.diff(ys) / np.where(width > 0, width, 1), 0.0)
        index = _segment(e, xs, x)
        # A last segment without width is a jump at the end: its upper end counts.
        start = _pick(e, np.where(width > 0, ys[:-1], ys[1:]), index, permute)
        rise = _pick(e, slope, index, permute)
        part = e.binary("fsub", x, _pick(e, xs[:-1], index, permute).name)
    line = e.binary("fmul", rise.name, part.name)
    return e.binary("fadd", start.name, line.name)


def _bounded(e: Emitter, x: str, low: float, high: float) -> str:
    """Return x within bounds; NaN becomes the lower one, so that it can index a table."""
    a, b = e.splat(low), e.splat(high)
    x = e.select(e.compare("ogt", x, a).name, x, a).name
    return e.select(e.compare("olt", x, b).name, x, b).name


def _index(e: Emitter, x: str) -> str:
    return e.new(f"fptosi {e.number} {x} to {e.whole}").name


def _segment(e: Emitter, xs: np.ndarray, x: str) -> str:
    """Return the index of the segment that holds x: the number of inner points not above it."""
    inner = xs[1:-1]
    if len(inner) <= _COUNTED:
        total = e.splat_whole(0)
        for point in inner:
            passed = e.compare("oge", x, e.splat(float(point)))
            one = e.new(f"zext {e.truth} {passed.name} to {e.whole}").name
            total = e.new(f"add {e.whole} {total}, {one}").name
        return total
    # Bisection over a power of two: no branch, the same steps for all lanes.
    size = 1 << len(inner).bit_length()
    padded = np.append(inner, np.full(size - len(inner), np.nan))  # nothing is above NaN
    position, half = e.splat_whole(0), size // 2
    while half:
        probe = e.new(f"add {e.whole} {position}, {e.splat_whole(half - 1)}").name
        value = _gather(e, padded, probe)
        passed = e.compare("oge", x, value.name)
        further = e.new(f"add {e.whole} {position}, {e.splat_whole(half)}").name
        position = e.new(
            f"select {e.truth} {passed.name}, {e.whole} {further}, {e.whole} {position}"
        ).name
        half //= 2
    return position


def _stepped(e: Emitter, xs: np.ndarray, ys: np.ndarray, mode: str, x: str) -> Value:
    """Return the value of the next or the previous point."""
    result = e.constant(float(ys[0]))
    how = "ogt" if mode == "forward" else "oge"
    points = xs[:-1] if mode == "forward" else xs[1:]
    for point, value in zip(points, ys[1:], strict=True):
        passed = e.compare(how, x, e.splat(float(point)))
        result = e.select(passed.name, e.splat(float(value)), result.name)
    unknown = e.compare("uno", x, x)
    return e.select(unknown.name, x, result.name)


def _pick(e: Emitter, values: np.ndarray, index: str, permute: bool) -> Value:
    """Return the entry of a small or large array for each lane."""
    if permute and e.width == 8 and len(values) <= 16:
        size = 8 if len(values) <= 8 else 16
        padded = np.append(values, np.zeros(size - len(values)))
        name = e.table([float(v) for v in padded])
        low = e.new(f"load <8 x double>, ptr {name}, align 64").name
        if size == 8:
            symbol = "@llvm.x86.avx512.permvar.df.512"
            e.declared[symbol] = f"declare <8 x double> {symbol}(<8 x double>, <8 x i64>)"
            return e.new(f"call <8 x double> {symbol}(<8 x double> {low}, <8 x i64> {index})")
        second = e.new(f"getelementptr inbounds double, ptr {name}, i64 8").name
        high = e.new(f"load <8 x double>, ptr {second}, align 64").name
        symbol = "@llvm.x86.avx512.vpermi2var.pd.512"
        e.declared[symbol] = f"declare <8 x double> {symbol}(<8 x double>, <8 x i64>, <8 x double>)"
        return e.new(
            f"call <8 x double> {symbol}(<8 x double> {low}, <8 x i64> {index}, "
            f"<8 x double> {high})"
        )
    return _gather(e, values, index)


def _gather(e: Emitter, values: np.ndarray, index: str) -> Value:
    return e.gather(e.table([float(v) for v in values]), index)


def read_one_of(e: Emitter, several: Tables, mode: str, x: Value, row: int | str) -> Value:
    """Return the value at x of the table in a row of many; all are given the same length."""
    if isinstance(row, int):
        table = several.tables[row]
        if table is None:
            return e.constant(math.nan)
        return read(e, table, mode, x, False)
    at = e.as_number(x)
    size = max(2, *(len(one.xs) for one in several.tables if one is not None), 2)
    points = [_padded(one, size, mode) for one in several.tables]
    xs, ys = (np.array([one[i] for one in points]) for i in (0, 1))
    stepped = mode in ("forward", "backward")
    base = e.new(f"mul i64 {row}, {size}").name
    counted = {"forward": range(size - 1), "backward": range(1, size)}
    index = _count(e, xs, base, at, counted.get(mode, range(1, size - 1)), mode)
    if stepped:
        found = e.gather(e.table(ys.reshape(-1).tolist()), index)
        unknown = e.compare("uno", at, at)
        return e.select(unknown.name, at, found.name)
    with np.errstate(all="ignore"):
        width = np.diff(xs, axis=1, append=np.inf)
        slope = np.where(width > 0, np.diff(ys, axis=1, append=0) / width, 0.0)
        slope = np.where(np.isfinite(slope), slope, 0.0)
    begin = np.where(width > 0, ys, np.roll(ys, -1, axis=1))
    low = _at(e, xs, base)
    if mode != "extrapolate":
        high = _at(e, xs, e.new(f"add i64 {base}, {size - 1}").name)
        inside = e.select(e.compare("olt", at, low).name, low, at).name
        inside = e.select(e.compare("ogt", inside, high).name, high, inside).name
    else:
        inside = at
    start, rise, from_ = (
        e.gather(e.table(a.reshape(-1).tolist()), index) for a in (begin, slope, xs)
    )
    part = e.binary("fsub", inside, from_.name)
    line = e.binary("fadd", start.name, e.binary("fmul", rise.name, part.name).name)
    # A jump at the very beginning: below it the first value holds.
    steep = _at(e, np.where(width > 0, 0.0, 1.0), base)
    before = e.compare("olt", at, low).name
    before = e.new(f"and {e.truth} {before}, {e.as_truth(Value(steep))}", True).name
    return e.select(before, _at(e, ys, base), line.name)


def _padded(table: Table | None, size: int, mode: str) -> tuple[list[float], list[float]]:
    """Return the points of a table with more behind them that change nothing."""
    if table is None:
        return [0.0] * size, [math.nan] * size
    xs, ys = list(table.xs), list(table.ys)
    slope = 0.0
    if mode == "extrapolate" and len(xs) > 1 and xs[-1] > xs[-2]:
        slope = (ys[-1] - ys[-2]) / (xs[-1] - xs[-2])
    step = max(1.0, abs(xs[-1])) if mode == "extrapolate" else 0.0
    for _ in range(size - len(xs)):
        xs.append(xs[-1] + step)
        ys.append(ys[-1] + slope * step)
    return xs, ys


def _at(e: Emitter, values: np.ndarray, index: str) -> str:
    name = e.table(values.reshape(-1).tolist())
    place = e.new(f"getelementptr inbounds double, ptr {name}, i64 {index}").name
    return e.spread(e.new(f"load double, ptr {place}, align 8").name)


def _count(e: Emitter, xs: np.ndarray, base: str, x: str, points: range, mode: str) -> str:
    """Return the index, in all tables, of the last of these points that x has passed."""
    how = "ogt" if mode == "forward" else "oge"
    total = e.variable(e.whole)
    e.line(f"store {e.whole} {e.spread_whole(base)}, ptr {total}, align 8")
    if len(points):
        loop = Loop(e, len(points))
        place = e.new(f"add i64 {loop.i}, {points.start}").name
        place = e.new(f"add i64 {place}, {base}").name
        passed = e.compare(how, x, _at(e, xs, place)).name
        one = e.new(f"zext {e.truth} {passed} to {e.whole}").name
        so_far = e.new(f"load {e.whole}, ptr {total}, align 8").name
        e.line(
            f"store {e.whole} {e.new(f'add {e.whole} {so_far}, {one}').name}, ptr {total}, align 8"
        )
        loop.close()
    return e.new(f"load {e.whole}, ptr {total}, align 8").name
