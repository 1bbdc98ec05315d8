"""What the demo found, told in order: the sections of its page."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensitivity.analysis import ranking
from sensitivity.report import (
    Section,
    code,
    facts,
    items,
    page,
    paragraph,
    picture,
    section,
    table,
)
from sensitivity.scenarios import number, told

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    import sdmodel as sd

PACKAGES = ("sdmodel", "python", "numpy", "scipy", "SALib", "xarray")


@dataclass(frozen=True, slots=True)
class Study:
    """Everything the demo computed, before a word of it is written.

    Parameters
    ----------
    runs
        The runs by label, the base run first.
    outcomes
        One row for each run, one column for each outcome.
    notes
        What the sweep warned about.
    command
        How all this was made.
    """

    model: sd.Model
    runs: Mapping[str, sd.Run]
    outcomes: pd.DataFrame
    integration: sd.IntegrationReport
    sweep: xr.Dataset
    notes: tuple[str, ...]
    command: str
    short: bool

    @property
    def shown(self) -> list[str]:
        """The variables a first figure should show."""
        return list(self.model.settings.highlights or self.model.stocks)

    @property
    def labels(self) -> list[str]:
        """The outcomes in words, in the order of their columns."""
        specs = self.model.settings.outcomes
        return [specs[name].label or name for name in self.outcomes.columns]


def tell(study: Study, figures: Mapping[str, Path]) -> str:
    """Write the page about a study, with the figures named `scenarios`, `ranking` and so on."""
    model = study.model
    title = model.settings.title or model.name
    runs = int(study.sweep.attrs["runs"])
    lead = (
        f"{len(model.variables)} variables, {len(model.stocks)} stocks; {len(study.runs) - 1} "
        f"scenarios; {runs:,} runs to rank {study.sweep.sizes['factor']} levers and uncertainties"
    )
    return page(
        title,
        lead,
        [
            section("In short", items(_findings(study))),
            _about_the_model(study),
            _about_scenarios(study, figures),
            _about_integration(study),
            _about_ranking(study, figures),
            _about_spread(study, figures),
            _about_origin(study),
        ],
    )


def _findings(study: Study) -> list[str]:
    first, label = study.outcomes.columns[0], study.labels[0]
    values = study.outcomes[first]
    others = values.iloc[1:]
    found = []
    if len(others.dropna()):
        found.append(
            f"{label}: {number(values.iloc[0])} in the base run; highest in the scenario "
            f"'{others.idxmax()}' ({number(others.max())}), lowest in '{others.idxmin()}' "
            f"({number(others.min())})."
        )
    ranked = ranking(study.sweep)
    for role, what in (("lever", "levers"), ("uncertainty", "uncertainties")):
        top = ranked[ranked["role"] == role].head(3)
        if len(top):
            named = ", ".join(
                f"{name} ({row['ST']:.2f} ± {row['ST_conf']:.2f})" for name, row in top.iterrows()
            )
            found.append(f"The {what} it depends on most, with their share in total: {named}.")
    found.append(f"Integration: {study.integration.verdict}")
    if study.short:
        found.append("This is the short form of the demo: few runs, so wide intervals.")
    return found


def _about_the_model(study: Study) -> Section:
    model, settings = study.model, study.model.settings
    parts = []
    drawn = _drawing(Path(model.path))
    if drawn is not None:
        parts.append(
            picture(
                drawn,
                f"Stocks, flows and causal links of {model.name}",
                "The model as its file draws it: boxes are stocks, double arrows are flows, thin "
                "arrows are causes.",
            )
        )
    stocks = [
        (name, model.variable(name).units, " ".join((model.variable(name).comment or "").split()))
        for name in model.stocks
    ]
    parts.append(table(("Stock", "Unit", "What it is"), stocks, words=(1, 2)))
    levers = [
        (one.name, number(one.default), f"{one.low:g} to {one.high:g}", one.unit)
        for one in settings.levers.values()
    ]
    if levers:
        parts.append(
            table(("Lever", "Default", "Range", "Unit"), levers, "What policy can move", words=(3,))
        )
    return section("The model", *parts)


def _drawing(path: Path) -> Path | None:
    """Find the picture of a model: docs/model_NAME.svg or .png of the project it lies in."""
    for folder in (path.parent, path.resolve().parents[1] / "docs"):
        for suffix in (".svg", ".png"):
            drawn = folder / f"model_{path.stem}{suffix}"
            if drawn.is_file():
                return drawn
    return None


def _about_scenarios(study: Study, figures: Mapping[str, Path]) -> Section:
    base = next(iter(study.runs.values()))
    rows = [
        (head, *(told(study.model, name, value) for value in study.outcomes[name]))
        for head, name in zip(_heads(study), study.outcomes.columns, strict=True)
    ]
    dash = "; a dash where the run never gets there" if study.outcomes.isna().any(axis=None) else ""
    rules = [
        (
            one.label or one.name,
            one.description or "",
            ", ".join(f"{name} = {value:g}" for name, value in one.values.items()),
        )
        for one in study.model.settings.scenarios.values()
    ]
    return section(
        "Scenarios",
        picture(
            figures["scenarios"],
            "Courses of " + ", ".join(study.shown) + " in every scenario",
            f"Every scenario and the base run, method {base.method}.",
        ),
        table(("Outcome", *study.runs), rows, "Outcomes by scenario" + dash),
        table(("Scenario", "What it stands for", "What it sets"), rules, words=(1, 2)),
    )


def _heads(study: Study) -> list[str]:
    units = [study.model.settings.outcomes[name].unit or "" for name in study.outcomes.columns]
    plain = ("", "dmnl", "year", "1")
    return [
        label if unit.lower() in plain else f"{label} [{unit}]"
        for label, unit in zip(study.labels, units, strict=True)
    ]


def _about_integration(study: Study) -> Section:
    frame = study.integration.table
    rows = [[_cell(value) for value in row] for row in frame.itertuples(index=False)]
    return section(
        "Is the time step small enough?",
        paragraph(study.integration.verdict, "verdict"),
        table([str(column) for column in frame.columns], rows, words=(1, 4)),
        items(f"Left out: {one}" for one in study.integration.left_out),
    )


def _cell(value: Any) -> str:
    if not isinstance(value, float):
        return str(value)
    if math.isnan(value):
        return "its own"  # an adaptive method chooses its steps itself
    return f"{value:.6g}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"


def _about_ranking(study: Study, figures: Mapping[str, Path]) -> Section:
    about = study.sweep.attrs
    rows = [
        (
            str(name),
            str(row["role"]),
            _share(row["S1"], row["S1_conf"]),
            _share(row["ST"], row["ST_conf"]),
            _places(row["first_rank"], row["last_rank"]),
        )
        for name, row in ranking(study.sweep).iterrows()
    ]
    failed = int(about["failed_runs"])
    counted = (
        f"{int(about['runs']):,} runs by Sobol's method ({int(about['samples']):,} base samples, "
        f"seed {about['seed']}); {failed or 'none'} failed."
    )
    return section(
        "What it depends on",
        paragraph(
            f"All levers and uncertainties move at once over their ranges: {counted} A share in "
            "total (ST) counts a factor with everything it does together with others; a share "
            "alone (S1) does not. Factors whose intervals overlap cannot be told apart, which is "
            "what the places say. A ranking speaks of the ranges it was made with: widen one, and "
            "its factor gains weight."
        ),
        picture(
            figures["ranking"],
            "Ranking of levers and uncertainties with intervals",
            f"Shares of the variance of {study.labels[0].lower()}.",
        ),
        table(
            ("Factor", "Kind", "Alone (S1)", "In total (ST)", "Places"),
            rows,
            f"±: half the width of the {float(about['confidence']):.0%} interval",
            words=(1,),
        ),
        picture(
            figures["scatter"],
            "The outcome of each run against the strongest factors",
            "Each point is one run; the line is the average.",
        ),
        table(
            ("Outcome", "Strongest", "second", "third"),
            _strongest(study),
            "The three strongest factors of each outcome, with their share in total",
            words=(1, 2, 3),
        ),
        items(study.notes),
    )


def _share(value: float, width: float) -> str:
    """Write a share and its half-interval, without the sign of a zero."""
    text = f"{value:.3f}"
    return f"{text.lstrip('-') if float(text) == 0 else text} ± {width:.3f}"


def _places(first: int, last: int) -> str:
    return str(first) if first == last else f"{first} to {last}"


def _strongest(study: Study) -> list[tuple[str, ...]]:
    rows = []
    for name, label in zip(study.outcomes.columns, study.labels, strict=True):
        top = ranking(study.sweep, name).head(3)
        if not top["ST"].isna().all():
            rows.append((label, *(f"{one} ({row['ST']:.2f})" for one, row in top.iterrows())))
    return rows


def _about_spread(study: Study, figures: Mapping[str, Path]) -> Section:
    return section(
        "How far it spreads",
        picture(
            figures["fan"],
            "Bands that hold 50, 80 and 95 % of all runs, over time",
            "The bands show where runs of the sweep lie. They are no forecast: they say what the "
            "model allows within the ranges of its levers and uncertainties.",
        ),
    )


def _about_origin(study: Study) -> Section:
    about, model = study.sweep.attrs, study.model
    base = next(iter(study.runs.values()))
    known = json.loads(about["versions"])
    versions = ", ".join(f"{name} {known[name]}" for name in PACKAGES if name in known)
    return section(
        "Where this comes from",
        facts(
            {
                "Model": str(Path(model.path).name),
                "sha256 of the file": model.digest,
                "Base run and scenarios": f"method {base.method}",
                "Sweep": f"method {about['integration']} (the file's own), "
                f"{about['method']}, n = {about['samples']}, seed {about['seed']}",
                "Versions": versions,
                "Machine": f"{platform.system()} {platform.machine()}",
                "Written": str(about["written"]),
            }
        ),
        paragraph("To make it again:"),
        code(study.command),
        paragraph(
            "Vensim itself was not run. The file is read by this project's own reader, and its "
            "trajectories are compared with those of two other open readers in the tests."
        ),
    )
