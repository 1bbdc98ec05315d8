"""Functions, arrays and names of one language said in the other: the same numbers, or a refusal."""

from __future__ import annotations

from pathlib import Path

import pytest

import sdmodel as sd

CLOCK = "INITIAL TIME=0~~|FINAL TIME=6~~|TIME STEP=0.25~~|SAVEPER=TIME STEP~~|"
WAVE = "x= 3*SIN(Time)~~| k= 2~~| z= Time-2~~|"
SCALARS = [
    "IF THEN ELSE(x>0 :AND: :NOT: z>1, x, -x)",
    "ZIDZ(1, z*1e-7)",
    "XIDZ(1, z, 5)",
    "INTEGER(x)",
    "MODULO(x, 2)",
    "QUANTUM(x, 0.4)",
    "LOG(k+1, 3)",
    "LOG(k, 10)",
    "POWER(k, z)",
    "PULSE(1, 0)",
    "PULSE(1, k)",
    "PULSE TRAIN(0.5, 0.5, 1.5, 5)",
    "STEP(k, 2)+RAMP(1, 2, 4)",
    "SMOOTH(x, 2)+SMOOTHI(x, 2, 1)+SMOOTH3(x, 2)+SMOOTH3I(x, 2, 1)+SMOOTH N(x, 2, 1, 4)",
    "DELAY1(x, 2)+DELAY1I(x, 2, 1)+DELAY3(x, 2)+DELAY3I(x, 2, 1)+DELAY N(x, 2, 1, 4)",
    "DELAY FIXED(x, 1, k)",
    "1+DELAY FIXED(x, 1, k)",
    "SAMPLE IF TRUE(x>1, x, k)",
    "1+SAMPLE IF TRUE(x>1, x, k)",
    "TREND(k+Time, 2, 0.1)+FORECAST(x, 2, 1)",
    "INITIAL(x+k)+1",
    "WITH LOOKUP(z, ((-1,0),(1,4),(3,5)))",
    "k*WITH LOOKUP(z, ((-1,0),(1,4),(3,5)))",
    "TIME BASE(1, 2)+ABS(x)^2-EXP(-k)",
    "2-(k-x)-(k+1)/(k/x+9)/2",
    "-k^2+(-k)^2+2^-z",
    ":NA:",
    "RANDOM UNIFORM(0, 1, 7)",
    "RANDOM NORMAL(-9, 9, 0, 1, 7)",
]
ARRAYS = {
    "sum": "y=SUM(a[R!])+PROD(a[R!])+VMIN(a[R!])+VMAX(a[R!])~~|",
    "sum of a part": "y=SUM(a[S!])~~|",
    "sum of products": "y=SUM(a[R!]*b[R!])~~|",
    "all but one": "y[R] :EXCEPT: [r1]=a[R]~~| y[r1]=7~~|",
    "mapped": "T: t1,t2,t3 -> R~~| c[T]=1,2,3~~| y[R]=c[T]*a[R]~~|",
    "part of a range": "y[S]=a[S]+Time~~|",
    "place": "y[R]=R*a[R]~~|",
    "count": "y=ELMCOUNT(S)~~|",
    "shifted": "y[R]=VECTOR ELM MAP(a[r1], R-1)~~|",
    "selected": "y=VECTOR SELECT(b[R!], a[R!], 0, 0, 0)~~|",
    "stocks": "q[R]=INTEG(in[R]-out[R], a[R])~~| in[R]=a[R]~~| out[R]=q[R]/4~~|",
    "shared flow": "q=INTEG(f, 1)~~| p=INTEG(f, 2)~~| f=x~~|",
    "lookups": "h[R]((0,1),(9,2))~~| y[R]=h[R](Time)~~|",
}  # fmt: skip


ORDER = "R: r1,r2,r3~~| b[R]=4,0,6~~| y[R]=VECTOR SORT ORDER(b[R], k)~~|"


def write(folder: Path, text: str, name: str = "model.mdl") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def both_ways(path: Path) -> list[sd.Conversion]:
    there = sd.convert(path, path.with_suffix(".xmile"))
    back = sd.convert(there.path, path.with_name("again.mdl"))
    for done in (there, back):
        assert done.comparison is not None
        assert done.comparison.largest <= 1e-9
        assert done.comparison.compared > 0
    return [there, back]


MOVING = [one for one in SCALARS if any(word in one for word in ("PULSE", "DELAY", "SAMPLE"))]


