"""Every notebook runs from top to bottom, as a reader would run it."""

from pathlib import Path

import nbclient
import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


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
        notebook, timeout=180, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}}
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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_clean(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
