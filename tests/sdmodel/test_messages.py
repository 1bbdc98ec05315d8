"""Every message about an equation: what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import sdmodel as sd
from sdmodel.errors import did_you_mean, near_names
from sdmodel.frontends.mdl import parse
from sdmodel.frontends.text import decode
from sdmodel.model import Model

Maker = Callable[..., Model]
Text = Callable[..., str]


# Every message of an equation -------------------------------------------------------------------

EQUATIONS = [
    ("(a + 1", "this bracket is never closed", "add the missing ')'"),
    ("MAX(a, 1", "the argument list of MAX is never closed", "add the missing ')'"),
    ("a + 1)", "this bracket closes nothing", "remove it, or add the missing '('"),
    ("", "the equation is empty", "write what the variable is equal to"),
    ("a +", "something is missing after '+'", "complete the expression"),
    ("-", "something is missing after '-'", "complete the expression"),
    ("MAX(", "something is missing after '('", "complete the expression"),
    (
        "* a",
        "a value must stand here, not '*'",
        "a variable, a number, a function call or an opening bracket",
    ),
    (
        "()",
        "a value must stand here, not ')'",
        "a variable, a number, a function call or an opening bracket",
    ),
    (
        "MAX(1,,2)",
        "a value must stand here, not ','",
        "a variable, a number, a function call or an opening bracket",
    ),
    ("3 a", "an operator is missing before 'a'", "write +, -, *, / or ^ between two values"),
    ('a "b"', "an operator is missing before '\"b\"'", "write +, -, *, / or ^ between two values"),
    ("(a) 3", "an operator is missing before '3'", "write +, -, *, / or ^ between two values"),
    ("a, 1", "a comma stands only between the arguments of a function", "remove it"),
    ("(a, 1)", "a comma stands only between the arguments of a function", "remove it"),
    ("2 ! a", "'!' cannot stand here", "remove it, or write an operator there"),
    ("a :NOT: 2", "':NOT:' cannot stand here", "remove it, or write an operator there"),
    (
        "a # 2",
        "the character '#' cannot stand here",
        "remove it; a name that holds it stands in double quotes",
    ),
    ('"a + 1', "this quote is never closed", "add the missing '\"'"),
    ("a[b", "this bracket is never closed", "add the missing ']'"),
    (
        "WITH LOOKUP(a, 3)",
        "the points of a lookup must stand here",
        "such as ((0,0),(1,2))",
    ),
    (
        "WITH LOOKUP(a, (1,2)",
        "the argument list of WITH LOOKUP is never closed",
        "add the missing ')'",
    ),
    ("a(1)(2)", "'(' cannot stand here", "remove it, or write an operator there"),
    (
        "a : b",
        "a colon stands only before the outputs of a macro",
        "remove it, or write F(inputs : outputs)",
    ),
    (
        "F(a : 1)",
        "the name of an output must stand here",
        "write F(inputs : outputs), with names of variables behind the colon",
    ),
    ("F(a : b", "the argument list of F is never closed", "add the missing ')'"),
    (
        "F(a : b + c)",
        "'+' cannot stand between the outputs of a macro",
        "separate their names by commas",
    ),
    (
        "'f.xls'",
        "the text 'f.xls' stands only as an argument of a function",
        "names that hold special characters stand in double quotes",
    ),
    ("a :ORR: a", "the keyword :ORR: means nothing here", "did you mean ':OR:' or ':NOT:'?"),
    (
        "a + :QXZQ:",
        "the keyword :QXZQ: means nothing here",
        "remove it; what may stand here is :OR:, :AND:, :NOT:, :NA:",
    ),
    ("a[b,]", "a subscript is missing", "write the name of an element or a range"),
    (
        "a[(b)]",
        "a subscript cannot contain '('",
        "write names of elements or ranges, separated by commas",
    ),
    ("1, 2", "a comma stands only between the arguments of a function", "remove it"),
    (
        "TABBED ARRAY(1 2)",
        "a list of numbers needs subscripts left of the equals sign",
        "write x[Range] = TABBED ARRAY(...)",
    ),
]


@pytest.mark.parametrize(("equation", "message", "cure"), EQUATIONS)
def test_syntax(equation: str, message: str, cure: str, mdl: Text) -> None:
    text = f"a = 1 ~ ~ |\nx = {equation} ~ ~ |"
    (problem,) = parse(decode("test.mdl", mdl(text).encode())).problems
    assert problem.message == f"in the equation of 'x': {message}"
    assert (problem.kind, problem.cure, problem.variable) == ("syntax", cure, "x")
    assert problem.line == 3


def test_an_open_comment_swallows_no_other_message(mdl: Text) -> None:
    (problem, *_) = parse(decode("test.mdl", mdl("x = 1 {open ~ ~ |").encode())).problems
    assert problem.message == "in the equation of 'x': this comment is never closed"
    assert problem.cure == "add the missing '}'"


UNSUPPORTED = [
    (
        "QUEUE FIFO(0, 1, 2)",
        "there is no function named 'QUEUE FIFO'",
        "write the queue as a stock with a flow out of it, or as a delay",
    ),
    (
        "SUM(a)",
        "a sum and its like run over a range, and there is none",
        "mark the range with an exclamation mark, as in SUM(x[range!])",
    ),
    (
        "A FUNCTION OF(a)",
        "there is no function named 'A FUNCTION OF'",
        "the equation is unfinished: write it",
    ),
    (
        "GET DATA STDV(a, 1, 2)",
        "there is no function named 'GET DATA STDV'",
        "give it as a constant: the manual does not say whether it divides by the number of "
        "values or by one less",
    ),
    (
        "DELAY PROFILE(look up, a, 2, 3, 0)",
        "there is no function named 'DELAY PROFILE'",
        "use DELAY FIXED for a constant delay, or DELAY N with a high order",
    ),
    (
        "INTERNAL RATE OF RETURN(a, 1, -5, 0)",
        "there is no function named 'INTERNAL RATE OF RETURN'",
        "let the rate be a constant, and look by overrides of it where NPV is zero",
    ),
    ("QXZ(a)", "there is no function named 'QXZ'", "`sdmodel functions` lists what there is"),
    ("loop up(a)", "there is no function named 'loop up'", "did you mean 'look up'?"),
]


@pytest.mark.parametrize(("equation", "message", "cure"), UNSUPPORTED)
def test_unsupported(equation: str, message: str, cure: str, model: Maker) -> None:
    with pytest.raises(sd.UnsupportedError) as caught:
        model(f"a = 1\nlook up((0,0),(1,1))\nx = {equation}")
    (problem,) = caught.value.problems
    assert problem.message == f"in the equation of 'x': {message}"
    assert (problem.kind, problem.cure, problem.line) == ("unsupported", cure, 4)


BEFORE_THE_RUN = "the order of a delay must be known before the run, but "
MOST = "a delay has at most 1000 stages, not "
AS_A_NUMBER = "write the order as a number or a constant"
SMALLER = "use a smaller order, or DELAY FIXED for a sharp delay"
DEFINITIONS = [
    (
        "x = a(2)",
        "'a' is no function or lookup, so it cannot be called",
        "write an operator between the name and the bracket",
    ),
    (
        "x = look + 1",
        "'look' is a lookup and has no value of its own",
        "say where to read it: look(x)",
    ),
    ("x = look(1, 2)", "the lookup 'look' is read at one value", "write look(x)"),
    ("x = MAX(1)", "MAX is given 1 argument", "write MAX(a, b)"),
    ("x = PULSE()", "PULSE is given 0 arguments", "write PULSE(start, duration)"),
    (
        "x = INTEG(1)",
        "INTEG takes a rate and an initial value",
        "write INTEG(rate, initial value)",
    ),
    ("x = LOOKUP FORWARD(a, 1)", "'a' is no lookup", "give one of: look"),
    ("x = LOOKUP FORWARD(a + 1, 1)", "'this expression' is no lookup", "give one of: look"),
    (
        "x = SMOOTH N(a, 1, 1, s)\ns = INTEG(1, 1)",
        BEFORE_THE_RUN + "it depends on the stock 's'",
        AS_A_NUMBER,
    ),
    (
        "x = SMOOTH N(a, 1, 1, look(1))",
        BEFORE_THE_RUN + "it depends on a lookup or a sum",
        AS_A_NUMBER,
    ),
    ("x = SMOOTH N(a, 1, 1, x)", BEFORE_THE_RUN + "its definition is circular", AS_A_NUMBER),
    ("x = SMOOTH N(a, 1, 1, 1001)", MOST + "1001", SMALLER),
    ("x = SMOOTH N(a, 1, 1, 0/0)", MOST + "nan", SMALLER),
    ("x = SMOOTH N(a, 1, 1, 1/0)", MOST + "inf", SMALLER),
    ("x = SMOOTH N(a, 1, 1, MAX(1))", "MAX is given 1 argument", "write MAX(a, b)"),
]


@pytest.mark.parametrize(("equation", "message", "cure"), DEFINITIONS)
def test_definitions(equation: str, message: str, cure: str, model: Maker) -> None:
    with pytest.raises(sd.ModelError) as caught:
        model(f"a = 1\nlook((0,0),(1,1))\n{equation}")
    (problem,) = caught.value.problems
    assert problem.message == f"in the equation of 'x': {message}"
    assert (problem.kind, problem.cure, problem.line) == ("definition", cure, 4)


def test_a_mistake_in_the_order_of_a_delay_is_told_once(model: Maker) -> None:
    for equations, message in (
        ("x = SMOOTH N(a, 1, 1, n)\nn = MAX(1)", "'n': MAX is given 1 argument"),
        ("x = SMOOTH N(a, 1, 1, m)", "'x': no variable is named 'm'"),
    ):
        with pytest.raises(sd.ModelError) as caught:
            model(f"{equations}\na = 1")
        (problem,) = caught.value.problems
        assert message in problem.message


def test_an_order_defined_by_a_long_chain(model: Maker) -> None:
    def chain(length: int) -> list[str]:
        lines = ["n0 = 3", *(f"n{i} = n{i - 1}" for i in range(1, length))]
        return [*lines, f"x = SMOOTH N(1, 2, 3, n{length - 1})"]

    for lines in (chain(30), chain(30)[::-1]):
        assert model("\n".join(lines)).run().values("x")[0] == 3.0
    for lines in (chain(400), chain(400)[::-1]):
        with pytest.raises(sd.ModelError, match="its definition is too long a chain"):
            model("\n".join(lines))


def test_a_call_of_what_was_refused_already_is_not_refused_again(mdl: Text) -> None:
    text = mdl("v = 3 3 ~ ~ |\nx = v(2) ~ ~ |")
    (problem,) = Model(parse(decode("test.mdl", text.encode()))).problems()
    assert problem.variable == "v"


def test_a_lookup_function_without_any_lookup(model: Maker) -> None:
    with pytest.raises(sd.ModelError, match="cure: define a lookup first"):
        model("x = LOOKUP FORWARD(a, 1)\na = 1")


def test_unknown_name_without_likeness(model: Maker) -> None:
    with pytest.raises(sd.UnknownNameError, match="cure: define it, or correct the name"):
        model("x = qqqq")


def test_entries_that_are_none(mdl: Text) -> None:
    for text, message in (
        ("3 = 4 ~ ~ |", "an entry begins with the name of a variable"),
        ("= 4 ~ ~ |", "an entry begins with the name of a variable"),
        ("~ ~ |", "an entry begins with the name of a variable"),
        ("x + 1 ~ ~ |", "in the equation of 'x': '=' must follow the name, not '+'"),
        ("x-y = 1 ~ ~ |", "in the equation of 'x': '=' must follow the name, not '-'"),
    ):
        (problem,) = parse(decode("test.mdl", mdl(text).encode())).problems
        assert (problem.message, problem.kind, problem.line) == (message, "syntax", 2)
        assert problem.cure.startswith("write name = expression")


def test_a_variable_defined_twice(model: Maker) -> None:
    with pytest.raises(sd.ModelError) as caught:
        model("tax rate = 1\nx = 2\nTax_Rate = 3")
    assert str(caught.value) == (
        "test.mdl:4:1: 'Tax_Rate' is defined twice; first in line 2\n"
        "    4 | Tax_Rate = 3 ~ ~ |\n"
        "        ^\n"
        "      cure: rename or delete one of them"
    )


def test_missing_run_controls() -> None:
    made = Model(parse(decode("m.mdl", b"a = 1 ~ ~ |\nTIME STEP = 1 ~ ~ |")))
    with pytest.raises(sd.ModelError) as caught:
        made.run()
    cure = "\n      cure: give INITIAL TIME, FINAL TIME and TIME STEP an equation each\n"
    assert str(caught.value) == (
        f"m.mdl: INITIAL TIME is not defined{cure}m.mdl: FINAL TIME is not defined{cure}"
        "2 problems in m.mdl"
    )
    assert [p.name for p in made.problems()] == ["INITIAL TIME", "FINAL TIME"]


@pytest.mark.parametrize("name", ["TIME STEP", "FINAL TIME", "SAVEPER"])
def test_a_run_control_is_no_lookup(name: str, mdl: Text) -> None:
    text = mdl(f"{name}((0,0),(1,1))\nSAVEPER = 1" if name != "SAVEPER" else f"{name}((0,0),(1,1))")
    (problem,) = Model(parse(decode("m.mdl", text.encode()))).problems()
    assert problem.message == f"'{name}' is a lookup, but a run needs a number there"
    assert problem.cure == f"write {name} = and a number"


def test_the_clock_takes_no_equation(model: Maker) -> None:
    with pytest.raises(sd.ModelError) as caught:
        model("time = 5\nx = Time")
    assert str(caught.value) == (
        "test.mdl:2:1: 'time' is the clock of every run and takes no equation\n"
        "    2 | time = 5 ~ ~ |\n"
        "        ^\n"
        "      cure: give this variable another name"
    )


def test_circles_while_initial_values_are_computed(model: Maker) -> None:
    with pytest.raises(sd.CircularError) as caught:
        model("a = INTEG(1, b)\nb = INTEG(1, a)")
    assert str(caught.value) == (
        "test.mdl:2:1: these define each other while initial values are computed: a -> b -> a\n"
        "    2 | a = INTEG(1, b) ~ ~ |\n"
        "        ^\n"
        "      cure: give one of them an initial value that does not need the others "
        "(ACTIVE INITIAL)"
    )


def test_several_circles_and_one_of_a_single_variable(model: Maker) -> None:
    with pytest.raises(sd.CircularError) as caught:
        model("a = b\nb = a\nc = c + 1\nd = MAX(e, 1)\ne = d * 2\nf = a + e")
    assert [p.loop for p in caught.value.problems] == [("a", "b"), ("c",), ("d", "e")]
    assert "these define each other: c -> c" in str(caught.value)


# How a problem is shown -------------------------------------------------------------------------


def test_the_caret_stands_below_the_place_also_behind_tabs() -> None:
    problem = sd.Problem("wrong", path="m.mdl", line=12, column=4, text="\ta\tb", cure="mend it")
    assert str(problem) == "m.mdl:12:4: wrong\n   12 |  a b\n           ^\n      cure: mend it"


def test_a_problem_without_a_place() -> None:
    assert str(sd.Problem("wrong")) == "wrong"
    assert str(sd.Problem("wrong", path="m.mdl", cure="mend it")) == (
        "m.mdl: wrong\n      cure: mend it"
    )


@pytest.mark.parametrize("place", [0, 3, 100, 5000, 9998, 9999])
def test_of_a_very_long_line_only_the_part_around_the_place_is_shown(place: int) -> None:
    line = "x" * place + "!" + "x" * (9999 - place)
    shown = str(sd.Problem("wrong", path="m", line=1, column=place + 1, text=line)).splitlines()
    assert max(map(len, shown)) < 140
    assert shown[1][shown[2].index("^")] == "!"
    assert shown[1].startswith("    1 | ...") == (place > 60)
    assert shown[1].endswith("...") == (place < 9900)


def test_near_names() -> None:
    names = ["birth rate", "death rate", "Population"]
    assert near_names("Birth_Rte", names) == ("birth rate", "death rate")
    assert near_names("population", names) == ("Population",)
    assert near_names("zzz", names) == ()
    assert near_names("birth rate", names, count=1) == ("birth rate",)
    assert did_you_mean(()) == ""
    assert did_you_mean(("a",)) == "did you mean 'a'?"
