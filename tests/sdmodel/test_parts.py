"""Parts of lookups and stocks as constants: they change nothing at first, and then what is said."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.model import Model

Maker = Callable[..., Model]

POND = """
region: a, b
effect((0,1),(1,3),(4,2))
curve[region]((0,1),(2,5))
x = Time - 0.7
read = effect(x)
outside = LOOKUP EXTRAPOLATE(effect, x)
ahead = LOOKUP FORWARD(effect, x)
behind = LOOKUP BACKWARD(effect, x)
each[region] = curve[region](x)
both = SUM(curve[region!](x))
inline = 10 + 2*WITH LOOKUP(x, ((0,0),(1,2),(2,1)))
inlines[region] = WITH LOOKUP(x, ((0,0),(3,3)))
Fish = INTEG(read - Fish/10, 12.5)
fry = 3
Fry stock = INTEG(0, fry)
first[region] = 4, 5
Stocks[region] = INTEG(each[region], first[region])
Mixed[a] = INTEG(1, 6)
Mixed[b] = INTEG(2, 7)
"""
SHAPES = [f"{word} of {name}" for name in ("effect", "curve", "inline", "inlines")
          for word in ("scale", "stretch", "shift")]  # fmt: skip
STARTS = [f"initial of {name}" for name in ("Fish", "Fry stock", "Stocks", "Mixed")]
EVERY = (
    {"engine": "reference"},
    {"exact": True},
    {},
    {"method": "rk4"},
    {"method": "auto"},
)


def values(model: Model, name: str, overrides: dict[str, float] | None = None) -> Any:
    return model.run(overrides or {}, method="vensim", engine="reference").values(name)


@pytest.mark.parametrize("options", EVERY, ids=str)
def test_at_first_nothing_changes(model: Maker, options: dict[str, Any]) -> None:
    pond = model(POND)
    parted = pond.with_parts([*SHAPES, *STARTS])
    how = {"method": "vensim", **options}
    before, after = pond.run(**how), parted.run(**how)
    for name in pond.columns:
        assert np.array_equal(before.values(name), after.values(name)), name
    assert len(parted.constants) == len(pond.constants) + 6 * 3 + 6
    assert parted.digest == pond.digest
    assert parted.stocks == pond.stocks


CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus"


# One of them wants data files.
WHOLE = [path for path in sorted(CORPUS.glob("*.mdl")) if path.stem != "data"]


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.stem)
def test_nothing_changes_in_any_language_construct(path: Path) -> None:
    plain = sd.load(path)
    names = [f"{word} of {v}" for word in ("scale", "stretch") for v in plain.variables]
    parted = plain.with_parts([*names, *(f"initial of {v}" for v in plain.stocks)], strict=False)
    before, after = (one.run(method="vensim", engine="reference") for one in (plain, parted))
    for name in plain.columns:
        assert np.array_equal(before.values(name), after.values(name), equal_nan=True), name


def moved(points: str, scale: float, stretch: float, shift: float) -> str:
    pairs = [pair.strip("()").split(",") for pair in points.split("),(")]
    return ",".join(f"({stretch * float(x) + shift},{scale * float(y)})" for x, y in pairs)


@pytest.mark.parametrize("name", ["read", "outside", "ahead", "behind", "inline"])
def test_every_point_of_a_lookup_moves(model: Maker, name: str) -> None:
    text, of = POND, "inline" if name == "inline" else "effect"
    for points in ("(0,1),(1,3),(4,2)", "(0,0),(1,2),(2,1)"):
        text = text.replace(f"({points})", f"({moved(points, 1.5, 0.8, 0.3)})")
    told = {f"scale of {of}": 1.5, f"stretch of {of}": 0.8, f"shift of {of}": 0.3}
    found = values(model(POND).with_parts(told), name, told)
    expected = values(model(text), name)
    assert found == pytest.approx(expected, rel=1e-12)
    assert not np.allclose(found, values(model(POND), name))


def test_one_element_or_all_of_a_subscripted_lookup(model: Maker) -> None:
    pond = model(POND).with_parts(["scale of curve[a]", "scale of inlines"])
    assert {"scale of curve[a]", "scale of curve[b]"} <= pond.constants.keys()
    base = {one: values(pond, one) for one in ("each[a]", "each[b]", "both")}
    one = {"Scale_of curve[ A ]": 2.0}
    assert np.array_equal(values(pond, "each[a]", one), 2 * base["each[a]"])
    assert np.array_equal(values(pond, "each[b]", one), base["each[b]"])
    assert values(pond, "both", one) == pytest.approx(2 * base["each[a]"] + base["each[b]"])
    assert values(pond, "both", {"scale of curve": 3.0}) == pytest.approx(3 * base["both"])
    lines = values(pond, "inlines[b]")
    assert np.array_equal(values(pond, "inlines[b]", {"scale of inlines[b]": 2.0}), 2 * lines)


def test_stocks_start_where_they_are_told(model: Maker) -> None:
    pond = model(POND).with_parts(STARTS)
    assert pond.constants["initial of Fish"] == 12.5
    assert pond.constants["initial of Fry stock"] == 3.0
    assert pond.constants["initial of Stocks[b]"] == 5.0
    assert pond.constants["initial of Mixed[b]"] == 7.0
    told = {"initial of fish": 1.0, "initial of Stocks[b]": 9.0, "Initial of MIXED": 2.0}
    run = pond.run(told, method="vensim")
    starts = {name: run.values(name)[0] for name in pond.columns if name in run.columns}
    assert [starts[n] for n in ("Fish", "Fry stock", "Stocks[a]", "Stocks[b]")] == [1, 3, 4, 9]
    assert (starts["Mixed[a]"], starts["Mixed[b]"]) == (2, 2)


def test_a_graphical_function_of_xmile(xmile: Callable[..., Any]) -> None:
    points = "<gf><xscale min='0' max='2'/><ypts>0,2,3</ypts></gf>"
    text = (
        f"<aux name='y'><eqn>TIME</eqn>{points}</aux><gf name='g'>"
        "<xscale min='0' max='2'/><ypts>0,2,3</ypts></gf><aux name='z'><eqn>g(TIME)</eqn></aux>"
        f"<aux name='v'><eqn>1</eqn>{points}</aux><aux name='w'><eqn>v(TIME)</eqn></aux>"
        "<stock name='S'><eqn>4</eqn></stock>"
    )
    plain = Model(xmile(text))
    parted = plain.with_parts(["scale of y", "shift of g", "initial of S", "scale of v"])
    for name in plain.columns:
        assert np.array_equal(values(plain, name), values(parted, name)), name
    assert np.array_equal(values(parted, "y", {"scale of y": 2.0}), 2 * values(plain, "y"))
    for name in ("v", "w"):
        assert np.array_equal(values(parted, name, {"scale of v": 3.0}), 3 * values(plain, name))
    assert values(parted, "z", {"shift of g": 1.0})[1:3].tolist() == [0.0, 2.0]
    assert values(parted, "S", {"initial of S": 5.0})[0] == 5.0


def test_what_is_there_already_is_passed_over_and_order_does_not_matter(model: Maker) -> None:
    pond = model(POND)
    once = pond.with_parts(SHAPES)
    assert once.with_parts(reversed(SHAPES)) is once
    assert pond.with_parts([]) is pond
    assert pond.with_parts(["fry", "first[a]"]) is pond
    backwards = pond.with_parts(["shift of effect"]).with_parts(["stretch of effect"])
    backwards = backwards.with_parts(["scale of effect"])
    told = {"scale of effect": 1.5, "stretch of effect": 0.8, "shift of effect": 0.3}
    assert np.array_equal(values(backwards, "read", told), values(once, "read", told))


def test_a_model_with_parts_can_be_pickled_and_changed(model: Maker) -> None:
    pond = model(POND).with_parts(["scale of effect", "initial of Fish", "initial of Fry stock"])
    copy = pickle.loads(pickle.dumps(pond))
    told = {"scale of effect": 2.0}
    assert np.array_equal(values(copy, "Fish", told), values(pond, "Fish", told))
    changed = pond.replace("effect", "((0,7),(9,7))")
    assert values(changed, "read", told).tolist() == [14.0] * 5
    frozen = pond.replace("Fry stock", "3")
    assert "initial of Fry stock" not in frozen.constants
    assert "initial of Fish" in frozen.constants
    with pytest.raises(sd.ModelError, match="'scale of effect' stands for a part of another var"):
        pond.replace("scale of effect", "2")


def test_a_part_explains_itself(model: Maker) -> None:
    pond = model("effect((0,0),(1,1)) ~ kg ~ |\nS = INTEG(effect(Time), 5) ~ kg [0,9] ~ Silt. |")
    pond = pond.with_parts(["scale of effect", "initial of S"])
    scale, start = pond.variable("scale of effect"), pond.variable("initial of S")
    assert (scale.kind, scale.units, scale.used_by) == ("constant", "Dmnl", ("S",))
    assert (start.units, start.low, start.high, start.default) == ("kg", 0.0, 9.0, 5.0)
    with pytest.raises(sd.OverrideError, match="'initial of S' = 10 is outside its range"):
        pond.run({"initial of S": 10})


REFUSED = [
    ("scale of efect", "'scale of efect' is of a variable 'efect', which the model has not",
     "did you mean 'effect'?"),
    ("effort of fish", "'effort of fish' is no constant, and no part of a lookup or stock",
     "such parts are scale of NAME, stretch of NAME, shift of NAME, initial of NAME"),
    ("scale of fish", "'Fish' is no lookup, and holds none",
     "name a lookup, or a variable that is WITH LOOKUP(..)"),
    ("initial of read", "'read' is no stock, so it has no initial value",
     "name a stock, x = INTEG(..)"),
    ("initial of Computed", "the initial value of 'Computed' is computed, so no number can",
     "vary what it is computed from: 'fry', 'Fish'"),
    ("scale of twice", "'twice' holds 2 tables", "write each as a lookup of its own"),
    ("scale of given", "'inverse' gives the lookup 'given' to LOOKUP INVERT",
     "only a lookup that is read, as in given(x), can be scaled or moved"),
    ("shift of hidden", "the macro 'DEEP' reads the lookup in its equation of 'DEEP'",
     "read the lookup in the model, and give the macro the value"),
]  # fmt: skip
MORE = """
Computed = INTEG(0, 2*fry + Fish)
twice = WITH LOOKUP(x, ((0,0),(1,1))) + WITH LOOKUP(x, ((0,0),(1,1)))
given((0,0),(1,1))
inverse = LOOKUP INVERT(given, 0.5)
hidden((0,0),(1,1))
deep = DEEP(x)
"""
DEEP = ":MACRO: DEEP(y)\nDEEP = hidden$(y) ~ ~ |\n:END OF MACRO:\n"


@pytest.mark.parametrize(("name", "message", "cure"), REFUSED, ids=[one[0] for one in REFUSED])
def test_what_cannot_be_a_constant(model: Maker, name: str, message: str, cure: str) -> None:
    lines = "\n".join(f"{line} ~ ~ |" for line in (POND + MORE).strip().splitlines() if line)
    pond = model(DEEP + lines)
    with pytest.raises(sd.ModelError) as caught:
        pond.with_parts([name])
    (problem,) = caught.value.problems
    assert problem.message.startswith(message)
    assert problem.cure.startswith(cure)
    assert pond.with_parts([name], strict=False) is pond


def test_everything_wrong_is_told_at_once(model: Maker) -> None:
    with pytest.raises(sd.ModelError) as caught:
        model(POND).with_parts(["scale of fish", "scale of effect", "initial of read"])
    assert len(caught.value.problems) == 2


def test_pysd_knows_no_parts(model: Maker) -> None:
    pond = model(POND).with_parts(["scale of effect"])
    with pytest.raises(sd.OverrideError, match="PySD reads the model's file, which has no 'scale"):
        pond.run({"scale of effect": 2.0}, engine="pysd")
