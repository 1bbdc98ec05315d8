"""Study files: what they say is run, and what is wrong in them is told all at once."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import sdmodel as sd
import sensitivity as sa
from sensitivity.cli import main
from sensitivity.studies.reading import KEYS

CORE = Path(__file__).resolve().parents[2] / "models" / "core.mdl"


def written(folder: Path, text: str, name: str = "levers.toml") -> Path:
    path = folder / name
    path.write_text(f"model = '{CORE}'\n{text}", encoding="utf-8")
    return path


def test_everything_it_can_say(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
store = "kept/levers.study"
method = "sobol"
samples = 32
seed = 7
second_order = true
resamples = 50
confidence = 0.9
outcomes = ["relative knowledge"]
what = "both"
only = ["network exposure", "forgetting rate", "Education_Effort"]
without = "education effort"
series = ["relative knowledge", "brain drain share"]
courses = true
integration = "euler"
time_step = 0.125
save_every = 2

[fixed]
"local firm policy" = 0.8

[limits]
"relative knowledge" = { high = 0.9 }
""",
    )
    found = sa.read_study(path)
    study = found.study
    assert found.store == tmp_path / "kept" / "levers.study"
    assert study.plan == sa.Plan(
        "sobol", 32, 2, seed=7, second_order=True, resamples=50, confidence=0.9
    )
    assert study.space.names == ("network exposure", "forgetting rate")
    assert study.series == ("relative knowledge", "brain drain share")
    assert study.fixed == {"local firm policy": 0.8}
    assert study.limits == {"relative knowledge": (None, 0.9)}
    assert study.options == {"time_step": 0.125, "save_every": 2.0}
    assert (study.integration, study.courses) == ("euler", True)


def test_what_is_wrong_is_told_at_once_with_lines(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        'samples = "many"\nsede = 3\n\n[fixed]\n"forgetting rate" = true\n[limits]\n"x" = 3\n',
    )
    with pytest.raises(sa.StudyError) as told:
        sa.read_study(path)
    lines = str(told.value).splitlines()
    assert len(lines) == 4
    assert f"{path}:2: 'samples' must be a whole number" in lines
    assert lines[1].startswith(f"{path}:3: there is no setting 'sede'; did you mean '")
    assert f"{path}:5: 'fixed' must be a table of constants and their values" in lines
    assert any(line.startswith(f"{path}:7: 'limits' must be for each variable") for line in lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('fixed = { "forgeting rate" = 0.1 }', "has no constant 'forgeting rate'; did you mean"),
        ('outcomes = ["relative knowlege"]', "'relative knowlege'"),
        ("samples = 100", "needs samples that are a power of 2, not 100: use"),
        ('store = "../elsewhere.study"', "lies outside the folder of this file"),
        ('store = "/tmp/elsewhere.study"', "lies outside the folder of this file"),
        ('only = ["network exposur"]', "no factor named 'network exposur' in this space; did"),
        ('fixed = { "network exposure" = 0.1 }', "is both fixed and varied"),
        ('method = "sobl"', "no method named 'sobl'"),
        ("samples = [", "levers.toml"),
    ],
)
def test_messages(tmp_path: Path, text: str, message: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(sa.StudyError) as told:
        sa.read_study(path)
    assert message in str(told.value)
    assert str(path) in str(told.value)
    done = CliRunner().invoke(main, ["run", str(path)])
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)


