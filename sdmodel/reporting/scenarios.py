"""The base run and the scenarios of the TOML file: courses as figures, outcomes as tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sdmodel.documents.facts import plain
from sdmodel.documents.html import Html, section, shown, table
from sdmodel.documents.plots import MOST_LINES, Line, legend, plot
from sdmodel.errors import SDError, counted
from sdmodel.model import Model
from sdmodel.publishing.subject import Subject
from sdmodel.reduction import alone, measure
from sdmodel.run import Run
from sdmodel.settings import OutcomeSpec

BASE = "Base run"
# Scenarios in one figure, with the base run; variables that have a figure.
TOGETHER, MOST_SHOWN = MOST_LINES - 1, 6


@dataclass(frozen=True)
class Runs:
    """The base run and those of the scenarios by name; why a scenario could not be run."""

    base: Run
    scenarios: Mapping[str, Run]
    failed: Mapping[str, str]


def run_all(model: Model) -> Runs:
    """Run the model as it is and under each scenario, by the file's own method."""
    base = model.run(method="vensim")
    done: dict[str, Run] = {}
    failed: dict[str, str] = {}
    for name in model.settings.scenarios:
        try:
            done[name] = model.run(name, method="vensim")
        except SDError as error:
            failed[name] = str(error).partition("\n")[0]
    return Runs(base, done, failed)


def scenarios_section(subject: Subject, runs: Runs) -> Html:
    """Return the section: each group of scenarios against the base run."""
    model = subject.model
    columns, remark = subject.first_charts()
    names = [subject.names[column] for column in columns[:MOST_SHOWN]]
    told = f"<p>All runs are by the method that the file names, {shown(runs.base.method)}.</p>"
    parts = [told, f'<p class="soft">{shown(remark)}</p>' if remark else ""]
    groups = list(_groups(model, runs))
    for title, members in groups or [("", [])]:
        if title:
            parts.append(f"<h3>{shown(title)}</h3>")
        shown_runs = {
            BASE: runs.base,
            **{_label(model, one): runs.scenarios[one] for one in members},
        }
        parts += _figures(subject, names, shown_runs)
        parts.append(_outcomes(model, shown_runs))
        parts.append(_rules(model, members))
    for name, why in runs.failed.items():
        parts.append(f'<p class="bad">{shown(_label(model, name))} cannot be run: {shown(why)}</p>')
    heading = "Base run and scenarios" if groups else "Base run"
    return section(heading, Html("\n".join(parts)), "scenarios")


def _groups(model: Model, runs: Runs) -> Iterator[tuple[str, list[str]]]:
    """Yield scenarios as they are shown together; a group too large comes in parts of like size."""
    found: dict[str, list[str]] = {}
    for name in runs.scenarios:
        found.setdefault(model.settings.scenarios[name].group, []).append(name)
    for title, members in found.items():
        parts = math.ceil(len(members) / TOGETHER)
        size = math.ceil(len(members) / parts)
        for part in range(parts):
            whole = f"{title or 'Scenarios'}, part {part + 1} of {parts}" if parts > 1 else title
            yield whole, members[part * size : (part + 1) * size]


def _label(model: Model, name: str) -> str:
    labels = [one.label or one.name for one in model.settings.scenarios.values()]
    label = model.settings.scenarios[name].label or name
    return label if labels.count(label) == 1 else f"{label} ({name})"


def _figures(subject: Subject, names: list[str], runs: Mapping[str, Run]) -> Iterator[str]:
    """Yield what the lines are, and a figure for each variable."""
    time = f"Time [{subject.time_unit}]" if subject.time_unit else "Time"
    yield legend([Line(label, (), ()) for label in runs], BASE)
    yield '<div class="plots">'
    for name in names:
        lines = [
            Line(label, run.times.tolist(), run.values(name).tolist())
            for label, run in runs.items()
        ]
        unit = subject.model.units[subject.model.definition(name.partition("[")[0]).name]
        label = f"{plain(name)} over time: {', '.join(runs)}"
        picture = plot(lines, time, unit, label, base=BASE, named=False)
        if picture:
            yield f"<figure><figcaption><b>{shown(plain(name))}</b></figcaption>{picture}</figure>"
    yield "</div>"


def _outcomes(model: Model, runs: Mapping[str, Run]) -> str:
    """Return the outcomes of runs; those that compare runs are not of one run alone."""
    outcomes = [one for one in model.settings.outcomes.values() if alone(one)]
    if not outcomes:
        return ""
    rows = []
    for one in outcomes:
        unit = f" [{one.unit}]" if one.unit.casefold() not in ("", "dmnl", "1") else ""
        values = [Html(f'<span class="nb">{_told(_value(one, run))}</span>')
                  for run in runs.values()]  # fmt: skip
        rows.append(((one.label or one.name) + unit, *values))
    left = len(model.settings.outcomes) - len(outcomes)
    more = f'<p class="soft">{counted(left, "outcome")} that compare runs are left out.</p>'
    made = table(("outcome", *runs), rows, label="Outcomes by scenario")
    return f'<div class="numbers">{made}</div>{more if left else ""}'


def _value(outcome: OutcomeSpec, run: Run) -> float:
    return float(measure(outcome, run.times, run.values(outcome.of)[:, None])[0])


def _told(value: float) -> str:
    """Write an outcome as people read it: three digits, a year as a year, a dash for none.

    >>> _told(0.12345), _told(1987.44), _told(float("nan"))
    ('0.123', '1987', '–')
    """
    if math.isnan(value):
        return "–"
    if 1e4 <= abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:.0f}" if 100 <= abs(value) < 1e4 else f"{value:.3g}"


def _rules(model: Model, members: list[str]) -> str:
    rows = []
    for name in members:
        one = model.settings.scenarios[name]
        rows.append((_label(model, name), one.description, _set(one.values)))
    heads = ("scenario", "what it stands for", "what it sets")
    return table(heads, rows, label="Scenarios") if rows else ""


def _set(values: Mapping[str, float]) -> str:
    """Write what a scenario sets: elements of one variable together, several zeros counted.

    >>> _set({"rate": 2, "w[a]": 1, "w[b]": 0, "w[c]": 0})
    'rate 2; w: a 1, 2 others 0'
    """
    heads: dict[str, dict[str, float]] = {}
    for name, value in values.items():
        head, _, element = name.partition("[")
        heads.setdefault(plain(head), {})[element.removesuffix("]")] = value
    parts = []
    for head, elements in heads.items():
        zeros = [one for one, value in elements.items() if value == 0]
        several = zeros if len(zeros) > 1 else []
        told = [f"{one} {value:g}".strip() for one, value in elements.items() if one not in several]
        if several:
            told.append(f"{len(zeros)} {'others' if told else 'elements'} 0")
        parts.append(f"{head}{' ' if '' in elements else ': '}{', '.join(told)}")
    return "; ".join(parts)
