"""Broken `.mdl` files: each mistake with its line, its column and its cure, and all at once."""

from __future__ import annotations

import random
import re

import pytest

from sdmodel.errors import model_error
from sdmodel.frontends.mdl import parse
from sdmodel.lowering import problems
from sdmodel.lowering.macros import expand_macros
from sdmodel.model import Model
from sdmodel.source import SourceText
from tests.sdmodel.conftest import mdl_text

# A file, the place of what is wrong in it, the message and the cure.
BROKEN = {
    "unclosed bracket": (
        "x = 2 * (a + 1 ~~|",
        (1, 9),
        "in the equation of 'x': this bracket is never closed",
        "add the missing ')'",
    ),
    "bracket that closes nothing": (
        "x = a) ~~|",
        (1, 6),
        "in the equation of 'x': this bracket closes nothing",
        "remove it, or add the missing '('",
    ),
    "unclosed comment": (
        "x = 1 ~ m ~ doc |\ny = 2 {open + 3 ~~|\nz = 1 ~~|",
        (2, 7),
        "in the equation of 'y': this comment is never closed",
        "add the missing '}'",
    ),
    "unclosed quote": (
        'x = "a b + 3 ~~|\nz = 1 ~~|',
        (1, 5),
        "in the equation of 'x': this quote is never closed",
        "add the missing '\"'",
    ),
    "unclosed text": (
        "x = GET XLS DATA('f.xls, 1) ~~|",
        (1, 18),
        "in the equation of 'x': this text is never closed",
        'add the missing "\'"',
    ),
    "missing bar": (
        "x = 1 ~ m ~ some words\ny = 2 ~ m ~ doc |\nz = 1 ~~|",
        (2, 1),
        "a '|' is missing before this entry",
        "end the entry above with ~ units ~ comment |",
    ),
    "missing bar behind units": (
        "x = 1 ~ m\n  y = 2 ~~|\nz = 1 ~~|",
        (2, 3),
        "a '|' is missing before this entry",
        "end the entry above with ~ units ~ comment |",
    ),
    "missing last bar": (
        "x = 1 ~~|\ny = 2 ~~ doc",
        (2, 1),
        "this entry is never closed with '|'",
        "end the entry with ~ units ~ comment |",
    ),
    "missing equation": (
        "x = ~ m ~ doc |\nz = 1 ~~|",
        (1, 5),
        "in the equation of 'x': the equation is empty",
        "write what the variable is equal to",
    ),
    "unfinished equation": (
        "x = 3 * ~~|",
        (1, 7),
        "in the equation of 'x': something is missing after '*'",
        "complete the expression",
    ),
    "no name": (
        "= 3 ~~|",
        (1, 1),
        "an entry begins with the name of a variable",
        "write name = expression ~ units ~ comment |",
    ),
    "no equals sign": (
        "x [A] 3 ~~|",
        (1, 7),
        "in the equation of 'x': '=' must follow the name, not '3'",
        "write name = expression; names with other characters than letters, digits, blanks, _, $ "
        "and ' stand in double quotes",
    ),
    "empty range": (
        "D: ~~|",
        (1, 2),
        "in the range 'D': this range has no elements",
        "write Range: first, second, (third1-third9)",
    ),
    "range with a number": (
        "D: a, 3 ~~|",
        (1, 7),
        "in the range 'D': the name of an element must stand here",
        "write Range: first, second, (third1-third9)",
    ),
    "range with an operator": (
        "D: a + b ~~|",
        (1, 6),
        "in the range 'D': '+' cannot stand in a range",
        "write Range: first, second, (third1-third9)",
    ),
    "range that ends in a comma": (
        "D: a, b, ~~|",
        (1, 10),
        "in the range 'D': the name of an element must stand here",
        "write Range: first, second, (third1-third9)",
    ),
    "numeric range of two stems": (
        "D: (a1-b3) ~~|",
        (1, 5),
        "in the range 'D': 'a1' and 'b3' differ in more than their number",
        "write (name1-name9)",
    ),
    "numeric range that falls": (
        "D: (a3-a1) ~~|",
        (1, 5),
        "in the range 'D': the range from 'a3' to 'a1' is empty",
        "write the smaller number first",
    ),
    "numeric range without numbers": (
        "D: (a-b) ~~|",
        (1, 4),
        "in the range 'D': a numeric range must stand here",
        "write (name1-name9)",
    ),
    "enormous range": (
        "D: (a1-a999999) ~~|\nE: (b1-b999999999) ~~|",
        (2, 5),
        "in the range 'E': the ranges of this file have more than 1,000,000 elements",
        "write smaller ranges",
    ),
    "range equal to two": (
        "D <-> E, F ~~|",
        (1, 8),
        "in the range 'D': one name of a range must follow '<->'",
        "write Range <-> OtherRange",
    ),
    "mapping to nothing": (
        "D: a -> ~~|",
        (1, 6),
        "in the range 'D': a range must follow '->'",
        "write Range: first, second -> Target",
    ),
    "mapping without elements": (
        "D: a -> (E) ~~|",
        (1, 9),
        "in the range 'D': this mapping names no range and elements",
        "write -> (Target: first, second), one for each element",
    ),
    "mapping never closed": (
        "D: a -> (E: b, c ~~|",
        (1, 9),
        "in the range 'D': this mapping is never closed",
        "add the missing ')'",
    ),
    "mappings without comma": (
        "D: a -> E (F: g) ~~|",
        (1, 11),
        "in the range 'D': '(' cannot stand in a mapping",
        "separate the targets by commas",
    ),
    "two external ranges": (
        "D: GET DIRECT SUBSCRIPT('f') + 1 ~~|",
        (1, 4),
        "in the range 'D': only one call can stand in a range",
        "write Range: first, second, (third1-third9)",
    ),
    "exception without bracket": (
        "x[D] :EXCEPT: a = 1 ~~|",
        (1, 15),
        "in the equation of 'x': '[' must follow :EXCEPT: with what is left out",
        "write x[Range] :EXCEPT: [element] = ...",
    ),
    "exception of another shape": (
        "x[D, E] :EXCEPT: [a, b], [c] = 1 ~~|",
        (1, 26),
        "in the equation of 'x': this exception has 1 subscript instead of 2",
        "write as many as left of :EXCEPT:",
    ),
    "running range on the left": (
        "x[D!] = 1 ~~|",
        (1, 2),
        "in the equation of 'x': the subscript 'D!' cannot stand left of the equals sign",
        "write the name of an element or a range",
    ),
    "unknown keyword": (
        "x[D] :EXEPT: [a] = 1 ~~|",
        (1, 6),
        "in the equation of 'x': the keyword :EXEPT: means nothing here",
        "did you mean ':EXCEPT:'?",
    ),
    "lookup that ends early": (
        "t((0,0),(1,1) ~~|",
        (1, 2),
        "in the equation of 't': this lookup is never closed",
        "add the missing ')'",
    ),
    "lookup with a word": (
        "t((0,0),(1,b)) ~~|",
        (1, 12),
        "in the equation of 't': a number must stand here",
        "lookup points are plain numbers",
    ),
    "external lookup never closed": (
        "t(GET DIRECT LOOKUPS('f', 's') ~~|",
        (1, 2),
        "in the equation of 't': this lookup is never closed",
        "add the missing ')'",
    ),
    "external lookup and more": (
        "t(GET DIRECT LOOKUPS('f', 's') + 1) ~~|",
        (1, 3),
        "in the equation of 't': only one call can stand in a lookup",
        "write name(GET DIRECT LOOKUPS(...))",
    ),
    "list with a word": (
        "x[D] = 1, two, 3 ~~|",
        (1, 11),
        "in the equation of 'x': a number must stand here",
        "a list holds numbers only, one for each element",
    ),
    "list with a sum": (
        "x[D] = 1, 2 + 3 ~~|",
        (1, 13),
        "in the equation of 'x': '+' cannot stand in a list of numbers",
        "a list holds numbers only, one for each element",
    ),
    "tabbed array with a word": (
        "x[D] = TABBED ARRAY(\n\t1\t2\n\t3\tfour) ~~|",
        (3, 4),
        "in the equation of 'x': 'four' is no number",
        "a list holds numbers only, one for each element",
    ),
    "empty tabbed array": (
        "x[D] = TABBED ARRAY( ) ~~|",
        (1, 20),
        "in the equation of 'x': this list has no numbers",
        "a list holds numbers only, one for each element",
    ),
    "tabbed array never closed": (
        "x[D] = TABBED ARRAY(1 2 ~~|",
        (1, 20),
        "in the equation of 'x': this list is never closed",
        "add the missing ')'",
    ),
    "macro without name": (
        ":MACRO: (a)\n:END OF MACRO:",
        (1, 9),
        "the name of a macro must follow :MACRO:",
        "write :MACRO: NAME(input1, input2 : output1)",
    ),
    "macro without bracket": (
        ":MACRO: F\nF = 1 ~~|\n:END OF MACRO:",
        (1, 10),
        "'(' must follow the name of the macro",
        "write :MACRO: NAME(input1, input2 : output1)",
    ),
    "macro head never closed": (
        ":MACRO: F(a, b\nF = 1 ~~|\n:END OF MACRO:",
        (1, 10),
        "the head of this macro is never closed",
        "write :MACRO: NAME(input1, input2 : output1)",
    ),
    "macro head with a number": (
        ":MACRO: F(a, 3)\nF = 1 ~~|\n:END OF MACRO:",
        (1, 14),
        "'3' cannot stand here in the head of a macro",
        "write :MACRO: NAME(input1, input2 : output1)",
    ),
    "macro head with a name twice": (
        ":MACRO: F(a, A)\nF = 1 ~~|\n:END OF MACRO:",
        (1, 14),
        "the name 'A' stands twice in the head of this macro",
        "give each input and output its own name",
    ),
    "missing end of a macro": (
        "x = 1 ~~|\n:MACRO: F(a)\nF = a ~~|",
        (2, 1),
        ":END OF MACRO: is missing for 'F'",
        "write :END OF MACRO: behind its last equation",
    ),
    "end of no macro": (
        "x = 1 ~~|\n:END OF MACRO:\nz = 1 ~~|",
        (2, 1),
        ":END OF MACRO: ends nothing",
        "remove it, or add the missing :MACRO: NAME(inputs)",
    ),
    "macro without its output": (
        ":MACRO: F(a : low)\nF = a ~~|\n:END OF MACRO:",
        (1, 9),
        "the macro 'F' has no equation for its output 'low'",
        "write low = ... before :END OF MACRO:",
    ),
    "macro that defines its input": (
        ":MACRO: F(a)\nF = a ~~|\na = 1 ~~|\n:END OF MACRO:",
        (3, 1),
        "'a' is an input of the macro 'F' and takes no equation",
        "rename or delete one of them",
    ),
    "doubled macro": (
        ":MACRO: F(a)\nF = a ~~|\n:END OF MACRO:\n:MACRO: f(a)\nf = a ~~|\n:END OF MACRO:",
        (4, 9),
        "the macro 'f' is defined twice",
        "rename or delete one of them",
    ),
    "doubled definition": (
        "rate = 1 ~~|\nx = 2 ~~|\nRate = 3 ~~|",
        (3, 1),
        "'Rate' is defined twice; first in line 1",
        "rename or delete one of them",
    ),
    "doubled definition in a macro": (
        ":MACRO: F(a)\nF = a ~~|\nb = 1 ~~|\nb = 2 ~~|\n:END OF MACRO:\nb = 1 ~~|",
        (4, 1),
        "'b' is defined twice; first in line 3",
        "rename or delete one of them",
    ),
    "doubled element": (
        "x[a] = 1 ~~|\nx[b] = 2 ~~|\nx[a] = 3 ~~|",
        (3, 1),
        "'x[a]' is defined twice; first in line 1",
        "rename or delete one of them",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
def test_broken(case: str, end: str) -> None:
    text, place, message, cure = BROKEN[case]
    source = SourceText("broken.mdl", f"{text}\n".replace("\n", end))
    problem = parse(source).problems[0]
    assert problem.message == message
    assert (problem.line, problem.column) == place
    assert problem.cure == cure
    shown = str(problem).splitlines()
    assert shown[0] == f"broken.mdl:{place[0]}:{place[1]}: {message}"
    assert shown[1] == f"{place[0]:5d} | {text.splitlines()[place[0] - 1]}".replace("\t", " ")
    assert shown[2].index("^") == len("    1 | ") + place[1] - 1


@pytest.mark.parametrize("case", BROKEN)
def test_one_mistake_is_one_problem(case: str) -> None:
    problems = parse(SourceText("broken.mdl", BROKEN[case][0] + "\n")).problems
    assert len(problems) == 1


@pytest.mark.parametrize(
    "case", [name for name, (text, *_) in BROKEN.items() if text.endswith("z = 1 ~~|")]
)
def test_reading_goes_on_behind_a_mistake(case: str) -> None:
    model = parse(SourceText("broken.mdl", BROKEN[case][0]))
    assert "z" in model.by_key


def test_all_mistakes_of_a_file() -> None:
    cases = [text for text, *_ in BROKEN.values() if text.endswith("|")]
    model = parse(SourceText("broken.mdl", "\n".join(cases)))
    messages = {problem.message for problem in model.problems}
    wanted = {message for text, _, message, _ in BROKEN.values() if text.endswith("|")}
    once = {one for one in wanted if "defined twice" not in one and "macro" not in one.casefold()}
    assert once <= messages
    assert list(model.by_key)


def test_a_broken_variable_is_still_defined() -> None:
    model = parse(SourceText("m.mdl", "x[a] = 3 3 ~~|\ny = (1 ~~|\nx[b] = 2 ~~|"))
    assert [(v.name, v.subscripts) for v in model.variables] == [
        ("x", ("a",)),
        ("y", ()),
        ("x", ("b",)),
    ]
    assert len(model.problems) == 2


WHOLE = """{UTF-8}
:MACRO: F(a, t : low)
F = INTEG(t(a) - F, low) / TIME STEP$ ~ m ~ |
low = MIN(a, 0) ~~|
:END OF MACRO:
***** .Sets *****~ text |
D: d1, (d2-d4), "d 5" -> (E: e1, e2, e3, Sub, e9), G ~~|
E <-> H ~~| K: GET DIRECT SUBSCRIPT('k.csv', ',', 'A2', 'A', '') ~~|
x[D] :EXCEPT: [d1], [d2] = F(y[D, e1] + 1, table : z[D]) ~ m [0,?] ~ doc ~ :SUP |
y[D, E] = 1,2;3,-4; {no more} ~~| w[D] = TABBED ARRAY(\t1\t2\n\t3) ~~|
data[D]:LOOK FORWARD: := GET XLS DATA('?x', 's', 'A', 'B2') ~~| empty ~ m ~ |
table([(0,0)-(9,9)],(0,1),(1,2)) ~~| flat(0,1,5,6) ~~| check:THE CONDITION: a=0:IMPLIES:b=0 ~~|
s = SUM(F(y[D!, e1], table)) + WITH LOOKUP(Time, ((0,0),(1,1))) :AND: :NOT: "q | ~" ~~|
\\\\\\---/// Sketch
///---\\\\\\
"""
ODD = "()[]{}|~\"'\\:=,;*+-/^<>!@#$%&?. \n\r\t0aZ\0é☃"


@pytest.mark.parametrize("seed", range(3))
def test_any_change_gives_a_model_and_messages(seed: int) -> None:
    assert expand_macros(parse(SourceText("whole.mdl", WHOLE))).problems == ()
    dice = random.Random(seed)
    equations, mark, rest = WHOLE.partition("\\\\\\---///")
    for _ in range(300):
        place = dice.randrange(len(equations))
        cut = dice.choice([0, 1, 1, 7])
        changed = equations[:place] + dice.choice(ODD) + equations[place + cut :]
        source = SourceText("whole.mdl", changed + mark + rest)
        for problem in expand_macros(parse(source)).problems:
            assert problem.message
            assert problem.cure
            assert str(problem).startswith("whole.mdl:")


def test_nothing_in_a_model_commands_a_terminal() -> None:
    """Names with control characters are refused; comments and units are shown without them."""
    hostile = "\x1b]52;c;aGk=\x07"
    broken = parse(SourceText("m.mdl", mdl_text(f'"a{hostile}" = 1 ~ ~ |')))
    told = str(model_error(problems(broken)))
    assert "holds a control character" in told
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", told)
    sound = Model(parse(SourceText("m.mdl", mdl_text(f"a = 1 ~ m{hostile} ~ said {hostile} |"))))
    shown = str(sound.explain("a"))
    assert "said" in shown
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", shown)
