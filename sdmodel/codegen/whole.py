"""Arrays as a whole: elements at computed places, and functions that take arrays at once."""

from __future__ import annotations

import ctypes
import functools
import math
from typing import Any

import numpy as np

from sdmodel.blocks import BLOCKS, BlockFunction
from sdmodel.codegen.emit import Emitter, Value
from sdmodel.expr import Block
from sdmodel.program import Layout

_I = ctypes.c_int64
_P = ctypes.c_void_p
# Values, lanes, outer places, slot and size of the result, how many arguments, their slots and
# sizes in pairs.
_CALLBACK = ctypes.CFUNCTYPE(None, _P, _I, _I, _I, _I, _I, _P)


def pick(e: Emitter, first: int, base: int | str, offset: Value, size: int) -> Value:
    """Return the element of an array at `base` plus an offset of each lane; else not a number."""
    start = e.splat(float(base)) if isinstance(base, int) else _as_number(e, base)
    place = e.intrinsic("rint", e.binary("fadd", e.as_number(offset), start).name).name
    low = e.compare("oge", place, e.splat(0.0)).name
    high = e.compare("olt", place, e.splat(float(size))).name
    inside = e.new(f"and {e.truth} {low}, {high}", True).name
    safe = e.select(inside, place, e.splat(0.0)).name
    index = e.new(f"fptosi {e.number} {safe} to {e.whole}").name
    index = e.new(f"add {e.whole} {index}, {e.splat_whole(first)}").name
    if e.width > 1:
        index = e.new(f"mul {e.whole} {index}, {e.splat_whole(e.width)}").name
        lanes = "<" + ", ".join(f"i64 {lane}" for lane in range(e.width)) + ">"
        index = e.new(f"add {e.whole} {index}, {lanes}").name
    found = e.gather("%v", index)
    return e.select(inside, found.name, e.splat(math.nan))


def _as_number(e: Emitter, whole: str) -> str:
    return e.spread(e.new(f"sitofp i64 {whole} to double").name)


def write_block(e: Emitter, layout: Layout, target: str, node: Block) -> None:
    """Call a function of whole arrays."""
    pairs = [n for ref in node.args for n in (layout.slots[ref.name], layout.size(ref.name))]
    symbol = block_symbol(node.function)
    e.declared["@" + symbol] = f"declare void @{symbol}(ptr, i64, i64, i64, i64, i64, ptr)"
    e.line(
        f"call void @{symbol}(ptr %v, i64 {e.width}, i64 {node.outer}, "
        f"i64 {layout.slots[target]}, i64 {layout.size(target)}, i64 {len(node.args)}, "
        f"ptr {e.whole_table(pairs)})"
    )


@functools.cache
def block_symbol(name: str) -> str:
    """Return the symbol of a function of whole arrays; makes it known to the linker."""
    import llvmlite.binding as llvm

    symbol = "sdmodel_block_" + name.replace(" ", "_")
    callback = _callback(BLOCKS[name])
    _KEPT.append(callback)
    address = ctypes.cast(callback, _P).value
    assert address is not None
    llvm.add_symbol(symbol, address)
    return symbol


_KEPT: list[object] = []  # as long as machine code may call them


def _callback(function: BlockFunction) -> Any:
    def call(
        values: int, lanes: int, outer: int, target: int, size: int, count: int, places: int
    ) -> None:
        def view(slot: int, length: int) -> np.ndarray:
            place = ctypes.cast(values + 8 * slot * lanes, ctypes.POINTER(ctypes.c_double))
            return np.ctypeslib.as_array(place, (outer, length // outer, lanes))

        pairs = np.ctypeslib.as_array(ctypes.cast(places, ctypes.POINTER(_I)), (count, 2))
        with np.errstate(all="ignore"):
            arrays = [view(int(slot), int(length)) for slot, length in pairs]
            function(*arrays, out=view(target, size))

    return _CALLBACK(call)