@pytest.mark.parametrize(
    ("equation", "method"), [*((one, "0") for one in SCALARS), *((one, "5") for one in MOVING)]
)
def test_a_function_is_the_same_in_both(equation: str, method: str, tmp_path: Path) -> None:
    settings = f"///---\\\\\\\n15:0,0,0,{method},0,0\n"
    path = write(tmp_path, f"{CLOCK}{WAVE} y= {equation}~~|\n{settings}")
    there, _ = both_ways(path)
    # Within a step of Runge-Kutta, XMILE can say no train of pulses that stands still.
    assert [one.variable for one in there.lost] == ["y"] * ("TRAIN" in equation and method == "5")


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_is_the_same_in_both(name: str, tmp_path: Path) -> None:
    ranges = "R: r1,r2,r3~~| S: r2,r3~~| a[R]=3,5,4~~| b[R]=1,0,6~~|"
    both_ways(write(tmp_path, f"{CLOCK}{WAVE}{ranges}{ARRAYS[name]}"))


@pytest.mark.parametrize("direction", ["1", "-1"])
def test_an_order_is_one_of_ranks(direction: str, tmp_path: Path) -> None:
    path = write(tmp_path, f"{CLOCK}k={direction}~~|{ORDER}")
    done = sd.convert(path, tmp_path / "m.xmile")
    assert done.comparison is not None
    assert done.comparison.largest == 0
    assert [note.variable for note in done.lost] == ["y"]
    with pytest.raises(sd.UnsupportedError, match="RANK"):  # which Vensim has not
        sd.convert(done.path, tmp_path / "again.mdl")


XMILE = """<xmile><sim_specs><start>0</start><stop>6</stop><dt>0.25</dt></sim_specs>
<dimensions><dim name="A" size="3"/><dim name="B"><elem name="b1"/><elem name="b2"/></dim>
</dimensions><model><variables><aux name="x"><eqn>3*SIN(TIME)</eqn></aux>
<aux name="v"><dimensions><dim name="A"/></dimensions><eqn>A*2</eqn></aux>
<aux name="w"><dimensions><dim name="A"/><dim name="B"/></dimensions><eqn>v*TIME</eqn></aux>
{}</variables></model></xmile>"""
OF_XMILE = [
    "INT(x)", "x MOD 2", "ROUND(x)", "PULSE(3, 1)", "PULSE(3, 1, 2)", "SAFEDIV(1, INT(x), 4)",
    "1+PREVIOUS(x, 7)", "DELAY(x, 1, 2)", "MEAN(v)+STDDEV(v)+SIZE(v)+SUM(w)", "v[2]+w[3, b1]",
    "v[INT(x)]", "SUM(w[*, b2])", "IF x > 0 AND NOT x > 2 THEN 1 ELSE 2", "NAN", "MAX(x, 1)",
]  # fmt: skip


@pytest.mark.parametrize("equation", OF_XMILE)
def test_a_function_of_xmile_is_one_of_vensim(equation: str, tmp_path: Path) -> None:
    escaped = equation.replace("<", "&lt;").replace(">", "&gt;")
    aux = f'<aux name="y"><eqn>{escaped}</eqn></aux>'
    path = write(tmp_path, XMILE.format(aux), "model.xmile")
    done = sd.convert(path, tmp_path / "model.mdl")
    assert done.comparison is not None
    assert done.comparison.largest <= 1e-9
    assert "XMILE" not in done.text


def test_numbers_as_elements_become_names(tmp_path: Path) -> None:
    path = write(tmp_path, XMILE.format(""), "model.xmile")
    done = sd.convert(path, tmp_path / "model.mdl")
    assert "A: A1,A2,A3" in done.text
    assert sd.load(done.path).run().values("v[A3]")[0] == 6


def test_non_negative_stocks_stay_so(tmp_path: Path) -> None:
    stock = (
        '<stock name="s"><eqn>2</eqn><outflow>f</outflow><non_negative/></stock>'
        '<flow name="f"><eqn>1</eqn></flow>'
    )
    path = write(tmp_path, XMILE.format(stock), "model.xmile")
    done = sd.convert(path, tmp_path / "model.mdl")
    assert sd.load(done.path).run().values("s")[-1] == 0
    assert [note.variable for note in done.notes] == ["s"]


@pytest.mark.parametrize(
    "name", ['"a.b (2000)"', '"say \\"yes\\""', '"mod"', "dt", "\u00e9t\u00e9"]
)
def test_any_name_goes_both_ways(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, f"{CLOCK}{name}= 3+Time~~| y= 2*{name}~~|")
    there, back = both_ways(path)
    assert sd.load(back.path).run().values("y")[0] == 6
    assert bool(there.notes) == (name == "dt")


