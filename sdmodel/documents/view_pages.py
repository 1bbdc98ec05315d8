"""Pages with the views of a model's drawing; each name leads to its variable."""

from __future__ import annotations

from sdmodel.documents.facts import Facts
from sdmodel.documents.html import Html, link, section, shown
from sdmodel.frontends.sketch import Kind, View
from sdmodel.names import key
from sdmodel.sketch.picture import Href, svg

VIEWS = "views"


def view_body(found: Facts, view: View) -> str:
    """Return what stands on the page of a view."""
    picture = view_picture(view, lambda name: found.href(name, "../"))
    return picture + section("Variables of this view", _named(found, view, "../"))


def view_picture(view: View, href: Href) -> Html:
    """Return the picture of a view, which scrolls where it is wider than the page."""
    label = shown(f"Drawing of {view.name}")
    return Html(
        f'<div class="view scroll" tabindex="0" role="region" aria-label="{label}">'
        f"{svg(view, href)}</div>"
    )


def _named(found: Facts, view: View, up: str) -> Html:
    names = {
        found.infos[key(one.name)].name
        for one in view.elements
        if one.kind is Kind.VARIABLE and not one.shadow and key(one.name) in found.infos
    }
    rows = "".join(f"<li>{found.name(name, up)}</li>" for name in found.sorted(list(names)))
    return Html(f'<ul class="names">{rows}</ul>' if rows else "")


def views_page(found: Facts) -> str:
    """Return the list of all views, each with its variables."""
    if not found.views:
        return "<p>The file has no drawing: <code>sdmodel sketch MODEL</code> makes one.</p>"
    told = "" if found.own_drawing else "<p>The file has no drawing; these were laid out.</p>"
    return told + "\n".join(
        f"<section><h2>{link(f'{VIEWS}/{file}', view.name)}</h2>{shown(_named(found, view, ''))}"
        "</section>"
        for view, file in zip(found.views, found.view_files, strict=True)
    )
