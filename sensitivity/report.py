"""One page that holds everything: text, tables and pictures in a single HTML file.

The page loads nothing from anywhere, so it can be mailed, archived and read without a network.
"""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path

import sdmodel as sd

MEDIA = {".svg": "image/svg+xml", ".png": "image/png"}

STYLE = (
    sd.style.css()
    + """
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: white;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main { max-width: 66rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.3rem; margin: 3rem 0 .6rem; padding-top: .9rem;
  border-top: 2px solid var(--mark); }
h3 { font-size: 1.05rem; margin: 2rem 0 .4rem; }
p { max-width: 48rem; margin: .6rem 0; }
.soft, figcaption, caption { color: var(--soft); font-size: .9rem; }
nav { margin: 1rem 0 0; display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; font-size: .95rem; }
nav a, a { color: var(--mark); }
ul { max-width: 48rem; padding-left: 1.2rem; }
figure { margin: 1.2rem 0; }
figure img { display: block; max-width: 100%; height: auto; }
figcaption { margin-top: .4rem; max-width: 48rem; }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .4rem; }
th, td { padding: .32rem .75rem; border-bottom: 1px solid var(--line); text-align: right;
  vertical-align: top; }
thead th { background: var(--tint); vertical-align: bottom; max-width: 14rem; }
th:first-child, td:first-child, .words { text-align: left; }
th:first-child { min-width: 8rem; }
@media (min-width: 60rem) { tbody th { min-width: 13rem; } }
tbody th { font-weight: 600; }
pre, code { font: .88rem/1.5 ui-monospace, "SF Mono", Consolas, Menlo, monospace; }
pre { background: var(--tint); padding: .8rem 1rem; overflow-x: auto; white-space: pre-wrap; }
.verdict { border-left: 4px solid var(--mark); background: var(--tint); padding: .6rem 1rem; }
@media print { nav { display: none; } main { max-width: none; padding: 0; }
  figure, table { break-inside: avoid; } }
"""
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its heading, the name a link leads to, and its HTML."""

    heading: str
    anchor: str
    body: str


def section(heading: str, *parts: str) -> Section:
    """Put parts, already HTML, under a heading.

    Examples
    --------
    >>> section("What it depends on", paragraph("a < b")).anchor
    'what-it-depends-on'
    """
    anchor = "-".join("".join(c if c.isalnum() else " " for c in heading.lower()).split())
    return Section(heading, anchor, "\n".join(parts))


def subheading(text: str) -> str:
    """Write a heading within a section.

    Examples
    --------
    >>> subheading("a < b")
    '<h3>a &lt; b</h3>'
    """
    return f"<h3>{escape(text)}</h3>"


def paragraph(text: str, kind: str = "") -> str:
    """Write plain text as a paragraph.

    Examples
    --------
    >>> paragraph("a < b")
    '<p>a &lt; b</p>'
    """
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def items(texts: Iterable[str]) -> str:
    """Write plain texts as a list; no texts, no list."""
    points = "".join(f"<li>{escape(text)}</li>" for text in texts)
    return f"<ul>{points}</ul>" if points else ""


def code(text: str) -> str:
    """Write text as it stands, blanks and line ends kept."""
    return f"<pre>{escape(text)}</pre>"


def picture(path: Path, alt: str, caption: str) -> str:
    """Put a picture into the page itself, as data.

    Parameters
    ----------
    path
        An ``.svg`` or ``.png`` file.
    alt
        What the picture shows, for readers who cannot see it.
    caption
        The text below it.
    """
    return drawing(path.read_bytes(), MEDIA[path.suffix], alt, caption)


def drawing(content: bytes, media: str, alt: str, caption: str) -> str:
    """Put a picture that is no file into the page itself, as data.

    Examples
    --------
    >>> drawing(b"<svg/>", "image/svg+xml", "nothing", "Empty.")[:38]
    '<figure><img src="data:image/svg+xml;b'
    """
    source = f"data:{media};base64,{base64.b64encode(content).decode('ascii')}"
    return (
        f'<figure><img src="{source}" alt="{escape(alt)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    caption: str = "",
    words: Sequence[int] = (),
) -> str:
    """Write a table; its first column holds names, the others numbers.

    Parameters
    ----------
    words
        The places of further columns that hold words, which are set flush left.
    """

    def cell(tag: str, place: int, text: str) -> str:
        scope = "" if tag == "td" else ' scope="row"' if place == 0 else ' scope="col"'
        kind = ' class="words"' if place in words else ""
        return f"<{tag}{scope}{kind}>{escape(text)}</{tag}>"

    head = "".join(
        cell("th", place, text).replace('scope="row"', 'scope="col"')
        for place, text in enumerate(columns)
    )
    body = "\n".join(
        "<tr>" + "".join(cell("td" if i else "th", i, text) for i, text in enumerate(row)) + "</tr>"
        for row in rows
    )
    about = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="scroll"><table>{about}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def facts(about: Mapping[str, str]) -> str:
    """Write names and what they stand for as a table of two columns."""
    return table(("", ""), about.items(), words=(1,)).replace("<thead><tr>", "<thead hidden><tr>")


def page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """Put sections on one page, with links to each at the top."""
    links = "".join(f'<a href="#{one.anchor}">{escape(one.heading)}</a>' for one in sections)
    bodies = "\n".join(
        f'<h2 id="{one.anchor}">{escape(one.heading)}</h2>\n{one.body}' for one in sections
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p class="soft">{escape(lead)}</p>
<nav>{links}</nav>
{bodies}
</main>
</body>
</html>
"""


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """Give a path to write to, which takes the target's place only when all went well.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with whole(Path(folder) / "a.txt") as path:
    ...         _ = path.write_text("all of it")
    ...     (Path(folder) / "a.txt").read_text()
    'all of it'
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, so that the move stays on one disk; under the same name, because
    # writers choose their format by its suffix.
    with tempfile.TemporaryDirectory(prefix=".part-", dir=target.parent) as folder:
        part = Path(folder) / target.name
        yield part
        os.replace(part, target)
