"""One fault gives one message: what follows from a refusal is not refused again."""

from __future__ import annotations

from pathlib import Path

import pytest

import sdmodel as sd

CONTROL = "INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\n"


def messages(folder: Path, *lines: str) -> list[tuple[int, str]]:
    """Return line and text of everything that is wrong with a model."""
    place = folder / "m.mdl"
    place.write_text("{UTF-8}\n" + "".join(f"{line} ~~|\n" for line in lines) + CONTROL)
    with pytest.raises(sd.SDError) as caught:
        sd.load(place)
    return [(one.line, one.message) for one in caught.value.problems]


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    missing = f"there is no file 'no.xlsx' in {tmp_path}"
    assert messages(
        tmp_path,
        "series := GET XLS DATA('no.xlsx', 'a', 'A', 'B2')",
        "number = GET DIRECT CONSTANTS('no.xlsx', 'a', 'B2')",
        "table = GET DIRECT LOOKUPS('no.xlsx', 'a', 'A', 'B2')",
        "x = series + number + table(Time)",
    ) == [(2, missing), (3, missing), (4, missing)]


def test_a_getter_inside_of_an_equation(tmp_path: Path) -> None:
    assert messages(tmp_path, "x = 1 + GET DIRECT CONSTANTS('n.csv', ',', 'B2') + FOO(2)") == [
        (2, "GET DIRECT CONSTANTS stands inside of an equation"),
        (2, "in the equation of 'x': there is no function named 'FOO'"),
    ]


def test_a_range_inside_of_an_unknown_function(tmp_path: Path) -> None:
    assert messages(tmp_path, "D: d1, d2", "v[D] = 1, 2", "x = VECTOR LOOKUP(v[D!], 1.5)") == [
        (4, "in the equation of 'x': there is no function named 'VECTOR LOOKUP'")
    ]
    # Elsewhere it stays wrong.
    assert [text for _, text in messages(tmp_path, "D: d1, d2", "v[D] = 1, 2", "x = v[D!]")] == [
        "in the equation of 'x': 'D!' stands outside of SUM and its like"
    ]
