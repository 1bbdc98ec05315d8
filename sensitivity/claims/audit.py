"""Does one equation's form decide a claim? Every claim again, under each other form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sdmodel as sd
from sensitivity.claims.report import ClaimsReport
from sensitivity.claims.study import run_claims
from sensitivity.claims.verdicts import Verdict
from sensitivity.progress import with_bar

if TYPE_CHECKING:
    Progress = Callable[[int, int], None]

# A verdict needs fewer draws than a share: the audit uses so many of them.
AUDIT_DRAWS = 128


@dataclass(frozen=True, slots=True)
class FormChange:
    """A claim whose verdict is another under another form of one equation.

    Parameters
    ----------
    claim
        Its name.
    form, variable, alternative
        What the equation assumes, which variable it is of, and the constants of the other form.
    before, after
        The verdict on the same draws.
    """

    claim: str
    form: str
    variable: str
    alternative: str
    before: Verdict
    after: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {
            "claim": self.claim,
            "form": self.form,
            "variable": self.variable,
            "alternative": self.alternative,
            "before": self.before.text,
            "holds_before": self.before.holds,
            "after": self.after.text,
            "holds_after": self.after.holds,
        }


@with_bar("audit")
def audited(
    model: sd.Model,
    report: ClaimsReport,
    *,
    draws: int = AUDIT_DRAWS,
    threads: int | None = None,
    store: str | Path | None = None,
    progress: Progress | None = None,
) -> list[FormChange]:
    """Judge the claims of a report again under each other form of an equation.

    The forms are the audit list in the model's expectations file. Both verdicts are on the same
    draws, fewer than those of the report where it has more.

    Returns
    -------
    list
        Claims whose verdict changes, form by form; empty where the model has no audit list.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model = sd.load("models/core.mdl")
    >>> isinstance(sa.audited(model, sa.run_claims(model, draws=16), draws=16), list)
    True
    """
    path = model.path.with_suffix(".expectations.toml")
    if not path.is_file():
        return []
    audits = {
        tuple(sorted(one.alternative.items())): one
        for one in sd.read_expectations(path, model).audits
        if one.alternative
    }
    only = [one.claim.name for one in report.results]
    size = min(draws, len(report.kept))
    steps = len(audits) + 1

    def again(form: dict[str, float], place: int) -> ClaimsReport:
        def told(done: int, total: int) -> None:
            if progress is not None:
                progress(place * total + done, steps * total)

        return run_claims(
            model,
            report.book,
            only=only,
            draws=size,
            seed=report.provenance["seed"],
            form=form,
            threads=threads,
            store=store,
            scans=False,
            errors=report.measured,
            progress=told,
        )

    before = again({}, 0)
    changes = []
    for place, (form, one) in enumerate(audits.items(), 1):
        after = again(dict(form), place)
        words = ", ".join(f"{name} = {value:g}" for name, value in form)
        changes += [
            FormChange(old.claim.name, one.form, one.variable, words, old.verdict, new.verdict)
            for old, new in zip(before.results, after.results, strict=True)
            if old.verdict.text != new.verdict.text
        ]
    return changes
