"""Every notebook runs from top to bottom, as a reader would run it."""

import re
from pathlib import Path

import nbclient
import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))

# What a reader is told, beside what the cells assert themselves: it must stand in the outputs.
TOLD = {
    "02_scenarios_and_packages": (
        "630 variables, 27 stocks",
        "Malaysia-like",
        r"Blended learning against as it was: \+[1-9]\.\d%",
        r"of the packages do better without harm in half of the futures",
    ),
    "06_bring_your_own_model": (
        r"highest at [\d.]+, [\d,]+ [Pp]erson",
        "did you mean",
        r"the peak moves by -?[\d.]+, its height by [+-]0\.\d\d%",
        r"first: .+ \(\d\d% of the variance",
        '<iframe title="Sliders of',
        "depends on",
    ),
    "07_honest_numbers": (
        "euler with TIME STEP 0.5 is not accurate enough",
        "rk4: order 4, found [34]\\.",
        "rk4 with TIME STEP 0.25 is accurate enough",
        "'fast' is no longer a finite number",
        r"models/core\.mdl: compiled, reference.* agree in all 65 variables",
    ),
}


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Warnings are errors in the kernel as they are here, less those of other people's packages.
    monkeypatch.setenv("PYTHONWARNINGS", "error::UserWarning,error::RuntimeWarning")
    # The short form: few futures for each comparison.
    monkeypatch.setenv("SDMODEL_DRAWS", "16")
    # So that the packages are found where they were not installed.
    monkeypatch.setenv("PYTHONPATH", str(FOLDER.parent))
    notebook = nbformat.read(path, as_version=4)
    nbclient.NotebookClient(
        notebook, timeout=400, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
    ).execute()
    executed = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert executed
    assert all(cell.execution_count for cell in executed)
    # Errors that the notebook shows on purpose are caught in its cells; figures are drawn.
    pictures = [
        output
        for cell in executed
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) >= 3
    said = "\n".join(
        str(output.get("text", "")) + "\n".join(map(str, output.get("data", {}).values()))
        for cell in executed
        for output in cell.outputs
    )
    assert [one for one in TOLD.get(path.stem, ()) if not re.search(one, said)] == []
    # What is shown is the same on every machine, but for the file that a sweep says it is of.
    assert str(FOLDER.parent) not in re.sub(r"model_file\W.{0,40}?/\S+?\.mdl", "", said)


def test_what_is_told_is_told_by_a_notebook() -> None:
    assert set(TOLD) <= {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("name", TOLD)
def test_notebooks_assert_what_they_say(name: str) -> None:
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    checked = [cell for cell in notebook.cells if re.search("^ *assert ", cell.source, re.M)]
    assert len(checked) >= 2
    for cell in checked:
        assert re.search("^ *# .+[.]$", cell.source, re.M), "an assertion says what it teaches"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_clean(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
