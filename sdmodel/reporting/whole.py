"""The report put together, and written."""

from __future__ import annotations

import base64
import platform
from pathlib import Path

import numpy as np

from sdmodel.documents.facts import plain
from sdmodel.documents.html import Html, alone, facts, page_path, section, shown, table
from sdmodel.documents.site import LAID_OUT, today
from sdmodel.documents.style import STYLE
from sdmodel.model import Model
from sdmodel.publishing.claims import claims_section
from sdmodel.publishing.subject import Subject
from sdmodel.reporting.mainloops import loops_section
from sdmodel.reporting.printing import print_page
from sdmodel.reporting.ranking import ranking_section
from sdmodel.reporting.scenarios import Runs, run_all, scenarios_section
from sdmodel.reporting.style import PRINT
from sdmodel.reporting.trust import trust_section
from sdmodel.run import atomic
from sdmodel.sketch.picture import svg
from sdmodel.sketch.views import own_views, views_of
from sdmodel.validation import ValidationReport
from sdmodel.version import __version__


def report(
    model: Model,
    path: str | Path,
    *,
    pdf: str | Path | None = None,
    sweep: str | Path | None = None,
    claims: str | Path | None = None,
    validation: str | Path | ValidationReport | None = None,
    date: str = "",
) -> Path:
    """Write all that is known of a model as one HTML file, and as PDF.

    Parameters
    ----------
    model
        A loaded model; its title, scenarios and outcomes are those of its TOML file.
    path
        The HTML file to write; it needs no other file, no network and no scripts.
    pdf
        Also print it to this file, by a Chromium that is on the PATH.
    sweep
        A sweep that ``sensitivity sweep -o`` wrote: what the outcomes depend on.
    claims
        The ``claims.json`` that ``sensitivity claims`` wrote.
    validation
        What `validate` returned, or what ``sdmodel validate --json`` wrote.
    date
        What the report gives as its date; today where it is left out.

    Returns
    -------
    Path
        The HTML file.

    Raises
    ------
    SDError
        If a file is not what it should be, if `path` is no ``.html`` or `pdf` no ``.pdf``, or if no
        browser can print.

    Examples
    --------
    >>> import tempfile, sdmodel as sd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     report(sd.load("models/epidemic.mdl"), f"{folder}/epidemic.html").name
    'epidemic.html'
    """
    path = page_path(path)
    printed = None if pdf is None else page_path(pdf, (".pdf",))
    made = page(model, sweep=sweep, claims=claims, validation=validation, date=date)
    with atomic(path) as part:
        part.write_text(made, encoding="utf-8", newline="\n")
    if printed is not None:
        print_page(path, printed)
    return path


def page(
    model: Model,
    *,
    sweep: str | Path | None = None,
    claims: str | Path | None = None,
    validation: str | Path | ValidationReport | None = None,
    date: str = "",
) -> str:
    """Return the report as text."""
    subject, runs = Subject(model), run_all(model)
    parts = [
        _picture(model),
        _stocks(model),
        loops_section(model),
        scenarios_section(subject, runs),
        Html("") if sweep is None else ranking_section(sweep, model),
        Html("") if claims is None else claims_section(claims, model),
        Html("") if validation is None else trust_section(validation, model),
        _levers(model),
        _origin(model, runs, date or today()),
    ]
    count = len(model.settings.scenarios)
    lead = (
        f"{len(model.variables)} variables, {len(model.stocks)} stocks, {count} scenarios. "
        f"{date or today()}."
    )
    title = model.settings.title or plain(model.name)
    return alone(title, lead, "\n".join(parts), style=STYLE + PRINT, maker="sdmodel report")


def _picture(model: Model) -> Html:
    views = list(own_views(model.source))
    own = bool(views)
    if not views and len(model.variables) <= LAID_OUT:
        views = list(views_of(model.source))
    if not views:
        return Html("")
    # Many a drawing begins with a page of words.
    view = next((one for one in views if one.arrows), views[0])
    drawn = base64.b64encode(svg(view).encode()).decode("ascii")
    which = f"The view '{view.name}', one of {len(views)}" if len(views) > 1 else "The model"
    by = "as its file draws it" if own else "laid out here, for its file has no drawing"
    return section(
        "The model",
        Html(
            f'<figure class="drawing"><img src="data:image/svg+xml;base64,{drawn}" '
            f'alt="Stocks, flows and causes of {shown(model.name)}"><figcaption>{shown(which)}, '
            f"{by}. Boxes are stocks, double arrows flows, thin arrows causes.</figcaption>"
            "</figure>"
        ),
        "model",
    )


def _stocks(model: Model) -> Html:
    rows = []
    for name in model.stocks:
        info = model.variable(name)
        rows.append((plain(name), info.units, " ".join((info.comment or "").split())))
    heads = ("stock", "unit", "what it is")
    return section("Stocks", table(heads, rows, label="Stocks") if rows else "", "stocks")


def _levers(model: Model) -> Html:
    settings = model.settings
    rows = [
        (one.label or plain(one.name), kind, one.default, one.low, one.high, one.unit)
        for kind, factors in (("lever", settings.levers), ("uncertainty", settings.uncertainties))
        for one in factors.values()
    ]
    heads = ("constant", "kind", "value", "from", "to", "unit")
    body = table(heads, rows, label="Levers and uncertainties") if rows else ""
    return section("Levers and uncertainties", body, "levers")


def _origin(model: Model, runs: Runs, date: str) -> Html:
    engine = runs.base.provenance.get("engine", "")
    pairs = [
        ("Model", model.path.name),
        ("SHA-256 of the file", model.digest),
        ("Method of the runs", runs.base.method),
        ("Engine", engine),
        ("sdmodel", __version__),
        ("Python, NumPy", f"{platform.python_version()}, {np.__version__}"),
        ("Date", date),
    ]
    told = (
        "<p>Vensim itself was not run: the file is read and run by sdmodel's own reader and "
        "engine.</p>"
    )
    return section("Where this comes from", Html(facts(pairs) + told), "origin")
