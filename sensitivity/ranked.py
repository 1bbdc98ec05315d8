"""What the outcomes depend on: the part of the demo's page about its sweeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sensitivity.analysis import ranking
from sensitivity.errors import fold
from sensitivity.report import Section, items, paragraph, picture, section, subheading, table

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from sensitivity.computed import Study
    from sensitivity.screening import Screening

# Rows of the table of screened factors; all of them are in the file beside the page.
SCREENED_ROWS = 30
OVERLAP = (
    "Factors whose intervals overlap cannot be told apart, which is what the places say. A ranking "
    "speaks of the ranges it was made with: widen one, and its factor gains weight."
)


def how(study: Study) -> str:
    """Say in a sentence or two how the factors were ranked."""
    runs = int(study.sweep.attrs["runs"])
    screening = study.screening
    if screening is None:
        return (
            f"All levers and uncertainties move at once over their ranges: {_counted(study.sweep)}"
        )
    return (
        f"Screened {study.factors} levers and uncertainties with "
        f"{int(screening.sweep.attrs['runs']):,} runs by Morris's method; then ranked the "
        f"{len(screening.kept)} strongest with {runs:,} runs by Sobol's, the others at their "
        f"defaults. {screening.coverage}"
    )


def about_ranking(study: Study, figures: Mapping[str, Path]) -> Section:
    """Tell which factors the first outcome depends on, and which the others."""
    screening = study.screening
    parts = [paragraph(f"{how(study)} {'' if screening else _shares()}".strip())]
    if screening is None:
        strongest_of = study.sweep
    else:
        strongest_of = screening.sweep
        parts += [*_screened(study, screening, figures["screening"]), *_then(study)]
    return section(
        "What it depends on",
        *parts,
        picture(
            figures["ranking"],
            "Ranking of levers and uncertainties with intervals",
            f"Shares of the variance of: {study.labels[0]}.",
        ),
        table(
            ("Factor", "Kind", "Alone (S1)", "In total (ST)", "Places"),
            [
                (
                    _called(study.sweep, str(name)),
                    str(row["role"]),
                    _share(row["S1"], row["S1_conf"]),
                    _share(row["ST"], row["ST_conf"]),
                    _places(row),
                )
                for name, row in ranking(study.sweep).iterrows()
            ],
            f"±: half the width of the {float(study.sweep.attrs['confidence']):.0%} interval",
            words=(1,),
        ),
        picture(
            figures["scatter"],
            "The outcome of each run against the strongest factors",
            "Each point is one run; the line is the average.",
        ),
        _strongest(study, strongest_of),
        items(study.notes),
    )


def _called(swept: xr.Dataset, name: str) -> str:
    """Write a factor as the figures label it, with its name in the model where that differs."""
    label = str(swept["factor_label"].sel(factor=name).values)
    return name if fold(label) == fold(name) else f"{label}: {name}"


def _shares() -> str:
    return (
        "A share in total (ST) counts a factor with everything it does together with others; a "
        f"share alone (S1) does not. {OVERLAP}"
    )


def _counted(swept: xr.Dataset) -> str:
    about = swept.attrs
    failed = int(about["failed_runs"])
    what = {"sobol": "base samples", "morris": "trajectories"}.get(about["method"], "samples")
    return (
        f"{int(about['runs']):,} runs by {str(about['method']).capitalize()}'s method "
        f"({int(about['samples']):,} {what}, seed {about['seed']}); "
        f"{f'{failed:,}' if failed else 'none'} failed."
    )


def _screened(study: Study, screening: Screening, figure: Path) -> list[str]:
    swept = screening.sweep
    ranked = ranking(swept)
    rows = [
        (
            _called(swept, str(name)),
            str(row["role"]),
            _size(row["mu_star"], row["mu_star_conf"]),
            f"{row['mu']:.2g}",
            f"{row['sigma']:.2g}",
            _places(row),
        )
        for name, row in ranked.head(SCREENED_ROWS).iterrows()
    ]
    more = len(ranked) - len(rows)
    return [
        subheading("Screening: all factors"),
        paragraph(
            f"{_counted(swept)} One factor after the other moves over its range, from many points "
            "of the space; what counts is how far the outcome moves with it. "
            f"The {len(screening.kept)} strongest went on to the next sweep. The line between them "
            "and the next ones is drawn by a number, not by a gap: see how the places overlap."
        ),
        picture(
            figure,
            "Factors by the mean size of their effect, with intervals",
            f"Effects on: {study.labels[0]}.",
        ),
        table(
            ("Factor", "Kind", "Size of effect (μ*)", "Effect (μ)", "Its spread (σ)", "Places"),
            rows,
            f"The {len(rows)} strongest"
            + (f"; {more} more are in screening.csv beside this page" if more else ""),
            words=(1,),
        ),
    ]


def _then(study: Study) -> list[str]:
    return [
        subheading("Variance: the strongest factors"),
        paragraph(
            f"Only these {study.sweep.sizes['factor']} move: {_counted(study.sweep)} {_shares()}"
        ),
    ]


def _share(value: float, width: float) -> str:
    """Write a share and its half-interval, without the sign of a zero."""
    text = f"{value:.3f}"
    return f"{text.lstrip('-') if float(text) == 0 else text} ± {width:.3f}"


def _size(value: float, width: float) -> str:
    return f"{value:.3g} ± {width:.2g}"


def _places(row: pd.Series) -> str:
    first, last = row["first_rank"], row["last_rank"]
    return str(first) if first == last else f"{first} to {last}"


def _strongest(study: Study, swept: xr.Dataset) -> str:
    screened = study.screening is not None
    by = "mu_star" if screened else "ST"
    rows = []
    for name, label in zip(study.outcomes.columns, study.labels, strict=True):
        top = ranking(swept, name).head(3)
        if not top[by].isna().all():
            told = (f"{row[by]:.2g}" if screened else f"{row[by]:.2f}" for _, row in top.iterrows())
            named = (f"{one} ({value})" for one, value in zip(top.index, told, strict=True))
            rows.append((label, *named))
    meaning = "size of effect in the screening, in its unit" if screened else "share in total"
    return table(
        ("Outcome", "Strongest", "second", "third"),
        rows,
        f"The three strongest factors of each outcome, with their {meaning}",
        words=(1, 2, 3),
    )


def about_spread(study: Study, figures: Mapping[str, Path]) -> Section:
    """Tell how far the first outcome's course spreads."""
    narrow = ""
    if study.screening is not None:
        narrow = (
            f" Only the {study.sweep.sizes['factor']} factors of the last sweep move here: with "
            f"all {study.factors} the bands would be others."
        )
    return section(
        "How far it spreads",
        picture(
            figures["fan"],
            "Bands that hold 50, 80 and 95 % of all runs, over time",
            "The bands show where runs of the sweep lie. They are no forecast: they say what the "
            f"model allows within the ranges of its levers and uncertainties.{narrow}",
        ),
    )
