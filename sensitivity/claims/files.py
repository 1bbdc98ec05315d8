"""Claims on disk: a table, results, every draw and a page, each written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.claims.report import FORMAT
from sensitivity.report import whole
from sensitivity.store import save

if TYPE_CHECKING:
    import xarray as xr

    from sensitivity.claims.audit import FormChange
    from sensitivity.claims.report import ClaimsReport


def write_claims(report: ClaimsReport, folder: str | Path, *, page: bool = True) -> list[Path]:
    """Write what came of claims into a folder.

    Parameters
    ----------
    report
        From `run_claims`.
    folder
        Where to; made when it is not there.
    page
        Whether to draw a figure for each claim and put all on a page, ``claims.html``.

    Returns
    -------
    list
        The files: ``claims.csv`` (one row a claim), ``claims.json`` (results and how they were
        made), ``draws.nc`` (every draw: factors, effects, signs), and the page.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> report = sa.run_claims(sd.load("models/core.mdl"), draws=32)
    >>> [path.name for path in write_claims(report, "out/example", page=False)]
    ['claims.csv', 'claims.json', 'draws.nc']
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    table, results = folder / "claims.csv", folder / "claims.json"
    with whole(table) as part:
        report.table().to_csv(part)
    with whole(results) as part:
        part.write_text(
            json.dumps(report.to_dict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    written = [table, results, save(draws_of(report), folder / "draws.nc")]
    if page:
        from sensitivity.claims.page import write_page

        written.append(write_page(report, folder / "claims.html"))
    return written


def write_audit(changes: Sequence[FormChange], folder: str | Path) -> list[Path]:
    """Write the verdicts that change under another form of an equation: ``audit.json``."""
    path = Path(folder) / "audit.json"
    with whole(path) as part:
        told = [one.to_dict() for one in changes]
        part.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return [path]


def draws_of(report: ClaimsReport) -> xr.Dataset:
    """Return every draw: its factors, whether it is plausible, each claim's effect and sign."""
    import xarray as xr

    names = [one.claim.name for one in report.results]
    size = len(report.kept)

    def rows(values: Sequence[np.ndarray]) -> np.ndarray:
        return np.array(values).reshape(len(names), size)

    return xr.Dataset(
        {
            "design": (("draw", "factor"), report.design),
            "plausible": (("draw",), report.kept),
            "effect": (("claim", "draw"), rows([one.effect for one in report.results])),
            "band": (("claim", "draw"), rows([one.band for one in report.results])),
            "sign": (("claim", "draw"), rows([one.sign for one in report.results])),
        },
        coords={
            "claim": np.array(names, dtype=str),
            "factor": np.array(report.factors, dtype=str),
        },
        attrs={"claims_format": FORMAT, "provenance": json.dumps(report.provenance)},
    )
