"""Every example in the code runs, and every public name has one."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

import sdmodel
import sensitivity

ROOT = Path(__file__).resolve().parents[2]
# Running these modules starts a program.
PROGRAMS = {"sdmodel.__main__", "sensitivity.__main__"}
# Public names whose example is still to be written; none may be added.
STILL_WITHOUT = {"SciPy", "Tableau"}


def modules() -> list[str]:
    """Return the name of every module of both packages."""
    found = []
    for package in (sdmodel, sensitivity):
        found.append(package.__name__)
        inside = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        found += [one.name for one in inside if one.name not in PROGRAMS]
    return sorted(found)


def examples_of(module: ModuleType) -> int:
    return sum(len(test.examples) for test in doctest.DocTestFinder().find(module))


@pytest.mark.parametrize("name", modules())
def test_examples_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # they read models/core.mdl
    module = importlib.import_module(name)
    failed, tried = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
    assert failed == 0
    assert tried == examples_of(module)


def test_there_are_examples_to_run() -> None:
    total = sum(examples_of(importlib.import_module(name)) for name in modules())
    assert total >= 80


def test_every_public_name_has_a_docstring_and_an_example() -> None:
    shown, without = [], set()
    for name in sdmodel.__all__:
        thing = getattr(sdmodel, name)
        described = inspect.getdoc(thing)
        assert described, name
        if inspect.isclass(thing) and issubclass(thing, Exception):
            continue
        (shown.append if ">>>" in described else without.add)(name)
    assert without == STILL_WITHOUT
    assert len(shown) >= 17


@pytest.mark.parametrize("package", [sdmodel, sensitivity], ids=lambda one: one.__name__)
def test_the_public_list_is_sorted_and_whole(package: ModuleType) -> None:
    names = list(package.__all__)
    assert len(set(names)) == len(names)
    assert all(hasattr(package, name) for name in names)
