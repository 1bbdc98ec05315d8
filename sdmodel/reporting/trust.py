"""The confidence tests as a table: those just made, or as `sdmodel validate --json` told them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sdmodel.documents.html import Html, section, shown, table
from sdmodel.errors import SDError
from sdmodel.model import Model
from sdmodel.validation import ValidationReport

_KIND = {"pass": "good", "fail": "bad", "finding": "maybe"}


def trust_section(validation: str | Path | ValidationReport, model: Model) -> Html:
    """Return the section of a report on the model, or of the file that holds one.

    Raises
    ------
    SDError
        If the file holds something else.
    """
    told = asdict(validation) if isinstance(validation, ValidationReport) else _read(validation)
    try:
        results, about = list(told["results"]), dict(told["provenance"])
        rows = [_row(one) for one in results]
        counts = Counter(str(one["status"]) for one in results)
    except (KeyError, TypeError, ValueError) as error:
        raise _strange(validation, f"it lacks {error}") from None
    verdict = ", ".join(f"{count} {status}" for status, count in counts.items())
    note = ""
    if about.get("digest") != model.digest:
        note = (
            '<p class="bad">These tests are of another version of the model than this report.</p>'
        )
    draws = f", {about['draws']:,} draws" if isinstance(about.get("draws"), int) else ""
    body = (
        f"<p><b>{shown(verdict)}.</b> Tests of sdmodel validate, seed "
        f"{shown(about.get('seed', '?'))}"
        f"{draws}.</p>{note}{table(('test', 'result', 'what was found'), rows, label='Tests')}"
    )
    return section("Can it be trusted?", Html(body), "trust")


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    status = str(one["status"])
    mark = Html(f'<span class="nb {_KIND.get(status, "soft")}">{shown(status)}</span>')
    return f"{one['id']} {one['name']}", mark, str(one["text"])


def _read(path: str | Path) -> dict[str, Any]:
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise SDError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise _strange(path, "it is not JSON") from None
    if not isinstance(told, dict):
        raise _strange(path, "it is a list")
    return told


def _strange(path: object, reason: str) -> SDError:
    cure = "give what 'sdmodel validate MODEL --json > FILE' wrote"
    return SDError(f"{path} holds no confidence tests: {reason}; {cure}")
