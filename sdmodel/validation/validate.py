"""All confidence tests of a model, one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sdmodel.errors import OverrideError
from sdmodel.model import Model
from sdmodel.run import provenance
from sdmodel.simulate import choose_method

# Imported for what they put on the list.
from sdmodel.validation import (  # noqa: F401
    alternatives,
    bounds,
    budget,
    conservation,
    engines,
    equilibrium,
    extremes,
    loops,
    parameters,
    reality,
    records,
    steps,
    structure,
    units,
)
from sdmodel.validation.expectations import Expectations
from sdmodel.validation.reading import read_expectations
from sdmodel.validation.registry import ConfidenceTest, chosen
from sdmodel.validation.results import ValidationReport
from sdmodel.validation.study import Progress, ValidationStudy


def validate(
    model: Model,
    *,
    only: Iterable[str] | None = None,
    draws: int = 10_000,
    seed: int = 1,
    expectations: str | Path | None = None,
    also: Iterable[ConfidenceTest] = (),
    progress: Progress | None = None,
) -> ValidationReport:
    """Put a model to the confidence tests, and report what each found.

    Parameters
    ----------
    model
        The model.
    only
        The numbers of the tests to run, as in ``["V1", "V4"]``; all when left out.
    draws
        How many settings of levers and uncertainties the bounds are tested under.
    seed
        Of the draws: the same seed gives the same draws.
    expectations
        The file that says what is expected of this model; MODEL.expectations.toml beside it when
        left out. Without one, only what every model must do is tested.
    also
        Further tests, beside those that installed packages offer.
    progress
        Called with the number of a test, and how much of it is done and how much there is.

    Raises
    ------
    SettingsError
        With everything that is wrong in the file of expectations.
    OverrideError
        If there is no such test.

    Examples
    --------
    >>> import sdmodel as sd
    >>> report = sd.validate(sd.load("models/core.mdl"), only=["V2"])
    >>> print(report)
    V2 Conservation: pass: 4 of 4 hold; ...
    core: 1 pass
    """
    if draws < 1:
        raise OverrideError("draws", f"draws is {draws}: give 1 or more")
    tests = chosen(only, also)
    found = _expectations(model, expectations)
    study = ValidationStudy(model, found, draws=draws, seed=seed, progress=progress)
    study.check_expressions()
    results = []
    for test in tests:
        study.at = test.id
        study.tell(0, 1)
        results.append(test.judge(study))
    method, _ = choose_method(model.program, "vensim")
    about = provenance(model.digest, model.path.name) | {
        "method": method.name,
        "expectations": found.digest,
        "draws": draws,
        "seed": seed,
    }
    return ValidationReport(model.name, tuple(results), about)


def _expectations(model: Model, given: str | Path | None) -> Expectations:
    if given is not None:
        return read_expectations(given, model)
    beside = model.path.with_suffix(".expectations.toml")
    return read_expectations(beside, model) if beside.is_file() else Expectations()
