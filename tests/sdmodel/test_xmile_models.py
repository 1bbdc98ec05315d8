"""What an XMILE file means when it runs: stocks, limits, tables, modules, macros, settings."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import sdmodel as sd
from sdmodel.expr import Const, Ref
from sdmodel.model import Model
from sdmodel.source import SourceModel

Reader = Callable[..., SourceModel]
Runner = Callable[..., dict[str, list[float]]]


def eqn(kind: str, name: str, equation: str, inside: str = "") -> str:
    return f'<{kind} name="{name}"><eqn>{equation}</eqn>{inside}</{kind}>'


def ins(*names: str) -> str:
    return "".join(f"<inflow>{name}</inflow>" for name in names)


def outs(*names: str) -> str:
    return "".join(f"<outflow>{name}</outflow>" for name in names)


SPECS = "<sim_specs><start>0</start><stop>4</stop><dt>1</dt></sim_specs>"
NON_NEGATIVE = "<non_negative/>"


# Run controls -------------------------------------------------------------------------------------


def test_run_controls_stand_where_the_file_says_them(xmile: Reader) -> None:
    specs = '<sim_specs method="RK4" time_units="Year"><start>1900</start>\n<stop>2000</stop>'
    made = xmile("", specs=specs + '<dt reciprocal="true">4</dt></sim_specs>')
    assert made.method == "rk4"
    assert made.by_key["initial time"].equation == Const(1900)
    assert made.by_key["time step"].equation == Const(0.25)
    assert made.by_key["saveper"].equation == Ref("TIME STEP")
    assert made.by_key["final time"].units == "Year"
    assert made.source.place(made.by_key["final time"].at) == (3, 7)


def test_a_step_is_1_and_the_method_eulers_unless_said(xmile: Reader) -> None:
    made = xmile("", specs="<sim_specs><start>0</start><stop>9</stop></sim_specs>")
    assert (made.by_key["time step"].equation, made.method) == (Const(1.0), "euler")


def test_stella_saves_less_often_where_told(run_xmile: Runner) -> None:
    specs = (
        '<sim_specs isee:save_interval="2"><start>0</start><stop>4</stop><dt>0.5</dt></sim_specs>'
    )
    assert run_xmile(eqn("aux", "x", "TIME"), specs=specs)["x"] == [0, 2, 4]


@pytest.mark.parametrize(
    ("written", "method"), [("Euler", "euler"), ("rk2", "rk2"), ("rk45, euler", "rk4auto"),
                            ("gear,RK4", "rk4")]
)  # fmt: skip
def test_methods(xmile: Reader, written: str, method: str) -> None:
    specs = f'<sim_specs method="{written}"><start>0</start><stop>9</stop></sim_specs>'
    assert xmile("", specs=specs).method == method


def test_controls_that_are_variables_too(run_xmile: Runner, xmile: Reader) -> None:
    more = eqn("aux", "SAVEPER", "TIME_STEP*2") + eqn("aux", "TIME STEP", "1")
    assert run_xmile(eqn("aux", "x", "TIME") + more)["x"] == [0, 2, 4]
    (problem,) = xmile(eqn("aux", "TIME STEP", "3")).problems
    assert problem.message == "'TIME STEP' is 3 here, but <sim_specs> says 1"


# Stocks and flows ---------------------------------------------------------------------------------


def test_a_stock_takes_what_flows_in_less_what_flows_out(run_xmile: Runner) -> None:
    done = run_xmile(
        eqn("stock", "S", "10", ins("a", "b") + outs("c"))
        + eqn("flow", "a", "1") + eqn("flow", "b", "2") + eqn("flow", "c", "S/10")
        + eqn("stock", "still", "3") + eqn("stock", "down", "3", outs("a"))
    )  # fmt: skip
    assert done["S"][:3] == [10, 12, 13.8]
    assert done["still"][-1] == 3
    assert done["down"][:3] == [3, 2, 1]


def test_an_outflow_takes_no_more_than_there_is(run_xmile: Runner) -> None:
    done = run_xmile(
        eqn("stock", "S", "5", outs("first", "second") + NON_NEGATIVE)
        + eqn("flow", "first", "2") + eqn("flow", "second", "2")
        + eqn("stock", "T", "0", ins("first", "second"))
    )  # fmt: skip
    assert done["S"] == [5, 1, 0, 0, 0]
    assert done["first"] == [2, 1, 0, 0, 0]
    assert done["second"] == [2, 0, 0, 0, 0]
    assert done["T"] == [0, 4, 5, 5, 5]  # nothing is lost or made


def test_what_flows_in_may_flow_out_at_once(run_xmile: Runner) -> None:
    done = run_xmile(
        eqn("stock", "S", "0", ins("a") + outs("b") + NON_NEGATIVE)
        + eqn("flow", "a", "3") + eqn("flow", "b", "10")
    )  # fmt: skip
    assert done["b"] == [3] * 5
    assert done["S"] == [0] * 5


def test_a_limit_that_would_make_a_circle_is_left_to_the_stock(run_xmile: Runner) -> None:
    done = run_xmile(
        eqn("stock", "S", "2", ins("a") + outs("b") + NON_NEGATIVE)
        + eqn("flow", "a", "b/2") + eqn("flow", "b", "3")
    )  # fmt: skip
    assert done["b"] == [3] * 5
    assert done["S"] == [2, 0.5, 0, 0, 0]


def test_a_flow_of_two_stocks_leaves_each_to_itself(run_xmile: Runner) -> None:
    done = run_xmile(
        eqn("stock", "S", "3", outs("a") + NON_NEGATIVE)
        + eqn("stock", "T", "3", outs("a") + "<non_negative>false</non_negative>")
        + eqn("flow", "a", "2")
    )  # fmt: skip
    assert done["S"] == [3, 1, 0, 0, 0]
    assert done["T"] == [3, 1, -1, -3, -5]
    assert done["a"] == [2] * 5


def test_a_non_negative_flow_runs_one_way(run_xmile: Runner) -> None:
    flow = eqn("flow", "a", "TIME - 2", NON_NEGATIVE)
    assert run_xmile(flow)["a"] == [0, 0, 0, 1, 2]


@pytest.mark.parametrize(
    ("behavior", "stock", "flow"),
    [
        ("<non_negative/>", 1, 0),
        ("<stock><non_negative/></stock>", 0, -1),
        ("<flow><non_negative/></flow>", 1, 0),
        ("<non_negative/><flow><non_negative> False </non_negative></flow>", 0, -1),
    ],
)
def test_behavior_holds_for_all_that_do_not_say_otherwise(
    run_xmile: Runner, behavior: str, stock: float, flow: float
) -> None:
    done = run_xmile(
        eqn("stock", "S", "1", ins("a")) + eqn("flow", "a", "-1"),
        outside=f"<behavior>{behavior}</behavior>",
    )
    assert (done["S"][1], done["a"][1]) == (stock, flow)


def test_an_initial_equation_stands_in_at_the_start(run_xmile: Runner) -> None:
    done = run_xmile(
        eqn("stock", "S", "a", ins("b")) + eqn("flow", "b", "1")
        + eqn("aux", "a", "S*2", "<init_eqn>7</init_eqn>")
    )  # fmt: skip
    assert done["S"][0] == 7
    assert done["a"][0] == 14


def test_metadata(xmile: Reader) -> None:
    made = xmile(
        '<group name="Water"><entity name="lake_level"/></group>'
        + eqn("stock", "lake\\nlevel", "2", '<units>m</units><doc>How\n high.</doc><range min="0" '
              'max="9"/>' + NON_NEGATIVE)
    )  # fmt: skip
    found = made.by_key["lake level"]
    assert (found.name, found.units, found.comment) == ("lake level", "m", "How high.")
    assert (found.low, found.high, found.group) == (0, 9, "Water")
    assert (found.kind, found.non_negative, found.text) == ("stock", True, "2")
    span = found.equation_span
    assert made.source.text[span.start : span.end] == "2"
    assert made.source.text[found.span.start : found.span.end].startswith("<stock")


# Graphical functions ------------------------------------------------------------------------------

GF = '<gf {}><xscale min="0" max="2"/><ypts>0,10,40</ypts></gf>'


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("", [0, 5, 10, 25, 40, 40]),
        ('type="continuous"', [0, 5, 10, 25, 40, 40]),
        ('type="extrapolate"', [0, 5, 10, 25, 40, 55]),
        ('type="discrete"', [0, 0, 10, 10, 40, 40]),
        ('discrete="true"', [0, 0, 10, 10, 40, 40]),
    ],
)
def test_kinds_of_graphical_functions(run_xmile: Runner, kind: str, wanted: list[float]) -> None:
    specs = SPECS.replace("<stop>4", "<stop>5")
    assert run_xmile(eqn("aux", "x", "TIME/2", GF.format(kind)), specs=specs)["x"] == wanted


def test_a_graphical_function_is_read_from_elsewhere_too(run_xmile: Runner) -> None:
    done = run_xmile(
        eqn("aux", "t", "TIME/4", GF.format(""))
        + eqn("aux", "x", "t(1.5) + LOOKUP(t, 0.5)")
        + '<gf name="alone"><xpts sep=";">0; 2</xpts><ypts sep=" ">1  5</ypts></gf>'
        + eqn("aux", "y", "alone(TIME/4) + LOOKUP_FORWARD(alone, 0.5)")
        + f'<aux name="max">{GF.format("")}</aux>' + eqn("aux", "z", "max(1) + MAX(1, 2)")
    )  # fmt: skip
    assert done["t"][:3] == [0, 2.5, 5]
    assert done["x"][0] == 30
    assert done["y"][:3] == [6, 6.5, 7]
    assert done["z"][0] == 12


@pytest.mark.parametrize(
    ("gf", "message"),
    [
        ("<gf/>", "the graphical function of 'x' has no points"),
        ("<gf><ypts>1,2</ypts></gf>", "has neither <xpts> nor <xscale>"),
        ("<gf><ypts>1,2</ypts><xpts>1</xpts></gf>", "has 1 x values but 2 y values"),
        ("<gf><ypts>1,2</ypts><xpts>2,1</xpts></gf>", "must not fall (at x = 1)"),
        ("<gf><ypts>1,b</ypts><xpts>1,2</xpts></gf>", "must be a number, not 'b'"),
        ('<gf><ypts>1,2</ypts><xscale min="0"/></gf>', "max of <xscale> is missing"),
        ('<gf type="wavy"><ypts>1</ypts><xpts>1</xpts></gf>', "is of type 'wavy'"),
    ],
)
def test_broken_graphical_functions(xmile: Reader, gf: str, message: str) -> None:
    found = xmile(eqn("aux", "x", "1", gf)).problems
    assert message in found[0].message
    assert found[0].line == 6
    assert found[0].cure


# Modules ------------------------------------------------------------------------------------------

MODULES = """<model name="pond">
<variables>
  <stock name="fish"><eqn>10</eqn><inflow>births</inflow></stock>
  <flow name="births"><eqn>fish*rate</eqn></flow>
  <aux name="rate" access="input"><eqn>{connected}</eqn></aux>
  <module name="rain"><connect to="cloud" from="fish"/></module>
