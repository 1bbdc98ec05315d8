"""Edits of every kind made on one model, and what must hold of each."""

from __future__ import annotations

import html
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import sdmodel as sd
from sdmodel.editing import Edit, pieces
from sdmodel.editing.numbers import number_text, numbers_of
from sdmodel.editing.text import is_xmile
from sdmodel.editing.words import refuse_function
from sdmodel.expr import literal
from sdmodel.frontends.text import decode
from sdmodel.names import element_key, key
from tests.conformance.recorded import PLACE, Case, beside, load

STEPS = 6
CLOCK = {"time", "initial time", "final time", "time step", "saveper"}


def files(*suffixes: str) -> list[Path]:
    """Return the model files there are, all of them."""
    if PLACE is None:
        return []
    found = (PLACE / "models").rglob("*")
    return sorted(one for one in found if one.suffix.lower() in suffixes)


def opened(path: Path, scratch: Path) -> sd.Model | None:
    """Load a model with its data, or tell by None that it is of no use."""
    try:
        return load(Case(path, path, *beside(path)), scratch)
    except sd.SDError:
        return None


def run(model: sd.Model, overrides: dict[str, float] | None = None) -> sd.Run:
    """Run a model for a few steps, by the engine that defines what is right."""
    constants = {key(name): value for name, value in model.constants.items()}
    start = constants.get("initial time", 0.0)
    step = constants.get("time step", 1.0)
    last = min(start + STEPS * step, constants.get("final time", np.inf))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return model.run(overrides, method="vensim", engine="reference", final_time=last)
        except sd.OverrideError as error:
            if "run controls change" not in str(error):
                raise
            return model.run(overrides, method="vensim", engine="reference")


def tokens_are_the_file(path: Path) -> bool:
    """Return whether the pieces of a file, joined, are the file."""
    raw = path.read_bytes()
    source = decode(str(path), raw)
    joined = "".join(one.text for one in pieces(source))
    return source.bom + joined.encode(source.encoding) == raw


def saved_unedited(path: Path, folder: Path) -> bool:
    """Return whether opening and saving a file, here and elsewhere, changes no byte."""
    raw = path.read_bytes()
    copy = folder / f"copy{path.suffix}"
    copy.write_bytes(raw)
    edit = sd.edit(copy)
    edit.save()
    other = edit.save(folder / f"other{path.suffix}")
    return copy.read_bytes() == raw == other.read_bytes() and edit.diff() == ""


def differing_lines(edit: Edit) -> int:
    return sum(line[:1] in ("+", "-") for line in edit.diff().splitlines()[2:])


def constant_changed(model: sd.Model) -> bool | None:
    """Change one number: all bytes but its own stay, and the run is that of an override."""
    edit = model.edit()
    wholes = {name.partition("[")[0]: value for name, value in model.constants.items()}
    for name, value in [*model.constants.items(), *wholes.items()]:
        if element_key(name) in CLOCK:
            continue
        one = model.definition(name)
        new = value * 1.5 + 0.25
        if not (one.low is None or one.low <= new) or not (one.high is None or new <= one.high):
            new = one.low if one.low is not None and one.low != value else one.high or new
        try:
            over, changed = run(model, {name: new}), edit.set(name, new)
            found = run(changed.model)
        except sd.SDError:  # of a file, one number for many elements, a value that is not offered
            continue
        before, after = edit.text.text, changed.text.text
        spans = [span for entry in edit.source.variables for span in numbers_of(edit.text, entry)]
        assert any(
            after == before[: span.start] + number_text(new) + before[span.end :] for span in spans
        ), name
        assert np.array_equal(found.table, over.table, equal_nan=True), name
        return True
    return None


def equation_changed(model: sd.Model) -> bool | None:
    """Double one equation: it stands where it stood, and the run is that of `replace`."""
    edit = model.edit()
    for one in edit.source.variables:
        scalar = one.equation is not None and literal(one.equation) is None
        if not scalar or one.lookup or one.data or one.key in CLOCK or one.equation_span.start < 0:
            continue
        if len(edit.source.entries[one.key]) > 1:
            continue
        span = one.equation_span
        old = edit.text.text[span.start : span.end]
        if "(" in old.split()[0] or ("," in old and "(" not in old):  # INTEG, lists
            continue
        new = f"0.5*({old})"
        try:
            replaced = model.replace(one.name, new)
        except sd.SDError:
            continue
        changed = edit.equation(one.name, new)
        before, after = edit.text.text, changed.text.text
        assert after == before[: span.start] + new + before[span.end :]
        ours, theirs = run(changed.model), run(replaced)
        assert np.array_equal(ours.table, theirs.table, equal_nan=True), one.name
        return True
    return None


def renamed_name(name: str) -> str:
    return f"{name.strip(chr(34)).replace(chr(92), '')} (re-named)"


