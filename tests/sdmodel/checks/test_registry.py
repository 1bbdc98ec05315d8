"""The registry: codes, pages, and that the documentation says the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sdmodel.checks import page
from sdmodel.checks.records import SEVERITIES
from sdmodel.checks.registry import ALL, CHECKS, PROFILES, codes
from sdmodel.errors import SDError

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "docs" / "checks.md"
BEGIN, END = "<!-- generated from the registry -->\n", "<!-- end -->"


def test_the_document_is_what_the_registry_says() -> None:
    """When it is not, run this file: it writes the part anew."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0] == page.markdown()


def test_links_in_the_document_lead_to_its_sections() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    headings = re.findall(r"^### (.*)$", text, re.MULTILINE)
    anchors = {heading.lower().replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(#([^)]*)\)", text)
    assert len(links) == len(CHECKS) == len(headings)
    assert set(links) == anchors


def test_every_row_is_whole() -> None:
    for code, one in CHECKS.items():
        assert re.fullmatch(r"SD\d{3}", code)
        assert one.code == code
        assert one.severity in SEVERITIES
        assert one.meaning.endswith(".")
        assert len(one.meaning) > 60, code
        assert one.cure
        assert not one.cure.endswith(".")
        assert one.example
        assert set(one.profiles) <= set(PROFILES)
        assert ALL in one.profiles
        assert (one.find is None) == (one.severity == "error")
    names = [one.name for one in CHECKS.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("code", CHECKS)
def test_every_check_has_a_page(code: str) -> None:
    told = page.explained(code)
    assert told.startswith(f"{code} {CHECKS[code].name}")
    assert CHECKS[code].cure.split()[0] in told
    assert max(map(len, told.splitlines())) <= 104


def test_a_code_may_be_the_beginning_of_several_or_a_name() -> None:
    assert codes(["sd10"]) == {one for one in CHECKS if one.startswith("SD10")}
    assert codes(["unused input"]) == {"SD101"}
    assert codes(["SD101,SD102", "SD003"]) == {"SD101", "SD102", "SD003"}
    with pytest.raises(SDError, match="did you mean 'SD101'"):
        codes(["SD1011"])
    with pytest.raises(SDError, match="several"):
        page.explained("SD1")
    with pytest.raises(SDError, match="there is no check ''"):
        codes([""])


if __name__ == "__main__":
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    DOCUMENT.write_text(f"{before}{BEGIN}{page.markdown()}{END}{after}", encoding="utf-8")
