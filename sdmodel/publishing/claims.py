"""The claims about a model on the page: what was claimed, and in how many draws it held."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import Any

from sdmodel.documents.html import Html, table
from sdmodel.errors import SDError
from sdmodel.model import Model

FORMAT = 1
LARGEST = 64 * 2**20
_KINDS = {"supported": "good", "not supported": "bad", "reversed": "bad"}


def claims_section(path: str | Path, model: Model) -> Html:
    """Return the table of claims from the ``claims.json`` that ``sensitivity claims`` wrote.

    Raises
    ------
    SDError
        If the file is something else.
    """
    told = _read(Path(path))
    try:
        rows = [_row(one) for one in told["results"]]
        made = told["provenance"]
        counts = ", ".join(f"{count} {text}" for text, count in told["counts"].items() if count)
        digest = str(made["digest"])
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _strange(path, f"it lacks {error}") from None
    note = ""
    if digest != model.digest:
        note = " Note: they were judged on another version of the model than this page."
    heads = ("Claim", "Verdict", "Holds in", "Over plausible draws", "Most often decided by")
    return Html(
        '<section id="claims"><h2>What is claimed of it</h2>'
        f'<p class="soft">{len(rows)} claims: {escape(counts)}. A claim holds in a draw of all '
        f"uncertainties where the model moves as it says.{note}</p>"
        f"{table(heads, rows, label='Claims')}</section>"
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > LARGEST:
            raise _strange(path, f"it is larger than {LARGEST:,} bytes")
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SDError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise _strange(path, "it is not JSON") from None
    if not isinstance(told, dict) or "claims_format" not in told:
        raise _strange(path, "it does not say so")
    if told["claims_format"] != FORMAT:
        raise _strange(path, f"its layout is {told['claims_format']!r}, not {FORMAT}")
    return told


def _strange(path: str | Path, reason: str) -> SDError:
    cure = "give the claims.json that 'sensitivity claims' wrote"
    return SDError(f"{path} holds no claims that can be shown: {reason}; {cure}")


def _row(one: dict[str, Any]) -> list[object]:
    verdict, plausible = one["verdict"], one["plausible"]
    flips = one["flips"]
    decided = ""
    if flips:
        decided = f"{flips[0]['factor']} ({flips[0]['helps']} helps)"
    return [
        str(one["text"]),
        _verdict(verdict),
        _share(verdict),
        "" if plausible is None else Html(f"{_verdict(plausible)} {_share(plausible)}"),
        decided,
    ]


def _verdict(told: dict[str, Any]) -> Html:
    text, sure = str(told["text"]), bool(told["sure"])
    kind = _KINDS.get(text, "maybe")
    return Html(f'<span class="{kind}">{escape(text)}</span>{"" if sure else " (not sure)"}')


def _share(told: dict[str, Any]) -> str:
    holds = told["holds"]
    return "" if holds is None else f"{float(holds):.0%} of {int(told['draws']):,}"