def test_no_model(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("samples = 64\n")
    with pytest.raises(sa.StudyError, match="names no model: add a line such as"):
        sa.read_study(tmp_path / "a.toml")
    (tmp_path / "a.toml").write_text("model = 'gone.mdl'\n")
    with pytest.raises(sa.StudyError, match=r"a.toml:1: there is no file .*gone.mdl"):
        sa.read_study(tmp_path / "a.toml")
    with pytest.raises(sa.StudyError, match="cannot read .*b.toml: No such file"):
        sa.read_study(tmp_path / "b.toml")
    (tmp_path / "c.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(sa.StudyError, match="is not UTF-8 text"):
        sa.read_study(tmp_path / "c.toml")


def test_the_verbs(tmp_path: Path) -> None:
    path = written(tmp_path, 'outcomes = ["relative knowledge"]\nwhat = "levers"\nsamples = 64\n')

    def call(*words: str) -> str:
        done = CliRunner().invoke(main, list(words))
        assert done.exit_code == 0, done.output
        return done.stdout

    first = call("run", str(path))
    assert "576 runs (0 failed)" in first
    store = tmp_path / "levers.study"
    assert f"store: {store}" in first
    assert call("run", str(path)).splitlines()[-1] == first.splitlines()[-1]
    ranked = json.loads(call("rank", str(store), "--json"))
    assert ranked["runs"] == 576
    for part in (1, 2):
        call("run", str(path), "--shard", f"{part}/2", "-o", str(tmp_path / f"{part}.study"))
    merged = call(
        "merge", *(str(tmp_path / f"{i}.study") for i in (1, 2)), "-o", str(tmp_path / "w.study")
    )
    assert merged.splitlines()[-1] == first.splitlines()[-1]
    assert "all the same bits" in call("verify", str(store))
    assert "it did not fail" in call("replay", str(store), "--run", "5")
    call("plot", str(store), "-o", str(tmp_path / "figures"))
    assert len(list((tmp_path / "figures").iterdir())) >= 3


def test_until_converged(tmp_path: Path) -> None:
    path = written(tmp_path, 'outcomes = ["relative knowledge"]\nwhat = "levers"\nsamples = 256\n')
    done = CliRunner().invoke(main, ["run", str(path), "--until-converged"])
    assert done.exit_code == 0, done.output
    steps = [line for line in done.output.splitlines() if line.startswith("n = ")]
    assert len(steps) >= 2
    assert steps[-1].endswith("the ranking holds")
    assert all(line.endswith("does not hold yet") for line in steps[:-1])
    largest = int(steps[-1].split()[2].rstrip(":").replace(",", ""))
    once = sa.run_study(sa.read_study(path).study.with_samples(largest), tmp_path / "once.study")
    assert (sa.open_sweep(once)["ST"] == sa.open_sweep(tmp_path / "levers.study")["ST"]).all()
    # The same command once more goes on where it was, as after an interruption.
    again = CliRunner().invoke(main, ["run", str(path), "--until-converged"])
    assert again.exit_code == 0, again.output
    assert [one for one in again.output.splitlines() if one.startswith("n = ")] == steps[-1:]

    def few(runs: int) -> Result:
        budget = ["--most-runs", str(runs), "-o", str(tmp_path / f"{runs}.study")]
        return CliRunner().invoke(main, ["run", str(path), "--until-converged", *budget])

    assert "n = 256: the ranking does not hold yet" in few(3000).output
    assert "n = 512" not in few(3000).output
    assert few(2000).exit_code == 1
    assert "256 samples take 2,304 runs already, more than most_runs = 2,000" in few(2000).output
    assert not (tmp_path / "2000.study").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--memory", "lots"], "'lots' is no size: write 2GB or 800MB"),
        (["--memory", "9" * 400 + "GB"], "is more than any machine has"),
        (["--memory", "100MB"], "memory is 100 MB: give 512 MB or more"),
        (["--shard", "3/2"], "'3/2' is no part: write 1/5"),
        (["--until-converged", "--shard", "1/2"], "exclude each other"),
        (["-o", "a.zarr"], "does not end in .study"),
    ],
)
def test_options_that_do_not_fit(tmp_path: Path, words: list[str], message: str) -> None:
    path = written(tmp_path, "samples = 64\n")
    done = CliRunner().invoke(main, ["run", str(path), *words])
    assert done.exit_code != 0
    assert message in done.output


