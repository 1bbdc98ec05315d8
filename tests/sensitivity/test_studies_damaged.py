"""Stores that were damaged, changed by hand or moved away from their model: told, never trusted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sdmodel as sd
import sensitivity as sa
from sensitivity.studies import running
from sensitivity.studies.store import Store, sealed

CORE = Path(__file__).resolve().parents[2] / "models" / "core.mdl"


@pytest.fixture(scope="module")
def core() -> sd.Model:
    return sd.load(CORE)


@pytest.fixture
def levers(core: sd.Model) -> sa.Study:
    """Return a study of 7 levers: 256 x 9 runs."""
    space = sa.Space.from_settings(core, "levers")
    return sa.study(core, space, ["relative knowledge", sa.mean("brain drain share")], samples=256)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many chunks also where there are few runs."""
    monkeypatch.setattr(running, "CHUNK_RUNS", 300)


def digest(path: Path) -> str:
    return Store.open(path).digest


@pytest.mark.parametrize(
    "change",
    [
        lambda about: about.pop("identity"),
        lambda about: about.pop("chunk_runs"),
        lambda about: about.update(base=[1, 2]),
        lambda about: about["identity"].update(plan=3),
        lambda about: about["identity"].update(space={"levers": [{"name": 3}]}),
        lambda about: about["identity"]["plan"].update(samples="many"),
        lambda about: about["identity"].update(outcomes=[{"of": 1}]),
        lambda about: about.update(sensitivity_store=99),
        lambda about: about["identity"].update(model_digest=7),
    ],
)
def test_a_description_changed_by_hand(levers: sa.Study, tmp_path: Path, change) -> None:
    path = sa.run_study(levers, tmp_path / "a.study", shard=(1, 9))
    about = json.loads((path / "study.json").read_text())
    change(about)
    (path / "study.json").write_text(json.dumps(about))
    with pytest.raises(sa.StoreError, match=r"damaged|format 99"):
        Store.open(path)
    # Also where somebody took the trouble to make the digest fit.
    (path / "study.json").write_text(json.dumps(sealed(about)) if "identity" in about else "[]")
    with pytest.raises(sd.SDError, match=r"damaged|format 99|samples|outcome|needs|name"):
        Store.open(path)


def test_a_description_of_other_draws_is_refused(levers: sa.Study, tmp_path: Path) -> None:
    """Its design would be shown beside outcomes that another one gave."""
    path = sa.run_study(levers, tmp_path / "a.study")
    about = json.loads((path / "study.json").read_text())
    about["identity"]["plan"]["seed"] = 2
    (path / "study.json").write_text(json.dumps(about))
    for read in (sa.open_sweep, sa.verify, lambda path: sa.replay(path, 0)):
        with pytest.raises(sa.StoreError, match="changed by hand"):
            read(path)


def test_damaged_files_are_told(levers: sa.Study, tmp_path: Path) -> None:
    path = sa.run_study(levers, tmp_path / "a.study")
    sound = digest(path)
    (path / "analysis.nc").write_bytes(b"nothing")
    with pytest.raises(sa.StoreError, match=r"analysis.nc is damaged .* run the study again"):
        sa.open_sweep(path)
    (path / "done" / "3.json").write_text('{"digest": "0"}')
    assert Store.open(path).missing() == [3]
    sa.run_study(levers, path)
    (path / "runs.zarr" / "outcomes" / "c" / "0" / "1").write_bytes(b"nothing")
    with pytest.raises(sa.StoreError, match="is damaged .*'sensitivity verify' says which runs"):
        sa.open_sweep(path)
    found = sa.verify(path, share=0.1)
    assert len(found.damaged) == 1
    assert "runs 288 to 575 are not what was written" in found.damaged[0]
    (path / "done" / "1.json").unlink()
    sa.run_study(levers, path)
    assert digest(path) == sound
    (path / "runs.zarr" / "status" / "zarr.json").write_text("{}")
    with pytest.raises(sa.StoreError, match="is damaged"):
        sa.open_sweep(path)


