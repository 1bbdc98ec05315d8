"""Studies in stores: whatever happens on the way, the numbers are those of one quiet run."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
import sensitivity as sa
from sensitivity.studies import finishing, runners, running
from sensitivity.studies.store import Store, sealed

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "models" / "core.mdl"


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


def same_analysis(one: Path, other: Path) -> int:
    """Compare two opened studies bit for bit; return how many numbers were compared."""
    first, second = sa.open_sweep(one), sa.open_sweep(other)
    assert set(first.variables) == set(second.variables)
    compared = 0
    for name in first.variables:
        np.testing.assert_array_equal(first[name].values, second[name].values, err_msg=str(name))
        compared += first[name].size
    return compared


def test_a_store_holds_what_a_sweep_in_memory_gives(levers: sa.Study, tmp_path: Path) -> None:
    stored = sa.open_sweep(sa.run_study(levers, tmp_path / "a.study"))
    swept = sa.sweep(levers.model, levers.space, list(levers.outcomes), samples=256)
    assert set(stored.variables) == set(swept.variables)
    for name in swept.variables:
        np.testing.assert_array_equal(stored[name].values, swept[name].values, err_msg=str(name))
    clocks = {"seconds_running", "written"}
    assert {k: v for k, v in stored.attrs.items() if k not in clocks} == {
        k: v for k, v in swept.attrs.items() if k not in clocks
    }


def test_chunks_are_of_whole_blocks(levers: sa.Study, tmp_path: Path) -> None:
    store = Store.open(sa.run_study(levers, tmp_path / "a.study"))
    assert store.chunk_runs == 9 * 32
    assert store.chunks == 8
    assert [store.span(k) for k in (0, 7)] == [(0, 288), (2016, 2304)]


def test_a_store_opens_in_xarray(levers: sa.Study, tmp_path: Path) -> None:
    import xarray as xr

    path = sa.run_study(levers, tmp_path / "a.study")
    plain = xr.open_zarr(path / "runs.zarr", consolidated=False, chunks=None)
    assert plain["outcomes"].shape == (2, 2304)
    assert [str(one) for one in plain["outcome"].values] == [one.name for one in levers.outcomes]
    plain.close()


@pytest.mark.parametrize("parts", [2, 3, 11])
def test_shards_merged_are_the_whole(levers: sa.Study, tmp_path: Path, parts: int) -> None:
    whole = sa.run_study(levers, tmp_path / "whole.study")
    shards = [
        sa.run_study(levers, tmp_path / f"{part}.study", shard=(part, parts))
        for part in range(1, parts + 1)
    ]
    with pytest.raises(sa.StoreError, match=r"is not complete: \d+ chunks are there"):
        sa.open_sweep(shards[0])
    merged = sa.merge(shards[::-1], tmp_path / "merged.study")
    assert digest(merged) == digest(whole)
    assert same_analysis(merged, whole) > 10_000


def test_shards_in_one_store(levers: sa.Study, tmp_path: Path) -> None:
    whole = sa.run_study(levers, tmp_path / "whole.study")
    for part in (2, 1):
        path = sa.run_study(levers, tmp_path / "shared.study", shard=(part, 2))
    assert digest(path) == digest(whole)
    assert same_analysis(path, whole) > 10_000


def test_shards_of_different_studies_do_not_merge(levers: sa.Study, tmp_path: Path) -> None:
    one = sa.run_study(levers, tmp_path / "1.study", shard=(1, 2))
    other = sa.run_study(levers.with_samples(512), tmp_path / "2.study", shard=(2, 2))
    with pytest.raises(sa.StoreError, match="holds another study than"):
        sa.merge([one, other], tmp_path / "whole.study")
    assert not (tmp_path / "whole.study").exists()


def test_shards_in_other_chunks_do_not_merge(
    levers: sa.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = [sa.run_study(levers, tmp_path / f"{i}.study", shard=(i, 2)) for i in (1, 2)]
    with pytest.raises(sa.StoreError, match=r"does not end in .study: say whole.study"):
        sa.merge(parts, tmp_path / "whole")
    monkeypatch.setattr(running, "CHUNK_RUNS", 800)
    other = sa.run_study(levers, tmp_path / "3.study", shard=(1, 2))
    with pytest.raises(sa.StoreError, match="run with the same --memory"):
        sa.merge([*parts, other], tmp_path / "whole.study")
    with pytest.raises(sa.StoreError, match="holds another study than"):
        sa.merge(parts, other)


def test_only_what_was_run_is_run_again(levers: sa.Study, tmp_path: Path) -> None:
    path = sa.run_study(levers, tmp_path / "1.study", shard=(1, 2))
    assert sa.replay(path, 287).same
    with pytest.raises(sa.StoreError, match="run 288 of .* is still to be run: go on with"):
        sa.replay(path, 288)
    for share in (0.0, 2.0, float("nan")):
        with pytest.raises(sa.StoreError, match="give more than 0, and 1 for all runs"):
            sa.verify(path, share=share)
    with pytest.raises(sa.StoreError, match="seed is -1"):
        sa.verify(path, seed=-1)


def test_numbers_of_numpy_are_numbers(core: sd.Model, tmp_path: Path) -> None:
    space = sa.Space.from_settings(core, "levers")
    options = {"limits": {"relative knowledge": (np.int64(0), np.float32(9))}, "seed": np.int64(3)}
    study = sa.study(core, space, "relative knowledge", samples=np.int64(16), **options)
    assert sa.verify(sa.run_study(study, tmp_path / "a.study"), share=1.0).ok
    for samples in (16.0, "16"):
        with pytest.raises(sa.MethodError, match="samples is .*16.*: give a whole number"):
            sa.study(core, space, "relative knowledge", samples=samples)
    for limit in (float("nan"), "low"):
        with pytest.raises(sa.OutcomeError, match="a limit of 'relative knowledge' is"):
            sa.study(core, space, limits={"relative knowledge": (limit, None)})


def test_a_larger_study_uses_what_is_there(
    levers: sa.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    larger = levers.with_samples(1024)
    path = sa.run_study(levers, tmp_path / "grown.study")
    before = {file.name: file.read_bytes() for file in (path / "done").iterdir()}
    seen: list[tuple[int, int]] = []
    sa.run_study(larger, path, progress=lambda done, total: seen.append((done, total)))
    assert seen[0][0] >= 2304
    assert seen[-1] == (9216, 9216)
    assert all((path / "done" / name).read_bytes() == text for name, text in before.items())
    once = sa.run_study(larger, tmp_path / "once.study")
    assert digest(path) == digest(once)
    assert same_analysis(path, once) > 10_000


def test_a_first_chunk_that_was_not_full_is_run_again(
    levers: sa.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK_RUNS", 5000)
    path = sa.run_study(levers, tmp_path / "grown.study")
    assert Store.open(path).chunks == 1
    sa.run_study(levers.with_samples(1024), path)
    once = sa.run_study(levers.with_samples(1024), tmp_path / "once.study")
    assert digest(path) == digest(once)
    assert Store.open(path).chunks == 2


def test_another_study_is_refused(levers: sa.Study, tmp_path: Path) -> None:
    path = sa.run_study(levers, tmp_path / "a.study")
    core = levers.model
    smaller, other_seed = (
        levers.with_samples(128),
        sa.study(
            core,
            levers.space,
            ["relative knowledge", sa.mean("brain drain share")],
            samples=256,
            seed=2,
        ),
    )
    with pytest.raises(sa.StoreError, match="its samples is 256, here 128"):
        sa.run_study(smaller, path)
    with pytest.raises(sa.StoreError, match="its seed is 1, here 2"):
        sa.run_study(other_seed, path)
    changed = sa.study(core.replace("forgetting rate", "0.06"), levers.space, samples=256)
    with pytest.raises(sa.StoreError, match="was made with another version of core"):
        sa.run_study(changed, path)


def test_what_cannot_be_run_is_said_at_once(levers: sa.Study, tmp_path: Path) -> None:
    with pytest.raises(sa.MethodError) as told:
        sa.run_study(
            levers,
            tmp_path / "a.zarr",
            memory=1,
            shard=(3, 2),
            workers=0,
            scheduler="tcp://127.0.0.1:1",
        )
    text = str(told.value)
    for part in ("does not end in .study", "give 512 MB or more", "shard 3/2", "workers is 0"):
        assert part in text
    with pytest.raises(sa.MethodError) as told:
        sa.run_study(levers, tmp_path / "a.study", memory=2e9, shard=3, workers="2", threads=1.5)
    assert [line.split(" is ")[0] for line in str(told.value).splitlines()] == [
        "memory",
        "shard",
        "threads",
        "workers",
    ]
    (tmp_path / "full.study").mkdir()
    (tmp_path / "full.study" / "letter.txt").write_text("mine")
    with pytest.raises(sa.StoreError, match="holds something already"):
        sa.run_study(levers, tmp_path / "full.study")
    assert (tmp_path / "full.study" / "letter.txt").read_text() == "mine"


def test_a_damaged_chunk_is_found_and_run_again(levers: sa.Study, tmp_path: Path) -> None:
    path = sa.run_study(levers, tmp_path / "a.study")
    sound = digest(path)
    assert sa.verify(path, share=0.2, seed=1) == sa.verify(path, share=0.2, seed=1)
    found = sa.verify(path, share=1.0)
    assert found.ok
    assert found.runs == 2304
    array = Store.open(path)
    group_outcomes = __import__("zarr").open_group(str(path / "runs.zarr"), mode="r+")["outcomes"]
    group_outcomes[0, 700] = 0.123
    found = sa.verify(path, share=1.0)
    assert not found.ok
    assert len(found.damaged) == 1
    assert "runs 576 to 863 are not what was written" in found.damaged[0]
    assert array.mark(2) is not None
    (path / "done" / "2.json").unlink()
    assert sa.run_study(levers, path) == path
    assert sa.verify(path, share=1.0).ok
    assert digest(path) == sound


def test_courses_are_ranked_over_time(core: sd.Model, tmp_path: Path) -> None:
    space = sa.Space.from_settings(core, "levers")
    study = sa.study(core, space, "relative knowledge", samples=256, courses=True, resamples=20)
    stored = sa.open_sweep(sa.run_study(study, tmp_path / "a.study"))
    at_end = stored["ST_over_time"].isel(series=0, time=-1).values
    np.testing.assert_allclose(at_end, stored["ST"].isel(outcome=0).values, rtol=1e-12)
    swept = sa.sweep(core, space, "relative knowledge", samples=256, over_time=True, resamples=20)
    np.testing.assert_array_equal(swept["ST_over_time"].values, stored["ST_over_time"].values)
    assert sa.verify(tmp_path / "a.study", share=0.5).ok


# What may happen on the way ---------------------------------------------------------------------

RUN = """
import sys, sdmodel as sd, sensitivity as sa
from sensitivity.studies import running
running.CHUNK_RUNS = 300
model = sd.load(sys.argv[1])
space = sa.Space.from_settings(model, "levers")
study = sa.study(
    model, space, ["relative knowledge", sa.mean("brain drain share")], samples=4096, courses=True,
    resamples=10,
)
sa.run_study(study, sys.argv[2])
"""


def test_killed_at_any_moment_and_gone_on_with(tmp_path: Path) -> None:
    """Ten kills without warning; the store is that of a run nobody disturbed."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    def begin(name: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", RUN, str(CORE), str(tmp_path / name)], env=environment
        )

    assert begin("quiet.study").wait() == 0
    chance = random.Random(5)
    done = tmp_path / "killed.study" / "done"

    def marks() -> int:
        return len(list(done.iterdir())) if done.exists() else 0

    kills = 0
    while kills < 10:
        process = begin("killed.study")
        had = marks()
        # The first is killed on the way, often before there is a store, the others some time
        # after a chunk of their own.
        while kills and process.poll() is None and marks() <= had:
            time.sleep(0.002)
        time.sleep(chance.uniform(0.0, 0.25) if kills else 1.5)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.wait()
        kills += 1
    assert kills == 10, f"it was complete after {kills} kills"
    assert marks() < 128
    assert begin("killed.study").wait() == 0
    assert digest(tmp_path / "killed.study") == digest(tmp_path / "quiet.study")
    assert same_analysis(tmp_path / "killed.study", tmp_path / "quiet.study") > 100_000
    assert not [path for path in tmp_path.rglob("*") if "part" in path.name]


