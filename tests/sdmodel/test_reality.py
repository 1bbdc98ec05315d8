"""Reality checks: what they say is read, run and judged."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

import sdmodel as sd
from sdmodel.expr import Op
from sdmodel.source import SourceModel

Maker = Callable[..., sd.Model]

# A workshop. Output follows from what goes into it at once; the store fills and empties.
SHOP = """
workers = 4
hours = 8
pay = 3
output = workers*hours
Store = INTEG(output - sales, 100)
sales = MIN(Store/2, demand)
demand = 20
Reserve = INTEG(-0.1*Reserve, 50)
"""


def checked(
    model: Maker, checks: str, equations: str = SHOP, **controls: object
) -> sd.RealityReport:
    return model(equations + checks, **controls).reality_checks()


# Reading ----------------------------------------------------------------------------------------


def test_everything_that_is_written_is_kept(model: Maker) -> None:
    made: SourceModel = model(
        "x = 1 ~ ~ |\nnothing comes of nothing:THE CONDITION:\n\tx = 0 :AND: :NOT: x > 2\n"
        "\t:IMPLIES:x = 0 ~ [structure,2] ~ As everybody knows. |\n"
        "TI stop [late] :TEST INPUT: x=RC_STEP(x, 0 ) ~ ~ For a while. |"
    ).source
    (check,), (test_input,) = made.constraints, made.inputs
    assert check.name == "nothing comes of nothing"
    assert check.condition_text == "x = 0 :AND: :NOT: x > 2"
    assert check.consequence_text == "x = 0"
    assert (check.units, check.comment) == ("[structure,2]", "As everybody knows.")
    assert made.source.place(check.at) == (3, 1)
    text = made.source.text[check.span.start : check.span.end]
    assert text.startswith("nothing comes")
    assert text.endswith("|")
    assert (test_input.name, test_input.subscripts) == ("TI stop", ("late",))
    assert test_input.target is not None
    assert (test_input.target.name, test_input.comparison) == ("x", Op.EQ)
    assert test_input.text == "x=RC_STEP(x, 0 )"
    assert test_input.comment == "For a while."


def test_a_model_runs_as_if_it_had_no_reality_checks(model: Maker) -> None:
    checks = """
    broken :THE CONDITION: workers = ( :IMPLIES: output = 0
    unknown :THE CONDITION: wrkers = 0 :IMPLIES: output = 0
    TI :TEST INPUT: 3 = workers
    """
    with_checks, without = model(SHOP + checks), model(SHOP)
    assert with_checks.run().table.tobytes() == without.run().table.tobytes()
    assert with_checks.variables == without.variables


@pytest.mark.parametrize(
    ("check", "message", "column"),
    [
        ("a :THE CONDITION: x = 0", "':IMPLIES: is missing", 24),
        ("a :THE CONDITION: x = 0 :IMPLIES:", "the equation is empty", 34),
        ("a :THE CONDITION: x = 0 :IMPLIES: x = :IMPLIES: y", "a second :IMPLIES:", 38),
        ("a :THE CONDITION: x = :IMPLIES: x = 1", "something is missing after '='", 20),
        ("a :THE CONDITION: x = 0 :IMPLIES: x > :CROSSING: 1", ":CROSSING: is not judged", 38),
        ("a :THE CONDITION: x = 0 :IMPLIES: x > :AT LEAST ONCE: 1", ":AT LEAST ONCE: is not", 38),
        ("a :THE CONDITION: y = 0 :IMPLIES: x = 1", "no variable is named 'y'", 18),
        ("a :THE CONDITION: x = 0 :IMPLIES: y = 1", "no variable is named 'y'", 34),
        ("a :THE CONDITION: x = RC STEP CHECK(0,x,0) :IMPLIES: x = 1", "belongs behind", 22),
        ("a :THE CONDITION: x = 0 :IMPLIES: x = RC STEP(x,0)", "belongs into a condition", 38),
        ("a :THE CONDITION: x = 0 :IMPLIES: x = 2*RC STEP CHECK(0,x,0)", "stands alone", 40),
        ("a :THE CONDITION: x = RC STEP(x) :IMPLIES: x = 1", "takes 2 to 4 arguments, not 1", 22),
        ("a :THE CONDITION: x < RC STEP(x, 2) :IMPLIES: x = 1", "what a variable is set to", 22),
        ("a :THE CONDITION: x = RC STEP(x, 2, Time) :IMPLIES: x = 1", "not the same all", 0),
        ("a :THE CONDITION: Time = RC STEP(x, 2) :IMPLIES: x = 1", "Time is the clock", 18),
        ("a :THE CONDITION: TIME STEP = RC STEP(x, 2) :IMPLIES: x = 1", "how long and how", 18),
        ("a :THE CONDITION: x = SMOOTH(x, 2) :IMPLIES: x = 1", "SMOOTH cannot stand in a", 22),
        ("a :THE CONDITION: x = TIME TRANSITION(0) :IMPLIES: x = 1", "TIME TRANSITION is not", 22),
        ("a :THE CONDITION: TI :IMPLIES: x = 1", "no variable is named 'TI'", 18),
        (
            "a :THE CONDITION: x = RC COMPARE('b', x, 1) :IMPLIES: x = 1",
            "the run 'b' was not given",
            22,
        ),
    ],
)
def test_what_cannot_be_run_is_refused_by_name_and_place(
    model: Maker, check: str, message: str, column: int
) -> None:
    made = model(f"x = 1\n{check}")
    (result,) = made.reality_checks().results
    assert result.verdict == "refused"
    assert message.lstrip("'") in result.text
    assert result.line == 3
    if column:
        (problem,) = problems_of(made)
        assert (problem.line, problem.column) == (3, column + 1)


def problems_of(made: sd.Model) -> list[sd.Problem]:
    from sdmodel.reality.cases import cases_of
    from sdmodel.reality.checks import judge_of
    from sdmodel.reality.profiles import Refused

    found = []
    for case in cases_of(made.source):
        with pytest.raises(Refused) as caught:
            judge_of(made, case)
        found.append(caught.value.problem)
    return found


# Judging ----------------------------------------------------------------------------------------


def test_a_condition_is_forced_whatever_the_model_would_do(model: Maker) -> None:
    report = checked(
        model,
        """
        no work no output :THE CONDITION: workers = 0 :IMPLIES: output = 0
        no work no sales :THE CONDITION: workers = 0 :IMPLIES: sales = 0
        """,
    )
    assert report["no work no output"].verdict == "held"
    failed = report["no work no sales"]
    # The store is sold for a while: at time 0 its half is more than the demand of 20.
    assert (failed.verdict, failed.time, failed.left, failed.right) == ("failed", 0.0, 20.0, 0.0)
    assert (failed.that, failed.under) == ("sales = 0", "workers = 0")
    assert not report.passed
    assert report.counts == {"failed": 1, "refused": 0, "never active": 0, "held": 1}


def test_an_inequality_changes_only_what_it_must(model: Maker) -> None:
    # Reserve falls from 50 to 33: it is above 40 up to time 2, and at 40 from then on.
    report = checked(
        model,
        """
        never below :THE CONDITION: Reserve >= 40 :IMPLIES: Reserve >= 40
        untouched above :THE CONDITION: Reserve >= 40 :IMPLIES: Reserve >= 40.5 :OR: Time > 2
        from the other side :THE CONDITION: 40 <= Reserve :IMPLIES: Reserve = 40 :OR: Time < 3
        """,
    )
    assert [one.verdict for one in report.results] == ["held"] * 3


def test_two_bounds_on_one_variable_hold_together(model: Maker) -> None:
    report = checked(
        model,
        """
        between :THE CONDITION: pay > 4 :AND: pay < 6 :IMPLIES: pay = 4
        from above :THE CONDITION: pay > 1 :AND: pay < 2 :IMPLIES: pay = 2
        half and more :THE CONDITION: pay = pay/2 :AND: pay = pay + 1 :IMPLIES: pay = 2.5
        impossible :THE CONDITION: pay > 6 :AND: pay < 4 :IMPLIES: pay = 0
        """,
    )
    assert [one.verdict for one in report.results] == ["held"] * 3 + ["never active"]


def test_either_of_two_conditions_is_tried_by_itself(model: Maker) -> None:
    report = checked(
        model,
        """
        either :THE CONDITION: workers = 0 :OR: hours = 0 :IMPLIES: output = 0
        both :THE CONDITION: workers = 0 :AND: (hours = 2 :OR: pay = 9) :IMPLIES: output = 0
        one fails :THE CONDITION: workers = 0 :OR: pay = 9 :IMPLIES: output = 0
        """,
    )
    assert report["either"].verdict == report["both"].verdict == "held"
    assert report["either"].text == "at 10 times, with workers = 0; hours = 0"
    assert report["both"].text == "at 10 times, with workers = 0, hours = 2; workers = 0, pay = 9"
    assert (report["one fails"].verdict, report["one fails"].under) == ("failed", "pay = 9")


def test_not_turns_a_comparison_round(model: Maker) -> None:
    report = checked(
        model,
        """
        negated :THE CONDITION: :NOT: workers > 0 :IMPLIES: output = 0
        twice :THE CONDITION: :NOT: :NOT: workers = 0 :IMPLIES: :NOT: output > 0
        """,
    )
    assert [one.verdict for one in report.results] == ["held", "held"]
    assert report["negated"].text == "at 5 times, with workers <= 0"


def test_a_check_that_asks_for_nothing_is_no_pass(model: Maker) -> None:
    report = checked(
        model,
        """
        too late :THE CONDITION: workers = RC STEP(workers, 0, 9) :IMPLIES: output = 0
        never asked :THE CONDITION: workers = 0 :IMPLIES: output <= RC STEP CHECK(9, output, 0)
        cannot be set :THE CONDITION: workers + hours > 99 :IMPLIES: output = 0
        """,
    )
    assert [one.verdict for one in report.results] == ["never active"] * 3
    assert not report.passed


def test_what_happens_by_itself_is_judged_too(model: Maker) -> None:
    # No test input is needed: the sum cannot be set, but it is above 11 as it is.
    report = checked(model, "by itself :THE CONDITION: workers + hours > 11 :IMPLIES: output = 0")
    failed = report["by itself"]
    assert (failed.verdict, failed.under, failed.left) == ("failed", "", 32.0)


def test_a_check_without_condition_holds_always(model: Maker) -> None:
    report = checked(
        model,
        "always :THE CONDITION: :IMPLIES: Store >= 0\nnever :THE CONDITION: :IMPLIES: Store < 120",
    )
    assert report["always"].judged == 5
    assert (report["never"].verdict, report["never"].time) == ("failed", 2.0)


def test_every_part_of_an_and_is_judged_in_its_own_window(model: Maker) -> None:
    report = checked(
        model,
        """
        mixed :THE CONDITION: workers = RC STEP(workers, 0, 1) :IMPLIES: output = 0 :AND: \
        Store <= RC STEP CHECK(2, Store, 1)
        """,
    )
    # Store at 1 is 112; it falls by 20 a time from then on.
    assert (report["mixed"].verdict, report["mixed"].judged) == ("held", 4)


@pytest.mark.parametrize("duration", ["", ", 2"])
@pytest.mark.parametrize(
    ("call", "course"),
    [
        ("RC STEP(x, 0.5, 3{})", lambda s: 0.5),
        ("RC RAMP(x, 3, 4, 3{})", lambda s: 1 + 2 * min(s / 4, 1)),
        ("RC DECAY(x, 2, 3{})", lambda s: math.exp(-s / 2)),
        ("RC GROW(x, 0.2, 3{})", lambda s: math.exp(0.2 * s)),
    ],
)
@pytest.mark.parametrize("method", ["euler", "rk4"])
def test_a_variable_follows_its_profile(
    model: Maker, call: str, course: Callable[[float], float], duration: str, method: str
) -> None:
    """Between start and end it is the course from its value at the start, else as the model has."""
    text = call.format(duration)
    made = model(
        f"S = INTEG(1, 7)\nx = S*2\ncheck :THE CONDITION: x = {text} :IMPLIES: x < -1",
        method,
        FINAL_TIME=9,
    )
    found = followed(made, "left")
    for time, value in enumerate(found):
        off = time >= 3 and (not duration or time < 5)
        assert value == pytest.approx(20 * course(time - 3) if off else 2 * (7 + time), rel=1e-12)


def followed(made: sd.Model, side: str) -> list[float]:
    """Return one side of the last check's consequence, at every time, with its inputs active."""
    from sdmodel.reality.cases import cases_of
    from sdmodel.reality.checks import judge_of

    (case,) = cases_of(made.source)
    judge = judge_of(made, case)
    found: list[float] = []
    keep = judge._run

    def run(columns: object, count: int) -> sd.RunBatch:
        batch = keep(columns, count)  # type: ignore[arg-type]
        (ask,) = judge.at.asks.values()
        place = batch.outputs.index(getattr(ask, side))
        found[:] = batch.values[place, :, -1].tolist()
        return batch

    judge._run = run  # type: ignore[method-assign]
    judge.judge([{}])
    return found


@pytest.mark.parametrize(
    ("check", "course"),
    [
        ("RC STEP CHECK(1, x, 0.5, 3)", lambda s: 0.5),
        ("RC RAMP CHECK(1, x, 3, 4, 3)", lambda s: 1 + 2 * min(s / 4, 1)),
        ("RC DECAY CHECK(1, x, 2, 3)", lambda s: math.exp(-s / 2)),
        ("RC GROW CHECK(1, x, 0.2, 3)", lambda s: math.exp(0.2 * s)),
    ],
)
def test_a_check_compares_with_the_course_from_the_undisturbed_value(
    model: Maker, check: str, course: Callable[[float], float]
) -> None:
    # The input halves x at its start; what x is compared with starts from x before that.
    made = model(
        f"S = INTEG(1, 7)\nk = 1\nx = S*2*k\n"
        f"check :THE CONDITION: k = RC STEP(k, 0.5, 3) :IMPLIES: x < {check}",
        FINAL_TIME=9,
    )
    found = followed(made, "right")
    for time in range(4, 10):
        assert found[time] == pytest.approx(20 * course(time - 3), rel=1e-12)


def test_a_profile_starts_when_the_manual_says(model: Maker) -> None:
    check = "a :THE CONDITION: x = RC STEP(x, 0) :IMPLIES: x > 0"
    assert model(f"x = 1\n{check}").reality_checks()["a"].time == 1.0
    named = model(f"x = 1\nRC START TIME = 3\n{check}")
    assert named.reality_checks()["a"].time == 3.0
    given = model(f"x = 1\nRC START TIME = 3\n{check.replace('x, 0', 'x, 0, 2')}")
    assert given.reality_checks()["a"].time == 2.0
    assert named.reality_checks({"RC START TIME": 4})["a"].time == 4.0


def test_grace_ends_where_the_manual_has_its_first_violation(model: Maker) -> None:
    """Vensim User Guide, "An Initial Model": a start at 10 and a grace of 1 are violated at 11."""
    made = model(
        """
        cells = INTEG(cells*(0.08 - 1/250), 100)
        divisions = cells*0.08
        warmth = 85
        RC START TIME = 10
        cold is dormant :THE CONDITION: warmth < 50 :IMPLIES: divisions = 0
        hot is dead :THE CONDITION: warmth = RC STEP(120, 1) \
        :IMPLIES: cells <= RC DECAY CHECK(1, cells, 2)
        """,
        FINAL_TIME=300,
    )
    report = made.reality_checks()
    assert [(one.verdict, one.time) for one in report.results] == [("failed", 0), ("failed", 11)]


def test_a_test_input_by_name(model: Maker) -> None:
    report = checked(
        model,
        """
        TI idle :TEST INPUT: workers = 0
        TI twice :TEST INPUT: hours = 2*hours
        by name :THE CONDITION: TI idle :IMPLIES: output = 0
        own value :THE CONDITION: TI twice :IMPLIES: output = 64
        both :THE CONDITION: TI idle :AND: TI twice :IMPLIES: output = 0 :AND: hours = 16
        not so :THE CONDITION: :NOT: TI idle :AND: hours = 1 :IMPLIES: output = 4
        """,
    )
    assert [one.verdict for one in report.results] == ["held"] * 4


def test_a_stock_that_is_set_counts_as_set_everywhere(model: Maker) -> None:
    report = checked(
        model,
        """
        TI always stocked :TEST INPUT: Store = 3*demand
        sold :THE CONDITION: TI always stocked :IMPLIES: sales = demand :AND: Store = 60
        """,
    )
    assert report.passed


def test_inputs_that_need_each_other_are_refused(model: Maker) -> None:
    report = checked(model, "circle :THE CONDITION: demand = sales :IMPLIES: sales >= 0")
    assert report["circle"].verdict == "refused"
    assert "define each other" in report["circle"].text


def test_a_run_that_breaks_down_is_no_pass(model: Maker) -> None:
    report = model(
        "x = 1\nS = INTEG(1/x, 0)\nbad :THE CONDITION: x = 0 :IMPLIES: S >= 0"
    ).reality_checks()
    assert report["bad"].verdict == "refused"
    assert "ends at" in report["bad"].text


def test_constants_can_be_set_also_those_a_test_input_sets(model: Maker) -> None:
    check = "a :THE CONDITION: workers = RC STEP(workers, 2, 2) :IMPLIES: output < 70"
    assert checked(model, check).passed
    report = model(SHOP + check).reality_checks({"Workers": 5})
    assert report.values == {"workers": 5.0}
    assert (report["a"].time, report["a"].left) == (2.0, 80.0)
    with pytest.raises(sd.OverrideError, match="no variable named 'wrkers'"):
        model(SHOP + check).reality_checks({"wrkers": 5})


def test_every_step_is_looked_at_whatever_is_saved(model: Maker) -> None:
    made = model(
        "x = 1\npulse = PULSE(1.5, 0.5)\nnever :THE CONDITION: x = 2 :IMPLIES: pulse = 0",
        TIME_STEP=0.5,
        SAVEPER=2,
    )
    assert (made.reality_checks()["never"].time, made.run().times[1]) == (1.5, 2.0)
    assert made.reality_checks({"TIME STEP": 0.25})["never"].verdict == "held"  # at 0, 2 and 4


def test_two_checks_of_one_name_are_told_apart(model: Maker) -> None:
    check = "a :THE CONDITION: workers = 0 :IMPLIES: output = 0"
    report = checked(model, f"{check}\n{check}")
    assert [one.verdict for one in report.results] == ["held", "refused"]
    assert "there is another reality check 'a'" in report.results[1].text
