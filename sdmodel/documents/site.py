"""All pages of a model's documentation, as files and in a folder."""

from __future__ import annotations

import datetime
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from sdmodel.documents import lists
from sdmodel.documents.facts import FOLDER, Facts, plain
from sdmodel.documents.findings import Checked, Finding, checked, checks_page, notes
from sdmodel.documents.html import Html, facts, link, page, section, shown
from sdmodel.documents.reporting import checklist, reporting_page, summary
from sdmodel.documents.study_page import loops_page, study_page
from sdmodel.documents.style import STYLE
from sdmodel.documents.variable_page import variable_body
from sdmodel.documents.view_pages import VIEWS, view_body, view_picture, views_page
from sdmodel.errors import SDError
from sdmodel.model import Model
from sdmodel.run import Run
from sdmodel.sketch.views import own_views, views_of
from sdmodel.version import __version__

# The list of what was written, so that pages of variables since deleted go.
_LIST = "pages.txt"
_OURS = re.compile(r"(variables/|views/)?[a-z0-9-]+\.html")
# A model without a drawing gets one while that takes a few seconds.
LAID_OUT = 40


def document(
    model: Model,
    folder: str | Path,
    *,
    date: str = "",
    findings: Iterable[Finding] = (),
) -> Path:
    """Write a model's documentation: linked pages that need no network and no scripts.

    Parameters
    ----------
    model
        A loaded model.
    folder
        Where to write: a new or empty folder, or one that was written so before.
    date
        What the pages give as their date; today where it is left out. The same model, date and
        version give the same bytes.
    findings
        What other checks found, such as the `Problem`s of a model: it is told on the page of
        checks and on that of the variable.

    Returns
    -------
    Path
        The first page.

    Raises
    ------
    SDError
        If the folder holds something else.

    Examples
    --------
    >>> import tempfile, sdmodel as sd
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     document(sd.load("models/core.mdl"), folder).name
    'index.html'
    """
    place = Path(folder)
    before = _former(place)
    made = pages(model, date=date or today(), findings=findings)
    for name, content in made.items():
        target = place / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        except OSError as error:
            raise SDError(f"{target}: cannot be written: {error.strerror}") from None
    for name in before - made.keys():
        (place / name).unlink(missing_ok=True)
    return place / "index.html"


def today() -> str:
    """Return the date, in UTC; that of SOURCE_DATE_EPOCH where it is set."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    utc = datetime.UTC
    now = (
        datetime.datetime.fromtimestamp(int(epoch), utc)
        if epoch.isdecimal() and len(epoch) < 12
        else None
    )
    return (now or datetime.datetime.now(utc)).date().isoformat()


def _former(place: Path) -> set[str]:
    """Return what was written into a folder before; refuse one that holds other things."""
    try:
        if not place.exists() or not any(place.iterdir()):
            return set()
        known = (place / _LIST).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise SDError(f"{place}: the folder holds other files: give a new or empty one") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SDError(f"{place}: cannot be read: {reason}") from None
    # Nobody's hand in the list leads out of the folder.
    return {one for one in known if _OURS.fullmatch(one)}


def pages(model: Model, *, date: str, findings: Iterable[Finding] = ()) -> dict[str, bytes]:
    """Return every file of the documentation, by its way from the folder."""
    views, own = own_views(model.source), True
    if not views and len(model.variables) <= LAID_OUT:
        views, own = views_of(model.source), False
    found = Facts(model, views, own_drawing=own)
    title = model.settings.title or model.name
    result = checked(found, findings)
    made = {"style.css": STYLE.lstrip()}

    def add(own: str, heading: str, body: str) -> None:
        made[own] = page(heading, body, model=title, own=own)

    lines = checklist(found, result)
    add("index.html", title, _front(found, result, summary(lines), date))
    add("stocks.html", "Stocks and flows", lists.stocks_and_flows(found))
    add("names.html", "All names, A to Z", lists.by_letter(found))
    add("types.html", "Variables by type", lists.by_type(found))
    add("groups.html", "Variables by group", lists.by_group(found))
    add("loops.html", "Feedback loops", loops_page(found))
    add("study.html", "Scenarios, levers and outcomes", study_page(found))
    add("checks.html", "Checks", checks_page(found, result))
    add("reporting.html", "Reporting checklist", reporting_page(found, lines))
    for name, info in found.infos.items():
        body = variable_body(found, name, notes(result.about(name)))
        made[f"{FOLDER}/{found.files[name]}"] = page(plain(info.name), body, model=title, up="../")
    add("views.html", "Views", views_page(found))
    for place, view in enumerate(found.views):
        body = view_body(found, view)
        made[f"{VIEWS}/{found.view_files[place]}"] = page(
            view.name, body, model=title, up="../", wide=True
        )
    made[_LIST] = "\n".join(sorted(made)) + "\n"
    return source_files(model) | {name: text.encode("utf-8") for name, text in made.items()}


def _front(found: Facts, result: Checked, asked: str, date: str) -> str:
    model, run = found.model, found.base
    kinds = Counter(info.kind for info in found.infos.values())
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    span = ""
    if isinstance(run, Run):
        step = float(run.values("TIME STEP")[0])
        span = f"{run.times[0]:g} to {run.times[-1]:g} by {run.method}, TIME STEP {step:g}"
    about = facts(
        (
            ("Variables", f"{len(found.infos)}: {counts}"),
            ("Run", span or "the base run stops: see Checks"),
            ("Units", result.units.summary),
            ("Reporting", Html(f'{shown(asked)}: <a href="reporting.html">checklist</a>')),
            ("Files", Html(", ".join(link(name, name[6:]) for name in source_files(model)))),
            ("SHA-256", Html(f"<code>{shown(model.digest)}</code>")),
            ("Written", f"{date}, by sdmodel {__version__}"),
        )
    )
    return "\n".join(
        (
            about,
            section("What to begin with", _highlights(found)),
            section(*_first_view(found)),
            section("Ranges of subscripts", lists.ranges(found)),
            section("Macros", lists.macros(found)),
        )
    )


def _first_view(found: Facts) -> tuple[object, Html]:
    if not found.views:
        return "", Html("")
    view, file = found.views[0], found.view_files[0]
    picture = view_picture(view, lambda name: found.href(name))
    return link(f"{VIEWS}/{file}", view.name), picture


def source_files(model: Model) -> dict[str, bytes]:
    """Return the model's own file and the TOML beside it, by the way to their copies."""
    found = {f"files/{model.path.name}": model.source.source.raw}
    beside = model.path.with_suffix(".toml")
    if beside.is_file():
        found[f"files/{beside.name}"] = beside.read_bytes()
    return found


def _highlights(found: Facts) -> Html:
    names = found.model.settings.highlights or found.model.stocks
    rows = "".join(f"<li>{found.name(name)}</li>" for name in names)
    return Html(f'<ul class="names">{rows}</ul>' if rows else "")
