"""What is written of a run is read back as the same numbers, whatever the names are."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli import main
from sdmodel.export import writing
from sdmodel.external.series import read_series, series_name
from sdmodel.model import Model

ROOT = Path(__file__).resolve().parents[2]
ODD = """
Land: north, "far south" ~ ~ |
stock[Land] = INTEG(stock[Land]*rate, 1) ~ ton ~ |
rate = 0.1 ~ 1/Year ~ |
"a, b" = Time/3 ~ ~ |
"in [brackets]" = 2*Time ~ ~ |
"1995 price" = EXP(Time)*1e-30 ~ ~ |
start = INITIAL(stock[north]) ~ ~ |
copied = rate ~ ~ |
hole = LN(2 - Time) ~ ~ |
étude = -Time ~ ~ |
"""


@pytest.fixture
def run(model: Callable[..., Model]) -> sd.Run:
    with pytest.warns(sd.NonFiniteWarning):
        return model(ODD, SAVEPER=0.5, TIME_STEP=0.25).run(method="euler", engine="reference")


def written(run: sd.Run, path: Path, **how: bool) -> list[list[str]]:
    run.save(path, **how)
    sep = "," if path.suffix == ".csv" else "\t"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=sep))


@pytest.mark.parametrize("across", [False, True])
@pytest.mark.parametrize("suffix", [".csv", ".tab", ".tsv", ".dat"])
def test_what_is_written_is_read_back(
    suffix: str, across: bool, run: sd.Run, tmp_path: Path
) -> None:
    if suffix == ".dat" and across:
        with pytest.raises(sd.SDError, match="only tables"):
            run.save(tmp_path / "run.dat", across=True)
        return
    path = run.save(tmp_path / f"run{suffix}", across=across)
    found = {series_name(one.name): one for one in read_series(path)}
    assert found.keys() == {series_name(name) for name in run.columns}
    for name in run.columns:
        points = found[series_name(name)].points
        values = run.values(name)
        known = np.isfinite(values)
        if suffix == ".dat" and name in run.fixed:
            known &= run.times == run.times[0]
        assert [one.x for one in points] == run.times[known].tolist()
        assert [one.y for one in points] == values[known].tolist()


def test_the_two_orientations_are_each_other_turned(run: sd.Run, tmp_path: Path) -> None:
    down = written(run, tmp_path / "down.csv")
    across = written(run, tmp_path / "across.csv", across=True)
    assert across == [list(column) for column in zip(*down, strict=True)]
    assert down[0] == ["Time", *run.columns]
    assert [float(row[0]) for row in down[1:]] == np.arange(0, 4.1, 0.5).tolist()


def test_a_constant_has_one_point(run: sd.Run, tmp_path: Path) -> None:
    """As in the exports of Vensim: what is computed once has its first time, `copied` has all."""
    text = run.save(tmp_path / "run.dat").read_text(encoding="utf-8")
    parts = re.split(r"^([^\t\n]+)\n", text, flags=re.M)[1:]
    counts = {
        name: points.count("\n") for name, points in zip(parts[::2], parts[1::2], strict=True)
    }
    assert {name for name, count in counts.items() if count == 1} == {
        "rate", "start", "INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER",
    }  # fmt: skip
    assert counts["copied"] == counts["stock[north]"] == len(run.times)


def test_a_run_is_data_for_another_model(tmp_path: Path) -> None:
    model = sd.load(ROOT / "models" / "epidemic.mdl")
    run = model.run(method="vensim")
    run.save(tmp_path / "run.dat")
    (tmp_path / "m.mdl").write_text(
        "Infected~~|double = Infected*2~~|INITIAL TIME=0~~|FINAL TIME=300~~|TIME STEP=1~~|"
        "SAVEPER=1~~|",
        encoding="utf-8",
    )
    other = sd.load(tmp_path / "m.mdl", data=[tmp_path / "run.dat"]).run(method="vensim")
    np.testing.assert_array_equal(other.values("double"), 2 * run.values("Infected"))


def test_parquet_keeps_all_or_says_what_is_missing(
    run: sd.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.parquet"
    if writing.find_spec("pyarrow") is not None:
        frame = pd.read_parquet(run.save(path))
        pd.testing.assert_frame_equal(frame, run.to_dataframe())
        assert frame.attrs["units"]["rate"] == "1/Year"
    monkeypatch.setattr(writing, "find_spec", lambda name: None)
    with pytest.raises(sd.SDError, match=r"needs pyarrow.*pip install pyarrow, or write \.nc"):
        run.save(tmp_path / "other.parquet")
    assert not (tmp_path / "other.parquet").exists()


# Save lists -------------------------------------------------------------------------------------


def test_a_save_list(model: Callable[..., Model], tmp_path: Path) -> None:
    made = model(ODD.replace("LN(2 - Time)", "1"))
    (tmp_path / "a.lst").write_bytes(b'RATE\r\n\r\n stock\r\nstock[north]\r\n"a, b"\r\n\x1axx')
    names = sd.read_save_list(tmp_path / "a.lst", made)
    assert names == ["rate", "stock[north]", "stock[far south]", '"a, b"']
    run = made.run(outputs=names)
    assert list(run.columns) == names
    assert written(run, tmp_path / "run.tab")[0] == ["Time", *names]


def test_a_save_list_of_ranges(model: Callable[..., Model], tmp_path: Path) -> None:
    made = model("A: a1, a2, a3\nB: a1, a3\nC: c1, c2\nx[A,C] = 1\ny = 2")
    (tmp_path / "a.lst").write_text("x[B,c2]\ny", encoding="utf-8")
    assert sd.read_save_list(tmp_path / "a.lst", made) == ["x[a1,c2]", "x[a3,c2]", "y"]


def test_all_wrong_names_at_once(model: Callable[..., Model], tmp_path: Path) -> None:
    made = model("A: a1, a2\nx[A] = 1\nlonger = 2\nf((0,1),(1,2))\ng = f(1)")
    (tmp_path / "a.lst").write_text("x\n  longr\nx[a9]\nf\n", encoding="utf-8")
    with pytest.raises(sd.SDError) as caught:
        sd.read_save_list(tmp_path / "a.lst", made)
    problems = caught.value.problems  # type: ignore[attr-defined]
    assert [(one.line, one.column) for one in problems] == [(2, 3), (3, 1), (4, 1)]
    assert "did you mean 'longer'?" in str(caught.value)
    assert "'x' has no element 'x[a9]'" in str(caught.value)
    assert "'f' is a lookup" in str(caught.value)


# In the terminal --------------------------------------------------------------------------------


def test_the_verb(tmp_path: Path) -> None:
    model, kept = (str(ROOT / "models" / one) for one in ("epidemic.mdl", "epidemic.lst"))
    out = tmp_path / "run.tab"
    told = ["run", model, "--save-list", kept, "--save-every", "100", "-o", str(out), "--across"]
    done = CliRunner().invoke(main, told)
    assert done.exit_code == 0, done.output
    rows = [line.split("\t") for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row[0] for row in rows] == ["Time", "Infected", "Dead", "beds"]
    assert [float(one) for one in rows[0][1:]] == [0, 100, 200, 300]
    done = CliRunner().invoke(main, ["run", model, "-o", str(tmp_path / "a.nc"), "--across"])
    assert done.exit_code == 1
    assert "can have time run across" in done.stderr


def test_what_the_settings_name(tmp_path: Path) -> None:
    text = (ROOT / "models" / "epidemic.mdl").read_text(encoding="utf-8")
    named = (
        "1:a.vdf\n1:b.vdf\n10:slow.cin,found.out\n11:o.voc\n12:p.vpd\n13:history\n"
        "18:s.vsc\n20:s.lst\n30:?in=in.xlsx\n"
    )
    path = tmp_path / "m.mdl"
    path.write_text(text + named, encoding="utf-8")
    settings = sd.load(path).vensim_settings  # none of the files is there: none is loaded
    assert settings.runs[-2:] == ("a.vdf", "b.vdf")
    assert settings.files == {
        "changes": "slow.cin, found.out",
        "data": "history",
        "save list of a sensitivity run": "s.lst",
        "sensitivity control": "s.vsc",
        "optimisation control": "o.voc",
        "payoff": "p.vpd",
        "workbooks": "?in = in.xlsx",
    }
    shown = CliRunner().invoke(main, ["show", str(path)]).stdout
    assert "Named in Vensim's settings (not loaded)" in shown
    assert "slow.cin, found.out" in shown
    plain = CliRunner().invoke(main, ["show", str(ROOT / "models" / "epidemic.mdl")]).stdout
    assert "Vensim's settings" not in plain
