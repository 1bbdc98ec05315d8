"""Every method in a store: what a sweep in memory gives, in shards, with failed runs or none."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
import sensitivity as sa
from sensitivity.studies import running

pytestmark = pytest.mark.slow

CORE = Path(__file__).resolve().parents[2] / "models" / "core.mdl"
OUTCOMES = ["relative knowledge", sa.mean("brain drain share")]
SIZES = {"hdmr": 512, "all-combinations": 2, "fast": 65, "dgsm": 16, "sobol": 32, "morris": 10}
PAIRS = {"sobol", "hdmr", "fractional-factorial"}


@pytest.fixture(scope="module")
def core() -> sd.Model:
    return sd.load(CORE)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK_RUNS", 100)


def described(core: sd.Model, method: str, **options: object) -> tuple[sa.Space, dict[str, object]]:
    row = sa.METHODS[method]
    usual = 256 if row.default_samples > 1 else None
    return sa.Space.from_settings(core, "levers"), {
        "method": method,
        "samples": SIZES.get(method, usual),
        "second_order": method in PAIRS,
        "resamples": 10,
        **options,
    }


def same(stored: object, swept: object) -> int:
    compared = 0
    assert set(stored.variables) == set(swept.variables)
    for name in swept.variables:
        np.testing.assert_array_equal(stored[name].values, swept[name].values, err_msg=str(name))
        compared += swept[name].size
    return compared


@pytest.mark.parametrize("method", sorted(sa.METHODS))
@pytest.mark.parametrize("failing", [False, True])
def test_a_store_is_a_sweep(core: sd.Model, tmp_path: Path, method: str, failing: bool) -> None:
    space, options = described(core, method)
    if failing:
        options["limits"] = {"relative knowledge": (None, 0.6)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sa.SweepWarning)
        swept = sa.sweep(core, space, OUTCOMES, over_time=True, **options)
        study = sa.study(core, space, OUTCOMES, courses=True, **options)
        parts = [
            sa.run_study(study, tmp_path / f"{part}.study", shard=(part, 2)) for part in (1, 2)
        ]
        stored = sa.open_sweep(sa.merge(parts, tmp_path / "whole.study"))
    assert same(stored, swept) > 1000
    if failing:
        assert int(swept.attrs["failed_runs"]) > 0
    again = sa.replay(tmp_path / "whole.study", study.plan.runs - 1)
    assert again.same
    assert sa.verify(tmp_path / "whole.study", share=0.3, seed=1).ok


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_groups(core: sd.Model, tmp_path: Path, method: str) -> None:
    space, options = described(core, method, grouped=True, second_order=False)
    space = sa.Space(
        [
            sa.factor(one.name, one.low, one.high, default=one.default, group=f"g{place % 3}")
            for place, one in enumerate(space)
        ]
    )
    swept = sa.sweep(core, space, OUTCOMES, over_time=True, **options)
    study = sa.study(core, space, OUTCOMES, courses=True, **options)
    stored = sa.open_sweep(sa.run_study(study, tmp_path / "groups.study"))
    assert stored.sizes["factor group"] == 3
    assert same(stored, swept) > 1000


def test_arms_fixed_values_and_no_series(core: sd.Model, tmp_path: Path) -> None:
    space = sa.Space.from_settings(core, "uncertainties")
    gain = sa.combine("a - b", "gain", a="relative knowledge", b="relative knowledge @ tuned")
    options = {
        "samples": 16,
        "resamples": 0,
        "arms": {"tuned": {"network exposure": 0.9, "forgetting rate": 0.02}},
        "fixed": {"network exposure": 0.3},
    }
    swept = sa.sweep(core, space, [gain], keep_series=(), **options)
    path = sa.run_study(
        sa.study(core, space, [gain], series=(), **options), tmp_path / "arms.study"
    )
    assert same(sa.open_sweep(path), swept) > 1000
    assert sa.verify(path, share=1.0).ok
    # By hand: the arm wins over what was drawn and over what is fixed.
    design = swept["design"].to_pandas().iloc[5].to_dict()
    drawn = core.run(design | {"network exposure": 0.3}, method="vensim")
    tuned = core.run(design | options["arms"]["tuned"], method="vensim")
    by_hand = drawn.values("relative knowledge")[-1] - tuned.values("relative knowledge")[-1]
    assert swept["outcomes"].values[0, 5] == pytest.approx(by_hand, rel=1e-10)
