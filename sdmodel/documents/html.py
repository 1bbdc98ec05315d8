"""What all pages share: frame, navigation, tables and text, with everything escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from sdmodel.errors import SDError

_ADDRESS = re.compile(r"https?://[^\s<>\"'()\[\]{}]+[^\s<>\"'()\[\]{}.,;:!?]")
# The pages at the top, by file, in the order of their links.
PAGES = {
    "index.html": "Model",
    "stocks.html": "Stocks and flows",
    "views.html": "Views",
    "names.html": "A to Z",
    "types.html": "By type",
    "groups.html": "By group",
    "loops.html": "Loops",
    "study.html": "Scenarios and levers",
    "checks.html": "Checks",
    "reporting.html": "Reporting",
}


class Html(str):
    """Text that is HTML already; all other text is escaped."""

    __slots__ = ()


def shown(value: object) -> str:
    """Return a value as HTML.

    >>> shown("a < b"), shown(Html("<b>a</b>")), shown(0.25)
    ('a &lt; b', '<b>a</b>', '0.25')
    """
    if isinstance(value, Html):
        return value
    if isinstance(value, float):
        return f"{value:.6g}"
    return escape(str(value))


def link(to: str, text: str) -> Html:
    """Return a link."""
    return Html(f'<a href="{escape(to)}">{escape(text)}</a>')


def text(said: str) -> Html:
    """Return what a comment says: its paragraphs, with web addresses as links.

    >>> text("See https://example.org/a?b=1&c=2.")
    '<p>See <a href="https://example.org/a?b=1&amp;c=2">https://example.org/a?b=1&amp;c=2</a>.</p>'
    """
    paragraphs = (one.strip() for one in re.split(r"\n\s*\n", said))
    return Html("\n".join(f"<p>{_with_links(one)}</p>" for one in paragraphs if one))


def _with_links(said: str) -> str:
    parts, done = [], 0
    for found in _ADDRESS.finditer(said):
        parts += [escape(said[done : found.start()]), link(found[0], found[0])]
        done = found.end()
    return "".join([*parts, escape(said[done:])])


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, label: str) -> Html:
    """Return a table that scrolls by itself where it is wider than the page.

    The first cell of a row is its heading; numbers stand to the right.
    """
    heads = "".join(f'<th scope="col">{shown(one)}</th>' for one in columns)
    body = "\n".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{shown(value)}</th>'
            if place == 0
            else f'<td class="n">{shown(value)}</td>'
            if isinstance(value, int | float)
            else f"<td>{shown(value)}</td>"
            for place, value in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return Html(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}"><table>'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Return a list of properties; those without a value are left out."""
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{shown(value)}</dd>\n"
        for name, value in pairs
        if value not in ("", None)
    )
    return Html(f'<dl class="facts">{rows}</dl>')


def section(title: object, body: object, anchor: str = "") -> Html:
    """Return a part of a page under a heading; nothing where there is nothing to say."""
    if not body:
        return Html("")
    where = f' id="{escape(anchor)}"' if anchor else ""
    return Html(f"<section><h2{where}>{shown(title)}</h2>\n{shown(body)}\n</section>")


def page(
    title: str, body: str, *, model: str, own: str = "", up: str = "", wide: bool = False
) -> str:
    """Return a whole page; `up` leads to the folder of `PAGES`, `own` is its file among them.

    A `wide` one takes all of the window.
    """
    items = "".join(
        f'<li><a href="{up}{file}"{" aria-current=page" if file == own else ""}>'
        f"{escape(name)}</a></li>"
        for file, name in PAGES.items()
    )
    whole = title if title == model else f"{title} - {model}"
    head = f'<link rel="stylesheet" href="{up}style.css">'
    return _whole(
        whole,
        head,
        f"""<nav class="top" aria-label="Pages"><ul>{items}</ul></nav>
<main id="main"{' class="wide"' if wide else ""}>
<h1>{escape(title)}</h1>
{body}
</main>""",
        "sdmodel doc",
    )


def alone(title: str, lead: str, body: str, *, style: str, maker: str) -> str:
    """Return a page that needs no other file: its styles stand in it."""
    return _whole(
        title,
        f"<style>\n{style.strip()}\n</style>",
        f"""<main id="main">
<h1>{escape(title)}</h1>
<p class="soft">{escape(lead)}</p>
{body}
</main>""",
        maker,
    )


def _whole(title: str, head: str, body: str, maker: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="{escape(maker)}">
<title>{escape(title)}</title>
{head}
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
{body}
</body>
</html>
"""


def page_path(path: str | Path, suffixes: Sequence[str] = (".html", ".htm")) -> Path:
    """Return where a page is written; a model or a sweep given by mistake is not written over.

    >>> page_path("core.html").name
    'core.html'
    """
    path = Path(path)
    if path.suffix.lower() not in suffixes:
        raise SDError(f"{path}: the page is written as {suffixes[0]}; name it so")
    return path
