"""The colours of the site: those of every figure and page of sdmodel."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

from sdmodel.style import BLUE, INK, LINE, MARK, ORANGE, SOFT, TINT

FILE = "sdmodel.css"
TEXT = f"""
html[data-theme] {{
  --pst-color-primary: {MARK};
  --pst-color-secondary: {BLUE};
  --pst-color-accent: {ORANGE};
  --pst-color-link: {MARK};
  --pst-color-link-hover: {ORANGE};
  --pst-color-text-base: {INK};
  --pst-color-text-muted: {SOFT};
  --pst-color-inline-code: {INK};
  --pst-color-border: {LINE};
  --pst-color-surface: {TINT};
}}
/* A table that is wider than the page moves under its own bar; the page never does. */
.bd-page-width {{ max-width: 96rem; }}
.bd-main .bd-content .bd-article-container {{ max-width: 60rem; }}
.bd-sidebar-primary {{ flex-basis: 18%; }}
.bd-article h1 {{ font-size: 2.2rem; }}
.bd-article h2 {{ font-size: 1.6rem; }}
/* What a program answers, apart from what is typed. */
.bd-article .highlight-text pre {{ background: white; border-left: 3px solid {LINE}; }}
.bd-article table.table {{ font-size: 0.9rem; }}
.bd-article table.table td {{ min-width: 5rem; }}
.bd-article table.table code {{
  white-space: normal; overflow-wrap: break-word; border: 0; background: none; padding: 0;
}}
.bd-article dt.sig {{ overflow-wrap: anywhere; }}
.bd-article img {{ max-width: 100%; height: auto; }}
"""


def write(app: Sphinx) -> None:
    """Write the sheet where the theme's own lie."""
    folder = Path(app.outdir) / "_static"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text(TEXT, encoding="utf-8")
