"""Carrying out the checks on a model or a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sdmodel.checks import clock, equations, faults, naming, running, tables, variables, words
from sdmodel.checks.records import SEVERITIES, Check, Finding
from sdmodel.checks.registry import CHECKS
from sdmodel.checks.rules import Rules, read_rules
from sdmodel.checks.subject import Subject
from sdmodel.errors import Problem, SDError, SettingsError
from sdmodel.model import Model, load

# The files that fill the registry.
ROWS = (faults, variables, equations, words, clock, running, tables, naming)


def check(
    path: str | Path | Model,
    rules: Rules | None = None,
    *,
    data: Sequence[str | Path] = (),
    allow: Sequence[str | Path] = (),
    run: bool = True,
) -> list[Finding]:
    """Return everything that is wrong with a model, or looks so, errors first.

    Parameters
    ----------
    path
        The model file, or the model as it was loaded from it.
    rules
        What is checked; those of ``[checks]`` in the TOML file beside the model when left out.
    data, allow
        As in `load`.
    run
        Whether to run the model for the checks that need it.

    Examples
    --------
    >>> import sdmodel as sd
    >>> sd.check("models/core.mdl")
    []
    """
    try:
        model = path if isinstance(path, Model) else load(path, data=data, allow=allow)
        rules = rules or read_rules(model.path.with_suffix(".toml"))
    except SDError as error:
        return faults_of(error)
    return check_model(model, rules, run=run)


def check_model(
    model: Model, rules: Rules, *, run: bool = True, subject: Subject | None = None
) -> list[Finding]:
    """Return what the wanted checks find in a model that can be run, the gravest first.

    A `subject` brings what is known of the model already.
    """
    subject = subject or Subject(model, rules)
    found: list[Finding] = []
    for one in CHECKS.values():
        if one.find is not None and rules.wants(one) and (run or not one.runs):
            found += _carry_out(one, subject)
    return sorted(found, key=_order)


def faults_of(error: SDError) -> list[Finding]:
    """Return the errors for which a model was refused, by place."""
    problems = list(getattr(error, "problems", ()))
    if not problems:
        kind = "settings" if isinstance(error, SettingsError) else "definition"
        problems = [Problem(str(error), kind)]
    return [faults.fault(one) for one in problems]


def _carry_out(one: Check, subject: Subject) -> list[Finding]:
    assert one.find is not None
    told = dict.fromkeys(one.find(subject))
    return [Finding(one.code, one.severity, problem, one.fixable) for problem in told]


def _order(one: Finding) -> tuple[int, str, int, int, str]:
    problem = one.problem
    grave = SEVERITIES.index(one.severity)
    return grave, problem.path, problem.line, problem.column, one.code
