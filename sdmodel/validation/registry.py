"""The list of confidence tests: number, title, what passes, and who runs it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from sdmodel.errors import OverrideError, SDError, did_you_mean, near_names
from sdmodel.validation.results import FAIL, NOT_RUN, ValidationResult

if TYPE_CHECKING:
    from sdmodel.validation.study import ValidationStudy

    Run = Callable[[ValidationStudy, "ConfidenceTest"], ValidationResult]

# Other packages name a function there that returns their confidence tests.
GROUP = "sdmodel.validators"


@dataclass(frozen=True, slots=True)
class ConfidenceTest:
    """A test of confidence in a model: its number, title, what passes, and the function that runs.

    The function takes the `ValidationStudy` and the test itself, and returns a `ValidationResult`;
    `result` makes one under the test's own number. A package adds tests of its own by an entry
    point of the group ``sdmodel.validators`` that names a function returning a list of them.

    Examples
    --------
    >>> def always(study, test):
    ...     return test.result("finding", f"{study.model.name} is a model")
    >>> mine = ConfidenceTest("V99", "Is a model", "nothing", always)
    >>> mine.result("pass", "all is well").name
    'Is a model'
    """

    id: str
    title: str
    passes: str
    run: Run

    def result(
        self,
        status: str,
        text: str,
        figure: float = math.nan,
        columns: Iterable[str] = (),
        rows: Iterable[tuple[object, ...]] = (),
    ) -> ValidationResult:
        """Return a result of this test."""
        return ValidationResult(
            self.id,
            self.title,
            status,
            float(figure),
            text,
            tuple(columns),
            tuple(rows),
            self.passes,
        )

    def judge(self, study: ValidationStudy) -> ValidationResult:
        """Run it; a model that cannot even be run for it has failed."""
        try:
            return self.run(study, self)
        except SDError as error:
            return self.result(FAIL, f"could not be carried through: {error}")


CHECKS: dict[str, ConfidenceTest] = {}


def confidence_test(number: str, title: str, passes: str) -> Callable[[Run], Run]:
    """Put a function on the list."""

    def put(run: Run) -> Run:
        CHECKS[number] = ConfidenceTest(number, title, passes, run)
        return run

    return put


def chosen(only: Iterable[str] | None, also: Iterable[ConfidenceTest] = ()) -> list[ConfidenceTest]:
    """Return the tests that are asked for, in the order of their numbers."""
    known = {**CHECKS, **{one.id: one for one in _offered()}, **{one.id: one for one in also}}
    known = dict(sorted(known.items(), key=lambda item: _order(item[0])))
    if only is None:
        return list(known.values())
    found = []
    by_fold = {one.casefold(): one for one in known}
    for number in only:
        if number.strip().casefold() not in by_fold:
            hint = did_you_mean(near_names(number, known)) or f"there are: {', '.join(known)}"
            raise OverrideError(number, f"there is no test {number!r}; {hint}")
        found.append(by_fold[number.strip().casefold()])
    return [known[one] for one in known if one in found]


def _order(number: str) -> tuple[int, str]:
    digits = number[1:]
    return (int(digits), "") if digits.isdecimal() else (10**6, number)


def _offered() -> list[ConfidenceTest]:
    """Return what other installed packages offer."""
    found: list[ConfidenceTest] = []
    for point in entry_points(group=GROUP):
        try:
            found += point.load()()
        except Exception as error:  # a package that is broken must not break the others
            reason = f"{point.value} did not load: {error}"
            found.append(_absent(point.name, reason))
    return found


def _absent(number: str, reason: str) -> ConfidenceTest:
    def run(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
        return test.result(NOT_RUN, reason)

    return ConfidenceTest(number, "Offered by another package", "", run)