def variable_renamed(model: sd.Model, wanted: str = "") -> bool | None:
    """Rename a variable that others use: the same run under the new name."""
    edit = model.edit()
    base = run(model)
    used = [one for one in model.variables if model.variable(one).used_by]
    for name in [wanted] if wanted else [*used, *model.variables]:
        entries = edit.source.entries.get(key(name), ())
        from_file = any(one.data and one.equation is None for one in entries)
        if key(name) in CLOCK or not entries or from_file or is_function(edit, name):
            continue
        new = renamed_name(name)
        try:
            changed = edit.rename(name, new)
        except sd.OverrideError as error:
            if "modules" in str(error):
                return None
            raise
        found = run(changed.model)
        was, now = element_key(name), element_key(f'"{new}"')
        assert same_under(base, found, was, now), name
        assert len(changed.diff()) > 0
        # And back again: the old bytes, where the name was spelled one way.
        back = changed.rename(new, name)
        assert same_under(base, run(back.model), was, was)
        return True
    return None


def is_function(edit: Edit, name: str) -> bool:
    """Whether a name that a file has can not be given to anything anew."""
    try:
        refuse_function(edit.text, name)
    except sd.OverrideError:
        return True
    return False


def same_under(base: sd.Run, found: sd.Run, old: str, new: str) -> bool:
    """Return whether two runs have the same values, one variable under another name."""
    columns = {element_key(one): found.values(one) for one in found.columns}
    for one in base.columns:
        place = element_key(one)
        if place == old or place.startswith(f"{old}["):
            place = new + place[len(old) :]
        if not np.array_equal(columns[place], base.values(one), equal_nan=True):
            return False
    return len(columns) == len(base.columns)


def deleted_and_added(model: sd.Model) -> bool | None:
    """Delete a variable and add it again: the same run, and all else in its place."""
    edit = model.edit()
    for name in reversed(model.variables):
        entries = edit.source.entries.get(key(name), ())
        if len(entries) != 1 or key(name) in CLOCK or entries[0].equation_span.start < 0:
            continue
        one = entries[0]
        if one.data or one.exceptions or one.unchangeable or is_function(edit, name):
            continue
        span = one.equation_span
        text = edit.text.text[span.start : span.end]
        if is_xmile(edit.text):
            whole = edit.text.text[one.span.start : one.span.end]
            plain = one.kind == "aux" and not one.subscripts and "<gf" not in whole
            if not plain or "." in one.name:
                continue
            text = html.unescape(text)
        inside = f"[{','.join(one.subscripts)}]" if one.subscripts else ""
        try:
            gone = edit.delete(name, even_if_used=True)
        except sd.OverrideError as error:
            if "modules" in str(error):
                return None
            raise
        assert key(name) not in gone.source.by_key
        assert differing_lines(gone) > 0
        back = gone.add(name + inside, text, one.units, one.comment)
        if (one.low, one.high, one.step) != (None, None, None):
            back = back.limits(name + inside, one.low, one.high, one.step)
        assert back.source.by_key.keys() == edit.source.by_key.keys()
        base, found = run(model), run(back.model)
        assert same_under(base, found, "?", "?"), name
        return True
    return None


CHECKS: dict[str, Callable[[sd.Model], bool | None]] = {
    "one constant changed": constant_changed,
    "one equation changed": equation_changed,
    "one variable renamed": variable_renamed,
    "one variable deleted and added back": deleted_and_added,
}


def counts(suffixes: tuple[str, ...], scratch: Path) -> Iterator[str]:
    """Yield how many files pass each check, one line each."""
    found = files(*suffixes)
    whole = [tokens_are_the_file(one) for one in found]
    yield f"the concatenated tokens equal the file: {sum(whole)} of {len(found)}"
    same = [saved_unedited(one, scratch) for one in found]
    yield f"opened and saved, the same bytes: {sum(same)} of {len(found)}"
    models = {}
    for i, one in enumerate(found):
        folder = scratch / str(i)
        folder.mkdir()
        models[one] = opened(one, folder)
    usable = {one: model for one, model in models.items() if model is not None}
    yield f"files that load: {len(usable)} of {len(found)}"
    for what, check in CHECKS.items():
        passed, without, failed = 0, 0, list[str]()
        for path, model in usable.items():
            try:
                result = check(model)
            except (AssertionError, sd.SDError) as error:
                failed.append(f"  {path.name}: {type(error).__name__}: {str(error)[:300]}")
                continue
            passed, without = passed + (result is True), without + (result is None)
        have = len(usable) - without
        yield f"{what}: {passed} of {have} files that have one to change"
        yield from failed


if __name__ == "__main__":
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for line in counts(tuple(sys.argv[1:]) or (".mdl",), Path(folder)):
            print(line, flush=True)
