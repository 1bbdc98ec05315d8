"""Every message about ranges, subscripts and arrays: what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import sdmodel as sd
from sdmodel.frontends.mdl import parse
from sdmodel.frontends.text import decode
from sdmodel.model import Model

ARRAYS = """a: a1, a2, a3
b: b1, b2
late: a2, a3
v[a] = 1, 2, 3
w[a,b] = 1
u[late] = 1
s = 1
t[a]((0,0),(1,1))
"""
LINE = 10  # of the equation in question: the first line is the file's encoding
NOT_LEFT = "does not stand left of the equals sign"
NOT_MAPPED = "and nothing maps it to what does"
IN_SUM = "use {}! inside SUM, name an element, or map the ranges (->)"
ELSEWHERE = "define it for that element, or use a range that leaves it out"


def problems_of(equations: str, mdl: Callable[..., str]) -> list[sd.Problem]:
    text = mdl(ARRAYS + equations)
    return Model(parse(decode("test.mdl", text.encode()))).problems()


# Equation, column, kind, message, cure.
EQUATIONS = [
    (
        "x = v[a]",
        5,
        "definition",
        f"the range 'a' of 'v' {NOT_LEFT} (no range does), {NOT_MAPPED}",
        IN_SUM.format("a"),
    ),
    (
        "x[b] = 1 + v[a]",
        12,
        "definition",
        f"the range 'a' of 'v' {NOT_LEFT} (b does), {NOT_MAPPED}",
        IN_SUM.format("a"),
    ),
    (
        "x[a] = t[b](1)",
        8,
        "definition",
        f"the range 'b' of 't' {NOT_LEFT} (a does), {NOT_MAPPED}",
        IN_SUM.format("b"),
    ),
    (
        "x = v[a!]",
        5,
        "definition",
        "'a!' stands outside of SUM and its like",
        "put it into SUM(...), or write 'a' without the exclamation mark",
    ),
    (
        "x = SUM(v[b!])",
        9,
        "definition",
        "'v' is not defined for 'b1' (subscript 1)",
        ELSEWHERE,
    ),
    ("x[a] = u[a]", 8, "definition", "'u' is not defined for 'a1' (subscript 1)", ELSEWHERE),
    ("x = w[a1,a2]", 5, "definition", "'w' is not defined for 'a2' (subscript 2)", ELSEWHERE),
    (
        "x = v[zz]",
        5,
        "unknown name",
        "'zz' is no element of 'a', subscript of 'v'",
        "there are: a1, a2, a3",
    ),
    (
        "x = w[a1,bb1]",
        5,
        "unknown name",
        "'bb1' is no element of 'b', subscript of 'w'",
        "did you mean 'b1'?",
    ),
    (
        "x = v[a1,b1]",
        5,
        "definition",
        "'v' has 1 subscript, here it is given 2",
        "write v[a]",
    ),
    (
        "x = 2 * w[a1]",
        9,
        "definition",
        "'w' has 2 subscripts, here it is given 1",
        "write w[a, b]",
    ),
    (
        "x = s[a1]",
        5,
        "definition",
        "'s' has no subscripts where it is defined",
        "write s without the brackets",
    ),
    ("x[a] = t[a](1,2)", 8, "definition", "the lookup 't' is read at one value", "write t(x)"),
    (
        "x = t[a1]",
        5,
        "definition",
        "'t' is a lookup and has no value of its own",
        "say where to read it: t(x)",
    ),
    (
        "x[a] = 1, 2",
        8,
        "definition",
        "x[a] has 3 elements, but 2 numbers are listed",
        "list one number for each element, the last range fastest",
    ),
    (
        "x[a,b] = 1, 2, 3; 4, 5, 6; 7, 8, 9;",
        10,
        "definition",
        "x[a, b] has 6 elements, but 9 numbers are listed",
        "list one number for each element, the last range fastest",
    ),
    (
        "x[a] :EXCEPT: [a1,b1] = 1",
        15,
        "syntax",
        "this exception has 2 subscripts instead of 1",
        "write as many as left of :EXCEPT:",
    ),
    (
        "x = ELMCOUNT(s)",
        14,
        "definition",
        "ELMCOUNT counts the elements of a range",
        "name a range",
    ),
    (
        "x = a",
        5,
        "definition",
        f"the range 'a' {NOT_LEFT}",
        "use a! inside SUM, or name an element",
    ),
    (
        "x[b] = MAX(late, 1)",
        12,
        "definition",
        f"the range 'late' {NOT_LEFT}",
        "use late! inside SUM, or name an element",
    ),
    (
        "x[a] = SMOOTH N(1, 1, 1, v[a])",
        26,
        "definition",
        "the order of a delay must be known before the run, but it differs between the elements",
        "write the order as a number or a constant",
    ),
    (
        "x = SUM(v[a!] + ABS(v[a]))",
        21,
        "definition",
        "the range 'a' of 'v' stands beside 'a!', and not left of the equals sign",
        "write a! here too, or give this part a variable of its own",
    ),
    (
        "x = SUM(v[a!] * a)",
        17,
        "definition",
        "the range 'a' stands beside 'a!', and not left of the equals sign",
        "write a! here too, or give this part a variable of its own",
    ),
    (
        "x = 1 + a!",
        9,
        "definition",
        "'a!' stands outside of SUM and its like",
        "put it into SUM(...), or write 'a' without the exclamation mark",
    ),
    (
        "x = 1 + s!",
        9,
        "definition",
        "'s!' stands for a number, but 's' is no range",
        "write the exclamation mark behind a range only, as in SUM(x[Range!])",
    ),
    (
        "x[a] = SMOOTH N(1, 1, 1, a)",
        8,
        "definition",
        "the order of a delay must be known before the run, but it differs between the elements",
        "write the order as a number or a constant",
    ),
]


@pytest.mark.parametrize(("equation", "column", "kind", "message", "cure"), EQUATIONS)
def test_in_an_equation(
    equation: str, column: int, kind: str, message: str, cure: str, mdl: Callable[..., str]
) -> None:
    (problem,) = problems_of(equation, mdl)
    assert problem.message == f"in the equation of 'x': {message}"
    assert (problem.kind, problem.cure, problem.variable) == (kind, cure, "x")
    assert (problem.line, problem.column) == (LINE, column)


# Equations, line, message, cure; the column is that of the entry.
ENTRIES = [
    (
        "x[zz] = 1",
        LINE,
        "'x' has the subscript 'zz', which no range holds",
        "define the range: zz: first, second ~~|",
    ),
    (
        "x[lat] = 1",
        LINE,
        "'x' has the subscript 'lat', which no range holds",
        "did you mean 'late'?",
    ),
    (
        "x[a] = 1\nx[a2] = 2",
        LINE + 1,
        "'x[a2]' is defined twice; first in line 10",
        "leave it out of one of them (:EXCEPT:)",
    ),
    (
        "x[a,b] :EXCEPT: [late,b] = 1\nx[a1,b2] = 2\nx[late,b] = 3",
        LINE + 1,
        "'x[a1,b2]' is defined twice; first in line 10",
        "leave it out of one of them (:EXCEPT:)",
    ),
    (
        "x[a,b] = 2\nx[a] = 1",
        LINE + 1,
        "'x' has 1 subscript here, elsewhere 2",
        "give all its entries the same number of subscripts",
    ),
    (
        "x[a] :EXCEPT: [zz] = 1",
        LINE,
        "an exception of 'x' names 'zz', unknown",
        "name a range or one of its elements",
    ),
    (
        "x[a] :EXCEPT: [lat] = 1",
        LINE,
        "an exception of 'x' names 'lat', unknown",
        "did you mean 'late'?",
    ),
    (
        "r: (e1-e3000)\nq: (f1-f3000)\nx[r,q] = 1",
        LINE + 2,
        "the arrays of this model have over 8,000,000 elements",
        "use shorter ranges",
    ),
    (
        "a: c1",
        LINE,
        "the range 'a' is defined twice",
        "delete one of the two ranges",
    ),
    (
        "r <-> zz",
        LINE,
        "the range 'r' is to equal 'zz', unknown",
        "define the other range first",
    ),
]


@pytest.mark.parametrize(("equations", "line", "message", "cure"), ENTRIES)
def test_in_an_entry(
    equations: str, line: int, message: str, cure: str, mdl: Callable[..., str]
) -> None:
    (problem,) = problems_of(equations, mdl)
    assert (problem.message, problem.cure) == (message, cure)
    assert (problem.line, problem.column) == (line, 1)


# Ranges, column in their first line, message, cure.
TWO_MEANINGS = [
    (
        "q: q1, Q\nx[q] = 1\nx[q1] = 2",
        8,
        "'Q' names both the range 'q' and one of its elements",
        "rename one of the two; [Q] could mean either",
    ),
    (
        "q: q\nx[q] = 1",
        1,
        "the range 'q' has nothing but itself as an element",
        "name its elements: q: first, second ~~|",
    ),
    ("q: q1, q2\nQ = 1", 1, "'q' is a range and, in line 11, a variable", "rename one of the two"),
    ("q: q1, q2 -> lat", 14, "the range 'q' maps to 'lat', unknown", "did you mean 'late'?"),
    (
        "q: q1, q2 -> zz",
        14,
        "the range 'q' maps to 'zz', unknown",
        "define it: zz: first, second ~~|",
    ),
    (
        "q: q1, q2 -> (late: a1, a2)",
        15,
        "the range 'q' maps to 'a1', which 'late' does not hold",
        "there are: a2, a3",
    ),
    (
        "q: q1, q2 -> late, a",
        20,
        "the range 'q' has 2 elements, but maps to 3 of 'a'",
        "name one of a for each element: -> (a: ...)",
    ),
]


@pytest.mark.parametrize(("ranges", "column", "message", "cure"), TWO_MEANINGS)
def test_a_range_that_cannot_be_understood(
    ranges: str, column: int, message: str, cure: str, mdl: Callable[..., str]
) -> None:
    (problem,) = problems_of(ranges, mdl)
    assert (problem.message, problem.cure) == (message, cure)
    assert (problem.line, problem.column, problem.variable) == (LINE, column, "q")


def test_what_else_is_wrong_is_told_beside_a_range_with_two_meanings(
    mdl: Callable[..., str],
) -> None:
    found = problems_of("q: q, q1\nx[q] = nobody", mdl)
    assert [(one.line, one.name) for one in found] == [(LINE, "q"), (LINE + 1, "nobody")]


def test_an_element_may_have_the_name_of_a_variable(values: Callable[..., list[float]]) -> None:
    """In brackets it is the element, elsewhere the variable."""
    equations = "r: r1, r2\nr2 = 30\nv[r] = 1, 2\nx = v[r2] + r2"
    assert values(equations) == [32.0] * 5


def test_a_range_as_a_number_in_a_sum(values: Callable[..., list[float]]) -> None:
    assert values("r: r1, r2, r3\nv[r] = 1, 10, 100\nx = SUM(r!*v[r!])") == [321.0] * 5


def test_a_range_that_contains_itself(mdl: Callable[..., str]) -> None:
    found = problems_of("r: r2\nr2: r", mdl)
    problem = next(one for one in found if "itself" in one.message)
    assert problem.message == "the range 'r2' contains itself, by way of 'r'"
    assert (problem.line, problem.column) == (LINE + 1, 1)
    assert problem.cure == "name elements in it, not the range itself"


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(mdl: Callable[..., str]) -> None:
    found = problems_of("x = v[zz]\ny[b] = v[a]\nz[qq] = 3\nk = w[a1]", mdl)
    assert [(one.line, one.variable) for one in found] == [
        (LINE, "x"),
        (LINE + 1, "y"),
        (LINE + 2, "z"),
        (LINE + 3, "k"),
    ]


def test_near_names_are_in_the_problem(mdl: Callable[..., str]) -> None:
    (problem,) = problems_of("x = w[a1,bb1]", mdl)
    assert (problem.name, problem.near) == ("bb1", ("b1",))


def test_the_place_is_shown(mdl: Callable[..., str]) -> None:
    (problem,) = problems_of("x[b] = 1 + v[a]", mdl)
    lines = str(problem).splitlines()
    assert lines[0].startswith("test.mdl:10:12: in the equation of 'x': the range 'a' of 'v'")
    assert lines[1] == "   10 | x[b] = 1 + v[a] ~ ~ |"
    assert lines[2].index("^") == lines[1].index("v[a]")
