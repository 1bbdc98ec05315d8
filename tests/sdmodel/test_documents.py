"""The documentation of a model: whole, linked, escaped, and the same bytes every time."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath

import pytest

import sdmodel as sd
from sdmodel.documents.filenames import file_name
from sdmodel.documents.site import pages
from sdmodel.names import key

ROOT = Path(__file__).parents[2]
MODELS = [ROOT / "models" / name for name in ("core.mdl", "epidemic.mdl")]
CONTROL = """
INITIAL TIME = 0 ~ Day ~ |
FINAL TIME = 8 ~ Day ~ |
TIME STEP = 0.5 ~ Day ~ |
SAVEPER = TIME STEP ~ Day ~ |
"""
VOID = {"meta", "link", "br", "img", "hr", "path", "circle", "rect", "polyline", "ellipse"}


class Page(HTMLParser):
    """What a page holds; fails where an element is not closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        found = dict(attrs)
        assert not any(name.startswith("on") for name in found)
        if found.get("id"):
            assert found["id"] not in self.anchors
            self.anchors.add(found["id"] or "")
        if tag in ("a", "link"):
            self.links.append(found["href"] or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def written(tmp_path: Path, text: str) -> sd.Model:
    path = tmp_path / "model.mdl"
    path.write_text("{UTF-8}\n" + text + CONTROL, encoding="utf-8")
    return sd.load(path)


def read(made: dict[str, bytes]) -> dict[str, Page]:
    return {
        name: Page(content.decode("utf-8"))
        for name, content in made.items()
        if name.endswith(".html")
    }


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_variable_has_a_page_and_every_link_leads_somewhere(path: Path) -> None:
    model = sd.load(path)
    made = pages(model, date="2020-02-02")
    found = read(made)
    for name, page in found.items():
        for link in page.links:
            if link.startswith("https://"):
                continue
            way, _, anchor = link.partition("#")
            parts: list[str] = []
            for step in (
                (PurePosixPath(name).parent / way).parts if way else PurePosixPath(name).parts
            ):
                parts = parts[:-1] if step == ".." else [*parts, step]
            target = "/".join(parts)
            assert target in made, (name, link)
            assert not anchor or anchor in found[target].anchors, (name, link)
    for name in model.variables:
        info = model.variable(name)
        page = found[f"variables/{file_name(name)}.html"]
        text = " ".join(" ".join(page.text).split())
        assert " ".join(info.comment.split()) in text
        assert info.units in text
        for other in (*info.uses, *info.used_by):
            assert f"{file_name(other)}.html" in [link.rpartition("/")[2] for link in page.links]
        assert f"variables/{file_name(name)}.html" in found["names.html"].links


def test_the_same_model_and_date_give_the_same_bytes(tmp_path: Path) -> None:
    model = sd.load(MODELS[0])
    first = pages(model, date="2020-02-02")
    assert pages(sd.load(MODELS[0]), date="2020-02-02") == first
    sd.document(model, tmp_path / "a", date="2020-02-02")
    on_disk = {
        path.relative_to(tmp_path / "a").as_posix(): path.read_bytes()
        for path in (tmp_path / "a").rglob("*.*")
    }
    assert on_disk == first


def test_a_hostile_file_becomes_text_and_not_markup(tmp_path: Path) -> None:
    evil = "</p><script>alert(1)</script><img src=x onerror=alert(2)> & \" ' <!--"
    model = written(
        tmp_path,
        f'"<script>a/../b</script>" = 2 * "../../etc/passwd" ~ <b>m ~ {evil} |\n'
        f'"../../etc/passwd" = IF THEN ELSE(Time < 3, 1, 2) ~ "><i> ~ javascript:alert(3) '
        'https://example.org/"onmouseover=alert(4) |\n',
    )
    made = pages(model, date='"><script>')
    for name, page in read(made).items():
        assert not {"script", "img", "b", "iframe", "object"} & set(page.tags) - {"b"}, name
        assert not any(link.startswith("javascript") for link in page.links)
        assert not any("onmouseover" in link for link in page.links)
    for name in made:
        assert re.fullmatch(
            r"((variables/|views/)?[a-z0-9-]+\.html|style\.css|pages\.txt|files/model\.mdl)", name
        )
    (page,) = [p for n, p in read(made).items() if n.startswith("variables/v-script")]
    assert evil in "".join(page.text)


def test_names_that_differ_have_files_that_differ() -> None:
    names = [
        "a b", '"a-b"', '"a/b"', '"a\\b"', '"a.b"', '"é"', '"è"', "con", '"..."', '" "', "人口",
        "x" * 300, "x" * 301, '"a b "', "a  B", "A_b",
    ]  # fmt: skip
    files = {name: file_name(name) for name in names}
    for one in names:
        assert re.fullmatch(r"v-[a-z0-9-]+", files[one])
        assert len(files[one]) < 80
        for other in names:
            assert (files[one] == files[other]) == (key(one) == key(other)), (one, other)


def test_a_folder_of_others_is_left_alone_and_an_old_page_goes(tmp_path: Path) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(sd.SDError, match="holds other files"):
        sd.document(sd.load(MODELS[0]), folder)
    assert [path.name for path in folder.iterdir()] == ["thesis.txt"]

    mine = tmp_path / "model_pages"
    sd.document(written(tmp_path, "x = 1 ~ ~ |\ny = x ~ ~ |\n"), mine)
    assert (mine / "variables" / "v-y.html").is_file()
    (mine / "notes.txt").write_text("mine", encoding="utf-8")
    sd.document(written(tmp_path, "x = 1 ~ ~ |\n"), mine)
    assert not (mine / "variables" / "v-y.html").exists()
    assert (mine / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_arrays_and_lookups_have_their_numbers_on_the_page(tmp_path: Path) -> None:
    model = written(
        tmp_path,
        "A: a1, a2 ~~|\nB: b1, b2, b3 ~~|\n"
        "one[A] = 11, 12 ~~|\ntwo[A, B] = 21, 22, 23; 24, 25, 26; ~~|\n"
        "curve((0,31), (1,32), (2,33)) ~~|\n"
        "read = WITH LOOKUP(Time, ((0,41), (8,42))) + curve(one[a1]) + two[a1, b1] ~~|\n",
    )
    made = read(pages(model, date="2020-02-02"))

    def cells(name: str) -> list[str]:
        return [text.strip() for text in made[f"variables/v-{name}.html"].text if text.strip()]

    one, two, curve, using = (cells(name) for name in ("one", "two", "curve", "read"))
    assert one[one.index("a1") : one.index("a1") + 4] == ["a1", "11", "a2", "12"]
    start = two.index("b1")
    assert two[start : start + 11] == [
        "b1", "b2", "b3", "a1", "21", "22", "23", "a2", "24", "25", "26"
    ]  # fmt: skip
    start = curve.index("output") + 1
    assert curve[start : start + 6] == ["0", "31", "1", "32", "2", "33"]
    start = using.index("output") + 1
    assert using[start : start + 4] == ["0", "41", "8", "42"]
