"""Arrays in XMILE: what subscripts and entries become; and files that contradict themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sdmodel.expr import Call, Const, Expr, Ref, Values
from sdmodel.model import Model
from sdmodel.source import SourceModel

Reader = Callable[..., SourceModel]

RANGES = """<dimensions><dim name="Place"><elem name="Rome"/><elem name="New York"/>
<elem name="Oslo"/></dim><dim name="Age" size="3"/><dim name="Warm"><elem name="Rome"/></dim>
</dimensions>"""


def array(name: str, dims: str, inside: str, kind: str = "aux") -> str:
    listed = "".join(f'<dim name="{one.strip()}"/>' for one in dims.split(",") if one)
    return f'<{kind} name="{name}"><dimensions>{listed}</dimensions>{inside}</{kind}>'


def eqn(text: str) -> str:
    return f"<eqn>{text}</eqn>"


@pytest.fixture
def right(xmile: Reader) -> Callable[[str], Expr]:
    """Return the equation of x[Place], beside other arrays."""

    def read(equation: str) -> Expr:
        made = xmile(
            array("x", "Place", eqn(equation)) + array("a", "Place", eqn("1"))
            + array("t", "Place, Age", eqn("2")) + '<aux name="i"><eqn>2</eqn></aux>'
            + array("n", "Age", eqn("3")),
            RANGES,
        )  # fmt: skip
        assert made.problems == ()
        found = made.by_key["x"].equation
        assert found is not None
        return found

    return read


def test_dimensions(xmile: Reader) -> None:
    made = xmile("", RANGES)
    assert made.subranges is False
    assert {d.name: d.elements for d in made.dimensions} == {
        "Place": ("Rome", "New York", "Oslo"), "Age": ("1", "2", "3"), "Warm": ("Rome",),
    }  # fmt: skip


def test_mappings_of_converters_are_kept(xmile: Reader) -> None:
    text = '<dimensions><dim name="A"><elem name="a"/><isee:maps_to>B</isee:maps_to></dim>'
    made = xmile("", text + '<dim name="B"><elem name="b"/></dim></dimensions>')
    assert made.dimensions[0].mappings[0].target == "B"


SUBSCRIPTS = {
    "a": Ref("a", ("Place",)),
    "a[Rome]": Ref("a", ("Rome",)),
    "a[new_york]": Ref("a", ("new_york",)),
    'a["New York"]': Ref("a", ("New York",)),
    "a[Place.Oslo]": Ref("a", ("Oslo",)),
    "a[Place]": Ref("a", ("Place",)),
    "t[Place, 2]": Ref("t", ("Place", "2")),
    "SUM(a[*])": Call("SUM", (Ref("a", ("*",)),)),
    "SUM(t)": Call("SUM", (Ref("t", ("*", "*")),)),
    "SUM(t[Place, *])": Call("SUM", (Ref("t", ("Place", "*")),)),
    "SUM(t[Place, 1:2])": Call("SUM", (Ref("t", ("Place", "*:Age from 1 to 2")),)),
    "SUM(a[Rome:New_York])": Call("SUM", (Ref("a", ("*:Place from Rome to New York",)),)),
    "MAX(a[*:Warm])": Call("VMAX", (Ref("a", ("*:Warm",)),)),
    "MIN(a)": Call("VMIN", (Ref("a", ("*",)),)),
    "MEAN(a[*])": Call("MEAN", (Ref("a", ("*",)),)),
    "SIZE(a)": Call("SIZE", (Ref("a", ("*",)),)),
    "a[i]": Call("@", (Ref("a", ("@",)), Ref("i"))),
    "a[i+1]": Call("@", (Ref("a", ("@",)), Ref("i") + 1)),
    "a[TIME]": Call("@", (Ref("a", ("@",)), Ref("Time"))),
    "a[Place-1]": Call("@", (Ref("a", ("@",)), Ref("Place") - 1)),
    "t[a[i], 3]": Call("@", (Ref("t", ("@", "3")), Call("@", (Ref("a", ("@",)), Ref("i"))))),
    "t[i, a]": Call("@", (Ref("t", ("@", "@")), Ref("i"), Ref("a", ("Place",)))),
    "Place.Oslo": Const(3),
    "Place": Ref("Place"),
}


@pytest.mark.parametrize("equation", SUBSCRIPTS)
def test_subscripts(right: Callable[[str], Expr], equation: str) -> None:
    assert right(equation) == SUBSCRIPTS[equation]


def test_elements_with_equations_of_their_own(xmile: Reader) -> None:
    made = xmile(
        array("a", "Place", eqn("1"))
        + array("x", "Place", eqn("a + Place") + '<element subscript="Oslo">'
                + eqn("a + a[Place] + Place") + "</element>"),
        RANGES,
    )  # fmt: skip
    general, oslo = made.entries["x"]
    assert general.subscripts == ("Place",)
    assert general.exceptions == (("Oslo",),)
    assert general.equation == Ref("a", ("Place",)) + Ref("Place")
    assert oslo.subscripts == ("Oslo",)
    assert oslo.equation == Ref("a", ("Oslo",)) + Ref("a", ("Oslo",)) + 3


def test_a_general_equation_for_no_element_is_left_out(xmile: Reader) -> None:
    parts = "".join(
        f'<element subscript="{one}">{eqn("1")}</element>' for one in ("Rome", "New_York", "Oslo")
    )
    made = xmile(array("x", "Place", eqn("9") + parts), RANGES)
    assert [one.subscripts for one in made.entries["x"]] == [("Rome",), ("New_York",), ("Oslo",)]


def test_blanks_in_the_subscripts_of_an_element(xmile: Reader) -> None:
    element = '<element subscript=" New York ,  2 ">' + eqn("1") + "</element>"
    (entry,) = xmile(array("x", "Place, Age", element), RANGES).entries["x"]
    assert entry.subscripts == ("New York", "2")


def test_lists_of_numbers(xmile: Reader) -> None:
    made = xmile(
        array("x", "Place", eqn("1, -2.5,3e1")) + array("y", "Place,Age", eqn("1,2;\n3,4;")), RANGES
    )
    assert made.by_key["x"].equation == Values((1, -2.5, 30))
    assert made.by_key["y"].equation == Values((1, 2, 3, 4), (2, 2))


def test_stocks_and_flows(xmile: Reader) -> None:
    flows = "<inflow>f</inflow>"
    made = xmile(
        array("s", "Place", eqn("a") + flows, "stock") + array("f", "Place", eqn("2"), "flow")
        + array("a", "Place", eqn("1")),
        RANGES,
    )  # fmt: skip
    subscripted = Ref("f", ("Place",)), Ref("a", ("Place",))
    assert made.by_key["s"].equation == Call("INTEG", subscripted)


def test_a_graphical_function_for_each_element(xmile: Reader) -> None:
    gf = '<gf><xscale min="0" max="1"/><ypts>0,{}</ypts></gf>'
    elements = "".join(
        f'<element subscript="{one}">{gf.format(i)}</element>'
        for i, one in enumerate(("Rome", "New York", "Oslo"))
    )
    made = xmile(
        array("g", "Place", elements) + array("x", "Place", eqn("g(TIME)"))
        + array("y", "Place", eqn("LOOKUP(g[Oslo], 1) + g[Place](2)")),
        RANGES,
    )  # fmt: skip
    assert [(one.lookup, one.subscripts) for one in made.entries["g"]] == [
        (True, ("Rome",)), (True, ("New York",)), (True, ("Oslo",)),
    ]  # fmt: skip
    assert made.by_key["x"].equation == Call("g", (Ref("Time"),), subscripts=("Place",))
    oslo = Call("g", (Const(1),), subscripts=("Oslo",))
    assert made.by_key["y"].equation == oslo + Call("g", (Const(2),), subscripts=("Place",))


def test_allocation_by_columns_of_one_array(xmile: Reader) -> None:
    ranges = RANGES.replace(
        "<dimensions>",
        '<dimensions><dim name="P"><elem name="kind"/><elem name="rank"/><elem name="width"/>'
        '<elem name="extra"/></dim>',
    )
    equation = "ALLOCATE(5, Place, a, p[*, rank], p[Place, width], p[Place, kind])"
    made = xmile(
        array("x", "Place", eqn(equation)) + array("a", "Place", eqn("1"))
        + array("p", "Place, P", eqn("1")),
        ranges,
    )  # fmt: skip
    wanted = (Ref("a", ("Place",)), Ref("p", ("Place", "kind")), Const(5))
    assert made.by_key["x"].equation == Call("ALLOCATE AVAILABLE", wanted)


BROKEN = {
    "unknown dimension": (
        array("x", "Plaze", eqn("1")),
        'name="x"',
        "'x' has the dimension 'Plaze'",
    ),
    "unknown element": (
        array("x", "Place", '<element subscript="Bonn">' + eqn("1") + "</element>"),
        'subscript="Bonn"',
        "'Bonn' is no element of the dimension 'Place'",
    ),
    "element twice": (
        array(
            "x", "Place", 2 * ('<element subscript="Rome">' + eqn("1") + "</element>") + eqn("1")
        ),
        'subscript="Rome"><eqn>1</eqn></element><eqn>',
        "the element Rome of 'x' is defined twice",
    ),
    "count": (
        array("x", "Place", '<element subscript="Rome, 1">' + eqn("1") + "</element>" + eqn("1")),
        'subscript="Rome, 1"',
        "'x' has 1 dimension, but an element of it has 2 subscripts",
    ),
    "range": (
        array("x", "Place", eqn("SUM(x[Oslo:Rome])")),
        "Oslo:Rome",
        "in the equation of 'x': 'Oslo:Rome' is no part of the dimension 'Place'",
    ),
    "nameless": ("<aux><eqn>1</eqn></aux>", "<aux", "this <aux> has no name"),
    "twice": (
        '<aux name="y"><eqn>1</eqn></aux><aux name="Y"><eqn>1</eqn></aux>',
        'name="Y"',
        "'Y' is defined twice; first in line 8",
    ),
    "no equation": ('<aux name="y"/>', 'name="y"', "'y' has no equation"),
    "no initial value": ('<stock name="y"><eqn> </eqn></stock>', " </eqn>", "'y' has no initial"),
}


@pytest.mark.parametrize(("variables", "place", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_entries(xmile: Reader, variables: str, place: str, message: str) -> None:
    made = xmile(variables, RANGES)
    (problem,) = made.problems
    text = made.source.text
    at = text.index(place) + (place.index('"') + 1 if '="' in place else 0)
    assert (problem.line, problem.column) == made.source.place(at)
    assert problem.message.startswith(message)
    assert problem.cure


SPECS = {
    "no start": ("<sim_specs><stop>1</stop></sim_specs>", (2, 1), "<sim_specs> has no <start>"),
    "no specs": ("", (1, 1), "the file says neither when a run begins nor when it ends"),
    "no number": (
        "<sim_specs><start>now</start><stop>1</stop></sim_specs>",
        (2, 19),
        "<start> must be a number, not 'now'",
    ),
    "no finite number": (
        "<sim_specs><start>0</start><stop>1e999</stop></sim_specs>",
        (2, 34),
        "<stop> must be a number, not '1e999'",
    ),
    "step": (
        "<sim_specs><start>0</start><stop>1</stop><dt>-1</dt></sim_specs>",
        (2, 46),
        "<dt> must be above zero, not -1",
    ),
    "reciprocal": (
        '<sim_specs><start>0</start><stop>1</stop><dt reciprocal="true">0</dt></sim_specs>',
        (2, 64),
        "<dt> is the reciprocal of 0",
    ),
    "method": (
        '<sim_specs method="magic"><start>0</start><stop>1</stop></sim_specs>',
        (2, 20),
        "the integration method 'magic' is not offered",
    ),
}


@pytest.mark.parametrize(("specs", "place", "message"), SPECS.values(), ids=SPECS)
def test_broken_run_controls(
    xmile: Reader, specs: str, place: tuple[int, int], message: str
) -> None:
    (problem,) = xmile("", specs=specs).problems
    assert (problem.line, problem.column) == place
    assert problem.message == message
    assert problem.cure


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ('<dim name="A"/>', "the dimension 'A' has no elements"),
        ('<dim size="3"/>', "this <dim> has no name"),
        ('<dim name="A" size="x"/>', "the size of the dimension 'A' must be a number"),
        ('<dim name="A" size="99999999999"/>', "the size of the dimension 'A' must be a number"),
        ('<dim name="A" size="1"/><dim name="a" size="2"/>', "the dimension 'a' is defined twice"),
    ],
)
def test_broken_dimensions(xmile: Reader, ranges: str, message: str) -> None:
    (problem,) = xmile("", f"<dimensions>{ranges}</dimensions>").problems
    assert problem.message.startswith(message)
    assert problem.line == 3
    assert problem.cure


def test_layouts_before_the_standard_are_refused(xmile: Reader) -> None:
    from sdmodel.frontends import parse
    from sdmodel.frontends.text import decode

    text = (
        "<xmile><sim_specs><start>0</start><stop>1</stop></sim_specs>\n"
        '<model><stock name="a"><eqn>1</eqn></stock></model></xmile>'
    )
    (problem,) = parse(decode("a.stmx", text.encode())).problems
    assert problem.message.startswith("this is a layout from before the XMILE standard")
    assert (problem.kind, problem.line, problem.column) == ("unsupported", 2, 8)
    (problem,) = parse(decode("a.xml", b"<html><body/></html>")).problems[:1]
    assert problem.line == 1


def test_all_problems_of_a_file_are_told_at_once(xmile: Reader) -> None:
    made = xmile('<aux name="a"><eqn>1 +</eqn></aux>\n<aux name="b"><eqn>)</eqn></aux>\n<aux/>')
    assert [one.line for one in made.problems] == [6, 7, 8]


def test_a_dimension_named_like_an_element(xmile: Reader) -> None:
    """XMILE has no dimensions within dimensions, so neither meaning is guessed."""
    dimensions = (
        '<dimensions><dim name="A"><elem name="b"/><elem name="c"/></dim>'
        '<dim name="B"><elem name="d"/></dim><dim name="E"><elem name="e"/><elem name="f"/></dim>'
        "</dimensions>"
    )
    made = Model(xmile('<aux name="x"><eqn>1</eqn></aux>', dimensions))
    assert [(one.message, one.text[one.column - 1]) for one in made.problems()] == [
        ("'b' is an element of 'A' and, in line 3, a range", "b"),
        ("'e' names both the range 'E' and one of its elements", "e"),
    ]
