"""XML as it is found: places of every character, odd prefixes and encodings, refusals."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sdmodel.errors import ReadError
from sdmodel.frontends import parse, read
from sdmodel.frontends.text import decode
from sdmodel.frontends.xmile.markup import Element, Passage, attribute_at, read_markup
from sdmodel.source import SourceModel, SourceText

Reader = Callable[..., SourceModel]


def root_of(text: str) -> tuple[SourceText, Element]:
    source = SourceText("m.xmile", text)
    return source, read_markup(source)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_character_knows_its_place(end: str) -> None:
    text = f"<a>{end}<b>x &lt; y &nbsp;+ é{end}+ <![CDATA[p < q]]> &#x41;z</b>{end}</a>"
    source, root = root_of(text)
    passage = root.children[0].passage
    assert passage.text == "x < y \u00a0+ é\n+ p < q Az"
    for char, spelled in (("x", "x"), ("<", "&lt;"), ("y", "y"), ("\u00a0", "&nbsp;")):
        at = passage.at(passage.text.index(char))
        assert source.text[at : at + len(spelled)] == spelled
    for char in "épqz":
        assert source.text[passage.at(passage.text.index(char))] == char
    assert source.text[passage.at(passage.text.index("A"))] == "&"


def test_elements_know_where_they_begin_and_end() -> None:
    source, root = root_of('<a><b x="1"/>é<c>ö</c></a>')
    b, c = root.children
    assert source.text[b.at : b.end] == '<b x="1"/>'
    assert source.text[c.at : c.end] == "<c>ö</c>"
    assert c.passage.first == source.text.index("ö")


def test_attributes_know_their_place_whatever_their_prefix() -> None:
    source, root = root_of("""<a isee:w='x "1"' name = "é > b"><b/></a>""")
    assert root.get("w") == 'x "1"'
    assert source.text[attribute_at(source, root, "w") :].startswith('x "1"')
    assert source.text[attribute_at(source, root, "name") :].startswith("é > b")
    assert attribute_at(source, root, "nothing") == root.at


def test_an_empty_element_has_a_place_too() -> None:
    source, root = root_of("<a><eqn></eqn></a>")
    assert root.children[0].passage == Passage("", (0,), (source.text.index("</eqn>"),))


def test_prefixes_that_nobody_declared_are_taken(xmile: Reader) -> None:
    made = xmile('<aux name="a" isee:x="1"><eqn>2</eqn><isee:delay_aux/></aux>')
    assert made.problems == ()
    assert made.by_key["a"].text == "2"


def test_a_prefix_of_the_standard_itself_is_understood() -> None:
    text = (
        '<x:xmile xmlns:x="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><x:sim_specs>'
        "<x:start>0</x:start><x:stop>1</x:stop></x:sim_specs><x:model><x:variables>"
        '<x:aux name="a"><x:eqn>2</x:eqn></x:aux></x:variables></x:model></x:xmile>'
    )
    made = parse(decode("a.xmile", text.encode()))
    assert made.problems == ()
    assert made.by_key["a"].text == "2"


@pytest.mark.parametrize("named", ["iso-8859-1", "cp1252", "utf-8", "koi8-r", "nonsense", "rot13"])
def test_no_byte_is_lost_whatever_encoding_is_named(named: str) -> None:
    raw = f'<?xml version="1.0" encoding="{named}"?>\r\n<a b="'.encode() + b'\xe9\xc3\xa9">\r</a>'
    assert decode("a.xmile", raw).raw == raw


def test_the_encoding_in_the_first_line_counts(tmp_path) -> None:  # type: ignore[no-untyped-def]
    body = (
        '<?xml version="1.0" encoding="koi8-r"?><xmile><sim_specs><start>0</start><stop>1</stop>'
        '</sim_specs><model><variables><aux name="вода"><eqn>1</eqn></aux></variables></model>'
        "</xmile>"
    )
    place = tmp_path / "m.STMX"
    place.write_bytes(body.encode("koi8-r"))
    made = read(place)
    assert made.problems == ()
    assert "вода" in made.by_key
    assert made.source.raw == body.encode("koi8-r")


def test_utf_16_is_read() -> None:
    text = (
        '<?xml version="1.0" encoding="UTF-16"?><xmile><sim_specs><start>0</start><stop>1</stop>'
        '</sim_specs><model><variables><aux name="ä"><eqn>1</eqn></aux></variables></model></xmile>'
    )
    raw = b"\xff\xfe" + text.encode("utf-16-le")
    made = parse(decode("a.xmile", raw))
    assert made.problems == ()
    assert "ä" in made.by_key
    assert made.source.raw == raw


REFUSED = {
    "entities": (
        '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY a "aaaa">]>\n<xmile>&a;</xmile>',
        (2, 1, "a document type (<!DOCTYPE ...>) is not read"),
    ),
    "fetched": (
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">\n<xmile/>',
        (1, 1, "a document type (<!DOCTYPE ...>) is not read"),
    ),
    "wrong tag": (
        "<xmile>\n  <model>\n  </modell>\n</xmile>",
        (3, 5, "this does not close <model>, which was opened in line 2"),
    ),
    "cut off": ("<xmile>\n <model>\n  <variables>", (3, 3, "<variables> is never closed")),
    "bare ampersand": ("<xmile>\n<doc>this & that</doc></xmile>", (2, 12, "no well-formed XML")),
    "bare less": ("<xmile>\n<eqn>a < b</eqn></xmile>", (2, 9, "no well-formed XML")),
    "unknown entity": (
        "<xmile>\n<eqn>&nobody;</eqn></xmile>",
        (2, 6, "nobody defines this entity"),
    ),
    "twice": (
        '<xmile>\n<aux name="a" name="b"/></xmile>',
        (2, 15, "this attribute is given twice"),
    ),
    "behind": ("<xmile>\n</xmile>\n<more/>", (3, 1, "something stands behind the end")),
    "nothing": ("", (1, 1, "there is no XML in this file")),
}


@pytest.mark.parametrize(("text", "wanted"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_xml_is_told_with_its_place(text: str, wanted: tuple[int, int, str]) -> None:
    (problem,) = parse(decode("m.xmile", text.encode())).problems
    assert (problem.line, problem.column) == wanted[:2]
    assert wanted[2] in problem.message
    assert problem.cure


def test_deep_nesting_is_refused() -> None:
    text = "<xmile>" + "<a>" * 100_000
    (problem,) = parse(decode("m.xmile", text.encode())).problems
    assert problem.message == "more than 200 elements stand within each other here"


def test_many_blanks_are_no_harder(limited, xmile: Reader) -> None:  # type: ignore[no-untyped-def]
    blanks = " " * 200_000
    with limited(10):
        xmile(f'<aux name="a"><eqn>1,{blanks}2{blanks}x</eqn></aux>')
        xmile(f'<aux name="a"><element subscript="a{blanks}b"><eqn>1</eqn></element></aux>')
        xmile(f'<aux name="a{blanks}b"><eqn>{blanks}</eqn></aux>')
        xmile(f'<aux name="a"><eqn>{{{blanks}</eqn></aux>')


def test_a_file_of_another_kind_is_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    place = tmp_path / "model.docx"
    place.write_text("x")
    with pytest.raises(ReadError, match=r"this is no model file that is read \(\.docx\)"):
        read(place)


@pytest.mark.parametrize("name", ["a.XMILE", "a.stmx", "a.itmx", "a.Xml"])
def test_suffixes_in_any_case(tmp_path, name: str) -> None:  # type: ignore[no-untyped-def]
    place = tmp_path / name
    place.write_text(
        "<xmile><sim_specs><start>0</start><stop>1</stop></sim_specs><model><variables>"
        '<aux name="a">'
        "<eqn>1</eqn></aux></variables></model></xmile>"
    )
    assert "a" in read(place).by_key


def test_upper_case_mdl_goes_to_the_other_reader(tmp_path) -> None:  # type: ignore[no-untyped-def]
    place = tmp_path / "a.MDL"
    place.write_text("a = 1 ~ ~ |")
    assert read(place).by_key["a"].text == "1"


WHOLE = """<?xml version="1.0"?>
<xmile><sim_specs method="RK4" isee:save_interval="1"><start>0</start><stop>9</stop></sim_specs>
<dimensions><dim name="D"><elem name="a"/></dim></dimensions><behavior><non_negative/></behavior>
<model><variables><module name="m"><connect to="m.i" from=".x"/></module><stock name="S">
<dimensions><dim name="D"/></dimensions><element subscript="a"><eqn>1</eqn></element>
<inflow>f</inflow><conveyor><len>2</len></conveyor></stock><flow name="f"><eqn>IF x[1] THEN 1
ELSE q(SUM(S[*]), "b c") MOD 2</eqn></flow><gf name="t"><ypts>1,2</ypts><xscale min="0" max="1"/>
</gf></variables></model><model name="m"><variables><aux name="i"><eqn>{}</eqn></aux></variables>
</model><macro name="q"><parm>v</parm><parm default="v">w</parm><eqn>v + w</eqn></macro></xmile>
"""


def test_a_file_cut_off_or_disturbed_anywhere_is_told_about() -> None:
    for place in range(len(WHOLE)):
        for disturbed in (
            WHOLE[:place],
            WHOLE[:place] + WHOLE[place + 1 :],
            WHOLE[:place] + WHOLE[place + 20 :],
            WHOLE[:place] + "<gf/>" + WHOLE[place:],
            WHOLE[:place] + "]" + WHOLE[place:],
        ):
            made = parse(decode("m.xmile", disturbed.encode()))
            assert all(one.line and one.column and one.cure for one in made.problems)
        assert parse(decode("m.xmile", WHOLE[:place].encode())).problems or place > WHOLE.index(
            "</xm"
        )
