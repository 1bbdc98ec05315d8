from __future__ import annotations

import doctest
import inspect
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib import pyplot

import sensitivity as sa


def test_every_public_name_is_there_and_explained() -> None:
    assert sorted(sa.__all__) == sorted(sa._HOME)
    for name in sa.__all__:
        value = getattr(sa, name)
        assert name.isupper() or value.__doc__, name
    assert set(sa.__all__) <= set(dir(sa))


ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "name",
    [
        *("analysis", "apart", "distances", "distributions", "errors", "outcomes", "over_time"),
        *("space", "store", "sweeps"),
        *(
            f"{part}.{path.stem}"
            for part in ("figures", "methods", "search", "studies")
            for path in sorted((ROOT / "sensitivity" / part).glob("*.py"))
            if ">>> " in path.read_text()
        ),
    ],
)
def test_the_examples_are_right(name, tmp_path, monkeypatch) -> None:
    """They are written for somebody in the project's folder."""
    shutil.copytree(ROOT / "models", tmp_path / "models")
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    failed, run = doctest.testmod(import_module(f"sensitivity.{name}"))
    assert run > 0
    assert failed == 0
    pyplot.close("all")


def test_every_public_function_has_an_example() -> None:
    for name in sa.__all__:
        value = getattr(sa, name)
        if inspect.isfunction(value):
            assert ">>> " in value.__doc__, name


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="module 'sensitivity' has no attribute 'swep'"):
        sa.swep  # noqa: B018


@pytest.mark.parametrize(
    "verb", ["", "sweep", "rank", "plot", "page", "run", "optimise", "discover"]
)
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
