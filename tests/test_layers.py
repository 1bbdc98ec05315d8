"""How the packages are laid out: imports go one way, and only public names cross the border."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import sdmodel
import sensitivity

ROOT = Path(__file__).resolve().parents[1]

# From the ground up. A module may import its own layer and those below it, never one above.
LAYERS = (
    ("errors", "names", "version", "allocation", "style", "bars"),
    ("expr", "source", "program", "kernel", "primitives", "blocks"),
    ("dimensions",),
    ("functions", "frontends", "external"),
    ("lowering", "reference", "parts", "simplify"),
    ("integrators",),
    ("codegen", "javascript"),
    (
        "run",
        "export",
        "settings",
        "settings_file",
        "factors",
        "overrides",
        "simulate",
        "failures",
        "explain",
        "selection",
        "editing",
        "units",
        "sketch",
        "notebook",
    ),
    ("reduction", "running", "engines"),
    ("reality",),
    ("model", "secondopinion", "integration", "control"),
    ("validation", "comparing", "converting", "desk"),
    ("documents", "checks"),
    ("publishing",),
    ("watching",),
    ("serving", "reporting"),
    ("cli", "__main__", "__init__", "pytest_plugin"),
)
LAYER_OF = {unit: level for level, units in enumerate(LAYERS) for unit in units}

# A model shows its page in a notebook, which is made of models: the one way up, taken when asked.
UPWARD = {("sdmodel.notebook.sliders", "sdmodel.publishing")}

# What `import sdmodel` must not load: each takes longer than the rest of a short command.
HEAVY = (
    "matplotlib",
    "SALib",
    "xarray",
    "pandas",
    "scipy.integrate",
    "pysd",
    "simlin",
    "xlrd",
    "python_calamine",
)


def module_files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path, *, types: bool = False) -> Iterator[str]:
    """Yield the full name of everything a file imports, late imports included.

    Imports for type checkers only are left out unless asked for: they never run.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test) and not types:
            skipped.update(inner for child in node.body for inner in ast.walk(child))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("import_module", "__import__")
        ):
            # The first part of the name is enough to know the package.
            yield ast.unparse(node.args[0]).strip("f'\"")


def unit_of(name: str) -> str:
    """Return which unit of sdmodel a dotted name lies in: a module or a folder."""
    parts = name.split(".")
    unit = parts[1] if len(parts) > 1 else "__init__"
    known = (ROOT / "sdmodel" / unit).is_dir() or (ROOT / "sdmodel" / f"{unit}.py").is_file()
    return unit if known else "__init__"  # `from sdmodel import Model`


@cache
def sdmodel_edges() -> dict[str, set[str]]:
    modules = {module_name(path) for path in module_files("sdmodel")}
    edges: dict[str, set[str]] = {}
    for path in module_files("sdmodel"):
        found = set()
        for name in imports(path):
            if name.split(".")[0] == "sdmodel":
                found.add(name if name in modules else name.rpartition(".")[0])
        edges[module_name(path)] = found & modules
    return edges


def test_every_module_has_its_layer() -> None:
    units = {unit_of(module_name(path)) for path in module_files("sdmodel")}
    assert units == set(LAYER_OF)


def test_imports_go_down() -> None:
    upward = [
        f"{module} imports {name}"
        for module, names in sdmodel_edges().items()
        for name in names
        if LAYER_OF[unit_of(name)] > LAYER_OF[unit_of(module)] and (module, name) not in UPWARD
    ]
    assert not upward


@pytest.mark.parametrize("package", ["sdmodel", "sensitivity"])
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    modules = {module_name(path) for path in module_files(package)}
    graph = {
        module_name(path): {
            name if name in modules else name.rpartition(".")[0] for name in imports(path)
        }
        & modules
        for path in module_files(package)
        # `sdmodel/__init__` only re-exports, and the verbs of the command line use it.
        if path.name != "__init__.py"
    }
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"a circle: {' -> '.join(error.args[1])}")
    assert len(order) >= len(graph)


def test_sdmodel_never_imports_sensitivity() -> None:
    guilty = [
        f"{module_name(path)} imports {name}"
        for path in module_files("sdmodel")
        for name in imports(path, types=True)
        if name.split(".")[0] == "sensitivity"
    ]
    assert not guilty


def test_sensitivity_knows_only_the_public_names_of_sdmodel() -> None:
    used = set()
    for path in module_files("sensitivity"):
        for name in imports(path, types=True):
            if name.split(".")[0] == "sdmodel":
                parts = name.split(".")
                assert len(parts) <= 2, f"{module_name(path)} reaches into {name}"
                used.update(parts[1:])
        used.update(re.findall(r"\bsd\.([A-Za-z_]\w*)", path.read_text(encoding="utf-8")))
    assert used, "nothing was found: does this test still look in the right place?"
    assert used <= set(sdmodel.__all__)


@pytest.mark.parametrize(
    ("library", "homes"),
    [
        ("pysd", ["secondopinion/pysd.py"]),
        ("SALib", []),
        ("simlin", ["external/vdf.py", "secondopinion/simlin.py"]),
        ("xlrd", ["external/excel.py"]),
        ("python_calamine", ["external/excel.py"]),
    ],
)
def test_a_library_is_imported_where_it_belongs(library: str, homes: list[str]) -> None:
    found = [
        path.relative_to(ROOT / "sdmodel").as_posix()
        for path in module_files("sdmodel")
        if any(name.split(".")[0] == library for name in imports(path, types=True))
    ]
    assert found == homes


def test_import_stays_light() -> None:
    code = "import sys, sdmodel; print(*(m for m in sys.argv[1:] if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == []


@pytest.mark.parametrize("package", [sdmodel, sensitivity], ids=lambda package: package.__name__)
def test_public_names_are_those_of_the_readme(package: object) -> None:
    name = package.__name__  # type: ignore[attr-defined]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = re.search(rf"<!-- names: {name} -->(.*?)<!-- end -->", readme, re.DOTALL)
    assert listed is not None
    documented = re.findall(r"`(\w+)`", listed[1])
    assert len(documented) == len(set(documented))
    assert set(documented) == set(package.__all__)  # type: ignore[attr-defined]
    for one in documented:
        assert getattr(package, one) is not None


def test_no_file_is_over_500_lines() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for package in ("sdmodel", "sensitivity", "tests")
        for path in module_files(package)
    }
    assert len(lengths) > 30
    assert {name: lines for name, lines in lengths.items() if lines > 500} == {}
