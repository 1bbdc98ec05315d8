from __future__ import annotations

import doctest
import subprocess
import sys
from importlib import import_module

import pytest

import sensitivity as sa


def test_every_public_name_is_there_and_explained() -> None:
    assert sorted(sa.__all__) == sorted(sa._HOME)
    for name in sa.__all__:
        value = getattr(sa, name)
        assert name.isupper() or value.__doc__, name
    assert set(sa.__all__) <= set(dir(sa))


@pytest.mark.parametrize(
    "name", ["designs", "distributions", "errors", "estimators", "methods", "outcomes", "space"]
)
def test_the_examples_are_right(name) -> None:
    failed, run = doctest.testmod(import_module(f"sensitivity.{name}"))
    assert run > 0
    assert failed == 0


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="module 'sensitivity' has no attribute 'swep'"):
        sa.swep  # noqa: B018


@pytest.mark.parametrize("verb", ["", "sweep", "rank", "plot"])
def test_help_waits_for_nothing_heavy(verb) -> None:
    code = (
        "import sys; from sensitivity.cli import main\n"
        f"try: main({[*([verb] if verb else []), '--help']!r})\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'numpy', 'pandas', 'xarray', 'scipy', 'SALib', 'matplotlib', 'sdmodel', 'rich'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Usage:" in done.stdout


def test_importing_does_not_import_what_only_a_sweep_needs() -> None:
    code = (
        "import sys, sensitivity as sa\n"
        "sa.Space, sa.final, sa.sweep, sa.Plan\n"
        "heavy = {'pandas', 'xarray', 'SALib', 'matplotlib', 'pysd'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
