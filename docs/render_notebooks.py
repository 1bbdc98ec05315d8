"""Run the notebooks and keep what came out as Markdown and pictures in docs/tutorials.

    python docs/render_notebooks.py                 # all of notebooks/
    python docs/render_notebooks.py 01_first_run    # one of them
    python docs/render_notebooks.py --stale         # those that changed since, without running any

Each page names the SHA-256 of the cells it was made from, so that a test can tell which are stale.
Plain Markdown can be read where the repository is, and needs no library beyond those that run the
notebooks. What moves in a notebook (sliders, pages) is shown by its text.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import click
import nbclient
import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS, PAGES = ROOT / "notebooks", ROOT / "docs" / "tutorials"
_LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")
_SOURCES = re.compile(r"sources: ([0-9a-f]{64})")


def digest(notebook: NotebookNode) -> str:
    """Return the SHA-256 of the sources of all cells, with their kinds."""
    told = "\0".join(f"{cell.cell_type}\0{cell.source}" for cell in notebook.cells)
    return hashlib.sha256(told.encode()).hexdigest()


def page_of(path: Path) -> Path:
    """Return where the page of a notebook lies."""
    return PAGES / f"{path.stem}.md"


def is_stale(path: Path) -> bool:
    """Tell whether a notebook has no page, or one made from other cells."""
    page = page_of(path)
    said = _SOURCES.search(page.read_text(encoding="utf-8")) if page.exists() else None
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    return said is None or said[1] != digest(notebook)


def render(path: Path) -> Path:
    """Run a notebook and write its page and pictures; what an earlier one left is removed."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    made_from = digest(notebook)
    os.environ["PYTHONPATH"] = os.pathsep.join(
        [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    )
    nbclient.NotebookClient(
        notebook, timeout=1800, kernel_name="python3", resources={"metadata": {"path": NOTEBOOKS}}
    ).execute()
    PAGES.mkdir(exist_ok=True)
    for old in PAGES.glob(f"{path.stem}_[0-9]*.*"):
        old.unlink()
    pictures = Pictures(path.stem)
    parts = [f"<!-- Made from notebooks/{path.name} by docs/render_notebooks.py; sources: "]
    parts[0] += f"{made_from} -->"
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(_LINK.sub(_moved, cell.source))
        elif cell.cell_type == "code":
            parts.append(_block(cell.source, "python"))
            parts += [part for output in cell.outputs for part in shown(output, pictures)]
    page = page_of(path)
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return page


class Pictures:
    """The pictures of one page, numbered as they come."""

    def __init__(self, stem: str) -> None:
        self.stem, self.count = stem, 0

    def keep(self, content: bytes, suffix: str) -> str:
        """Write a picture and return the Markdown that shows it."""
        self.count += 1
        name = f"{self.stem}_{self.count}.{suffix}"
        (PAGES / name).write_bytes(content)
        return f"![What the lines above draw]({name})"


def shown(output: NotebookNode, pictures: Pictures) -> Iterator[str]:
    """Yield an output as Markdown: pictures first, then tables, and else its text."""
    if output.output_type == "stream":
        if "\r" not in output.text:  # which moves a progress bar
            yield _block(_here(output.text), "text")
        return
    data = output.get("data", {})
    html, text = data.get("text/html", ""), data.get("text/plain", "")
    drawings = re.findall(r"<svg\b.*?</svg>", html, re.DOTALL)
    if "image/png" in data:
        yield pictures.keep(base64.b64decode(data["image/png"]), "png")
    elif "image/svg+xml" in data:
        yield pictures.keep(data["image/svg+xml"].encode(), "svg")
    elif "text/markdown" in data:
        yield data["text/markdown"]
    elif table := Table.of(html):
        yield table
    elif text:
        yield _block(_here(text), "text")
        for drawing in drawings:
            if "xmlns=" not in drawing.partition(">")[0]:
                drawing = drawing.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
            yield pictures.keep(drawing.encode(), "svg")


class Table(HTMLParser):
    """A plain table of pandas; one with cells over several rows or columns is left to its text."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.plain, self.inside = True, False

    @classmethod
    def of(cls, html: str) -> str:
        """Return the table in Markdown, or nothing where there is no such table."""
        if html.count('class="dataframe"') != 1:
            return ""
        table = cls()
        table.feed(html)
        if not table.plain or not table.rows:
            return ""
        head, *rows = (" | ".join(" ".join(cell.split()) for cell in row) for row in table.rows)
        width = len(table.rows[0])
        lines = [head, " | ".join(["---"] * width), *rows]
        return "\n".join(f"| {line} |" for line in lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a row or a cell."""
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.inside = True
            self.plain &= not any(name in ("rowspan", "colspan") for name, _ in attrs)

    def handle_endtag(self, tag: str) -> None:
        """End a cell."""
        self.inside &= tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        """Add to a cell what Markdown would not take for its own marks."""
        if self.inside:
            self.rows[-1][-1] += re.sub(r"([\\`*_|<\[\]])", r"\\\1", data)


def _block(text: str, language: str) -> str:
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _here(text: str) -> str:
    """Return a text in which files are named as from the root of the repository."""
    return text.replace(f"{ROOT}{os.sep}", "")


def _moved(link: re.Match[str]) -> str:
    """Return a link from beside the notebooks as it is from beside the pages."""
    return "](" + Path(os.path.relpath(NOTEBOOKS / link[1], PAGES)).as_posix()


@click.command()
@click.argument("names", nargs=-1)
@click.option("--stale", is_flag=True, help="List the notebooks whose page is missing or old.")
def main(names: tuple[str, ...], stale: bool) -> None:
    """Run notebooks, all or those called NAMES, and write their pages into docs/tutorials."""
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    if wrong := set(names) - {path.stem for path in paths}:
        raise click.UsageError(f"there is no notebook {', '.join(sorted(wrong))}")
    for path in paths:
        if stale and is_stale(path):
            click.echo(path.stem)
        elif not stale and (not names or path.stem in names):
            click.echo(f"{render(path).relative_to(ROOT)}")


if __name__ == "__main__":
    main()