def test_killed_while_it_is_made_larger(
    levers: sa.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is more room in it then; the smaller study and the larger one can both go on."""
    quiet = sa.run_study(levers, tmp_path / "quiet.study")
    path = sa.run_study(levers, tmp_path / "a.study")

    def killed(self: Store) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Store, "_describe", killed)
        with pytest.raises(KeyboardInterrupt):
            sa.run_study(levers.with_samples(1024), path)
    sa.run_study(levers, path)
    for name in ("outcomes", "ST", "percentiles"):
        assert (sa.open_sweep(path)[name] == sa.open_sweep(quiet)[name]).all()
    sa.run_study(levers.with_samples(1024), path)
    once = sa.run_study(levers.with_samples(1024), tmp_path / "once.study")
    assert digest(path) == digest(once)


def test_a_model_with_other_equations_can_be_verified(core: sd.Model, tmp_path: Path) -> None:
    """Also where the TOML beside it no longer fits: a default off its range, a lever computed."""
    changed = core.replace("forgetting rate", "0.06").replace(
        "network exposure", "0.2 + RAMP(0.01, 1980, 2000)"
    )
    space = sa.Space.from_settings(changed, "levers")
    study = sa.study(changed, space, "relative knowledge", samples=16, resamples=0)
    path = sa.run_study(study, tmp_path / "a.study")
    assert sa.verify(path, share=1.0).ok
    assert sa.replay(path, 3).values.keys() == set(space.names)


def test_data_files_of_one_name_are_refused(core: sd.Model, tmp_path: Path) -> None:
    files = [tmp_path / folder / "data.csv" for folder in ("one", "two")]
    for file in files:
        file.parent.mkdir()
        file.write_text("Time,nothing\n0,1\n")
    model = sd.load(CORE, data=files)
    space = sa.Space.from_settings(model, "levers")
    study = sa.study(model, space, "relative knowledge", samples=16, resamples=0)
    with pytest.raises(sa.StoreError, match=r"two files of the study are called data.csv"):
        sa.run_study(study, tmp_path / "a.study")


def test_a_study_goes_on_with_the_data_it_was_begun_with(core: sd.Model, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    space = sa.Space.from_settings(core, "levers")

    def described() -> sa.Study:
        model = sd.load(CORE, data=[file])
        return sa.study(model, space, "relative knowledge", samples=64, resamples=0)

    file.write_text("Time,nothing\n0,1\n")
    path = sa.run_study(described(), tmp_path / "a.study", shard=(1, 2))
    file.write_text("Time,nothing\n0,2\n")
    with pytest.raises(sa.StoreError, match="holds another study: its data differ"):
        sa.run_study(described(), path)
    file.write_text("Time,nothing\n0,1\n")
    assert sa.run_study(described(), path) == path
    assert sa.verify(path).ok


def test_a_study_goes_on_with_the_workbook_it_was_begun_with(tmp_path: Path) -> None:
    """The model's text stays the same when a file that it reads changes; its numbers do not."""
    file = tmp_path / "rates.csv"
    model_file = tmp_path / "small.mdl"
    model_file.write_text(
        "{UTF-8}\nstock = INTEG(stock * rate * factor, 1) ~ ~ |\n"
        "rate = GET DIRECT CONSTANTS('rates.csv', ',', 'A1') ~ ~ |\nfactor = 1 ~ ~ |\n"
        "INITIAL TIME = 0 ~ ~ |\nFINAL TIME = 4 ~ ~ |\nTIME STEP = 1 ~ ~ |\nSAVEPER = 1 ~ ~ |\n"
    )
    space = sa.Space([sa.factor("factor", 0.5, 1.5)])

    def described() -> sa.Study:
        study = sa.study(sd.load(model_file), space, "stock", samples=256, resamples=0)
        assert sd.load(model_file).replace("factor", "2").source.files == study.model.source.files
        return study

    file.write_text("0.1\n")
    begun = described()
    path = sa.run_study(begun, tmp_path / "a.study", shard=(1, 2))
    file.write_text("0.2\n")
    assert described().identity != begun.identity
    with pytest.raises(sa.StoreError, match="reads from 'rates.csv' is not what this study was"):
        sa.run_study(described(), path)
    file.write_text("0.1\n")
    assert sa.run_study(described(), path) == path
    assert sa.verify(path, model=described().model).ok
    saved = sa.save(sa.sweep(begun.model, space, "stock", samples=64), tmp_path / "a.nc")
    file.write_text("0.2\n")
    with pytest.raises(sa.StoreError, match="put the file back as it was"):
        sa.verify(path, model=described().model)
    with pytest.raises(sa.StoreError, match="put the file back as it was"):
        sa.replay(saved, 3)
