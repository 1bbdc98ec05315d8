"""The drawings of published models: every name Vensim shows is drawn, and leads to its page."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

import sdmodel as sd
from sdmodel.documents.filenames import file_name
from sdmodel.documents.site import pages
from sdmodel.errors import SDError
from sdmodel.frontends import SUFFIXES, read
from sdmodel.frontends.sketch import Kind, View
from sdmodel.names import key
from sdmodel.sketch.picture import svg
from sdmodel.sketch.views import own_views
from sdmodel.sketch.words import unquoted
from tests.conformance.recorded import PLACE, PUBLISHED

SVG = "{http://www.w3.org/2000/svg}"
pytestmark = pytest.mark.skipif(
    PLACE is None,
    reason="there are no published models: set SDMODEL_CONFORMANCE to their folder",
)


def names(view: View) -> set[str]:
    """Return what Vensim shows in a view, as keys: hidden names not."""
    words = (one for one in view.elements if one.kind is Kind.VARIABLE and not one.hidden)
    return {key(unquoted(one.name)) for one in words}


def drawn(picture: str) -> set[str]:
    root = ElementTree.fromstring(picture)
    texts = (" ".join(span.text or "" for span in one) for one in root.iter(f"{SVG}text"))
    return {
        key(unquoted(one[1:-1] if one.startswith("<") and one.endswith(">") else one))
        for one in texts
    }


def test_every_name_of_every_view_is_drawn() -> None:
    assert PLACE is not None
    files = views = 0
    for path in sorted((PLACE / "models").rglob("*")):
        if path.suffix.lower() not in SUFFIXES:
            continue
        try:
            found = own_views(read(path))
        except SDError:
            continue  # refused as a whole, which other tests look at
        for view in found:
            missing = names(view) - drawn(svg(view))
            assert not missing, (path, view.name, missing)
        files += bool(found)
        views += len(found)
    assert files >= 100
    assert views >= 120


def test_world3_is_documented_with_a_link_at_every_name() -> None:
    assert PLACE is not None
    model = sd.load(PLACE / "models" / PUBLISHED / Path("WRLD3-03/wrld3-03.mdl"))
    made = pages(model, date="2020-02-02")
    assert sum(name.startswith("variables/") for name in made) == len(model.variables)
    views = own_views(model.source)
    assert sum(name.startswith("views/") for name in made) == len(views) == 14
    known = {key(name) for name in model.variables}
    for place, view in enumerate(views, 1):
        page = made[f"views/{place:02d}-{file_name(view.name)}.html"].decode("utf-8")
        picture = page[page.index("<svg") : page.index("</svg>")]
        for name in names(view) & known:
            assert f'<a href="../variables/{file_name(name)}.html">' in picture