</variables></model>
<model name="rain"><variables><aux name="cloud"><eqn/></aux>
<aux name="drops"><eqn>cloud + .top + 1</eqn></aux></variables></model>"""


def test_modules_become_one_model(run_xmile: Runner) -> None:
    main = (
        '<module name="pond"><connect to="pond.rate" from=".top"/></module>'
        + eqn("aux", "top", "0.5") + eqn("aux", "seen", "pond.fish + pond.rain.drops")
    )  # fmt: skip
    done = run_xmile(main, outside=MODULES)
    assert done["pond.fish"][:2] == [10, 15]
    assert done["pond.rate"][0] == 0.5
    assert done["pond.rain.drops"][0] == 11.5
    assert done["seen"][0] == 21.5


def test_a_table_is_handed_to_a_module(run_xmile: Runner) -> None:
    inner = (
        '<model name="m"><variables><aux name="t" access="input"/>'
        '<aux name="y"><eqn>LOOKUP(t, 1) + t(2)</eqn></aux></variables></model>'
    )
    main = (
        '<gf name="curve"><xscale min="0" max="2"/><ypts>0,10,40</ypts></gf>'
        '<module name="m"><connect to="t" from=".curve"/></module>'
    )
    assert run_xmile(main, outside=inner)["m.y"][0] == 50


BAD_MODULES = {
    "itself": (
        '<module name="m"/>',
        '<model name="m"><variables><module name="m"/></variables></model>',
        "the module 'm' contains itself: m -> m",
    ),
    "nobody": ('<module name="m"/>', "", "no model is named 'm', as this module asks for"),
    "file": ('<module name="m" resource="x.xmile"/>', "", "the module 'm' lies in another file"),
    "target": (
        '<module name="m"><connect to="a" from=".b"/></module>' + eqn("aux", "b", "1"),
        '<model name="m"><variables/></model>',
        "this module is connected to 'm.a', which is nowhere defined",
    ),
    "open": (
        '<module name="m"/>',
        '<model name="m"><variables><aux name="a"><eqn>{later}</eqn></aux></variables></model>',
        "'m.a' has no equation",
    ),
}


@pytest.mark.parametrize(("main", "outside", "message"), BAD_MODULES.values(), ids=BAD_MODULES)
def test_broken_modules(xmile: Reader, main: str, outside: str, message: str) -> None:
    (problem,) = xmile(main, outside).problems
    assert problem.message == message
    assert problem.line > 2
    assert problem.cure


def test_modules_are_bounded(xmile: Reader, limited) -> None:  # type: ignore[no-untyped-def]
    two = "".join(
        f'<model name="m{i}"><variables><module name="m{i + 1}"/><module name="n{i + 1}"/>'
        f'</variables></model><model name="n{i}"><variables><module name="m{i + 1}"/>'
        f'<module name="n{i + 1}"/></variables></model>'
        for i in range(40)
    )
    end = '<model name="m40"><variables/></model><model name="n40"><variables/></model>'
    with limited(20):
        problems = xmile('<module name="m0"/>', two + end).problems
    assert any("there are more than 2,000 modules" in one.message for one in problems)


def test_a_model_that_is_no_module_is_remarked(xmile: Reader) -> None:
    made = xmile("", '<model name="spare"><variables/></model>')
    assert made.remarks == ("the model 'spare' is no module of the main model",)


# Macros -------------------------------------------------------------------------------------------

MACRO = """<macro name="my growth"><parm>start size</parm><parm default="start_size/10">rate</parm>
<eqn>size*2</eqn><variables><stock name="size"><eqn>start_size</eqn><inflow>in</inflow></stock>
<flow name="in"><eqn>rate*DT/DT</eqn></flow></variables></macro>"""


def test_macros(xmile: Reader) -> None:
    made = xmile(eqn("aux", "x", "MY_GROWTH(20)") + eqn("aux", "y", "my_growth(20, 3)"), MACRO)
    assert made.problems == ()
    (macro,) = made.macros
    assert (macro.name, macro.inputs, macro.outputs) == (
        "my growth", ("start size", "rate"), ("my growth",)
    )  # fmt: skip
    assert [v.name for v in macro.variables] == ["size", "in", "my growth"]
    assert made.by_key["x"].equation == made.by_key["y"].equation.__class__(
        "my growth", (Const(20), Const(20) / 10)
    )
    steps = [ref.name for v in macro.variables if v.equation for ref in _refs(v.equation)]
    assert "TIME STEP$" in steps
    assert "TIME STEP" not in steps


def _refs(expr):  # type: ignore[no-untyped-def]
    from sdmodel.expr import references

    return references(expr)


def test_broken_macros(xmile: Reader) -> None:
    (problem,) = xmile(eqn("aux", "x", "MY_GROWTH()"), MACRO).problems
    assert "the macro 'my growth' is given 0 arguments" in problem.message
    assert problem.cure == "write my growth(start size, rate)"
    (problem,) = xmile("", MACRO + MACRO).problems
    assert problem.message == "the macro 'my growth' is defined twice"


@pytest.mark.parametrize("name", ["SMOOTH", "SMTH1", "DEPRECIATE_STRAIGHTLINE", "DELAY FIXED"])
def test_a_macro_of_the_file_comes_before_a_function(name: str, run_xmile: Runner) -> None:
    # SDEverywhere models, depreciate: Stella's macro has the name of a function of Vensim.
    parm = "<parm>a</parm><parm>b</parm>"
    macro = f'<macro name="{name}">{parm}<eqn>a - b + 0*DELAY(1, 2) + 0*ABS(a)</eqn></macro>'
    call = name.replace(" ", "_")
    own = eqn("aux", "x", f"{call}(7, 2)") + eqn("aux", "y", "DELAY(TIME, 2, 9)")
    others = "" if name == "SMTH1" else eqn("aux", "z", "SMTH1(TIME, 1, 5)")
    done = run_xmile(own + others, macro)
    assert done["x"] == [5] * 5
    assert done["y"] == [9, 9, 0, 1, 2]
    if others:  # what XMILE's SMTH1 is written with is no macro of the file
        assert done["z"] == [5, 0, 1, 2, 3]


# Delays -------------------------------------------------------------------------------------------

CHANGING = eqn("aux", "lag", "1 + STEP(1, 2)") + eqn("aux", "x", "DELAY(TIME, lag, 9)")


def test_a_delay_time_that_changes_is_refused(xmile: Reader) -> None:
    with pytest.raises(sd.ModelError) as caught:
        Model(xmile(CHANGING)).run()
    (problem,) = caught.value.problems
    assert "the delay time of DELAY must not change during a run" in problem.message
    assert (problem.line, problem.kind) == (6, "unsupported")
    assert problem.cure == "give it a constant time, or use DELAYN with a high order"


def test_in_a_file_converted_from_vensim_delay_is_delay_fixed(run_xmile: Runner) -> None:
    # SDXorg test-models, delay_pipeline: xmutil writes DELAY for DELAY FIXED, and says who it is.
    header = "<header><product lang='en'>Vensim, xmutil</product></header>"
    macro = "<macro name='F'><parm>lag</parm><eqn>DELAY(TIME, lag, 9)</eqn></macro>"
    done = run_xmile(CHANGING + eqn("aux", "y", "F(lag)"), header + macro)
    assert done["x"] == done["y"] == [9, 0, 1, 2, 3]


def test_history_is_a_delay_of_zero_before_the_run(run_xmile: Runner, xmile: Reader) -> None:
    done = run_xmile(eqn("aux", "x", "HISTORY(y, TIME - 2)") + eqn("aux", "y", "TIME + 5"))
    assert done["x"] == [0, 0, 5, 6, 7]
    now = run_xmile(eqn("aux", "x", "HISTORY(y, TIME - 0)") + eqn("aux", "y", "TIME + 5"))
    assert now["x"] == [5, 6, 7, 8, 9]
    (problem,) = xmile(eqn("aux", "x", "HISTORY(y, 2)") + eqn("aux", "y", "1")).problems
    assert (
        problem.message
        == "in the equation of 'x': HISTORY is read where its time is TIME less a lag"
    )
    assert problem.cure == "write HISTORY(x, TIME - lag), or keep the value in a stock"
    assert (problem.kind, problem.line) == ("unsupported", 6)


def test_every_run_is_the_first_of_its_session(run_xmile: Runner) -> None:
    # Stella, ENDVAL: the initial value, or that of the input, while no run went before.
    done = run_xmile(eqn("aux", "x", "ENDVAL(y, 7)") + eqn("aux", "z", "ENDVAL(y)")
                     + eqn("aux", "y", "TIME + 3"))  # fmt: skip
    assert done["x"] == [7] * 5
    assert done["z"] == [3] * 5


# Conveyors ----------------------------------------------------------------------------------------


def test_what_enters_a_conveyor_leaves_after_the_transit_time(run_xmile: Runner) -> None:
    done = run_xmile(
        eqn("stock", "belt", "4", ins("on") + outs("off") + "<conveyor><len>2</len></conveyor>")
        + eqn("flow", "on", "TIME + 1") + '<flow name="off"/>'
    )  # fmt: skip
    assert done["off"] == [2, 2, 1, 2, 3]
    assert done["belt"] == [4, 3, 3, 5, 7]


def test_a_leak_takes_its_fraction_evenly(run_xmile: Runner) -> None:
    done = run_xmile(
        eqn("stock", "belt", "0", ins("on") + outs("off", "lost")
            + "<conveyor><len>2</len></conveyor>")
        + eqn("flow", "on", "IF TIME = 0 THEN 8 ELSE 0") + '<flow name="off"/>'
        + eqn("flow", "lost", "0.5", "<leak/>")
    )  # fmt: skip
    assert done["lost"] == [0, 2, 2, 0, 0]
    assert done["off"] == [0, 0, 4, 0, 0]
    assert done["belt"] == [0, 8, 6, 0, 0]


CONVEYOR = "<conveyor><len>{len}</len>{more}</conveyor>"


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("<queue/>", "'S' is a queue, which is not offered"),
        ("<oven/>", "'S' is an oven, which is not offered"),
        ("<conveyor/>", "the conveyor 'S' has no transit time"),
        (CONVEYOR.format(len="TIME", more=""), "the transit time of the conveyor 'S' changes"),
        (CONVEYOR.format(len="2", more="<capacity>5</capacity>"), "has <capacity>"),
        ('<conveyor discrete="true"><len>2</len></conveyor>', "has discrete"),
    ],
)
def test_what_is_not_offered_of_conveyors(xmile: Reader, inside: str, message: str) -> None:
    problems = xmile(eqn("stock", "S", "1", inside)).problems
    assert message in problems[0].message
    assert problems[0].line == 6
    assert problems[0].cure


# Changing -----------------------------------------------------------------------------------------


def test_an_equation_is_replaced_within_the_file(xmile: Reader) -> None:
    model = Model(xmile(eqn("aux", "x", "1") + eqn("aux", "y", "<![CDATA[1]]>")))
    changed = model.replace("x", "IF TIME < 2 THEN 1 ELSE 5").replace("y", "TIME > 2")
    assert "<eqn>IF TIME &lt; 2 THEN 1 ELSE 5</eqn>" in changed.source.source.text
    assert "<![CDATA[TIME > 2]]>" in changed.source.source.text
    done = changed.run(method="vensim", engine="reference")
    assert list(done.values("x")) == [1, 1, 5, 5, 5]
    assert list(done.values("y")) == [0, 0, 0, 1, 1]


def test_pysd_reads_the_same_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    import sdmodel as sd

    place = tmp_path / "m.stmx"
    variables = eqn("stock", "S", "10", outs("out")) + eqn("flow", "out", "S/2")
    place.write_text(
        '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><header>'
        f"<vendor>a</vendor><product>b</product></header>{SPECS}<model><variables>{variables}"
        "</variables></model></xmile>"
    )
    model = sd.load(place)
    mine = model.run(method="vensim", engine="reference").values("S")
    theirs = model.run(method="vensim", engine="pysd").values("S")
    assert list(mine) == list(theirs) == [10, 5, 2.5, 1.25, 0.625]
