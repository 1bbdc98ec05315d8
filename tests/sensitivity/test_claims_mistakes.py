"""More of what does not fit: numbers without end, runs in place of worlds, circles, elements."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import sdmodel as sd
import sensitivity as sa
from sensitivity.claims.tables import Tables

EQUATIONS = """
chain: oem, odm ~ ~ |
links[chain] = INTEG(rate[chain]*links[chain], 1) ~ link
rate[chain] = 0.1, 0.2 ~ 1/Day [0,1]
total = links[oem]+links[odm] ~ link
curve((0,0),(1,1)) ~ dmnl
bent = curve(total/10) ~ dmnl
"""
SETTINGS = """
[outcomes."end[x]"]
of = "total"
[scenarios.fast]
set = { "rate[oem]" = 0.3 }
"""
GOOD = """
[arms.one]
from = "base"
set = { "rate[oem]" = 0.2 }

[arms.two]
from = "one"
add = { "rate[odm]" = 0.1 }

[claims.c]
text = "More"
kind = "above"
arms = ["two", "fast"]
outcome = "end[x]"

[claims.d]
text = "Later"
kind = "crossover"
arms = ["one", "base"]
of = "links[oem]"
"""


@pytest.fixture
def read(written: Callable[..., sd.Model]) -> Callable[[str], sa.Book]:
    def reading(claims: str) -> sa.Book:
        model = written(EQUATIONS, SETTINGS, claims)
        return sa.read_claims(model.path.with_suffix(".claims.toml"), model)

    return reading


def told(read: Callable[[str], sa.Book], claims: str) -> list[str]:
    """Return the lines of the message, each with the name of the file without its folder."""
    with pytest.raises(sa.ClaimsError) as caught:
        read(claims)
    lines = str(caught.value).splitlines()
    assert all("small.claims.toml:" in line for line in lines)
    return [line[line.index("small.claims.toml") :] for line in lines]


def test_the_good_file(read) -> None:
    book = read(GOOD)
    assert book.arms["two"].steps == (("set", "rate[oem]", 0.2), ("add", "rate[odm]", 0.1))
    assert book.arms["two"].constants == ("rate[oem]", "rate[odm]")
    assert [claim.line for claim in book.claims.values()] == [10, 16]
    assert book.claims["d"].items[0].of == "links[oem]"
    assert book.variables() == ("links[oem]", "total")


HUGE = "1" + 400 * "0"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        # Numbers.
        ("= 0.2 }", f"= {HUGE} }}", 2, "set: 'rate[oem]' needs a finite number"),
        ("= 0.2 }", "= nan }", 2, "set: 'rate[oem]' needs a finite number"),
        ("= 0.2 }", "= true }", 2, "set: 'rate[oem]' needs a number, not True"),
        ('kind = "above"', f'kind = "level"\nabove = {HUGE}', 10, "above must be a finite number"),
        ('kind = "above"', f'kind = "contrast"\nweights = [1, {HUGE}]', 10, "of finite numbers"),
        ("[arms.one]", f"[study]\ndraws = {HUGE}\n[arms.one]", 2, "draws must be a finite number"),
        ("[arms.one]", "[study]\nseed = -1\n[arms.one]", 2, "seed = -1: it must be a whole number"),
        ("[arms.one]", "[study]\ndraws = 2.5\n[arms.one]", 2, "draws = 2.5 is of the wrong type"),
        # Arms.
        ("rate[oem]", "TIME STEP", 2, "set: 'TIME STEP' belongs to the run, not to the world"),
        ("rate[oem]", "final_time", 2, "set: 'FINAL TIME' belongs to the run, not to the world"),
        ("rate[oem]", "rate[oen]", 2, "has no constant 'rate[oen]'; did you mean 'rate[oem]'"),
        ("rate[oem]", "rate", 2, "'rate' is computed by small; only constants"),
        ("= 0.2 }", '= 0.2, "RATE[oem]" = 1 }', 2, "'RATE[oem]' is there twice: keep one of them"),
        ('from = "base"', 'from = "two"', 6, "from itself by way of one from two from one"),
        ('from = "one"', 'from = "three"', 6, "starts from 'three', which is no arm or scenario"),
        # Claims.
        ("links[oem]", "links", 16, "'links' is subscripted: name an element of it, such as 'link"),
        ("links[oem]", "curve", 16, "'curve' has no course in time: name a variable that uses it"),
        ("links[oem]", "link", 16, "small has no variable 'link'; did you mean 'links'"),
        ('of = "links', 'outcome = "end[x]"\nof = "links', 16, "looks at a whole course: of = a v"),
        ('outcome = "end[x]"', 'of = "total"', 10, "'above' has no use for of: name an outcome"),
        ("end[x]", "end", 10, "there is no outcome 'end'; did you mean 'end[x]'?"),
        (
            'kind = "above"\narms = ["two", "fast"]',
            'kind = "level"\nbelow = 1\nexpect = "above"\narms = ["two"]',
            10,
            "'level' has no use for expect: above or below says it",
        ),
        (
            'kind = "above"\narms = ["two", "fast"]',
            'kind = "level"\nbelow = 0\nscale = "log"\narms = ["two"]',
            10,
            "below = 0 has no logarithm: leave scale out",
        ),
        ('arms = ["two", "fast"]', "", 10, "must name the arms it compares: arms = [...]"),
        ('arms = ["two", "fast"]', 'arms = ["two", 3]', 10, "arms must be a list of names"),
        ('arms = ["two", "fast"]', 'arms = "two"', 10, "arms = 'two' is of the wrong type"),
        ('["two", "fast"]\noutcome = "end[x]"', '["two"]\noutcomes = []', 10, "do not match"),
        # Outcomes, the filter, what cannot be said.
        ("[arms.one]", '[outcomes."End[x]"]\nof = "total"\n[arms.one]', 2, "has this name already"),
        ("[arms.one]", "[outcomes.y]\nof = 'links'\n[arms.one]", 2, "'links' of small is subscri"),
        ("[arms.one]", "[outcomes.y]\nof = 'total'\nbetween = [4, 2]\n[arms.one]", 2, "two times"),
        ("[arms.one]", "[outcomes.y]\nof = 'total'\nreduce = 'pek'\n[arms.one]", 2, "mean 'peak'?"),
        ("[arms.one]", "[[filter.keep]]\narm = 'base'\n[arms.one]", 1, "each keep needs arm, outc"),
        ("[arms.one]", "[[structural]]\nid = 'a'\ncheck = 'b'\n[arms.one]", 2, "checks nothing"),
        (
            "[arms.one]",
            "[[structural]]\nid = 'a'\ncheck = 'b'\npaths = [['total']]\n[arms.one]",
            2,
            "each path is a pair of variables: from, to",
        ),
        ("[arms.one]", "[cannot]\nids = ['a']\n[arms.one]", 2, "must be a list of tables: [[cann"),
        ("[arms.one]", "[arms]\nx = 1\n[arms.one]", 1, "[arms.x]: must be a table"),
    ],
)
def test_what_does_not_fit(read, old: str, new: str, line: int, message: str) -> None:
    assert old in GOOD
    lines = told(read, GOOD.replace(old, new, 1))
    assert lines[0].startswith(f"small.claims.toml:{line}: [")
    assert message in lines[0]
    # What follows from it may be told too, but of the same table.
    assert all(one.split("]: ")[0] == lines[0].split("]: ")[0] for one in lines)


def test_an_arm_may_start_from_a_long_row_of_others(read) -> None:
    chain = "".join(
        f'[arms.a{n}]\nfrom = "{f"a{n + 1}" if n < 1499 else "fast"}"\n'
        f'add = {{ "rate[oem]" = {n} }}\n'
        for n in range(1500)
    )
    steps = read(chain + GOOD).arms["a0"].steps
    assert [number for _, _, number in steps] == [0.3, *map(float, reversed(range(1500)))]
    lines = told(read, chain.replace('"fast"', '"a700"') + GOOD)
    assert len(lines) == 1
    assert "starts from itself by way of a0 from a1 from" in lines[0]


def test_every_mistake_of_a_file_is_told_at_once(read) -> None:
    bad = GOOD.replace("rate[oem]", "speed").replace('"above"', '"abuve"').replace("[odm]", "[xx]")
    lines = told(read, bad + '[[cannot]]\nids = ["P1"]\n[nothing]\n')
    places = [line.split(": ")[0].rpartition(":")[2] + line.split(": ")[1] for line in lines]
    assert places == ["23[nothing]", "2[arms.one]", "6[arms.two]", "10[claims.c]", "21[cannot.1]"]


def test_tables_are_found_however_their_names_are_written() -> None:
    text = "[ arms . \"a b[c]\" ]\n[arms.'d']\n# [arms.e]\n[arms.e]\n[[cannot]]\n[[cannot]]\n"
    tables = Tables("x", text, {})
    names = ("arms.a b[c]", "arms.d", "arms.e", "cannot.1", "cannot.2", "cannot.3", "arms.7")
    assert [tables.line_of(f"[{name}]") for name in names] == [1, 2, 4, 5, 6, 1, 1]


def test_a_file_as_large_as_no_claims_are(read, tmp_path) -> None:
    path = tmp_path / "large.toml"
    path.write_bytes(b"#" * (4 * 2**20 + 1))
    model = sd.load("models/core.mdl")
    with pytest.raises(sa.ClaimsError, match=r"large.toml: the file is larger than 4,194,304 byte"):
        sa.read_claims(path, model)
    with pytest.raises(sa.ClaimsError, match="nowhere.toml: cannot be read: No such file"):
        sa.read_claims("nowhere.toml", model)
    with pytest.raises(sa.ClaimsError, match="cannot be read: Is a directory"):
        sa.read_claims(tmp_path, model)
    path.write_bytes(b"a = " + b"[" * 100_000)
    with pytest.raises(sa.ClaimsError, match=r"large.toml: this is not valid TOML"):
        sa.read_claims(path, model)


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        ("reduce = 'at'\nat = 99", "outcome 'o' is taken at 99, but the run covers 0 to 10"),
        ("between = [5, 99]", "outcome 'o' looks between 5 and 99, but the run covers 0 to 10"),
    ],
)
def test_a_time_beyond_the_run(written, outcome: str, message: str) -> None:
    claims = GOOD.replace("end[x]", "o") + f"[outcomes.o]\nof = 'total'\n{outcome}\n"
    model = written(EQUATIONS, SETTINGS, claims)
    with pytest.raises(sd.SDError, match=message):
        sa.run_claims(model, draws=4)


def test_a_form_of_a_constant_that_is_not_there(written) -> None:
    model = written(EQUATIONS, SETTINGS, GOOD)
    with pytest.raises(sa.ClaimsError, match=r"no constant 'rate\[oen\]' that a form could set; d"):
        sa.run_claims(model, draws=4, form={"rate[oen]": 1})
    spelled = sa.run_claims(model, draws=4, form={"Rate[ODM]": 0.1})
    assert spelled.measured["two"].values["end[x]"][0] == pytest.approx(2 * 7.38906, rel=1e-4)
    with pytest.raises(sa.ClaimsError, match="seed is -3: give a whole number from 0 on"):
        sa.run_claims(model, seed=-3)


def test_a_step_that_is_computed(written) -> None:
    model = written(EQUATIONS, SETTINGS, GOOD, step="2/8")
    found = sa.run_claims(model, draws=4)
    assert found.provenance["time_step"] == 0.25
    assert 0 < found.measured["two"].errors["end[x]"] < 1e-4
