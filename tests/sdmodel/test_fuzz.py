"""Whatever a file holds, reading it gives a model or a message."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

import sdmodel as sd
from sdmodel.frontends.mdl import parse
from sdmodel.frontends.text import decode
from sdmodel.model import Model

# Nothing but messages ---------------------------------------------------------------------------


Limited = Callable[[float], AbstractContextManager[None]]
Survives = Callable[[bytes], bool]


@pytest.fixture
def survives(limited: Limited) -> Callable[[bytes], bool]:
    """Return a reader that tells whether a file is in order; it may raise nothing but `SDError`."""

    def check(raw: bytes) -> bool:
        with limited(5):
            try:
                problems = Model(parse(decode("core.mdl", raw))).problems()
            except sd.SDError as error:
                problems = list(getattr(error, "problems", ()))
                assert problems, "an error about a file lists what is wrong"
            assert all(problem.path == "core.mdl" for problem in problems)
            return not problems

    return check


def test_truncated_files(core_text: str, survives: Survives) -> None:
    raw = core_text.encode()
    read = [survives(raw[:length]) for length in range(0, len(raw), 97)]
    assert not read[0]
    assert True in read  # what is cut within the sketch still runs
    assert len(read) > 100


ODD = "()[]{}|~\"'\\:=,;*+-/^<>!@#$%&?. \n\r\t0aZ\0é☃"


@pytest.mark.parametrize("seed", range(4))
def test_files_with_single_mistakes(core_text: str, survives: Survives, seed: int) -> None:
    # The sketch is not read with the equations, so mistakes there would test nothing.
    equations, mark, sketch = core_text.partition("\\\\\\---///")
    dice = random.Random(seed)
    read = []
    for _ in range(60):
        place = dice.randrange(len(equations))
        new = dice.choice(["", dice.choice(ODD), equations[place] + dice.choice(ODD)])
        changed = equations[:place] + new + equations[place + 1 :]
        read.append(survives((changed + mark + sketch).encode()))
    assert True in read
    assert False in read


@pytest.mark.parametrize("seed", range(4))
def test_files_of_noise(survives: Survives, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(50):
        length = dice.randrange(1, 400)
        assert not survives(bytes(dice.randrange(256) for _ in range(length)))
        assert not survives("".join(dice.choice(ODD + "abc=() ~|") for _ in range(length)).encode())
