"""The C library's vector functions, by symbol, where this machine has them.

glibc's libmvec computes eight or four exponentials in the time of one or two, to within 4 units in
the last place (GNU C Library manual, "Errors in Math Functions"). Without it everything still
works, lane by lane.
"""

from __future__ import annotations

import ctypes
import functools

# glibc's letter for the instruction set: e is AVX-512, d AVX2 (x86-64 vector function ABI).
_LETTER = {8: "e", 4: "d"}


@functools.cache
def _library() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL("libmvec.so.1")
    except OSError:
        return None


@functools.cache
def vector_symbol(name: str, width: int, arguments: int) -> str | None:
    """Return the symbol of a function on so many lanes, or None; makes it known to the linker."""
    library, letter = _library(), _LETTER.get(width)
    if library is None or letter is None:
        return None
    symbol = f"_ZGV{letter}N{width}{'v' * arguments}_{name}"
    try:
        function = getattr(library, symbol)
    except AttributeError:
        return None
    import llvmlite.binding as llvm

    address = ctypes.cast(function, ctypes.c_void_p).value
    llvm.add_symbol(symbol, address)
    return symbol


def version() -> str:
    """Return what a cache must know of the library: other versions may round differently."""
    if _library() is None:
        return "none"
    try:
        get = ctypes.CDLL(None).gnu_get_libc_version
        get.restype = ctypes.c_char_p
        return str(get().decode())
    except AttributeError:
        return "unknown"