def test_what_ends_an_entry_of_vensim_stands_in_no_comment(tmp_path: Path) -> None:
    aux = '<aux name="y"><eqn>1</eqn><units>a|b</units><doc>either ~1 | or {2}</doc></aux>'
    path = write(tmp_path, XMILE.format(aux), "model.xmile")
    again = sd.load(sd.convert(path, tmp_path / "m.mdl").path)
    assert again.definition("y").comment == "either \u223c1 \u00a6 or {2}"
    assert again.units["y"] == "a\u00a6b"


def test_flows_are_found_where_they_are_flows(tmp_path: Path) -> None:
    text = f"{CLOCK}q=INTEG(in-out, 1)~~| in=2~~| out=q/3~~| p=INTEG(2*in, 1)~~|"
    done = sd.convert(write(tmp_path, text), tmp_path / "m.xmile")
    assert "<inflow>in</inflow>" in done.text
    assert "<outflow>out</outflow>" in done.text
    assert '<flow name="net flow of p">' in done.text
    assert [note.variable for note in done.notes] == ["p"]
    assert done.lost == ()


def test_a_lookup_that_is_always_prolonged_says_so_itself(tmp_path: Path) -> None:
    text = f"{CLOCK}f((0,0),(2,4))~~| g((0,0),(2,4))~~| y=LOOKUP EXTRAPOLATE(f, Time)~~|"
    text += "z=g(Time)+LOOKUP EXTRAPOLATE(g, Time)~~|"
    there, _ = both_ways(write(tmp_path, text))
    assert there.text.count('<gf type="extrapolate">') == 1
    assert [note.variable for note in there.lost] == ["z"]


def test_a_macro_is_written_out(tmp_path: Path) -> None:
    macro = ":MACRO: F(a, b) F= INTEG(a-inner, b) ~~| inner= F/2~~| :END OF MACRO:"
    path = write(tmp_path, f"{macro} {CLOCK}{WAVE}y= F(x, 1)+F(z, k)~~|")
    there, _ = both_ways(path)
    assert [note.variable for note in there.notes] == ["F"]
    assert '<stock name="F in macro F 2">' in there.text


# What cannot be said ------------------------------------------------------------------------------


def test_a_refusal_names_variable_and_line(tmp_path: Path) -> None:
    text = f"{CLOCK}\nR: a,b~~|\nm[R]=1,2~~|\ny[R]=VECTOR RANK(m[R], 1)~~|\n"
    with pytest.raises(sd.UnsupportedError, match="VECTOR RANK") as caught:
        sd.convert(write(tmp_path, text), tmp_path / "m.xmile")
    (problem,) = caught.value.problems
    assert (problem.variable, problem.line) == ("y", 4)
    assert not (tmp_path / "m.xmile").exists()


def test_strict_refuses_what_is_only_kept_by_name(tmp_path: Path) -> None:
    path = write(tmp_path, f"{CLOCK}\ny=COSH(Time)~~|")
    done = sd.convert(path, tmp_path / "m.xmile")
    assert [(note.variable, note.line) for note in done.lost] == [("y", 2)]
    (tmp_path / "m.xmile").unlink()
    with pytest.raises(sd.UnsupportedError, match="COSH"):
        sd.convert(path, tmp_path / "m.xmile", strict=True)
    assert not (tmp_path / "m.xmile").exists()


def test_other_numbers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sdmodel.converting import to_xmile

    monkeypatch.setitem(to_xmile.BUILDERS, "integer", lambda args: args[0])
    path = write(tmp_path, f"{CLOCK}{WAVE}y=INTEGER(x)~~|")
    with pytest.raises(sd.SDError, match="another way, in 'y'"):
        sd.convert(path, tmp_path / "m.xmile")
    assert not (tmp_path / "m.xmile").exists()
    sd.convert(path, tmp_path / "m.xmile", check=False)
    assert (tmp_path / "m.xmile").exists()


@pytest.mark.parametrize("target", ["m.txt", "m.mdl"])
def test_a_target_that_is_no_other_format_is_refused(target: str, tmp_path: Path) -> None:
    with pytest.raises(sd.SDError):
        sd.convert(write(tmp_path, f"{CLOCK}y=1~~|"), tmp_path / target)


def test_run_controls_that_change_are_refused(tmp_path: Path) -> None:
    text = CLOCK.replace("FINAL TIME=6", "FINAL TIME=6+STEP(1, 3)")
    with pytest.raises(sd.UnsupportedError, match="may change during a run"):
        sd.convert(write(tmp_path, f"{text}y=1~~|"), tmp_path / "m.xmile")
