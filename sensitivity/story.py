"""What the demo found, told in order: the sections of its page."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensitivity.analysis import ranking
from sensitivity.ranked import about_ranking, about_spread, how
from sensitivity.report import (
    Section,
    code,
    drawing,
    facts,
    items,
    page,
    paragraph,
    picture,
    section,
    subheading,
    table,
)
from sensitivity.scenarios import figures_of, grouped, labels_of, number, told

if TYPE_CHECKING:
    import xarray as xr

    import sdmodel as sd
    from sensitivity.computed import Study

PACKAGES = ("sdmodel", "python", "numpy", "scipy", "SALib", "xarray")


def tell(study: Study, figures: Mapping[str, Path]) -> str:
    """Write the page about a study, with the figures named `base_run`, `ranking` and so on."""
    model = study.model
    title = model.settings.title or model.name
    lead = (
        f"{len(model.variables)} variables, {len(model.stocks)} stocks; {len(study.runs) - 1} "
        f"scenarios; {study.ranking_runs:,} runs to rank {study.factors} levers and uncertainties"
    )
    return page(
        title,
        lead,
        [
            *_about_the_picture(study),
            section("In short", items(_findings(study))),
            _about_the_base_run(study, figures),
            _about_scenarios(study, figures),
            about_ranking(study, figures),
            about_spread(study, figures),
            _about_trust(study),
            _about_integration(study),
            _about_stocks_and_levers(study),
            _about_origin(study),
        ],
    )


def _findings(study: Study) -> list[str]:
    first, label = study.outcomes.columns[0], study.labels[0]
    values = dict(zip(study.runs, study.outcomes[first].to_numpy(dtype=float), strict=True))
    base, *others = study.runs

    def at(run: str) -> str:
        return told(study.model, first, values[run])

    found = [f"{label}: {at(base)} in the base run."]
    for title, members in grouped(study.model, others):
        reached = [one for one in members if not math.isnan(values[one])]
        if reached:
            high, low = max(reached, key=values.__getitem__), min(reached, key=values.__getitem__)
            found.append(
                f"{title or 'Scenarios'}: highest in '{high}' ({at(high)}), lowest in '{low}' "
                f"({at(low)})."
            )
    found += [one for one in (_top(study, "lever"), _top(study, "uncertainty")) if one]
    if study.screening is not None:
        found.append(how(study))
    found.append(f"Integration: {study.integration.verdict}")
    found.append(f"Confidence tests: {_counted(study.validation)}.")
    if study.short:
        found.append("This is the short form of the demo: few runs, so wide intervals.")
    return found


def _top(study: Study, role: str) -> str:
    """Name the three strongest levers or uncertainties, among all that were looked at."""
    what = "levers" if role == "lever" else "uncertainties"
    swept, by, meaning = study.sweep, "ST", "their share in total"
    if study.screening is not None:
        swept, by = study.screening.sweep, "mu_star"
        meaning = "the mean size of their effect in the screening"
    ranked = ranking(swept)
    top = ranked[ranked["role"] == role].head(3)
    if not len(top):
        return ""
    named = ", ".join(
        f"{name} ({row[by]:.2g} ± {row[f'{by}_conf']:.2g})"
        if study.screening is not None
        else f"{name} ({row[by]:.2f} ± {row[f'{by}_conf']:.2f})"
        for name, row in top.iterrows()
    )
    return f"The {what} it depends on most, with {meaning}: {named}."


def _counted(report: sd.ValidationReport) -> str:
    return ", ".join(f"{count} {status}" for status, count in report.counts.items() if count)


def _about_the_picture(study: Study) -> list[Section]:
    """Show the model: as a file in docs/ has it, else the first view of its own drawing."""
    import sdmodel as sd

    model = study.model
    about = f"Stocks, flows and causal links of {model.name}"
    drawn = drawing_of(Path(model.path))
    if drawn is not None:
        caption = (
            "The model as its file draws it: boxes are stocks, double arrows are flows, thin "
            "arrows are causes."
        )
        return [section("The model", picture(drawn, about, caption))]
    view = sd.picture(model)
    if not view:
        return []
    caption = (
        "The first view of the model's own drawing: boxes are stocks, or whole sectors of the "
        "model with their stocks in grey below; double arrows are flows, thin arrows are causes."
    )
    return [section("The model", drawing(view.encode(), "image/svg+xml", about, caption))]


def drawing_of(path: Path) -> Path | None:
    """Find the picture of a model: docs/model_NAME.svg or .png of the project it lies in."""
    for folder in (path.parent, path.resolve().parents[1] / "docs"):
        for suffix in (".svg", ".png"):
            drawn = folder / f"model_{path.stem}{suffix}"
            if drawn.is_file():
                return drawn
    return None


def _about_stocks_and_levers(study: Study) -> Section:
    model, settings = study.model, study.model.settings
    stocks = [
        (name, model.variable(name).units, " ".join((model.variable(name).comment or "").split()))
        for name in model.stocks
    ]
    parts = [table(("Stock", "Unit", "What it is"), stocks, words=(1, 2))]
    levers = [
        (one.name, number(one.default), f"{one.low:g} to {one.high:g}", one.unit)
        for one in settings.levers.values()
    ]
    if levers:
        parts.append(
            table(("Lever", "Default", "Range", "Unit"), levers, "What policy can move", words=(3,))
        )
    return section("Stocks and levers", *parts)


def _about_the_base_run(study: Study, figures: Mapping[str, Path]) -> Section:
    return section(
        "Base run",
        picture(
            figures["base_run"],
            "Courses of " + ", ".join(study.shown) + " in the base run",
            f"All constants as in the file, method {study.base.method}.",
        ),
    )


def _about_scenarios(study: Study, figures: Mapping[str, Path]) -> Section:
    base, *others = study.runs
    parts = []
    names = {label: name for name, label in labels_of(study.model.settings).items()}
    for figure, title, labels in figures_of(study.model, others):
        of = f" of the group '{title}'" if title else ""
        if title:
            parts.append(subheading(title))
        parts.append(
            picture(
                figures[figure],
                f"Courses of {', '.join(study.shown)} in every scenario{of}",
                f"{title or 'Every scenario'} and the base run, method {study.base.method}.",
            )
        )
        parts.append(_outcomes(study, [base, *labels], title))
        parts.append(_rules(study, [names[label] for label in labels]))
    return section("Scenarios", *parts)


def _outcomes(study: Study, labels: list[str], title: str) -> str:
    outcomes = study.outcomes.loc[labels]
    rows = [
        (head, *(told(study.model, name, value) for value in outcomes[name]))
        for head, name in zip(_heads(study), outcomes.columns, strict=True)
    ]
    dash = "; a dash where the run never gets there" if outcomes.isna().any(axis=None) else ""
    caption = f"{title}: outcomes" if title else "Outcomes by scenario"
    return table(("Outcome", *labels), rows, caption + dash)


def _rules(study: Study, names: list[str]) -> str:
    rules = [
        (one.label or one.name, one.description or "", _set(one.values))
        for one in (study.model.settings.scenarios[name] for name in names)
    ]
    return table(("Scenario", "What it stands for", "What it sets"), rules, words=(1, 2))


def _set(values: Mapping[str, float]) -> str:
    """Write what a scenario sets; elements of one variable together, its zeros counted.

    >>> _set({"rate": 2, "w[a]": 1, "w[b]": 0, "w[c]": 0})
    'rate = 2, w[a = 1; 2 others = 0]'
    """
    heads: dict[str, dict[str, float]] = {}
    for name, value in values.items():
        head, _, element = name.partition("[")
        heads.setdefault(head, {})[element.removesuffix("]")] = value
    parts = []
    for head, elements in heads.items():
        if "" in elements:
            parts.append(f"{head} = {elements['']:g}")
            continue
        zeros = [one for one, value in elements.items() if value == 0]
        written = [f"{one} = {value:g}" for one, value in elements.items() if value != 0]
        if len(zeros) < 2:
            written += [f"{one} = 0" for one in zeros]
        text = ", ".join(written)
        if len(zeros) >= 2:
            text += f"{'; ' if text else ''}{len(zeros)} {'others' if text else 'elements'} = 0"
        parts.append(f"{head}[{text}]")
    return ", ".join(parts)


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


def _about_trust(study: Study) -> Section:
    report = study.validation
    about = report.provenance
    which = "the quick ones of the tests" if study.short else "all tests"
    return section(
        "Can it be trusted?",
        paragraph(_counted(report), "verdict"),
        table(
            ("Test", "Result", "What was found"),
            [(f"{one.id} {one.name}", one.status, one.text) for one in report.results],
            f"What sdmodel validate found: {which}, seed {about['seed']}",
            words=(1, 2),
        ),
        paragraph("validation.html, beside this page, has what each test asks for and found."),
    )


def _sweeps(study: Study) -> list[tuple[str, xr.Dataset]]:
    screened = [] if study.screening is None else [("Screening", study.screening.sweep)]
    return [*screened, ("Sweep", study.sweep)]


def _sweep(swept: xr.Dataset) -> str:
    about = swept.attrs
    return (
        f"method {about['integration']} (the file's own), {about['method']}, "
        f"n = {about['samples']}, seed {about['seed']}"
    )


def _about_origin(study: Study) -> Section:
    about, model = study.sweep.attrs, study.model
    known = json.loads(about["versions"])
    versions = ", ".join(f"{name} {known[name]}" for name in PACKAGES if name in known)
    return section(
        "Where this comes from",
        facts(
            {
                "Model": str(Path(model.path).name),
                "sha256 of the file": model.digest,
                "Base run and scenarios": f"method {study.base.method}",
                **{name: _sweep(swept) for name, swept in _sweeps(study)},
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