def test_a_worker_killed_in_the_middle_loses_nothing(levers: sa.Study, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    quiet = sa.run_study(levers, tmp_path / "quiet.study")
    killed: list[int] = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):

        def kill_one(done: int, total: int) -> None:
            if not killed and done < total:
                pid = next(iter(client.run(os.getpid).values()))
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

        path = sa.run_study(
            levers,
            tmp_path / "cluster.study",
            scheduler=cluster.scheduler_address,
            progress=kill_one,
        )
    assert len(killed) == 1
    assert digest(path) == digest(quiet)
    assert same_analysis(path, quiet) > 10_000


def test_processes_of_its_own(levers: sa.Study, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    path = sa.run_study(levers, tmp_path / "two.study", workers=2)
    assert digest(path) == digest(sa.run_study(levers, tmp_path / "threads.study"))


def test_no_scheduler_there(
    levers: sa.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(runners, "ANSWERS_WITHIN", "1s")
    with pytest.raises(sa.ClusterError, match="no scheduler answers at tcp://127.0.0.1:1: start"):
        sa.run_study(levers, tmp_path / "a.study", scheduler="tcp://127.0.0.1:1")


def test_another_processor_is_refused(levers: sa.Study, tmp_path: Path) -> None:
    path = sa.run_study(levers, tmp_path / "a.study", shard=(1, 2))
    about = json.loads((path / "study.json").read_text())
    about["provenance"]["engine"] = "compiled for another, 16 lanes"
    (path / "study.json").write_text(json.dumps(sealed(about)))
    with pytest.raises(sa.StoreError, match="was begun by .* for another, 16 lanes, and runs 288"):
        sa.run_study(levers, path)


def test_what_does_not_fit_is_ranked_by_its_first_runs(
    core: sd.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = sa.Space.from_settings(core, "levers")
    options = {"method": "sample", "resamples": 10, "courses": True}
    whole = sa.study(core, space, "relative knowledge", samples=4096, **options)
    first = sa.study(core, space, "relative knowledge", samples=1024, **options)
    quiet = sa.open_sweep(sa.run_study(first, tmp_path / "first.study"))
    # 1,024 runs fit, 4,096 do not.
    monkeypatch.setattr(finishing, "SHARE_OF_DESIGN", running.MEMORY // (8 * 7 * 2000))
    with pytest.warns(sa.SweepWarning, match="rest on the first 1,024 of 4,096 runs"):
        path = sa.run_study(whole, tmp_path / "whole.study")
    found = sa.open_sweep(path)
    assert found.sizes["sample"] == 4096
    assert found.attrs["runs_ranked"] == 1024
    for name in ("PRCC", "PRCC_over_time", "R2"):
        np.testing.assert_array_equal(found[name].values, quiet[name].values)
    latin = sa.study(core, space, "relative knowledge", method="latin", samples=4096)
    with pytest.raises(sa.AnalysisError, match="needs its whole design in memory, which takes"):
        sa.run_study(latin, tmp_path / "latin.study")
    assert not (tmp_path / "latin.study").exists()
