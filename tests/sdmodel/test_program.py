"""The program a model becomes: its order, its phases, and the check of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sdmodel.expr import Call, Const, Ref
from sdmodel.lowering.order import in_order
from sdmodel.model import Model
from sdmodel.names import key, tidy
from sdmodel.program import Phase, Program, Statement, check, layout_of

Maker = Callable[..., Model]


@pytest.fixture
def program(model: Maker) -> Program:
    """Return a small program with every phase."""
    return model(
        "stock = INTEG(flow, start)\nflow = stock/life + wave\nlife = 5\nstart = life*2\n"
        "wave = SIN(Time)\nheld = INITIAL(flow)"
    ).program


def test_phases(program: Program) -> None:
    phases = {one.target: one.phase for one in program.step}
    assert phases["wave"] is Phase.TIME
    assert phases["flow"] is Phase.STATE
    started = [one.target for one in program.start]
    assert {"start", "held"} <= set(started)
    assert not {"start", "held", "life"} & set(phases)
    assert program.constants["life"] == 5.0


def test_what_is_read_was_computed_before(program: Program) -> None:
    check(program)
    targets = [one.target for one in program.step]
    assert targets.index("wave") < targets.index("flow")
    started = [one.target for one in program.start]
    assert started.index("start") < started.index("stock")


def test_the_check_finds_what_is_out_of_order(program: Program, model: Maker) -> None:
    plain = model("x = INTEG(y, 0)\ny = z + 1\nz = x * 2").program
    with pytest.raises(AssertionError, match="step: .* reads y too early"):
        check(replace(plain, step=plain.step[::-1]))
    with pytest.raises(AssertionError, match="never computed: "):
        check(replace(program, step=program.step[:-1]))
    left = Statement("more", Call("max", (Const(1.0), Const(2.0))), "more")
    with pytest.raises(AssertionError, match="step: Call left in more"):
        check(replace(program, step=(*program.step, left)))
    unknown = Statement("more", Ref("nothing"), "more")
    with pytest.raises(AssertionError, match="start: more reads nothing too early"):
        check(replace(program, start=(*program.start, unknown)))


def test_layout() -> None:
    layout = layout_of(["a", "b", "a", "c"], {"b": (2, 3)})
    assert layout.names == ("a", "b", "c")
    assert (layout.slots["c"], len(layout)) == (7, 8)


def test_order() -> None:
    needs = {"a": ["b", "c"], "b": ["c"], "c": [], "d": ["a"]}
    order, circles = in_order(needs, ["a"])
    assert order == ["c", "b", "a"]
    assert circles == []
    _, circles = in_order({"a": ["b"], "b": ["a"], "c": ["c"], "d": ["a"]}, ["d", "c"])
    assert sorted(sorted(set(one)) for one in circles) == [["a", "b"], ["c"]]
    assert all(one[0] == one[-1] for one in circles)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Birth Rate", "birth_rate"),
        ("birth  rate", "birth rate "),
        ('"birth rate"', "birth rate"),
        ("birth \\\n\t\trate", "birth rate"),
        ('"say \\"hi\\""', '"SAY \\"HI\\""'),
        ("Äther", "äther"),
    ],
)
def test_spellings_that_mean_the_same(one: str, other: str) -> None:
    assert key(one) == key(other)


def test_names_that_differ() -> None:
    assert len({key(name) for name in ("a b", "ab", "a-b", "a.b", "a1", "a 1", '"a/b"')}) == 7
    assert tidy(' "A_b  c" ') == '"A_b c"'
