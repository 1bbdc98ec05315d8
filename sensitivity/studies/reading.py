"""Study files: one TOML that says what is run, how, and where it is kept."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sdmodel as sd
from sensitivity.errors import SensitivityError, StudyError, among
from sensitivity.space import Space
from sensitivity.studies.store import SUFFIX
from sensitivity.studies.study import Study, study

LARGEST = 2**20
WHAT = ("both", "levers", "uncertainties")


@dataclass(frozen=True)
class StudyFile:
    """A study as its file describes it.

    Parameters
    ----------
    study
        What is run.
    store
        Where it is kept: as the file says, or its own name beside it.
    """

    study: Study
    store: Path


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_store(value: object) -> bool:
    return isinstance(value, str) and value.endswith(SUFFIX) and "\0" not in value


def _is_texts(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(one, str) for one in value)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_numbers(value: object) -> bool:
    return isinstance(value, dict) and all(_is_number(one) for one in value.values())


def _is_arms(value: object) -> bool:
    return isinstance(value, dict) and all(_is_numbers(one) for one in value.values())


def _is_limits(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(ends, dict) and ends.keys() <= {"low", "high"} and _is_numbers(ends)
        for ends in value.values()
    )


# What may stand in a study file: how it is checked, and what it must be, in words.
KEYS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "model": (_is_text, "the path of the model, from the folder of this file"),
    "store": (_is_store, f"a folder beside this file, ending in {SUFFIX}"),
    "method": (_is_text, "the name of a method; 'sensitivity methods' lists them"),
    "samples": (_is_whole, "a whole number"),
    "seed": (_is_whole, "a whole number"),
    "second_order": (_is_flag, "true or false"),
    "grouped": (_is_flag, "true or false"),
    "quantile": (_is_number, "a number such as 0.5"),
    "threshold": (_is_number, "a number"),
    "resamples": (_is_whole, "a whole number"),
    "confidence": (_is_number, "a number such as 0.95"),
    "outcomes": (
        lambda value: _is_texts(value) or isinstance(value, dict),
        "a list of names of outcomes or variables, or tables as in the .toml beside a model",
    ),
    "what": (lambda value: value in WHAT, f"one of {', '.join(WHAT)}"),
    "levers": (
        lambda value: _is_text(value) or isinstance(value, dict),
        "the path of a .toml with levers, or tables as in the .toml beside a model",
    ),
    "uncertainties": (lambda value: isinstance(value, dict), "tables, as are those of levers"),
    "scenarios": (lambda value: isinstance(value, dict), "tables as in the .toml beside a model"),
    "correlations": (lambda value: isinstance(value, dict), "a table of rank correlations"),
    "never_negative": (_is_texts, "a list of variables"),
    "only": (_is_texts, "a list of levers and uncertainties to vary"),
    "without": (_is_texts, "a list of levers and uncertainties to leave at their defaults"),
    "series": (_is_texts, "a list of variables"),
    "courses": (_is_flag, "true or false"),
    "integration": (_is_text, "a method of integration, such as 'vensim' or 'rk4'"),
    "time_step": (_is_number, "a number"),
    "final_time": (_is_number, "a number"),
    "save_every": (_is_number, "a number"),
    "data": (_is_texts, "a list of paths of data files"),
    "fixed": (_is_numbers, "a table of constants and their values"),
    "arms": (_is_arms, "a table of settings for each arm"),
    "limits": (_is_limits, "for each variable a table with low, high or both"),
}

# What may be written as in the TOML beside a model, and as what it then stands there.
SETTINGS: Mapping[str, type] = {
    "levers": dict,
    "uncertainties": dict,
    "outcomes": dict,
    "scenarios": dict,
    "correlations": dict,
    "never_negative": list,
}


def read_study(path: str | Path) -> StudyFile:
    r"""Read a study file.

    Parameters
    ----------
    path
        A TOML file with at least ``model = "..."``; everything else has the defaults of `study`.

    Returns
    -------
    StudyFile
        The study, ready for `run_study`, and where the file wants it kept.

    Raises
    ------
    StudyError
        With everything that is wrong in the file, each with its line.

    Examples
    --------
    >>> import tempfile
    >>> model = Path("models/core.mdl").absolute()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "levers.toml")
    ...     _ = file.write_text(f"model = '{model}'\nwhat = 'levers'\nsamples = 64\n")
    ...     found = read_study(file)
    >>> found.study.plan.runs, found.store.name
    (576, 'levers.study')
    """
    path = Path(path)
    text = _text(path)
    try:
        given = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # no TOML, huge numbers, no end of brackets
        raise StudyError(f"{path}: {error}") from error
    wrong = list(_problems(path, text, given))
    if wrong:
        raise StudyError("\n".join(wrong))
    folder = path.parent
    store = folder / given.get("store", path.with_suffix(SUFFIX).name)
    if not store.resolve().is_relative_to(folder.resolve()):
        raise StudyError(
            f"{_at(path, text, 'store')}: the store '{given['store']}' lies outside the folder of "
            "this file: name one inside, or give another place with -o"
        )
    try:
        return StudyFile(_study(path, given), store)
    except SensitivityError as error:
        raise StudyError(
            "\n".join(f"{path}: {line}" for line in str(error).splitlines())
        ) from error


def _study(path: Path, given: Mapping[str, Any]) -> Study:
    folder = path.parent
    model = sd.load(folder / given["model"], data=[folder / one for one in _list(given, "data")])
    own = {name for name in SETTINGS if isinstance(given.get(name), SETTINGS[name])}
    if own:
        said = sd.read_settings(path, model, ignore=KEYS.keys() - own)
        model = model.with_parts(said.names)
        model.settings = replace(
            model.settings,
            outcomes={**model.settings.outcomes, **said.outcomes},
            scenarios={**model.settings.scenarios, **said.scenarios},
            never_negative=(*model.settings.never_negative, *said.never_negative),
        )
    what = given.get("what", "both")
    if isinstance(given.get("levers"), str):
        if both := sorted(own & {"uncertainties", "correlations"}):
            raise StudyError(
                f"levers = '{given['levers']}' says what is varied, and so does [{both[0]}] here: "
                "leave one of the two out"
            )
        space = Space.from_toml(folder / given["levers"], model, what)
    elif own & {"levers", "uncertainties"}:
        space = Space(
            tuple(said.levers.values()), tuple(said.uncertainties.values()), said.correlations
        ).only(what)
    else:
        space = Space.from_settings(model, what)
    if "only" in given:
        kept = {space[name].name for name in _list(given, "only")}
        space = space.without(*(name for name in space.names if name not in kept))
    space = space.without(*_list(given, "without"))
    passed = (
        "method",
        "samples",
        "seed",
        "second_order",
        "grouped",
        "quantile",
        "threshold",
        "resamples",
        "confidence",
        "courses",
        "fixed",
        "arms",
        "integration",
        "time_step",
        "final_time",
        "save_every",
    )
    return study(
        model,
        space,
        list(said.outcomes) if "outcomes" in own else _list(given, "outcomes") or None,
        series=_list(given, "series") or None,
        limits={
            name: (ends.get("low"), ends.get("high"))
            for name, ends in given.get("limits", {}).items()
        },
        **{name: given[name] for name in passed if name in given},
    )


def _list(given: Mapping[str, Any], name: str) -> list[str]:
    value = given.get(name, [])
    return [value] if isinstance(value, str) else list(value)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise StudyError(f"{path} is larger than a megabyte: this is no study file")
        # Editors on Windows like to put a byte order mark in front.
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise StudyError(f"{path} is not UTF-8 text: this is no study file") from error
    except OSError as error:
        raise StudyError(f"cannot read {path}: {error.strerror or error}") from error


def _problems(path: Path, text: str, given: Mapping[str, Any]) -> Iterator[str]:
    if "model" not in given:
        yield f'{path}: it names no model: add a line such as model = "core.mdl"'
    for name, value in given.items():
        if name not in KEYS:
            yield f"{_at(path, text, name)}: there is no setting '{name}'{among(name, KEYS)}"
        elif not KEYS[name][0](value):
            yield f"{_at(path, text, name)}: '{name}' must be {KEYS[name][1]}"
    if isinstance(given.get("model"), str) and not (path.parent / given["model"]).is_file():
        yield (
            f"{_at(path, text, 'model')}: there is no file {path.parent / given['model']}: give "
            "the model's path from the folder of this file"
        )


def _at(path: Path, text: str, name: str) -> str:
    """Return the file and the line in which a setting or its table begins."""
    pattern = rf"^\s*(\[+\s*)?[\"']?{re.escape(name)}[\"']?\s*[=.\]]"
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(pattern, line):
            return f"{path}:{number}"
    return str(path)
