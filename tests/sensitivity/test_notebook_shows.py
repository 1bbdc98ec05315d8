"""Sweeps and claims in notebooks: rankings in the cell, datasets untouched, bars that go away."""

from __future__ import annotations

from pathlib import Path

import nbclient
import nbformat
import numpy as np
import pytest
import xarray as xr

import sdmodel as sd
import sensitivity as sa
from sdmodel import bars
from sensitivity.notebook.sweeps import html_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def core() -> sd.Model:
    return sd.load(ROOT / "models" / "core.mdl")


@pytest.fixture(scope="module")
def sweep(core: sd.Model) -> xr.Dataset:
    return sa.sweep(core, sa.Space.from_settings(core, "levers"), samples=16)


def test_a_sweep_shows_what_each_outcome_depends_on(sweep: xr.Dataset) -> None:
    html = html_of(sweep)
    first, *others = [str(name) for name in sweep["outcome"].values]
    assert html.index(f"What &#x27;{first}&#x27; depends on") < html.index("<table")
    assert all(f"<summary>What &#x27;{name}&#x27; depends on</summary>" in html for name in others)
    ranked = list(sa.ranking(sweep).index)
    places = [html.index(f">{name}</td>") for name in ranked]
    assert places == sorted(places)
    assert f">{float(sa.ranking(sweep)['ST'].iloc[0]):.3g}</td>" in html
    assert "none failed" in html
    assert html.index("the whole dataset") < html.index("xarray.Dataset")


def test_other_datasets_look_as_ever(sweep: xr.Dataset) -> None:
    for other in (
        xr.Dataset({"x": ("t", [1.0])}),
        sweep.isel(outcome=0),
        sweep.drop_vars("note"),
        sweep[["outcomes"]],
    ):
        html = html_of(other)
        assert "depends on" not in html
        assert "xarray.Dataset" in html


def test_names_of_a_sweep_are_escaped(sweep: xr.Dataset) -> None:
    bad = "<script>alert(1)</script>"
    names = [bad, *sweep["factor"].values[1:]]
    html = html_of(sweep.assign_coords(factor=names))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_claims_show_their_verdicts(core: sd.Model) -> None:
    report = sa.run_claims(core, draws=16, scans=False)
    html = report._repr_html_()
    for one in report.results:
        assert one.claim.text in html
        assert f">{one.verdict.holds:.0%}</td>" in html
    assert str(report) in html
    assert repr(report) == f"<ClaimsReport: {report}>"


def test_a_study_of_packages_is_told_in_a_line(core: sd.Model) -> None:
    study = sa.robust_packages(core, {"final relative knowledge": "high"}, packages=4, draws=8)
    assert repr(study) == (
        "<PackageStudy: 5 packages of 7 levers in 8 draws, for 'final relative knowledge' high>"
    )


def test_a_bar_comes_late_counts_on_and_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, str]] = []
    clock = [0.0]
    monkeypatch.setattr(bars.time, "perf_counter", lambda: clock[0])
    bar = bars.Bar("a < b", "runs", shown.append)
    bar.tell(1, 100)
    assert not shown
    clock[0] = 2.0
    bar.tell(20, 100)
    bar.tell(21, 100)  # too soon after the last
    clock[0] = 3.0
    bar.tell(30, 100)
    bar.close()
    assert [one["text/plain"] for one in shown] == [
        "a < b: 20 of 100 runs, 10 runs/s, 8 s left",
        "a < b: 30 of 100 runs, 10 runs/s, 7 s left",
        "",
    ]
    assert 'value="20" max="100"' in shown[0]["text/html"]
    assert "a &lt; b" in shown[0]["text/html"]


def test_one_bar_is_shown_at_a_time_and_none_where_the_caller_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    places: list[list[dict[str, str]]] = []

    def display() -> object:
        places.append([])
        return places[-1].append

    monkeypatch.setattr(bars, "_display", display)
    monkeypatch.setattr(bars, "DELAY", 0.0)

    def work() -> None:
        with sd.progress("outer") as tell:
            tell(1, 2)
            with sd.progress("inner") as told:
                told(1, 2)
            raise ValueError("badly")

    with pytest.raises(ValueError, match="badly"):
        work()
    assert len(places) == 1
    heard: list[tuple[int, int]] = []
    with sd.progress("mine", lambda done, total: heard.append((done, total))) as tell:
        tell(1, 2)
        with sd.progress("inner") as told:
            told(2, 2)
    assert heard == [(1, 2)]
    assert len(places) == 1


def test_a_sweep_and_a_batch_tell_how_far_they_are(core: sd.Model) -> None:
    levers = sa.Space.from_settings(core, "levers")
    heard: list[tuple[int, int]] = []
    sa.sweep(core, levers, samples=16, progress=lambda done, total: heard.append((done, total)))
    assert heard[-1] == (144, 144)


CELLS = (
    "import sdmodel as sd, sensitivity as sa\nfrom sdmodel import bars\n"
    "model = sd.load('models/core.mdl')\nlevers = sa.Space.from_settings(model, 'levers')",
    "swept = sa.sweep(model, levers, samples=16)\nswept",
    "bars.DELAY = bars.EVERY = 0.0\nfrom functools import partial\n"
    "bars.Bar = partial(bars.Bar, delay=0.0)\nsa.sweep(model, levers, samples=64);",
    "type(swept).__name__, swept.identical(swept.copy())",
)


def test_a_kernel_shows_rankings_and_leaves_nothing_of_a_bar(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in CELLS])
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    )
    seen: list[str] = []
    whole = client.process_message

    def listen(message: dict, cell: object, place: int) -> object:  # type: ignore[type-arg]
        if message["msg_type"] in ("display_data", "update_display_data"):
            seen.append(message["content"]["data"]["text/html"])
        return whole(message, cell, place)

    monkeypatch.setattr(client, "process_message", listen)
    client.execute()
    shown = notebook.cells[1].outputs[-1]  # before it a bar, where the machine is slow
    assert "depends on" in shown.data["text/html"]
    assert shown.data["text/plain"].startswith("<xarray.Dataset>")
    assert "<progress" in seen[0]
    assert seen[-1] == ""
    left = notebook.cells[2].outputs
    assert [one.data["text/html"] for one in left] == [""]
    assert notebook.cells[3].outputs[0].data["text/plain"] == "('Dataset', True)"
    assert np.all([one.output_type != "error" for cell in notebook.cells for one in cell.outputs])
