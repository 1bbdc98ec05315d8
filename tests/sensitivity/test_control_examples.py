"""Control files as they are met, and what docs/vensim_control.md says of them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import sdmodel as sd
import sensitivity as sa
from sensitivity.cli import main
from sensitivity.control.drawn import METHODS
from sensitivity.control.payoff import ERRORS, Payoff
from sensitivity.families import FAMILIES
from tests.sensitivity.conftest import VENSIM_OPTIONS

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "vensim_control.md").read_text(encoding="utf-8")
OPTIMISED = f"""{VENSIM_OPTIONS}1.000000<="Learning Time (tl)"[Rgn]=150<=1000.000000
50<=Immunity Loss Time[NVx] <=1000
"""


def write(folder: Path, name: str, text: str, **how: str) -> Path:
    path = folder / name
    path.write_text(text, encoding=how.get("encoding", "utf-8"), newline=how.get("newline", "\n"))
    return path


def test_a_sensitivity_control_with_underscores(written, tmp_path) -> None:
    model = written(
        "Log10 Fatality Rate = -2 ~ |\nR0 = 3 ~ |\n"
        "Deaths = INTEG(R0*10^Log10 Fatality Rate, 0) ~ |\nCumulative Cost = INTEG(Deaths, 0) ~ |"
    )
    lines = (
        "100,M,1234,,0\n"
        "Log10 Fatality Rate=RANDOM_NORMAL(-3,-1,-2.3,0.3)\n"
        "R0=RANDOM_TRIANGULAR(2.2,5,2.5,3.5,4.5)\n"
    )
    path = write(tmp_path, "a.vsc", lines, newline="\r\n")
    saved = write(tmp_path, "a.lst", "Deaths\nCumulative Cost\n")
    swept = sa.run_vsc(path, model, saved)
    assert swept["courses"].shape == (2, 11, 100)
    low, high = swept["design"].min("sample"), swept["design"].max("sample")
    assert (low >= [-3, 2.5]).all()
    assert (high <= [-1, 4.5]).all()
    rise = swept["design"][:, 1] * 10 ** swept["design"][:, 0]
    assert np.allclose(swept["courses"].sel(series="Deaths")[-1], 10 * rise)


def test_a_sensitivity_control_with_blanks_and_one_that_is_a_table(written, tmp_path) -> None:
    model = written(
        "PRICE OF STEEL = 1 ~ |\nBUILDING TIME = 12 ~ |\nNOISE SEED = 0 ~ |\n"
        "Cost = INTEG(PRICE OF STEEL/BUILDING TIME + 0*NOISE SEED, 0) ~ |"
    )
    lines = (
        "250,M,1234,,0\n"
        "PRICE OF STEEL=RANDOM TRIANGULAR(.5,1.5,.5,1,1.5)\n"
        "BUILDING TIME=RANDOM UNIFORM(11,15)\n"
    )
    swept = sa.run_vsc(write(tmp_path, "a.vsc", lines), model)
    assert swept.sizes["sample"] == 250
    rows = "price of steel\tbuilding time\tNOISE SEED\n1.36\t13\t1\n1.1\t\t2\n\t14\t\n"
    write(tmp_path, "rows.txt", rows)
    swept = sa.run_vsc(write(tmp_path, "b.vsc", ",F,,rows.txt,0\n"), model)
    assert swept["design"].values.tolist() == [[1.36, 13, 1], [1.1, 13, 2], [1.1, 14, 2]]


@pytest.fixture
def regions(written) -> sd.Model:
    """Return a model with the names of the optimisation and payoff examples."""
    return written(
        "Rgn: east, west ~ |\nVx: vax, novax ~ |\nNVx: novax ~ |\nSeries: s1, s2 ~ |\n"
        "Priors: p1, p2, p3 ~ |\n"
        '"Learning Time (tl)"[Rgn] = 100 ~ |\nImmunity Loss Time[Vx] = 200 ~ |\n'
        'GDP[Rgn] = INTEG("Learning Time (tl)"[Rgn]/100, 1) ~ |\n'
        "NBLLFlow[Rgn,Series] = -(GDP[Rgn]-4)^2 ~ |\n"
        "PriorErrs[Rgn,Priors] = (Immunity Loss Time[novax]-100)^2/1000 ~ |"
    )


def test_an_optimisation_control_with_arrays_finds_the_top_of_its_payoff(regions, tmp_path) -> None:
    voc = write(tmp_path, "a.voc", OPTIMISED)
    vpd = write(tmp_path, "a.vpd", "*P\nNBLLFlow[Rgn,Series]/1\n*PF\nPriorErrs[Rgn,Priors]/-1\n")
    read = sd.read_voc(voc, regions)
    assert [(one.name, one.start) for one in read.searched] == [
        ('"Learning Time (tl)"[east]', 150),
        ('"Learning Time (tl)"[west]', 150),
        ("Immunity Loss Time[novax]", 200),
    ]
    assert [one.line for one in read.notes] == [15]
    definition = sd.read_vpd(vpd, regions)
    assert [one.time for one in definition.parts] == ["every"] * 4 + ["final"] * 6
    found = sa.run_voc(voc, vpd, regions)
    assert len(found.starts) == 4
    # A step at a time GDP is 1 + t * rate: nearest to 4, all steps together, at this rate.
    times = np.arange(0, 10, 0.5)
    rate = (3 * times).sum() / (times**2).sum()
    east, west, loss = found.values.values()
    assert (east, west) == pytest.approx((100 * rate, 100 * rate), rel=1e-4)
    assert loss == pytest.approx(100, rel=1e-4)


def test_a_calibration_of_arrays_with_the_data_on_the_left(regions, tmp_path) -> None:
    text = regions.path.read_text(encoding="utf-8")
    variable = '"Real World GDP Data (Gt)"'
    changed = text.replace(
        '"Learning Time (tl)"[Rgn] =', f'{variable}[Rgn] ~ |\n"Learning Time (tl)"[Rgn] =', 1
    )
    regions.path.write_text(changed, encoding="utf-8")
    points = "".join(
        f"{variable}[{one}]\n2\t{value}\n" for one, value in (("east", 5), ("west", 7))
    )
    model = sd.load(regions.path, data=[write(tmp_path, "seen.dat", points)])
    vpd = write(tmp_path, "a.vpd", f"*C\n{variable}[Rgn]|GDP[Rgn]/1\n")
    measured = Payoff(sd.read_vpd(vpd, model), model)
    parts = measured.parts_of(pd.DataFrame({"Immunity Loss Time[novax]": [1.0]}))
    assert parts[:, 0].tolist() == [-4, -16]  # GDP is 3 there


# The page -------------------------------------------------------------------------------------


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCS, re.DOTALL)


def test_the_files_of_the_page_are_run(tmp_path) -> None:
    model = sd.load(ROOT / "models" / "epidemic.mdl")
    (vsc,), (voc,), (vpd,) = blocks("vsc"), blocks("voc"), blocks("vpd")
    swept = sa.run_vsc(write(tmp_path, "a.vsc", vsc), model, ["Infected"], samples=20)
    assert swept.attrs["method"] == "vensim-latin"
    seen = write(tmp_path, "seen.dat", "Infected\n10\t90\n20\t2000\nburied\n20\t9\n30\t50\n")
    loaded = sd.load(model.path, data=[seen])
    found = sa.run_voc(
        write(tmp_path, "a.voc", voc), write(tmp_path, "a.vpd", vpd), loaded, starts=1
    )
    assert found.payoff > found.before
    assert found.parts["type"].tolist() == ["*C", "*C", "*PF"]


def test_the_commands_of_the_page_take_their_options(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (text,) = blocks("sh")
    for name in re.findall(r"\w+\.\w+", text):
        (tmp_path / name).touch()
    for line in text.strip().splitlines():
        words = line.split()
        assert words[:2] == ["sensitivity", "run"]
        main.commands["run"].make_context("run", words[2:])


def rows() -> list[str]:
    return re.findall(r"^\| (`.*?) \|", DOCS, re.MULTILINE)


def test_the_tables_of_the_page_list_what_there_is() -> None:
    from sdmodel.control.voc import OPTIONS

    told = [name for row in rows() for name in re.findall(r"`(.*?)`", row)]
    types = {"*P", "*PF", "*PI", "*C", *(f"*C{letter}" for letter in ERRORS)}
    assert len(told) == len(set(told))
    assert set(told) == {*METHODS, *(set(FAMILIES) - {"GIVEN"}), *OPTIONS, *types}


def test_what_the_page_calls_refused_is_refused(tmp_path) -> None:
    model = sd.load(ROOT / "models" / "epidemic.mdl")
    for kind in ("*CH", "*CY", "*CD", "*CX", "*R", "*RI"):
        with pytest.raises(sd.ReadError, match="not offered"):
            sd.read_vpd(write(tmp_path, "a.vpd", f"{kind}\nDead/1\n"), model)
    for option in (":OPTIMIZER=MCMC", ":MULTIPLE_START=SVECTOR", ":SENSITIVITY=PAYOFF_MCMC"):
        with pytest.raises(sd.ReadError, match="not offered"):
            sd.read_voc(write(tmp_path, "a.voc", f"{option}\n4<=illness<=14\n"), model)


def test_help_names_the_control_files() -> None:
    told = CliRunner().invoke(main, ["run", "--help"]).output
    assert all(word in told for word in ("--model", "--save-list", "--payoff", ".vsc", ".voc"))
