"""How the site is built: `make docs`, or `python -m sphinx -W -n docs out/docs/html`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from sdmodel import __version__  # noqa: E402 - found by the line above

project = "sdmodel"
author = "The sdmodel authors"
copyright = author
release = version = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "_ext.directives",
]
exclude_patterns = ["_ext", "_build"]
highlight_language = "text"
# Docstrings and comments put code in single quotes of the backward kind.
default_role = "literal"
nitpicky = True

# Headings can be linked to, as on a host that shows Markdown.
myst_heading_anchors = 4
myst_links_external_new_tab = False

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
toc_object_entries_show_parents = "hide"
autodoc_class_signature = "mixed"

html_theme = "pydata_sphinx_theme"
html_title = f"sdmodel {version}"
html_show_sourcelink = False
html_copy_source = False
html_context = {"default_mode": "light"}
html_theme_options = {
    "navbar_end": [],
    "navbar_align": "left",
    "show_prev_next": False,
    "footer_start": [],
    "footer_end": [],
    "show_toc_level": 2,
    "header_links_before_dropdown": 6,
    "navigation_with_keys": False,
}
