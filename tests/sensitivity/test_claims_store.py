"""Finished arms on disk: what is read again is what was run, bit for bit, or it is run again."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
import sensitivity as sa
from sensitivity.claims import arms as claims_arms
from sensitivity.claims.arms import Bench, Draws, Measured, _read, _write
from sensitivity.claims.book import Arm

EQUATIONS = """
stock = INTEG(gain*growth-loss*stock, 1) ~ m
gain = 1 ~ m/Day [0,4]
growth = 1 ~ 1 [0.5,2]
loss = 0.2 ~ 1/Day [0.1,0.4]
risky = IF THEN ELSE(growth > 1.8, SQRT(-growth), stock) ~ m
"""
SETTINGS = """
[uncertainties.growth]
[uncertainties.loss]
[outcomes.end]
of = "risky"
"""
CLAIMS = """
[study]
draws = 24
[arms.more]
from = "base"
set = { gain = 2 }
[arms.longer]
from = "more"
scale = { loss = 0.9 }
[claims.more]
text = "More gain, more at the end"
kind = "ordering"
arms = ["longer", "more", "base"]
outcome = "end"
[claims.never]
text = "Base leads and then is overtaken"
kind = "crossover"
arms = ["base", "more"]
of = "stock"
"""


@pytest.fixture
def model(written: Callable[..., sd.Model]) -> sd.Model:
    return written(EQUATIONS, SETTINGS, CLAIMS)


def same(one: sa.ClaimsReport, other: sa.ClaimsReport) -> None:
    """Hold two reports equal bit for bit, with all that their arms gave."""
    assert len(one.results) == len(other.results) > 0
    for mine, theirs in zip(one.results, other.results, strict=True):
        assert mine.to_dict() == theirs.to_dict()
        for name in ("effect", "sign", "band", "base"):
            assert getattr(mine, name).tobytes() == getattr(theirs, name).tobytes()
    assert one.measured.keys() == other.measured.keys()
    for name, arm in one.measured.items():
        alike(arm, other.measured[name])


def alike(one: Measured, other: Measured) -> None:
    for part in ("values", "courses", "course_errors"):
        mine, theirs = getattr(one, part), getattr(other, part)
        assert mine.keys() == theirs.keys()
        assert all(mine[name].tobytes() == theirs[name].tobytes() for name in mine)
    assert one.errors == other.errors
    np.testing.assert_equal(one.failures, other.failures)
    assert one.times.tobytes() == other.times.tobytes()


def test_what_is_kept_is_what_was_run(model, tmp_path) -> None:
    plain = sa.run_claims(model)
    first = sa.run_claims(model, store=tmp_path / "arms")
    again = sa.run_claims(model, store=tmp_path / "arms")
    assert plain.failures > 0  # so that failed runs are among what is kept
    same(plain, first)
    same(plain, again)


def test_nothing_is_run_again_that_is_kept(model, tmp_path, monkeypatch) -> None:
    first = sa.run_claims(model, store=tmp_path, scans=False)
    monkeypatch.setattr(Bench, "runs", None)
    same(first, sa.run_claims(model, store=tmp_path, scans=False))
    # Also where one claim only is asked for: its arms are the same arms.
    alone = sa.run_claims(model, only="never", store=tmp_path, scans=False)
    assert alone["never"].effect.tobytes() == first["never"].effect.tobytes()


@pytest.mark.parametrize("stopped", [1, 26, 51, 74])
def test_after_an_interruption_the_result_is_the_same(model, tmp_path, stopped) -> None:
    def stop(done: int, total: int) -> None:
        assert total == 75
        if done >= stopped:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sa.run_claims(model, store=tmp_path / "arms", progress=stop)
    kept = {path.name for path in tmp_path.glob("arms/*")}
    assert len(kept) == (stopped - 1) // 25
    same(sa.run_claims(model), sa.run_claims(model, store=tmp_path / "arms"))
    assert kept < {path.name for path in tmp_path.glob("arms/*")}


def test_pieces_and_threads_do_not_change_a_bit(model, monkeypatch) -> None:
    whole = sa.run_claims(model, threads=1)
    monkeypatch.setattr(claims_arms, "CHUNK", 7)
    monkeypatch.setattr(claims_arms, "REFINED", 7)
    cut = sa.run_claims(model, threads=2)
    for name, arm in whole.measured.items():
        for outcome, values in arm.values.items():
            assert values.tobytes() == cut.measured[name].values[outcome].tobytes()
        np.testing.assert_equal(arm.failures, cut.measured[name].failures)


def test_a_damaged_file_is_never_trusted(tmp_path) -> None:
    """Cut off anywhere, or with any byte changed: it is refused, or gives what was written."""
    rng = np.random.default_rng(2)
    kept = Measured(
        np.arange(3.0),
        {"end": rng.random(5)},
        {"end": 1e-6},
        {"stock": rng.random((3, 5))},
        {"stock": rng.random(3)},
        [(4, 2.0, "stock", "overflow"), (1, np.nan, "x", "not a finite number")],
    )
    path = tmp_path / "arm.npz"
    _write(path, kept)
    found = _read(path)
    assert found is not None
    alike(found, kept)
    whole = path.read_bytes()
    assert _read(tmp_path / "none.npz") is None
    assert _read(tmp_path) is None
    refused = 0
    for size in range(0, len(whole), 83):
        path.write_bytes(whole[:size])
        assert _read(path) is None
    for place in rng.integers(0, len(whole), 200):
        changed = bytearray(whole)
        changed[place] ^= int(rng.integers(1, 256))
        path.write_bytes(changed)
        found = _read(path)
        if found is None:
            refused += 1
        else:
            alike(found, kept)
    assert refused > 130
    # A file of NumPy's that is something else.
    np.save(path.with_suffix(".npy"), np.arange(3.0))
    path.write_bytes(path.with_suffix(".npy").read_bytes())
    assert _read(path) is None
    np.savez(path, other=np.arange(3.0))
    assert _read(path) is None


def test_damaged_arms_are_run_again(model, tmp_path) -> None:
    first = sa.run_claims(model, store=tmp_path / "arms")
    paths = sorted(tmp_path.glob("arms/*"))
    whole = [path.read_bytes() for path in paths]
    for path, content in zip(paths, (b"", whole[1][: len(whole[1]) // 2], b"no"), strict=True):
        path.write_bytes(content)
    same(first, sa.run_claims(model, store=tmp_path / "arms"))
    for path, content in zip(paths, whole, strict=True):
        found = _read(path)
        path.write_bytes(content)
        before = _read(path)
        assert found is not None
        assert before is not None
        alike(found, before)


def test_other_runs_have_other_names(model) -> None:
    book = sa.read_claims(model.path.with_suffix(".claims.toml"), model)
    space = sa.Space(uncertainties=tuple(model.settings.uncertainties.values()))
    drawn = Draws.latin(space, 8, seed=1)
    bench = Bench(model, drawn, book.variables())
    end, errors = [book.outcomes["end"]], Measured(np.zeros(1), {}, {"end": 0.1})
    base, more = Arm("base", ""), Arm("more", "", (("set", "gain", 2.0),))
    later = replace(end[0], between=(1.0, 3.0))
    names = [
        bench._key(base, end, [], None),
        bench._key(more, end, [], None),
        bench._key(base, [later], [], None),
        bench._key(base, end, ["stock"], None),
        bench._key(base, end, [], errors),
        bench._key(base, end, [], replace(errors, errors={"end": 0.2})),
        replace(bench, time_step=0.25)._key(base, end, [], None),
        replace(bench, draws=Draws.latin(space, 8, seed=2))._key(base, end, [], None),
        replace(bench, draws=Draws.latin(space, 9, seed=1))._key(base, end, [], None),
        replace(bench, model=model.replace("loss", "0.3"))._key(base, end, [], None),
    ]
    assert len(set(names)) == len(names)
    # The name of an arm is not what is run, nor is the file's own step given once more another.
    assert bench._key(Arm("other", "Other"), end, [], None) == names[0]
    assert replace(bench, time_step=0.5)._key(base, end, [], None) == names[0]


def test_a_world_without_uncertainties_has_draws_too(written, tmp_path) -> None:
    model = written(EQUATIONS, '[outcomes.end]\nof = "risky"\n', CLAIMS)
    found = sa.run_claims(model, draws=12, store=tmp_path)
    assert found["more"].verdict.text == "supported"
    assert found["more"].verdict.draws == 12
    assert len(set(found["more"].effect.tolist())) == 1
    assert found["more"].flips == ()
    # Nothing is drawn, and still twenty draws are not twelve.
    assert sa.run_claims(model, draws=20, store=tmp_path)["more"].verdict.draws == 20


def test_an_audit_leaves_the_numbers_of_later_studies_alone(model, tmp_path) -> None:
    """Its errors of integration are those of the report, not those of its fewer draws."""
    model.path.with_suffix(".expectations.toml").write_text(
        '[[audit]]\nclaim = "more"\nvariable = "gain"\nform = "gain is steady"\n'
        'alternative = "gain = 0.5"\n'
    )
    plain = sa.run_claims(model, draws=12)
    sa.audited(model, sa.run_claims(model), draws=12, store=tmp_path)
    same(plain, sa.run_claims(model, draws=12, store=tmp_path))


def test_a_store_that_cannot_be_written(model, tmp_path) -> None:
    place = tmp_path / "file"
    place.write_text("no folder")
    with pytest.raises(sa.StoreError, match="cannot write .*file"):
        sa.run_claims(model, store=place)


def test_no_half_written_arm_is_left(model, tmp_path, monkeypatch) -> None:
    def full(*_arguments: object, **_arrays: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(sa.StoreError, match="No space left on device"):
        sa.run_claims(model, store=tmp_path / "arms")
    assert list(Path(tmp_path / "arms").iterdir()) == []
