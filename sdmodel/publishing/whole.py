"""The page put together: one file, and what it is made of."""

from __future__ import annotations

from collections import Counter
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from sdmodel.documents.facts import plain
from sdmodel.documents.html import page_path
from sdmodel.documents.site import today
from sdmodel.errors import OverrideError
from sdmodel.javascript import kernel_script
from sdmodel.model import Model
from sdmodel.publishing import assets, controls
from sdmodel.publishing.claims import claims_section
from sdmodel.publishing.drawings import drawing_section
from sdmodel.publishing.levers import Lever, constants_named, levers_of
from sdmodel.publishing.subject import Subject
from sdmodel.publishing.sweeps import sweep_data, sweep_section
from sdmodel.run import atomic
from sdmodel.style import BLACK, NO_UNIT, looks
from sdmodel.version import __version__

# The run that is moved takes the first colour; runs that are kept take the others.
_MOST_KEPT = 12


def publish(
    model: Model,
    path: str | Path,
    *,
    sweep: str | Path | None = None,
    claims: str | Path | None = None,
    title: str = "",
) -> Path:
    """Write the model as one HTML file in which it runs: for a browser, without network or server.

    Parameters
    ----------
    model
        A loaded model. Levers, uncertainties, scenarios and outcomes are those of its TOML file;
        without one, the constants with a range are its levers.
    path
        Where to write the file.
    sweep
        A sweep that ``sensitivity sweep -o`` wrote: its ranking and bands are shown.
    claims
        The ``claims.json`` that ``sensitivity claims`` wrote: its table is shown.
    title
        The heading; that of the TOML file, or the model's name, where it is left out.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    SDError
        If Bokeh is not there, if a file is not what it should be, or if `path` is no ``.html``.
    UnsupportedError
        If the model does what cannot be done in a browser.

    Examples
    --------
    >>> import sdmodel as sd
    >>> publish(sd.load("models/core.mdl"), "out/core.html").name
    'core.html'
    """
    path = page_path(path)
    made = page(model, sweep=sweep, claims=claims, title=title)
    with atomic(path) as part:
        part.write_text(made, encoding="utf-8", newline="\n")
    return path


def page(
    model: Model,
    *,
    sweep: str | Path | None = None,
    claims: str | Path | None = None,
    title: str = "",
    extra: str = "",
) -> str:
    """Return the page as text; `extra` is HTML of the caller's own, put last.

    With `extra` the page may talk to the server it came from, otherwise to nobody.
    """
    model = model.with_parts(model.settings.names, strict=False)
    subject, found = Subject(model), levers_of(model)
    title = title or model.settings.title or plain(model.name)
    charts, remark = subject.first_charts()
    data: dict[str, Any] = {
        "title": title,
        "model": model.name,
        "timeUnit": subject.time_unit,
        "noUnit": sorted(NO_UNIT),
        "variables": subject.variables(),
        "levers": [_lever(one) for one in (*found.levers, *found.uncertainties)],
        "scenarios": _scenarios(model),
        "charts": charts,
        "looks": _looks(),
    }
    parts = [drawing_section(subject)]
    if sweep is not None:
        data["sweep"] = sweep_data(sweep, model)
        parts.append(sweep_section(data["sweep"]))
    if claims is not None:
        parts.append(claims_section(claims, model))
    kernel = f"const sdmodelKernel = {kernel_script(model.program)};"
    scripts = [assets.charts_script(), kernel, assets.script()]
    frame = Template(assets.text_of("page.html"))
    return frame.substitute(
        title=escape(title),
        policy=escape(assets.policy([*scripts, *assets.scripts_in(extra)], connect=bool(extra))),
        style=assets.style(),
        about=escape(_about(subject)),
        remark=escape(remark),
        scenarios=controls.scenario_buttons(model.settings.scenarios),
        levers=controls.lever_panel(found),
        parts="\n".join(parts),
        origin=_origin(model),
        data=assets.as_data(data),
        bokeh=scripts[0],
        kernel=scripts[1],
        script=scripts[2],
        extra=extra,
    )


def _about(subject: Subject) -> str:
    kinds = Counter(info.kind for info in subject.infos.values())
    groups = dict.fromkeys(
        info.group.lstrip(".") for info in subject.infos.values() if info.kind != "control"
    )
    parts = [one for one in groups if one and one.casefold() != "control"]
    within = f" in {len(parts)} parts ({', '.join(parts[:12])})" if 1 < len(parts) <= 12 else ""
    stocks = kinds["stock"]
    return (
        f"A model of {len(subject.infos)} variables{within}, {stocks} of them stocks, which carry "
        "the past into the future. It runs in this page: move a lever and the charts answer."
    )


def _lever(one: Lever) -> dict[str, Any]:
    return {
        "name": one.name,
        "label": one.label,
        "unit": one.unit,
        "low": one.low,
        "high": one.high,
        "step": one.step,
        "value": one.default,
        "sets": one.sets,
        "kind": "switch" if one.switch else "choice" if one.values else "range",
    }


def _scenarios(model: Model) -> list[dict[str, Any]]:
    """Return the scenarios, with a value for each constant that they set."""
    told = []
    for one in model.settings.scenarios.values():
        values: dict[str, float] = {}
        for name, value in one.values.items():
            names = constants_named(model, name)
            if not names:
                raise OverrideError(
                    name, f"scenario '{one.name}' sets '{name}', which is no constant"
                )
            values |= dict.fromkeys(names, value)
        told.append(
            {
                "label": one.label or one.name,
                "group": one.group,
                "about": one.description,
                "values": values,
            }
        )
    return told


def _looks() -> dict[str, Any]:
    names = ["now", *(f"kept {place}" for place in range(_MOST_KEPT))]
    colours = [one.colour for one in looks(names).values()]
    return {"now": colours[0], "base": BLACK, "kept": colours[1:]}


def _origin(model: Model) -> str:
    program = model.program
    return (
        f"<p>Made {today()} by sdmodel {escape(__version__)} from "
        f"<code>{escape(model.path.name)}</code>, SHA-256 <code>{model.digest}</code>. "
        f"Runs use the method that the file names ({escape(program.method)}) and its TIME STEP.</p>"
    )
