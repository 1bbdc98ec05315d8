"""The page of what lies beside the model: levers, uncertainties, scenarios, outcomes; and loops."""

from __future__ import annotations

from collections.abc import Iterable

from sdmodel.documents.facts import Facts
from sdmodel.documents.html import Html, section, shown, table
from sdmodel.factors import Factor
from sdmodel.settings import OutcomeSpec


def study_page(found: Facts) -> str:
    """Return scenarios, levers, uncertainties and outcomes of the model's TOML file."""
    settings = found.model.settings
    parts = (
        section("Scenarios", _scenarios(found)),
        section("Levers: what policy can move", _factors(found, settings.levers.values())),
        section("Uncertainties: what nobody can", _factors(found, settings.uncertainties.values())),
        section("Outcomes", _outcomes(found, settings.outcomes.values())),
    )
    if not any(parts):
        name = found.model.path.with_suffix(".toml").name
        return f"<p>No file {shown(name)} beside the model names scenarios, levers or outcomes.</p>"
    return "\n".join(parts)


def _scenarios(found: Facts) -> Html:
    rows = []
    for one in found.model.settings.scenarios.values():
        sets = "<br>".join(f"{found.name(n)} = {value:g}" for n, value in one.values.items())
        rows.append((one.name, one.group, one.label, one.description, Html(sets)))
    columns = ("scenario", "group", "label", "description", "sets")
    return table(columns, rows, label="Scenarios") if rows else Html("")


def _factors(found: Facts, factors: Iterable[Factor]) -> Html:
    rows = [
        (found.name(one.name), one.default, one.low, one.high, one.unit, one.distribution,
         one.label)
        for one in factors
    ]  # fmt: skip
    columns = ("constant", "default", "low", "high", "unit", "drawn", "label")
    return table(columns, rows, label="Factors") if rows else Html("")


def _outcomes(found: Facts, outcomes: Iterable[OutcomeSpec]) -> Html:
    rows = []
    for one in outcomes:
        window = f", {one.between[0]:g} to {one.between[1]:g}" if one.between else ""
        at = f" {one.at:g}" if one.at is not None else ""
        how = f"{one.reduce}{at}{window}" if one.of else one.expression
        of = found.name(one.of) if one.of else ", ".join(f"{a} = {b}" for a, b in one.let.items())
        arms = one.arm + (f" against {one.reference}" if one.reference else "")
        rows.append((one.name, of, how, one.unit, one.label, arms))
    columns = ("outcome", "of", "how", "unit", "label", "scenario")
    return table(columns, rows, label="Outcomes") if rows else Html("")


def loops_page(found: Facts) -> str:
    """Return the table of feedback loops."""
    rows, loops = [], found.loops
    for one in loops:
        steps = " → ".join(found.name(name) for name in (*one.path, one.path[0]))
        share = f"+ {one.plus:.0%}, − {one.minus:.0%}" if one.kind == "changing" else ""
        rows.append((Html(f'<span id="{one.name}">{one.name}</span>'),
                     Html(f"{one.kind} <span class='soft'>{share}</span>"),
                     Html(str(len(one.path))), Html(steps)))  # fmt: skip
    told = (
        f"<p>{shown(loops.summary)}.</p>"
        '<p class="soft">Signs are those of small nudges at every saved time of the base run: '
        "reinforcing, balancing, changing between the two, or idle where nothing comes round. "
        "Loops that only the start of a run closes are left out.</p>"
    )
    columns = ("loop", "kind", "links", "path")
    return told + (table(columns, rows, label="Feedback loops") if rows else "")
