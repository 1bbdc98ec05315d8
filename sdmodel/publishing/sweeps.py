"""A stored sweep on the page: which levers matter, and how far the runs lie apart.

What is read is the file's layout, version 1: ``role`` of each factor, indices over (outcome,
factor) with ``role`` "index", ``percentiles`` over (series, quantile, time), ``base_series``.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel.documents.html import Html
from sdmodel.errors import SDError
from sdmodel.model import Model

if TYPE_CHECKING:
    import xarray as xr

FORMAT = 1
MOST = 15
# By which index factors are ranked: the first of these that a sweep has.
_RANKS_BY = (
    "ST",
    "mu_star",
    "dgsm",
    "delta",
    "median",
    "distance",
    "PRCC",
    "swing",
    "contribution",
    "effect",
    "S1",
)
_AXES = ("factor", "factor group")


def sweep_data(path: str | Path, model: Model) -> dict[str, Any]:
    """Return what the page shows of a sweep.

    Raises
    ------
    SDError
        If the file is no stored sweep, or one of a layout that is not known here.
    """
    sweep = _opened(Path(path))
    about = sweep.attrs
    try:
        return {
            "about": _about(sweep, model),
            "outcomes": _outcomes(sweep),
            "times": _numbers(sweep["time"].values),
            "quantiles": _numbers(sweep["quantile"].values) if "quantile" in sweep else [],
            "series": _series(sweep),
        }
    except (KeyError, IndexError, ValueError) as error:
        told = f"{path}: the sweep lacks {error}: write it again with 'sensitivity sweep'"
        raise SDError(
            f"{told} (it was made by {about.get('method', 'an unknown method')})"
        ) from None


def sweep_section(found: dict[str, Any]) -> Html:
    """Return the section into which the scripts draw a sweep."""

    def options(names: list[str]) -> str:
        return "".join(
            f'<option value="{place}">{escape(one)}</option>' for place, one in enumerate(names)
        )

    parts = [
        f'<section id="sweep"><h2>What matters</h2><p class="soft">{escape(found["about"])}</p>'
    ]
    if found["outcomes"]:
        names = options([one["label"] for one in found["outcomes"]])
        parts.append(
            f'<div class="line"><label for="outcome">What decides</label>'
            f'<select id="outcome">{names}</select></div><p id="index" class="soft"></p>'
            '<div class="scroll" tabindex="0" role="region" aria-label="What decides, by how much">'
            '<table id="ranking"></table></div>'
        )
    if found["series"]:
        names = options([one["name"] for one in found["series"]])
        parts.append(
            '<h3>How far the runs lie apart</h3><div class="line"><label for="course">Variable'
            f'</label><select id="course">{names}</select></div><div id="fan"></div>'
            '<p class="soft" id="bands"></p>'
        )
    return Html("\n".join([*parts, "</section>"]))


def _opened(path: Path) -> xr.Dataset:
    import xarray as xr

    cure = "give a file that 'sensitivity sweep -o FILE.nc' wrote"
    try:
        sweep = xr.load_dataset(path, engine="h5netcdf")
    except (OSError, ValueError, KeyError) as error:
        reason = getattr(error, "strerror", None) or "it is not a netCDF file"
        raise SDError(f"{path} is no stored sweep: {reason}; {cure}") from None
    if "sensitivity_format" not in sweep.attrs:
        raise SDError(f"{path} is a netCDF file but no stored sweep: {cure}")
    if int(sweep.attrs["sensitivity_format"]) != FORMAT:
        raise SDError(
            f"{path} is a sweep of layout {sweep.attrs['sensitivity_format']}, and only layout "
            f"{FORMAT} can be shown: write it again with this version"
        )
    return sweep


def _about(sweep: xr.Dataset, model: Model) -> str:
    told = sweep.attrs
    runs, failed = int(told["runs"]), int(told["failed_runs"])
    text = (
        f"From {runs:,} runs in which levers and uncertainties moved over their ranges: method "
        f"{told['method']}, {int(told['samples']):,} samples, seed {told['seed']}"
        + (f"; {failed:,} of the runs failed and are left out." if failed else "; no run failed.")
    )
    if told["model_digest"] != model.digest:
        text += " Note: these runs are of another version of the model than this page."
    return text


def _outcomes(sweep: xr.Dataset) -> list[dict[str, Any]]:
    index = next((name for name in _RANKS_BY if name in sweep.data_vars), "")
    if not index or sweep[index].dims[:1] != ("outcome",) or sweep[index].dims[1] not in _AXES:
        return []
    axis = str(sweep[index].dims[1])
    labels, roles = _named(sweep, axis)
    halves = sweep.get(f"{index}_conf")
    found = []
    for place, name in enumerate(sweep["outcome"].values):
        value = np.asarray(sweep[index].values[place], dtype=float)
        half = np.zeros_like(value) if halves is None else np.nan_to_num(halves.values[place])
        known = [
            one for one in np.argsort(-np.abs(value), kind="stable") if np.isfinite(value[one])
        ]
        label, unit = (str(sweep[f"outcome_{word}"].values[place]) for word in ("label", "unit"))
        found.append(
            {
                "label": label or str(name),
                "unit": unit,
                "index": index,
                "meaning": str(sweep[index].attrs.get("long_name", index)),
                "note": str(sweep["note"].values[place]) if "note" in sweep else "",
                "more": max(0, len(known) - MOST),
                "rows": [
                    [labels[one], roles[one], float(value[one]), float(half[one])]
                    for one in known[:MOST]
                ],
            }
        )
    return found


def _named(sweep: xr.Dataset, axis: str) -> tuple[list[str], list[str]]:
    """Return what each factor or group is called, and whether it is a lever."""
    names = [str(one) for one in sweep[axis].values]
    if axis != "factor":
        return names, [""] * len(names)
    labels = [str(one) for one in sweep["factor_label"].values]
    shown = [
        label if label and labels.count(label) == 1 else f"{label} ({name})" if label else name
        for label, name in zip(labels, names, strict=True)
    ]
    return shown, [str(one) for one in sweep["role"].values]


def _series(sweep: xr.Dataset) -> list[dict[str, Any]]:
    if "percentiles" not in sweep:
        return []
    return [
        {
            "name": str(name),
            "unit": str(sweep["series_unit"].values[place]),
            "bands": [_numbers(one) for one in sweep["percentiles"].values[place]],
            "base": _numbers(sweep["base_series"].values[place]),
        }
        for place, name in enumerate(sweep["series"].values)
    ]


def _numbers(values: Any) -> list[float | None]:
    """Return numbers as JSON can hold them, with no more digits than a chart can show."""
    return [float(f"{one:.7g}") if np.isfinite(one) else None for one in np.asarray(values, float)]
