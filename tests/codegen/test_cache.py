"""Compiled code that is kept: used again, never trusted blindly."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from sdmodel.codegen import jit

TEXT = """
define double @seven() {
  ret double 7.0
}
"""
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("SDMODEL_CACHE", str(folder))
    return folder


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the texts that were really compiled."""
    texts: list[str] = []
    real = jit._compiled

    def count(text: str, machine: object) -> bytes:
        texts.append(text)
        return real(text, machine)

    monkeypatch.setattr(jit, "_compiled", count)
    return texts


def seven(machine: jit.Machine) -> float:
    import ctypes

    return float(ctypes.CFUNCTYPE(ctypes.c_double)(machine.address("seven"))())


def test_the_same_text_is_compiled_once(cache: Path, compiled: list[str]) -> None:
    assert seven(jit.compile_module(TEXT)) == 7.0
    assert seven(jit.compile_module(TEXT)) == 7.0
    assert len(compiled) == 1
    assert len(list(cache.glob("*.o"))) == 1
    assert seven(jit.compile_module(TEXT + "; another text\n")) == 7.0
    assert len(compiled) == 2


@posix
def test_the_folder_is_private(cache: Path) -> None:
    jit.compile_module(TEXT)
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


@pytest.mark.parametrize("damage", [b"", b"short", b"\0" * 500])
def test_damaged_code_is_compiled_anew(cache: Path, compiled: list[str], damage: bytes) -> None:
    jit.compile_module(TEXT)
    (file,) = cache.glob("*.o")
    file.write_bytes(damage)
    assert seven(jit.compile_module(TEXT)) == 7.0
    assert len(compiled) == 2
    assert seven(jit.compile_module(TEXT)) == 7.0
    assert len(compiled) == 2


@posix
def test_a_folder_that_others_may_write_is_not_used(cache: Path, compiled: list[str]) -> None:
    cache.mkdir(mode=0o777)
    cache.chmod(0o777)
    assert jit.cache_folder() is None
    assert seven(jit.compile_module(TEXT)) == 7.0
    assert seven(jit.compile_module(TEXT)) == 7.0
    assert len(compiled) == 2
    assert not list(cache.iterdir())


@posix
def test_a_link_to_a_folder_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("SDMODEL_CACHE", str(tmp_path / "link"))
    assert jit.cache_folder() is None


def test_the_cache_can_be_turned_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiled: list[str]
) -> None:
    monkeypatch.setenv("SDMODEL_CACHE", "off")
    assert jit.cache_folder() is None
    jit.compile_module(TEXT)
    jit.compile_module(TEXT)
    assert len(compiled) == 2


def test_a_file_where_the_folder_should_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SDMODEL_CACHE", str(tmp_path / "file"))
    assert jit.cache_folder() is None
    assert seven(jit.compile_module(TEXT)) == 7.0


def test_the_cache_does_not_grow_without_bound(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jit, "_LARGEST_CACHE", 3000)
    for i in range(12):
        jit.compile_module(TEXT + f"; {i}\n")
    assert sum(file.stat().st_size for file in cache.glob("*.o")) <= 3000
