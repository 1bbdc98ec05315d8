"""What any bytes must survive: read, lower and run three steps, or be refused with a place."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from sdmodel.errors import Problem, SDError
from sdmodel.external.resolve import resolve
from sdmodel.frontends import parse
from sdmodel.frontends.text import decode
from sdmodel.model import Model
from sdmodel.program import INITIAL_TIME, TIME_STEP
from sdmodel.run import NonFiniteWarning
from sdmodel.source import SourceText

STEPS = 3
# Values of a model that is still run; larger ones are only lowered.
SMALL = 20_000
# A folder with nothing in it: what a model asks of files is never there.
NOWHERE = Path(os.devnull).parent / "nowhere"


def examine(raw: bytes) -> str:
    """Return how far a file comes: "refused", "stopped" in its run, "large", "lowered" or "run".

    What begins with ``<`` is read as XMILE, everything else as Vensim's. Nothing but an `SDError`
    may be raised on the way, and each problem must have its place within the text.
    """
    suffix = ".stmx" if raw.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<") else ".mdl"
    source = None
    try:
        source = decode(str(NOWHERE / f"model{suffix}"), raw)
        model = Model(resolve(parse(source)))
        model.program  # noqa: B018 - raises what is wrong with the model
    except SDError as error:
        refused = error
    else:
        return _run(model)
    problems = getattr(refused, "problems", ())
    assert problems, "an error about a file lists what is wrong"
    for problem in problems:
        _placed(problem, source)
    return "refused"


def _run(model: Model) -> str:
    constants = model.program.constants
    if model.program.layout.count > SMALL:
        return "large"
    if model.program.dynamic_control:
        return "lowered"  # such a run ends where the model says, and cannot be cut short
    step = constants.get(TIME_STEP, 1.0)
    final = constants.get(INITIAL_TIME, 0.0) + STEPS * step
    with warnings.catch_warnings():  # a value beyond all numbers is told, and is no mistake here
        warnings.simplefilter("ignore", NonFiniteWarning)
        try:
            model.run(method="vensim", engine="reference", time_step=step, final_time=final)
        except SDError as error:
            return "stopped" if str(error) else "stopped without a word"
    return "run"


def _placed(problem: Problem, source: SourceText | None) -> None:
    """Assert that a problem points into the text, and says something."""
    assert problem.message
    if source is None or not problem.line:
        return
    assert 1 <= problem.column <= len(source.line(problem.line)) + 1, problem
    assert problem.text == source.line(problem.line), problem
