"""Assembly to functions in memory; compiled code is kept for the next process.

The cache lies in a folder of the user's own that nobody else may write (mode 0700, owner checked).
Object code is never taken from anywhere else. Set SDMODEL_CACHE to another folder, or to "off".
"""

from __future__ import annotations

import functools
import hashlib
import os
import stat
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdmodel.codegen import mathlib
from sdmodel.version import __version__

_LARGEST_CACHE = 512 * 2**20


@functools.cache
def _target() -> Any:
    """Make LLVM ready for this machine, once a process."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.load_library_permanently("")  # the C library's functions, by name
    features = llvm.get_host_cpu_features()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features.flatten(), opt=3, jit=True
    )
    return machine, features


def widest() -> int:
    """Return how many doubles this processor computes at once."""
    import llvmlite.binding as llvm

    _, features = _target()
    if features.get("avx512f") and features.get("avx512dq"):
        return 8
    if features.get("avx2"):
        return 4
    del llvm
    return 2


def can_permute() -> bool:
    """Return whether lanes can be picked out of AVX-512 registers."""
    return widest() == 8


def target_name() -> str:
    """Return the processor that code is compiled for."""
    import llvmlite.binding as llvm

    return str(llvm.get_host_cpu_name())


@dataclass
class Machine:
    """Compiled functions, by address; keeps the code alive."""

    engine: Any
    module: Any
    addresses: dict[str, int] = field(default_factory=dict)

    def address(self, name: str) -> int:
        """Return where a function begins."""
        if name not in self.addresses:
            self.addresses[name] = int(self.engine.get_function_address(name))
        return self.addresses[name]


def compile_module(text: str) -> Machine:
    """Return the functions of a module, from the cache if it holds this very text."""
    import llvmlite.binding as llvm

    machine, features = _target()
    stamp = "|".join(
        (
            text,
            target_name(),
            features.flatten(),
            str(llvm.llvm_version_info),
            mathlib.version(),
            __version__,
        )
    )
    name = hashlib.sha256(stamp.encode()).hexdigest() + ".o"
    folder = cache_folder()
    code = _from_cache(folder, name)
    if code is None:
        code = _compiled(text, machine)
        _to_cache(folder, name, code)
    return _linked(code)


def compile_draft(text: str) -> Machine:
    """Return the functions of a module compiled in a hurry: as written, and kept nowhere."""
    import llvmlite.binding as llvm

    _target()
    module = llvm.parse_assembly(text)
    return _linked(bytes(machine_for_engine(opt=0).emit_object(module)))


def _linked(code: bytes) -> Machine:
    import llvmlite.binding as llvm

    empty = llvm.parse_assembly("")
    engine = llvm.create_mcjit_compiler(empty, machine_for_engine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return Machine(engine, empty)


def machine_for_engine(opt: int = 3) -> Any:
    """Return a target machine of its own: an engine keeps the one it is given."""
    import llvmlite.binding as llvm

    _, features = _target()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features.flatten(), opt=opt, jit=True
    )


def _compiled(text: str, machine: Any) -> bytes:
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(text)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.slp_vectorization = False
    options.loop_vectorization = False
    options.loop_unrolling = False
    builder = llvm.create_pass_builder(machine, options)
    passes = builder.getModulePassManager()
    passes.run(module, builder)
    return bytes(machine.emit_object(module))


def cache_folder() -> Path | None:
    """Return the private folder for compiled code, or None where there can be none."""
    chosen = os.environ.get("SDMODEL_CACHE", "")
    if chosen.casefold() == "off":
        return None
    if chosen:
        folder = Path(chosen).expanduser()
    elif sys.platform == "win32":
        folder = Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "sdmodel" / "cache"
    elif sys.platform == "darwin":
        folder = Path.home() / "Library" / "Caches" / "sdmodel"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", ""))
        # The XDG specification: what is empty or relative counts as not set.
        folder = (base if base.is_absolute() else Path.home() / ".cache") / "sdmodel"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.lstat()
    except OSError:
        return None
    if sys.platform != "win32":
        private = stat.S_ISDIR(state.st_mode) and not state.st_mode & 0o077
        if not private or state.st_uid != os.getuid():
            return None  # somebody else could put code there
    return folder


def _from_cache(folder: Path | None, name: str) -> bytes | None:
    if folder is None:
        return None
    try:
        raw = (folder / name).read_bytes()
    except OSError:
        return None
    # A checksum in front: a half-written or damaged file is compiled anew, not run.
    code = raw[32:]
    return code if hashlib.sha256(code).digest() == raw[:32] else None


def _to_cache(folder: Path | None, name: str, code: bytes) -> None:
    if folder is None:
        return
    try:
        handle, part = tempfile.mkstemp(dir=folder, prefix=".")
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(code).digest() + code)
        Path(part).replace(folder / name)
        _shrink(folder)
    except OSError:
        return


def _shrink(folder: Path) -> None:
    """Remove the oldest code when the cache has grown large."""
    files = sorted(folder.glob("*.o"), key=lambda file: file.stat().st_mtime)
    total = sum(file.stat().st_size for file in files)
    for file in files:
        if total <= _LARGEST_CACHE:
            return
        total -= file.stat().st_size
        file.unlink(missing_ok=True)