OWN = """
method = "sample"
samples = 256

[levers."network exposure"]
low = 0.2
high = 0.8

[uncertainties."forgetting rate"]
distribution = "triangular"
low = 0.01
high = 0.05

[uncertainties."initial of Diaspora"]
low = 0.0
high = 1.0

[correlations]
"forgetting rate" = { "initial of Diaspora" = 0.7 }

[scenarios."half open"]
set = { "education effort" = 0.5 }

[outcomes."lead of half open"]
expression = "a - b"
let = { a = "relative knowledge @ half open", b = "relative knowledge" }
"""


def test_inputs_outcomes_and_scenarios_of_its_own(tmp_path: Path) -> None:
    found = sa.read_study(written(tmp_path, OWN)).study
    assert found.space.names == ("network exposure", "forgetting rate", "initial of Diaspora")
    assert [one.name for one in found.outcomes] == ["lead of half open"]
    assert found.arms == {"half open": {"education effort": 0.5}}
    path = sa.run_study(found, tmp_path / "own.study")
    swept = sa.open_sweep(path)
    design, lead = swept["design"].values, swept["outcomes"].values[0]
    assert 0.55 < np.corrcoef(design[:, 1], design[:, 2])[0, 1] < 0.85
    assert sa.verify(path, share=1.0).ok
    # The store needs neither the study file nor the scenarios beside the model.
    again = sa.replay(path, 17)
    assert again.same
    model = sd.load(CORE).with_parts(["initial of Diaspora"])
    values = again.values
    half = model.run(values | {"education effort": 0.5}, method="vensim")
    drawn = model.run(values, method="vensim")
    lead_17 = half.values("relative knowledge")[-1] - drawn.values("relative knowledge")[-1]
    assert lead[17] == pytest.approx(lead_17, rel=1e-12)


def test_mistakes_in_tables_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, OWN.replace('"forgetting rate"', '"forgeting rate"'))
    done = CliRunner().invoke(main, ["run", str(path)])
    assert done.exit_code == 1
    assert "forgeting rate" in done.output
    assert "did you mean 'forgetting rate'" in done.output
    path = written(tmp_path, OWN.replace('method = "sample"', 'method = "sobol"'))
    with pytest.raises(sa.StudyError, match="sobol needs independent inputs"):
        sa.read_study(path)


DOCS = Path(__file__).resolve().parents[2] / "docs" / "studies.md"


def test_the_page_names_every_setting_and_its_example_runs(tmp_path: Path) -> None:
    page = DOCS.read_text(encoding="utf-8")
    table = page[page.index("| setting |") : page.index("In Python `sa.study")]
    named = {
        name
        for line in table.splitlines()
        for name in re.findall(r"`(\w+)`", line.split("|")[1] if "|" in line else "")
    }
    assert named == set(KEYS)
    example = page.split("```toml\n")[1].split("```")[0]
    path = tmp_path / "levers.toml"
    text = example.replace("../models/core.mdl", str(CORE)).replace("1024", "16")
    path.write_text(text, encoding="utf-8")
    found = sa.read_study(path)
    assert found.study.plan.samples == 16
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.SweepWarning)
        swept = sa.open_sweep(sa.run_study(found.study, found.store))
    assert swept["ST_over_time"].sizes["time"] == 61
    told = {path.name for path in found.store.iterdir()}
    assert told == {"study.json", "model", "runs.zarr", "done", "analysis.nc"}
    assert all(name in page for name in told)


def test_verbs_of_the_page_are_there() -> None:
    page = DOCS.read_text(encoding="utf-8")
    verbs = set(re.findall(r"sensitivity ([a-z]+) [a-z-]*[\w*]", page))
    assert len(verbs) >= 6
    assert verbs <= set(main.commands)


