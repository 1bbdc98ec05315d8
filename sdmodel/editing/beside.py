"""Files beside a model in which its names stand: its TOML files, and Vensim's control files."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sdmodel.editing.renaming import equation_splices
from sdmodel.editing.text import Splice, spliced, with_text
from sdmodel.editing.tomlnames import toml_splices
from sdmodel.editing.words import Renamed, in_lines
from sdmodel.errors import SDError
from sdmodel.frontends import read_bytes
from sdmodel.frontends.text import decode
from sdmodel.source import SourceText

# Which belong to a model without being named.
OWN = (".toml", ".expectations.toml", ".claims.toml", ".reality")
_SET = re.compile(r"\s*SIMULATE>SETVAL\|", re.I)
_OPTION = re.compile(r"\s*[:*!]")
_HEAD = re.compile(r"\s*\d+\s*,")  # of a sensitivity control file: how many runs, which method


@dataclass(frozen=True)
class Beside:
    """A file beside the model: as it was read, and as it is now."""

    before: SourceText
    now: SourceText

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self.before.path)


def opened(model: str, known: Sequence[Beside], also: Sequence[str | Path]) -> list[Beside]:
    """Return the files beside a model, those that were opened before as they are now."""
    named = [Path(one) for one in also]
    own = [Path(model).with_suffix(suffix) for suffix in OWN]
    found = {one.path.resolve(): one for one in known}
    for place in (*(one for one in own if one.is_file()), *named):
        if place.name != "pyproject.toml" and place.resolve() not in found:
            if place.suffix.lower() not in (*_NAMES_FROM, ".toml", ".reality"):
                raise SDError(
                    f"{place}: names are not changed in files of this kind; they are in "
                    f"{', '.join(('.toml', '.reality', *_NAMES_FROM))}"
                )
            text = decode(str(place), read_bytes(place))
            found[place.resolve()] = Beside(text, text)
    return list(found.values())


def renamed_in(one: Beside, renamed: Renamed) -> Beside:
    """Return a file with a name changed in it; nothing else of it moves."""
    found = _splices(one.now, renamed)
    return Beside(one.before, with_text(one.now, spliced(one.now.text, found))) if found else one


def left_behind(model: str, known: Sequence[Beside], old: str, renamed: Renamed) -> Iterator[str]:
    """Tell which other control files in the folder of a model hold a name that was changed."""
    told = {one.path.resolve() for one in known}
    folder = Path(model).parent
    places = sorted(folder.iterdir()) if folder.is_dir() else []
    for place in places:
        if place.suffix.lower() not in _NAMES_FROM or place.resolve() in told:
            continue
        try:
            text = decode(str(place), read_bytes(place))
        except SDError as error:
            yield f"not looked into for {old!r}: {str(error).splitlines()[0]}"
            continue
        lines = list(dict.fromkeys(text.place(one.start)[0] for one in _splices(text, renamed)))
        if lines:
            more = f" (and in line {', '.join(map(str, lines[1:]))})" if lines[1:] else ""
            yield (
                f"{place}:{lines[0]}: still names {old!r}{more}; --also {shlex.quote(str(place))} "
                "changes it too, where it belongs to this model"
            )


def _splices(source: SourceText, renamed: Renamed) -> list[Splice]:
    """Return what renames a name in a file beside a model, by its kind."""
    text, suffix = source.text, Path(source.path).suffix.lower()
    if suffix == ".toml":
        return toml_splices(source.path, text, renamed)
    if suffix == ".reality":  # reality checks, written as in a model
        return equation_splices(source, renamed)
    return list(in_lines(text, 0, len(text), renamed, _NAMES_FROM[suffix]))


def _anywhere(line: str) -> int | None:
    return 0


def _no_option(line: str) -> int | None:
    return None if _OPTION.match(line) else 0


def _drawn(line: str) -> int | None:
    return None if _HEAD.match(line) else 0


def _set(line: str) -> int | None:
    found = _SET.match(line)
    return found.end() if found else None


# Where in a line names begin, by the kind of file; None for a line without any.
_NAMES_FROM: dict[str, Callable[[str], int | None]] = {
    ".cin": _anywhere,
    ".out": _anywhere,
    ".lst": _anywhere,
    ".vsc": _drawn,
    ".voc": _no_option,
    ".vpd": _no_option,
    ".cmd": _set,
}
