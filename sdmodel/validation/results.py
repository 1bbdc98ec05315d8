"""What a confidence test found, and all of them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdmodel.errors import SDError

if TYPE_CHECKING:
    import pandas as pd

PASS, FAIL, FINDING = "pass", "fail", "finding"
NOT_APPLICABLE, NOT_RUN = "not applicable", "not run"
STATUSES = (PASS, FAIL, FINDING, NOT_APPLICABLE, NOT_RUN)


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """What one confidence test found.

    `status` is "pass", "fail", "finding" (something a reader must know, with no right or wrong),
    "not applicable" (the model has nothing of the kind, or nothing is expected of it) or "not run"
    (with the reason). `figure` is the number the verdict rests on, NaN where there is none, and
    `text` says it in words. `rows` are the details under the headings `columns`; `passes` says what
    the test asks for.

    Examples
    --------
    >>> print(ValidationResult("V2", "Conservation", "pass", 2e-16, "2 of 2 hold"))
    V2 Conservation: pass: 2 of 2 hold
    """

    id: str
    name: str
    status: str
    figure: float
    text: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()
    passes: str = ""

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise ValueError(f"{self.id}: there is no status {self.status!r}")

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.id} {self.name}: {self.status}: {self.text}"


@dataclass(frozen=True)
class ValidationReport:
    """The results of all confidence tests that were asked for, in the order of their numbers.

    `provenance` has everything needed to repeat them: hash of the model and of the expectations,
    versions, method, seed, number of draws.

    Examples
    --------
    >>> import sdmodel as sd
    >>> report = sd.validate(sd.load("models/core.mdl"), only=["V2", "V20"])
    >>> report["V2"].status, report["V20"].status
    ('pass', 'not applicable')
    >>> report.passed
    True
    """

    model: str
    results: tuple[ValidationResult, ...]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether no test failed and at least one was passed."""
        found = {one.status for one in self.results}
        return PASS in found and FAIL not in found

    @property
    def counts(self) -> dict[str, int]:
        """How many results have each status."""
        return {one: sum(r.status == one for r in self.results) for one in STATUSES}

    @property
    def verdict(self) -> str:
        """One sentence: how many tests passed, failed, and so on."""
        told = ", ".join(f"{count} {status}" for status, count in self.counts.items() if count)
        return f"{self.model}: {told or 'nothing was tested'}"

    @property
    def table(self) -> pd.DataFrame:
        """One row a test: name, status, figure, text; the index is its number."""
        import pandas as pd

        columns = ["id", "name", "status", "figure", "text"]
        rows = [[getattr(one, name) for name in columns] for one in self.results]
        return pd.DataFrame(rows, columns=columns).set_index("id")

    def __getitem__(self, number: str) -> ValidationResult:
        """Return the result of one test, by its number."""
        for one in self.results:
            if one.id.casefold() == number.casefold():
                return one
        raise SDError(f"{number} was not asked for: {', '.join(one.id for one in self.results)}")

    def __str__(self) -> str:
        """Return one line a test, and the verdict."""
        return "\n".join([*map(str, self.results), self.verdict])

    def to_html(self, path: str | Path) -> Path:
        """Write everything as one page that loads nothing from anywhere."""
        from sdmodel.run import atomic
        from sdmodel.validation.page import page

        place = Path(path)
        with atomic(place) as part:
            part.write_text(page(self), encoding="utf-8")
        return place