def test_parts_are_set_by_settings_too(tmp_path: Path) -> None:
    """Fixed values, arms and scenarios may set where a stock starts, and it is kept so."""
    text = 'outcomes = ["relative knowledge"]\nwhat = "levers"\nsamples = 16\nresamples = 0\n'
    part = '"initial of Diaspora" = 3'
    measured = '[outcomes."gap"]\nof = "relative knowledge"\narm = "abroad"\n'
    plain = text.replace('outcomes = ["relative knowledge"]\n', "")
    files = {
        "fixed": f"{text}fixed = {{ {part} }}\n",
        "scenario": f'{plain}{measured}[scenarios."abroad"]\nset = {{ {part} }}\n',
    }
    found = {}
    for name, content in files.items():
        described = sa.read_study(written(tmp_path, content)).study
        path = sa.run_study(described, tmp_path / f"{name}.study")
        assert sa.verify(path, share=1.0).ok
        assert sa.replay(path, 5).same
        found[name] = sa.open_sweep(path)["outcomes"].values
    np.testing.assert_array_equal(found["fixed"], found["scenario"])
    usual = sa.run_study(sa.read_study(written(tmp_path, text)).study, tmp_path / "usual.study")
    assert (found["fixed"] != sa.open_sweep(usual)["outcomes"].values).all()
    core = sd.load(CORE)
    swept = sa.sweep(
        core,
        sa.Space.from_settings(core, "levers"),
        "relative knowledge",
        samples=16,
        resamples=0,
        fixed={"initial of Diaspora": 3.0},
    )
    np.testing.assert_array_equal(swept["outcomes"].values, found["fixed"])
    assert sa.replay(sa.save(swept, tmp_path / "fixed.nc"), 5).same


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("samples = " + "9" * 5000, "4300"),
        ("fixed = " + "[" * 20_000, "recursion"),
        ('store = "."', r":2: 'store' must be a folder beside this file, ending in \.study"),
        ('store = "a\\u0000.study"', r":2: 'store' must be a folder"),
        (
            "levers = 'levers.toml'\n[uncertainties.\"forgetting rate\"]\nlow = 0.02\nhigh = 0.04",
            r"levers = 'levers.toml' says what is varied, and so does \[uncertainties\] here",
        ),
        ('[limits."relative knowledge"]\nlow = nan', "a limit of 'relative knowledge' is nan"),
    ],
)
def test_what_no_study_says(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(sa.StudyError, match=message):
        sa.read_study(written(tmp_path, text))


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    path = written(tmp_path, "what = 'levers'\ngrouped = false\nquantile = 0.4\n")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert sa.read_study(path).study.plan.quantile == 0.4


SLASHED = """{UTF-8}
"a/b" = 0.5 ~ 1/Year [0, 1] ~ |
"growth-rate" = 2 * "a/b" ~ 1/Year ~ |
growth rate = 3 * "a/b" ~ 1/Year ~ |
FINAL TIME = 4 ~ Year ~ |
INITIAL TIME = 0 ~ Year ~ |
TIME STEP = 1 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""


def test_names_that_are_no_file_names(tmp_path: Path) -> None:
    """Each outcome has a figure of its own, and what netCDF cannot hold is told."""
    (tmp_path / "it's a model.mdl").write_text(SLASHED)
    model = sd.load(tmp_path / "it's a model.mdl")
    space = sa.Space([sa.factor('"a/b"', 0, 1)])
    study = sa.study(model, space, ['"growth-rate"', "growth rate", '"a/b"'], samples=16)
    store = str(sa.run_study(study, tmp_path / "a.study"))
    figures = tmp_path / "figures"
    done = CliRunner().invoke(main, ["plot", store, "--figure", "scatter", "-o", str(figures)])
    assert done.exit_code == 0, done.output
    assert {one.name for one in figures.iterdir()} == {
        "scatter-final-growth-rate.png",
        "scatter-final-growth-rate-2.png",
        "scatter-final-a-b.png",
    }
    replay = ["replay", store, "--run", "1", "-o"]
    done = CliRunner().invoke(main, [*replay, str(tmp_path / "run.nc")])
    assert done.exit_code == 2
    assert "netCDF allows no slash in names such as" in done.output
    assert CliRunner().invoke(main, [*replay, str(tmp_path / "run.csv")]).exit_code == 0
