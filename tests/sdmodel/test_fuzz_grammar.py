"""Models written by a grammar: all of them run, alike in both engines, and mistakes are placed."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sdmodel as sd
from sdmodel.external.resolve import resolve
from sdmodel.frontends.mdl import parse
from sdmodel.model import Model
from sdmodel.run import NonFiniteWarning, Run
from sdmodel.source import SourceText

CONTROL = [f"{name} ~ Day ~ |" for name in ("INITIAL TIME = 1", "FINAL TIME = 3", "TIME STEP = 1")]
MACROS = """:MACRO: GROW(rate, start : twice)
GROW = INTEG(rate * GROW, start) ~~|
twice = 2 * GROW + TIME STEP$ ~~|
:END OF MACRO:
:MACRO: MEAN OF(a, b)
MEAN OF = (a + half) / 2 ~~|
half = b ~~|
:END OF MACRO:"""
NUMBERS = ("0", "1", "0.5", "2", "-1.5", "1e-3", "10")
BINARY = ("({} + {})", "({} - {})", "{} * 0.1 * {}", "MAX({}, {})", "MIN({}, {})", "ZIDZ({}, {})")
CHOICE = "IF THEN ELSE({} > {}, {}, {})"
SINGLE = (
    "-{}",
    "ABS({})",
    "curve({} / 10)",
    "table of two[t2]({})",
    "INTEGER({})",
    "SQRT(ABS({}))",
)
REMEMBERING = (
    "SMOOTH({}, 2)", "SMOOTH3I({}, 3, 1)", "DELAY1({}, 2)", "DELAY FIXED({}, 2, 0)",
    "DELAY N({}, 4, 1, 2)", "INITIAL({})", "SAMPLE IF TRUE(Time > 1, {}, 0)",
)  # fmt: skip
OVER_RANGE = ("SUM({})", "VMAX({})", "VMIN({})", "PROD({})")


@dataclass
class Writer:
    """A model as far as it is written; equations use only what is known already."""

    draw: st.DrawFn
    lines: list[str] = field(default_factory=list)
    ranges: dict[str, list[str]] = field(default_factory=dict)
    parts: dict[str, str] = field(default_factory=dict)  # subrange: its range
    mapped: set[tuple[str, str]] = field(default_factory=set)
    known: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def one(self, choices: object) -> str:
        """Return one of several texts."""
        return str(self.draw(st.sampled_from(list(choices))))  # type: ignore[call-overload]

    def chance(self) -> bool:
        return bool(self.draw(st.booleans()))

    def spelled(self, name: str) -> str:
        """Return a name in one of its spellings."""
        return self.one((name, name.upper(), name.replace(" ", "_"), name.replace(" ", " \\\n\t")))

    def write(self, left: str, right: str) -> None:
        behind = self.one((" ~ ~ |", " ~ Day ~ why |", "\n\t~\tDay [0,?]\n\t~\tnote\n\t|"))
        self.lines.append(f"{left} = {self.one(('', '{sic} ', '  '))}{right}{behind}")

    # Ranges -------------------------------------------------------------------------------------

    def write_ranges(self) -> None:
        for name in "ABC"[: self.draw(st.integers(1, 3))]:
            size = self.draw(st.integers(1, 4))
            self.ranges[name] = [f"{name}el{i}" for i in range(1, size + 1)]
            numbered = f"({name}el1-{name}el{size})"
            shown = numbered if size > 1 and self.chance() else ", ".join(self.ranges[name])
            others = [o for o in self.ranges if o != name and len(self.ranges[o]) == size]
            if others and self.chance():
                other = self.one(others)
                self.mapped |= {(name, other), (other, name)}
                detailed = f"({other}: {', '.join(reversed(self.ranges[other]))})"
                shown += f" -> {self.one((other, detailed))}"
            self.lines.append(f"{name}: {shown} ~~|")
            if size > 1:
                cut = self.draw(st.integers(1, size - 1))
                self.parts[f"{name} part"] = name
                self.ranges[f"{name} part"] = self.ranges[name][:cut]
                self.lines.append(f"{name} part: {', '.join(self.ranges[name][:cut])} ~~|")

    @property
    def whole(self) -> list[str]:
        return [name for name in self.ranges if name not in self.parts]

    # Expressions --------------------------------------------------------------------------------

    def reference(self, left: tuple[str, ...], bound: str = "") -> str:
        name = self.one(self.known)
        found = []
        for own in self.known[name]:
            choices = [*self.ranges[own]]
            for one in left:
                if self.parts.get(one, one) == own or (one, own) in self.mapped:
                    choices += [one if self.parts.get(one, one) == own else own] * 4
            if bound == own:
                choices = [f"{own}!"]
            found.append(self.one(choices))
        return self.spelled(name) + (f"[{','.join(found)}]" if found else "")

    def expression(self, left: tuple[str, ...], depth: int = 2, bound: str = "") -> str:
        if depth == 0 or self.draw(st.integers(0, 4)) == 0:
            if self.known and self.draw(st.integers(0, 3)):
                return self.reference(left, bound)
            return self.one((*NUMBERS, "Time"))

        def below(bound: str = bound) -> str:
            return self.expression(left, depth - 1, bound)

        match self.draw(st.integers(0, 9)):
            case 0 | 1 | 2 | 3:
                return self.one(BINARY).format(below(), below())
            case 4:
                return CHOICE.format(below(), below(), below(), below())
            case 5:
                return self.one(REMEMBERING).format(below()) if not bound else below()
            case 6 | 7 if not bound:
                over = self.one(self.whole)
                arrays = [name for name, own in self.known.items() if own == (over,)]
                if not arrays:
                    return f"ELMCOUNT({over})"
                inside = f"{self.one(arrays)}[{over}!] + {below(over)}"
                return self.one(OVER_RANGE).format(inside)
            case _:
                return self.one(SINGLE).format(below())

    # Variables ----------------------------------------------------------------------------------

    def variable(self, name: str) -> None:
        """Write all entries of a variable."""
        ranges = tuple(self.draw(st.lists(st.sampled_from(self.whole), max_size=2, unique=True)))
        stock = self.draw(st.integers(0, 3)) == 0

        def entry(subscripts: tuple[str, ...], exceptions: str = "") -> None:
            left = tuple(one for one in subscripts if one in self.ranges)
            head = name + (f"[{', '.join(subscripts)}]" if subscripts else "") + exceptions
            right = self.expression(left)
            if stock and (exceptions or self.chance()):
                right = f"INTEG({right}, {self.expression(left, 1)})"
            self.write(head, right)

        if not ranges:
            entry(())
        elif self.draw(st.integers(0, 4)) == 0:
            self._numbers(name, ranges)
        else:
            self._entries(ranges, entry)
        self.known[name] = ranges

    def _entries(self, ranges: tuple[str, ...], entry: object) -> None:
        first, rest = ranges[0], ranges[1:]
        write = entry
        assert callable(write)
        part = f"{first} part"
        match self.draw(st.integers(0, 3)):
            case 1:
                for element in self.ranges[first]:
                    write((element, *rest))
            case 2:
                out = self.one(self.ranges[first])
                if len(self.ranges[first]) > 1:
                    write(ranges, f" :EXCEPT: [{', '.join((out, *rest))}]")
                write((out, *rest))
            case 3 if part in self.ranges:
                write((part, *rest))
                for element in self.ranges[first][len(self.ranges[part]) :]:
                    write((element, *rest))
            case _:
                write(ranges)

    def _numbers(self, name: str, ranges: tuple[str, ...]) -> None:
        rows = [len(self.ranges[one]) for one in ranges]
        row = [self.one(NUMBERS) for _ in range(rows[-1])]
        text = ", ".join(row)
        if len(rows) == 2:
            text = " ".join(f"{text};" for _ in range(rows[0]))
        self.write(f"{name}[{','.join(ranges)}]", text)

    def macro(self, name: str) -> None:
        """Write a call of a macro, with its second result."""
        own = tuple(self.draw(st.lists(st.sampled_from(self.whole), max_size=1)))
        behind = f"[{own[0]}]" if own else ""
        a, b = self.expression(own, 1), self.expression(own, 1)
        if self.chance():
            self.write(f"{name}{behind}", f"GROW({a}, {b} : {name} twice{behind})")
            self.known[f"{name} twice"] = own
        else:
            self.write(f"{name}{behind}", f"1 + MEAN OF({a}, {b}) * 2")
        self.known[name] = own


@st.composite
def models(draw: st.DrawFn) -> list[str]:
    """Return the entries of a model that is in order."""
    writer = Writer(draw)
    writer.write_ranges()
    writer.lines += ["Two: t1, t2 ~~|", "table of two[t1](0,1,2,3) ~~|"]
    writer.lines += ["table of two[t2]((0,1),(2,3)) ~~|", "curve([(0,0)-(9,9)],(0,1),(5,-2)) ~~|"]
    for i in range(draw(st.integers(1, 6))):
        if draw(st.integers(0, 4)) == 0:
            writer.macro(f"macro {i}")
        else:
            writer.variable(f"my var {i}")
    shuffled = draw(st.permutations([*writer.lines, *CONTROL, "SAVEPER = TIME STEP ~~|"]))
    return [MACROS, *shuffled]


def text_of(entries: list[str]) -> str:
    return "{UTF-8}\n" + "\n".join(entries) + "\n"


def read(text: str) -> Model:
    return Model(resolve(parse(SourceText("grammar.mdl", text))))


def run(model: Model, engine: str) -> Run | None:
    """Return a run; None where a stock leaves the numbers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonFiniteWarning)
        try:
            return model.run(method="vensim", engine=engine)
        except sd.SolverError:
            return None


