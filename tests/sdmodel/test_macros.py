"""Macros: every call gets equations of its own; wrong calls and endless ones are refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from sdmodel.expr import Call, Const, Expr, Op, Ref, Text, apply, walk
from sdmodel.frontends.mdl import parse
from sdmodel.frontends.text import decode
from sdmodel.lowering.macros import MOST_VARIABLES, expand_macros
from sdmodel.model import Model
from sdmodel.source import SourceModel, SourceText

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SDMODEL_CONFORMANCE") or ROOT.parent / "shared" / "conformance")
DOUBLE = ":MACRO: DOUBLE(a)\nDOUBLE = 2 * a ~~|\n:END OF MACRO:\n"


def expand(text: str) -> SourceModel:
    model = parse(SourceText("test.mdl", text))
    assert model.problems == ()
    return expand_macros(model)


def equations(text: str) -> dict[str, Expr | None]:
    model = expand(text)
    assert model.problems == ()
    assert model.macros == ()
    assert len({one.key for one in model.variables}) == len(model.variables)
    return {one.name: one.equation for one in model.variables}


def double(value: Expr) -> Expr:
    return apply(Op.MUL, 2.0, value)


# What a call becomes ----------------------------------------------------------------------------


def test_a_model_without_macros_stays_as_it_is() -> None:
    model = parse(SourceText("test.mdl", "x = 1 ~~|"))
    assert expand_macros(model) is model


def test_each_call_has_equations_of_its_own() -> None:
    assert equations(DOUBLE + "x = DOUBLE(y) + double(3) ~~|\ny = 1 ~~|") == {
        "x": apply(Op.ADD, Ref("#DOUBLE 1 > DOUBLE"), Ref("#DOUBLE 2 > DOUBLE")),
        "y": Const(1.0),
        "#DOUBLE 1 > DOUBLE": double(Ref("y")),
        "#DOUBLE 2 > DOUBLE": double(Const(3.0)),
    }


def test_an_argument_that_is_an_expression_is_computed_once() -> None:
    found = equations(DOUBLE + "x = DOUBLE(y + 1) ~~|\ny = 1 ~~|")
    assert found["#DOUBLE 1 > a"] == apply(Op.ADD, Ref("y"), 1.0)
    assert found["#DOUBLE 1 > DOUBLE"] == double(Ref("#DOUBLE 1 > a"))


def test_calls_within_calls_and_macros_within_macros() -> None:
    found = equations(
        ":MACRO: FOUR(b)\nFOUR = DOUBLE(DOUBLE(b)) ~~|\n:END OF MACRO:\n"
        + DOUBLE
        + "x = FOUR(y) ~~|\ny = 1 ~~|"
    )
    assert found["x"] == Ref("#FOUR 1 > FOUR")
    assert found["#FOUR 1 > FOUR"] == Ref("#DOUBLE 3 > DOUBLE")
    assert found["#DOUBLE 3 > DOUBLE"] == double(Ref("#DOUBLE 2 > DOUBLE"))
    assert found["#DOUBLE 2 > DOUBLE"] == double(Ref("y"))


def test_names_of_the_model_and_of_the_macro() -> None:
    found = equations(
        ':MACRO: F(a)\nF = "my own" * price$ + TIME STEP$ + Time + time step + effect$(a) ~~|\n'
        '"my own" = a ~~|\n:END OF MACRO:\n'
        "x = F(2) ~~|\nprice = 3 ~~|\nmy own = 4 ~~|\neffect((0,0),(1,1)) ~~|"
    )
    refs = {node.name for node in walk(found["#F 1 > F"] or Const(0.0)) if isinstance(node, Ref)}
    assert refs == {"#F 1 > my own", "price", "TIME STEP", "Time", "time step"}
    calls = [node for node in walk(found["#F 1 > F"] or Const(0.0)) if isinstance(node, Call)]
    assert calls == [Call("effect", (Const(2.0),))]


def test_lookups_are_handed_on() -> None:
    found = equations(
        ":MACRO: F(t, a)\nF = t(a) + own(a) + LOOKUP FORWARD(t, 1) ~~|\nown((0,0),(1,1)) ~~|\n"
        ":END OF MACRO:\n:MACRO: G(u)\nG = F(u, 1) ~~|\n:END OF MACRO:\n"
        "D: d1, d2 ~~|\ntable[D]((0,0),(1,2)) ~~|\nx[D] = G(table[D]) ~~|"
    )
    wanted = apply(
        Op.ADD,
        apply(
            Op.ADD,
            Call("table", (Const(1.0),), subscripts=("D",)),
            Call("#F 2 > own", (Const(1.0),)),
        ),
        Call("LOOKUP FORWARD", (Ref("table", ("D",)), Const(1.0))),
    )
    assert found["#F 2 > F"] == wanted
    assert "#F 2 > own" in found


def test_texts_are_handed_on() -> None:
    found = equations(":MACRO: F(file)\nF = G(file) ~~|\n:END OF MACRO:\nx = F('a.csv') ~~|")
    assert found["#F 1 > F"] == Call("G", (Text("a.csv"),))


# Outputs ----------------------------------------------------------------------------------------

TWO = ":MACRO: F(a : low, high)\nF = a ~~|\nlow = a - 1 ~~|\nhigh = a + 1 ~~|\n:END OF MACRO:\n"


def test_outputs_define_variables() -> None:
    found = equations(TWO + "x = F(3 : bottom, the top) ~~|\nz = the top ~~|")
    assert found["bottom"] == Ref("#F 1 > low")
    assert found["the top"] == Ref("#F 1 > high")
    assert found["z"] == Ref("the top")


def test_an_output_may_be_described_by_an_entry() -> None:
    model = expand(TWO + "x = F(3 : bottom) ~~|\nbottom ~ m ~ The least. |")
    (found,) = model.entries["bottom"]
    assert (found.equation, found.units, found.comment) == (Ref("#F 1 > low"), "m", "The least.")
    assert found.data == ""


def test_outputs_within_macros() -> None:
    found = equations(
        TWO + ":MACRO: G(a)\nG = F(a : l, h) + h ~~|\n:END OF MACRO:\nx = G(1) + G(2) ~~|"
    )
    assert found["#G 1 > h"] == Ref("#F 3 > high")
    assert found["#G 2 > h"] == Ref("#F 4 > high")
    assert found["#G 1 > G"] == apply(Op.ADD, Ref("#F 3 > F"), Ref("#G 1 > h"))


# Built-in ones -----------------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["DELAYP", "delay p", "DELAY_P"])
def test_delayp_is_delay3_with_its_contents(
    spelling: str, model: Callable[..., Model], every_engine: str
) -> None:
    # Manual, DELAYP: also where the delay time changes, and for every integration method.
    made = model(
        f"""
        x = {spelling}(inflow, lag : in progress)
        y = DELAY3(inflow, lag)
        held = INTEG(inflow - y, inflow*lag)
        lag = 4 + STEP(2, 5)
        inflow = 5 + 3*SIN(Time)
        """,
        FINAL_TIME=20,
        TIME_STEP=0.5,
    )
    for method in ("euler", "rk4"):
        run = made.run(method=method)
        assert run.values("x") == pytest.approx(run.values("y"), rel=1e-12)
        assert run.values("in progress") == pytest.approx(run.values("held"), rel=1e-12)
        assert "in progress" in run.columns


def test_delayp_of_subscripts_and_within_macros() -> None:
    found = equations("A: a1, a2 ~~|\nx[A] = DELAYP(3, 2 : z) ~~|\ny = DELAYP(1, 2) ~~|")
    assert found["z"] == Ref("#DELAYP 1 > pipeline", ("A",))
    assert found["y"] == Ref("#DELAYP 2 > DELAYP")
    text = ":MACRO: F(a)\nF = DELAYP(a, 2 : p) + p ~~|\n:END OF MACRO:\nx = F(3) ~~|"
    assert equations(text)["#F 1 > p"] == Ref("#DELAYP 2 > pipeline")


def test_delayp_with_other_arguments_is_refused() -> None:
    for call, message in (
        ("DELAYP(1 : z)", "the macro 'DELAYP' takes 2 arguments, not 1"),
        ("DELAYP(1, 2 : z, w)", "the macro 'DELAYP' has 1 output to name, not 2"),
    ):
        (problem,) = expand(f"x = {call} ~~|").problems
        assert problem.message == f"in the equation of 'x': {message}"
        assert problem.cure == "write DELAYP(input, delay time : pipeline)"
        assert (problem.line, problem.column) == (1, 5)


@pytest.mark.parametrize("name", ["DELAYP", "SMOOTH", "PULSE TRAIN"])
def test_a_macro_of_the_file_comes_before_a_function_of_its_name(name: str) -> None:
    text = f":MACRO: {name}(a, b)\n{name} = a - b ~~|\n:END OF MACRO:\nx = {name}(7, 2) ~~|"
    found = equations(text)
    assert found[f"#{name} 1 > {name}"] == apply(Op.SUB, Const(7.0), Const(2.0))


# Subscripts -------------------------------------------------------------------------------------


def test_each_element_has_its_own() -> None:
    model = expand(
        DOUBLE + "D: d1, d2 ~~|\nE: e1, e2 ~~|\n"
        "x[D, e1] = DOUBLE(y[D] + 1) ~~|\ny[D] = 1, 2 ~~|\n"
        "z[D, E] :EXCEPT: [d1, e2] = DOUBLE(y[D]) ~~|\n"
    )
    assert model.problems == ()
    found = model.by_key
    assert found["x"].equation == Ref("#DOUBLE 1 > DOUBLE", ("D",))
    assert found["#double 1 > a"].subscripts == ("D",)
    assert found["#double 1 > double"].subscripts == ("D",)
    assert found["#double 1 > double"].equation == double(Ref("#DOUBLE 1 > a", ("D",)))
    last = found["#double 2 > double"]
    assert (last.subscripts, last.exceptions) == (("D", "E"), (("d1", "e2"),))
    assert found["z"].equation == Ref("#DOUBLE 2 > DOUBLE", ("D", "E"))
    assert last.equation == double(Ref("y", ("D",)))


def test_a_macro_within_a_sum() -> None:
    model = expand(
        DOUBLE + "D: d1, d2 ~~|\nE: e1, e2 ~~|\n"
        "x[E] = SUM(DOUBLE(y[D!, E] + 1)) ~~|\ny[D, E] = 1 ~~|\n"
        "z = DOUBLE(SUM(y[D!, e1])) ~~|"
    )
    assert model.problems == ()
    found = model.by_key
    assert found["x"].equation == Call("SUM", (Ref("#DOUBLE 1 > DOUBLE", ("E", "D!")),))
    assert found["#double 1 > a"].subscripts == ("E", "D")
    assert found["#double 1 > a"].equation == apply(Op.ADD, Ref("y", ("D", "E")), 1.0)
    assert found["#double 2 > a"].equation == Call("SUM", (Ref("y", ("D!", "e1")),))
    assert found["#double 2 > a"].subscripts == ()


def test_outputs_of_subscripted_calls() -> None:
    model = expand(TWO + "D: d1, d2 ~~|\nx[D] = F(1 : b[D], t) ~~|\ny[d1] = F(1 : c[d1]) ~~|")
    assert model.problems == ()
    assert model.by_key["b"].subscripts == model.by_key["t"].subscripts == ("D",)
    assert model.by_key["b"].equation == Ref("#F 1 > low", ("D",))
    assert model.by_key["c"].subscripts == ("d1",)
    assert model.by_key["c"].equation == Ref("#F 2 > low")


def test_subscripts_within_a_macro() -> None:
    found = expand(
        ":MACRO: F(a)\nF = SUM(part[E!]) ~~|\npart[E] :EXCEPT: [e1] = a[E] ~~|\npart[e1] = 0 ~~|\n"
        ":END OF MACRO:\nD: d1, d2 ~~|\nE: e1, e2 ~~|\nx[D] = F(y[D]) ~~|\ny[D, E] = 1 ~~|"
    ).entries["#f 1 > part"]
    assert [(one.subscripts, one.exceptions) for one in found] == [
        (("D", "E"), (("D", "e1"),)),
        (("D", "e1"), ()),
    ]
    assert found[0].equation == Ref("y", ("D", "E"))


# Refusals ---------------------------------------------------------------------------------------

WRONG = [
    (
        DOUBLE + "x = DOUBLE(1, 2) ~~|",
        (4, 5),
        "in the equation of 'x': the macro 'DOUBLE' takes 1 argument, not 2",
        "write DOUBLE(a)",
    ),
    (
        TWO + "x = 1 + F() ~~|",
        (6, 9),
        "in the equation of 'x': the macro 'F' takes 1 argument, not 0",
        "write F(a : low, high)",
    ),
    (
        DOUBLE + "x = DOUBLE(1 : y) ~~|",
        (4, 5),
        "in the equation of 'x': the macro 'DOUBLE' has 0 outputs to name, not 1",
        "write DOUBLE(a)",
    ),
    (
        TWO + "x = F(1 : y) ~~|\ny = 2 ~~|",
        (6, 11),
        "in the equation of 'x': the output 'y' is defined already, in line 7",
        "give the output another name",
    ),
    (
        TWO + "x = F(1 : y) + F(2 : Y) ~~|",
        (6, 22),
        "in the equation of 'x': the output 'Y' is defined already, in line 6",
        "give the output another name",
    ),
    (
        ":MACRO: F(a)\nF = F(a - 1) ~~|\n:END OF MACRO:\nx = F(3) ~~|",
        (1, 1),
        "the macro 'F' calls itself",
        "write its equations out; a macro cannot be repeated",
    ),
    (
        ":MACRO: F(a)\nF = a * price ~~|\n:END OF MACRO:\nx = F(3) + F(4) ~~|\nprice = 1 ~~|",
        (2, 9),
        "in the equation of 'F': the macro 'F' has no variable named 'price'",
        "write price$ for that of the model",
    ),
    (
        ":MACRO: F(input)\nF = 2 * inptu ~~|\n:END OF MACRO:\nx = F(3) ~~|",
        (2, 9),
        "in the equation of 'F': the macro 'F' has no variable named 'inptu'",
        "did you mean 'input'?",
    ),
    (
        ":MACRO: F(t)\nF = t(1) ~~|\n:END OF MACRO:\nx = F(3) ~~|",
        (2, 5),
        "in the equation of 'F': the input 't' of the macro 'F' is called as a lookup, but no "
        "lookup is given for it",
        "give the name of a lookup",
    ),
    (
        DOUBLE + "D: d1, d2 ~~|\nx[D] = SUM(DOUBLE(y[D!])) ~~|\ny[D] = 1 ~~|",
        (5, 12),
        "in the equation of 'x': the macro 'DOUBLE' cannot run over 'D!' where 'D' stands left "
        "of the equals sign",
        "compute the macro in a variable of its own and use that",
    ),
]


@pytest.mark.parametrize(("text", "place", "message", "cure"), WRONG)
def test_refusals(text: str, place: tuple[int, int], message: str, cure: str) -> None:
    model = expand(text)
    (problem,) = model.problems
    assert problem.message == message
    assert (problem.line, problem.column) == place
    assert problem.cure == cure
    assert model.macros == ()


def test_macros_that_call_each_other() -> None:
    model = expand(
        ":MACRO: F(a)\nF = G(a) ~~|\n:END OF MACRO:\n:MACRO: G(a)\nG = F(a) ~~|\n"
        ":END OF MACRO:\nx = F(1) ~~|"
    )
    (problem,) = model.problems
    assert problem.message == "these macros call each other: F -> G -> F"
    assert (problem.kind, problem.loop) == ("circular", ("F", "G"))


def test_a_bomb_is_refused(limited: Callable[[float], AbstractContextManager[None]]) -> None:
    text = ":MACRO: M0(a)\nM0 = a ~~|\n:END OF MACRO:\n"
    for i in range(1, 60):
        body = f"M{i - 1}(a) + M{i - 1}(a + 1)"
        text += f":MACRO: M{i}(a)\nM{i} = {body} ~~|\n:END OF MACRO:\n"
    with limited(60):
        model = expand(text + "x = M59(1) ~~|")
    (problem,) = model.problems
    assert problem.message == "the macros of this model would become more than 50,000 variables"
    assert problem.kind == "unsupported"
    assert len(model.variables) <= MOST_VARIABLES + 2


def test_a_chain_of_a_thousand_macros() -> None:
    text = ":MACRO: M0(a)\nM0 = a ~~|\n:END OF MACRO:\n"
    for i in range(1, 1000):
        text += f":MACRO: M{i}(a)\nM{i} = M{i - 1}(a) ~~|\n:END OF MACRO:\n"
    found = equations(text + "x = M999(y) ~~|\ny = 1 ~~|")
    assert found["#M0 1000 > M0"] == Ref("y")


# Published models -------------------------------------------------------------------------------


def test_published_macros() -> None:
    for path in SHARED.glob("models/**/*.mdl"):
        model = parse(decode(path.name, path.read_bytes()))
        if model.macros:
            done = expand_macros(model)
            assert done.problems == ()
            names = {macro.name.casefold() for macro in model.macros}
            for one in done.variables:
                nodes = walk(one.equation or Const(0.0))
                called = [node for node in nodes if isinstance(node, Call)]
                assert not {call.function.casefold() for call in called} & names
