"""A changed equation: in the text or by `replace`, and what it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.model import Model

# Changing a model -------------------------------------------------------------------------------


def downstream(model: Model, name: str) -> set[str]:
    """Return everything that a variable acts on, itself included."""
    found, todo = set(), [name]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += model.variable(one).used_by
    return found


def differing(one: sd.Run, other: sd.Run) -> set[str]:
    return {n for n in one.columns if not np.array_equal(one.values(n), other.values(n))}


# What runs bit for bit alike after an edit elsewhere; the compiled engine's short cuts may choose
# another last digit (`exact`), and an adaptive solver with other stocks takes other steps.
EXACT = {"engine": "compiled", "exact": True}


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("youth cohort*education effort", "1.1*youth cohort*education effort", "education"),
        ("Domestic knowledge*forgetting rate\n", "0\n", "forgetting"),
        ("TNC lab people*mobility rate\n", "TNC lab people*mobility rate/2\n", "mobility back"),
        (
            "ZIDZ(Diaspora, Local skilled people+TNC lab people+Diaspora)",
            "ZIDZ(Diaspora, Local skilled people+Diaspora)",
            "brain drain share",
        ),
        (
            "ZIDZ(foreign knowledge inflow, foreign knowledge inflow+domestic innovation)",
            "foreign knowledge inflow",
            "foreign share of learning",
        ),
    ],
)
@pytest.mark.parametrize("options", [{"engine": "reference"}, EXACT], ids=["reference", "exact"])
def test_an_edit_of_the_text_changes_what_is_downstream_and_nothing_else(
    old: str,
    new: str,
    name: str,
    options: dict[str, Any],
    core: Model,
    core_text: str,
    tmp_path: Path,
) -> None:
    assert core_text.count(old) == 1
    copy = tmp_path / "core.mdl"
    copy.write_text(core_text.replace(old, new), encoding="utf-8")
    edited = sd.load(copy)
    assert edited.digest != core.digest
    below = downstream(core, name)
    assert below == downstream(edited, name)
    run = edited.run(method="vensim", **options)
    changed = differing(core.run(method="vensim", **options), run)
    assert changed == below
    assert name in changed
    assert len(changed) < len(core.variables)
    # The very same by the other road.
    replaced = core.replace(name, edited.variable(name).equation)
    assert np.array_equal(replaced.run(method="vensim", **options).table, run.table)


def test_with_short_cuts_an_edit_elsewhere_changes_no_more_than_rounding(core: Model) -> None:
    edited = core.replace("foreign share of learning", "foreign knowledge inflow")
    one, other = core.run(method="vensim"), edited.run(method="vensim")
    for name in set(one.columns) - {"foreign share of learning"}:
        assert one.values(name) == pytest.approx(other.values(name), rel=1e-12, abs=1e-300)


def test_replace_leaves_the_rest_of_the_text_alone(core: Model) -> None:
    changed = core.replace("Network_Exposure", " 0.2 + RAMP(0.01, 1980, 2000) ")
    before, after = core.source.source.text, changed.source.source.text
    openness = "\n\t{}\n\t~\tdmnl [0,1,0.05]\n\t~\tOpenness"
    new = openness.format("0.2 + RAMP(0.01, 1980, 2000)")
    assert after == before.replace(openness.format("0.4"), new)
    assert after != before
    assert core.constants["network exposure"] == 0.4  # the old model is as it was
    assert changed.variable("network exposure").kind == "auxiliary"
    assert "network exposure" not in changed.constants
    assert changed.run(method="vensim").values("network exposure")[-1] == pytest.approx(0.4)


def test_replace_by_the_same_equation_changes_nothing(core: Model) -> None:
    for name in ("Domestic knowledge", "exposure", "research people", "TIME STEP"):
        span = core.definition(name).equation_span
        text = core.source.source.text[span.start : span.end]
        assert core.replace(name, text).digest == core.digest


def test_replace_drops_levers_that_are_no_constants_any_more(core: Model) -> None:
    changed = core.replace("network exposure", "Time/4000")
    assert "network exposure" in core.settings.levers
    assert "network exposure" not in changed.settings.levers
    assert changed.settings.levers.keys() == core.settings.levers.keys() - {"network exposure"}
    blended = changed.settings.scenarios["blended"].values
    assert blended.keys() == core.settings.scenarios["blended"].values.keys() - {"network exposure"}
    assert changed.run("blended", method="vensim").result == "completed"
    assert (
        core.replace("education effort", "0.5").settings.levers["education effort"].default == 0.5
    )


def test_replace_a_stock_and_a_lookup(sir: Model) -> None:
    rerun = sir.replace("Infected", "INTEG(infections - recoveries, 20)").run(method="vensim")
    assert rerun.values("Infected")[0] == 20.0
    assert rerun.values("population")[0] == 1010.0
    flat = sir.replace("effect of crowding", "((0,1),(1,1))").run(method="vensim")
    assert differing(flat, sir.run(method="vensim")) <= downstream(sir, "effect of crowding")
    assert flat.values("Infected")[3] > sir.run(method="vensim").values("Infected")[3]
    frozen = sir.replace("Infected", "10")
    assert frozen.stocks == ["Susceptible people"]
    assert frozen.variable("Infected").kind == "constant"
    lines = sir.replace("contacts", "1 +\n  2 {three}")
    assert lines.variable("contacts").equation == "1 + 2"
    assert lines.run().values("contacts")[0] == 3.0


def test_replace_keeps_a_text_that_its_encoding_can_hold() -> None:
    from sdmodel.frontends.mdl import parse
    from sdmodel.frontends.text import decode

    text = "größe = 1 ~ ~ |\nINITIAL TIME=0~~|FINAL TIME=1~~|TIME STEP=1~~|"
    old = Model(parse(decode("m.mdl", text.encode("cp1252"))))
    assert old.replace("größe", "2").source.source.encoding == "cp1252"
    new = old.replace("größe", "2 {→}")
    assert new.source.source.encoding == "utf-8"
    assert new.source.source.raw.decode("utf-8") == text.replace("= 1 ", "= 2 {→} ", 1)
    assert len(new.digest) == 64


def test_replace_reports_what_is_wrong_with_the_new_equation(sir: Model) -> None:
    with pytest.raises(sd.UnknownNameError, match="no variable is named 'Infectd'"):
        sir.replace("recoveries", "Infectd/illness")
    with pytest.raises(sd.ReadError, match="this bracket is never closed"):
        sir.replace("recoveries", "(Infected/illness")
    with pytest.raises(sd.CircularError):
        sir.replace("contacts", "recoveries").replace("recoveries", "contacts")
