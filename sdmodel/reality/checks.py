"""All reality checks of a model, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sdmodel.errors import ModelError, Problem, ReadError
from sdmodel.lowering import program_of
from sdmodel.overrides import check_values
from sdmodel.reality.arrange import arrange
from sdmodel.reality.cases import Case, cases_of
from sdmodel.reality.judge import Judge
from sdmodel.reality.profiles import Refused
from sdmodel.reality.results import REFUSED, RealityReport, RealityResult
from sdmodel.run import Run
from sdmodel.settings import values_of

if TYPE_CHECKING:
    from sdmodel.model import Model
    from sdmodel.settings import Overrides

NO_RUNS: Mapping[str, Run] = {}


def reality_checks(
    model: Model, overrides: Overrides = None, *, runs: Mapping[str, Run] | None = None
) -> RealityReport:
    """Run the reality checks of a model. See `sdmodel.Model.reality_checks`."""
    values, _ = values_of(overrides, model.scenario)
    checked = check_values(model.source, model.program, values)
    results: list[RealityResult] = []
    for case in cases_of(model.source):
        results += judged(model, case, checked, runs or {})
    shown = {model.program.columns[name][0]: value for name, value in checked.items()}
    return RealityReport(model.name, tuple(results), shown)


def judged(
    model: Model, case: Case, values: Mapping[str, float], runs: Mapping[str, Run] = NO_RUNS
) -> list[RealityResult]:
    """Return the result of every element of a constraint."""
    try:
        judge = judge_of(model, case, runs)
    except Refused as refused:
        name, text = case.constraint.name, _told(refused.problem)
        return [RealityResult(name, "", REFUSED, text=text, line=case.line)]
    return judge.judge([values])[0]


def judge_of(model: Model, case: Case, runs: Mapping[str, Run] = NO_RUNS) -> Judge:
    """Return the judge of a constraint.

    Raises
    ------
    Refused
        If it cannot be run.
    """
    source, one = case.source, case.constraint
    if one.problem is not None:
        raise Refused(one.problem)
    first = next(other for other in source.constraints if other.key == one.key)
    if first.at != one.at:
        line = source.source.place(first.at)[0]
        what = f"there is another reality check {one.name!r}, in line {line}"
        raise Refused(source.source.problem(one.at, what, cure="give it another name"))
    try:
        same = len(source.variables) == len(model.source.variables)
        program = model.program if same else program_of(source)
        return Judge(model, arrange(source, program, one, runs))
    except (ModelError, ReadError) as error:
        raise Refused(_first(error.problems)) from None


def _first(problems: list[Problem] | tuple[Problem, ...]) -> Problem:
    """Return the first of some problems, without the name of a variable nobody wrote."""
    from dataclasses import replace

    first = problems[0]
    _, mark, behind = first.message.partition("': ")
    hidden = first.message.startswith("in the equation of 'reality ") and mark
    return replace(first, message=behind) if hidden else first


def _told(problem: Problem) -> str:
    where = f"line {problem.line}: " if problem.line else ""
    return where + problem.message + (f"; {problem.cure}" if problem.cure else "")