def thorough(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@thorough(150)
@given(models())
def test_models_in_order_run(entries: list[str]) -> None:
    model = read(text_of(entries))
    assert model.problems() == []
    run(model, "reference")


@thorough(50)
@given(models())
def test_both_engines_agree(entries: list[str]) -> None:
    model = read(text_of(entries))
    reference, compiled = run(model, "reference"), run(model, "compiled")
    assert (reference is None) == (compiled is None)
    if reference is None or compiled is None:
        return
    assert reference.columns == compiled.columns
    np.testing.assert_allclose(compiled.table, reference.table, rtol=1e-9, atol=1e-9)


TOKEN = re.compile(r"[A-Za-z_][\w ]*|\d+|\S|\s+")


@thorough(200)
@given(models(), st.data())
def test_one_mistake_gives_a_message_or_a_run(entries: list[str], data: st.DataObject) -> None:
    words = TOKEN.findall(text_of(entries))
    i = data.draw(st.integers(0, len(words) - 1))
    new = data.draw(st.sampled_from([*words, "", "!", ":EXCEPT:", "]", "(", "1e9", "->", "|"]))
    words[i] = new
    text = "".join(words)
    try:
        model = read(text)
        if not model.program.dynamic_control:
            model.run(method="euler", engine="reference", time_step=1, final_time=3)
    except sd.SDError as error:
        for problem in getattr(error, "problems", ()):
            lines = [line.rstrip("\r") for line in text.split("\n")]
            assert problem.message
            if problem.line:
                assert problem.text == lines[problem.line - 1]
                assert 1 <= problem.column <= len(problem.text) + 1
    except NonFiniteWarning:
        pass


MISTAKES = (
    ("= 1 + {}nobody here", "no variable is named 'nobody here'"),
    ("= 1 + {}no function(2)", "there is no function named 'no function'"),
    ("= 1 + {}table of two[Two](1)", "the range 'Two' of 'table of two' does not stand left"),
    ("= {}curve(1, 2)", "the lookup 'curve' is read at one value"),
    ("= 1 {})", "this bracket closes nothing"),
    ("= 3 * {}(1 + 2", "this bracket is never closed"),
)


@thorough(60)
@given(models(), st.sampled_from(MISTAKES), st.data())
def test_mistakes_are_placed(
    entries: list[str], mistake: tuple[str, str], data: st.DataObject
) -> None:
    written, message = mistake
    indent = data.draw(st.sampled_from(("", "\n\t", "\\\n\t   ", "{ a comment } ")))
    at = data.draw(st.integers(1, len(entries)))
    broken = "broken " + written.format(indent + "\v") + " ~ ~ |"
    text = text_of([*entries[:at], broken, *entries[at:]])
    before = text[: text.index("\v")]
    text = text.replace("\v", "")
    with pytest.raises(sd.SDError) as caught:
        read(text).program  # noqa: B018 - raises what is wrong with the model
    (problem,) = getattr(caught.value, "problems", ())
    assert message in problem.message
    assert problem.line == before.count("\n") + 1
    assert problem.column == len(before) - before.rfind("\n")
