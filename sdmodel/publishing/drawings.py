"""The model's own drawing on the page, and the place where one variable is looked into."""

from __future__ import annotations

from html import escape

from sdmodel.documents.html import Html
from sdmodel.documents.site import LAID_OUT
from sdmodel.frontends.sketch import Kind, View
from sdmodel.names import key
from sdmodel.publishing.subject import Subject
from sdmodel.sketch.picture import svg
from sdmodel.sketch.views import own_views, views_of


def drawing_section(subject: Subject) -> Html:
    """Return the section with the views of the model and the chosen variable beside them."""
    source = subject.model.source
    views = list(own_views(source))
    if not views and len(subject.infos) <= LAID_OUT:
        views = list(views_of(source))
    return Html(
        '<section id="drawing"><h2>'
        f"{'The model and its flows' if views else 'Inside the model'}</h2>\n"
        f'<div class="{"sides" if views else ""}">{_views(views, subject) if views else ""}\n'
        f"{_INSPECTOR}</div></section>"
    )


def _views(views: list[View], subject: Subject) -> str:
    def href(name: str) -> str:
        place = subject.place.get(key(name))
        return "" if place is None else f"#variable-{place}"

    # A title page is no good beginning.
    first = next((n for n, one in enumerate(views) if _named(one)), 0)
    options = "".join(
        f'<option value="{place}"{" selected" if place == first else ""}>'
        f"{escape(view.name)}</option>"
        for place, view in enumerate(views)
    )
    templates = "\n".join(
        f'<template id="view-{place}">{svg(view, href, marked=True)}</template>'
        for place, view in enumerate(views)
    )
    return f"""<div class="sketch">
<div class="line"><label for="view">View</label><select id="view">{options}</select>
<label for="moment">Flows at</label>
<input type="range" id="moment" min="0" max="1" step="1" value="1">
<output id="moment-shown" for="moment"></output></div>
<div id="sketch" class="scroll" tabindex="0" role="region" aria-label="Drawing of the model"></div>
<p id="widths" class="soft" hidden>How wide the core of a pipe is says how large the flow is at that
time, against the largest flow of the same unit in this view over the whole run; what flows against
the arrow is dashed and orange. Choose a name to see what moves it.</p>
{templates}
</div>"""


def _named(view: View) -> list[str]:
    return [one.name for one in view.elements if one.kind is Kind.VARIABLE and not one.shadow]


_INSPECTOR = """<div id="inspector">
<form id="look" class="line"><label for="look-name">Look into</label>
<input id="look-name" list="all-names" autocomplete="off" placeholder="any variable">
<button type="submit">Show</button></form>
<div id="inspected"></div>
</div>"""
