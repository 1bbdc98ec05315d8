"""Sliders, switches and scenario buttons, as the HTML that the scripts then bring to life."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from sdmodel.documents.html import Html, text
from sdmodel.names import key
from sdmodel.publishing.levers import Lever, Levers
from sdmodel.settings import Scenario
from sdmodel.style import NO_UNIT

_MOVED = '<span class="moved"></span>'


def number(value: float) -> str:
    """Return a number as an input element takes it.

    >>> number(0.1), number(1960.0), number(1e-9)
    ('0.1', '1960', '1e-09')
    """
    return f"{value:.15g}"


def lever_panel(found: Levers) -> Html:
    """Return all sliders and switches, by group; the uncertainties in a part that is closed."""
    numbers = {id(one): place for place, one in enumerate((*found.levers, *found.uncertainties))}
    parts = [f'<p class="soft">{escape(found.remark)}</p>'] if found.remark else []
    groups = _grouped(found.levers)
    parts += [_group(name, ones, numbers, opened=True) for name, ones in groups.items()]
    if found.uncertainties:
        inner = "\n".join(
            _group(name, ones, numbers, opened=False)
            for name, ones in _grouped(found.uncertainties).items()
        )
        parts.append(
            '<details class="uncertainties"><summary>Uncertainties '
            f'<span class="count">{len(found.uncertainties)}</span>{_MOVED}</summary>\n'
            '<p class="soft">What nobody can set, and nobody knows for sure.</p>\n'
            f"{inner}</details>"
        )
    return Html("\n".join(parts))


def scenario_buttons(scenarios: Mapping[str, Scenario]) -> Html:
    """Return a button for each scenario, those of one group together."""
    groups: dict[str, list[tuple[int, Scenario]]] = {}
    for place, one in enumerate(scenarios.values()):
        groups.setdefault(one.group, []).append((place, one))
    return Html(
        "\n".join(
            f'<div class="scenarios" role="group" aria-label="{escape(name or "Scenarios")}">'
            f"<h3>{escape(name or 'Scenarios')}</h3><div>"
            + "".join(
                f'<button type="button" data-scenario="{place}" aria-pressed="false" '
                f'title="{escape(one.description)}">{escape(one.label or one.name)}</button>'
                for place, one in ones
            )
            + "</div></div>"
            for name, ones in groups.items()
        )
    )


def _grouped(levers: Iterable[Lever]) -> dict[str, list[Lever]]:
    groups: dict[str, list[Lever]] = {}
    for one in levers:
        groups.setdefault(one.group, []).append(one)
    return groups


def _group(name: str, levers: list[Lever], numbers: Mapping[int, int], *, opened: bool) -> str:
    inner = "\n".join(_lever(one, numbers[id(one)]) for one in levers)
    title = name[:1].upper() + name[1:] if name else "Levers"
    return (
        f'<details class="levers"{" open" if opened else ""}><summary>{escape(title)} '
        f'<span class="count">{len(levers)}</span>{_MOVED}</summary>\n{inner}</details>'
    )


def _lever(one: Lever, place: int) -> str:
    own, label, unit = f"lever-{place}", escape(one.label), escape(_unit(one.unit))
    if one.switch:
        moved = (
            f'<input type="checkbox" id="{own}" role="switch"{" checked" if one.default else ""}>'
        )
        value = ""
    elif one.values:
        moved = f'<select id="{own}" aria-describedby="{own}-help">{_choices(one)}</select>'
        value = f'<span class="unit">{unit}</span>'
    else:
        span = f'min="{number(one.low)}" max="{number(one.high)}"'
        share = (one.default - one.low) / (one.high - one.low)
        moved = (
            f'<div class="track" style="--base: {share:.4g}">'
            f'<input type="range" id="{own}" {span} step="any" value="{number(one.default)}" '
            f'aria-describedby="{own}-help"></div>'
        )
        value = (
            f'<input type="number" id="{own}-value" aria-label="{label}, as a number" step="any" '
            f'{span} value="{number(one.default)}" inputmode="decimal">'
            f'<span class="unit">{unit}</span>'
        )
    return (
        f'<div class="lever" data-lever="{place}"><div class="head">'
        f'<label for="{own}">{label}</label>{value}</div>'
        f'<div class="row">{moved}{_help(one, own)}</div></div>'
    )


def _help(one: Lever, own: str) -> str:
    if one.switch or one.values:
        span = ""
    else:
        unit = _unit(one.unit)
        span = f"{one.low:g} to {one.high:g}{f' {unit}' if unit else ''}; "
    base = dict(one.values).get(one.default) or f"{one.default:g}"
    if one.switch:
        base = "on" if one.default else "off"
    named = (
        ""
        if key(one.name) == key(one.label)
        else f" In the model: <code>{escape(one.name)}</code>."
    )
    return (
        f'<details class="help" id="{own}-help"><summary><span aria-hidden="true">?</span>'
        f'<span class="sr">About {escape(one.label)}</span></summary>{text(one.help)}'
        f'<p class="soft">{escape(span)}in the base run {escape(base)}.{named}</p></details>'
    )


def _choices(one: Lever) -> str:
    return "".join(
        f'<option value="{number(value)}"{" selected" if value == one.default else ""}>'
        f"{escape(label or f'{value:g}')}</option>"
        for value, label in one.values
    )


def _unit(unit: str) -> str:
    """Return a unit as it is shown behind a number: nothing where there is none.

    >>> _unit("Dmnl"), _unit("kn/Year")
    ('', 'kn/Year')
    """
    return "" if key(unit) in NO_UNIT else unit
