"""Which files a model may read: those in its own folder, and in folders the user names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PureWindowsPath

from sdmodel.errors import did_you_mean, near_names
from sdmodel.external.refusal import Refusal

LARGEST_FILE = 64 * 2**20
_TAG_LINE = re.compile(r"(?:^|[\r\n])30:(\?[^=\r\n]+)=([^\r\n]*)")


def read_tags(settings: str) -> dict[str, str]:
    r"""Return the files that ``?tag`` stands for, by the tag in small letters.

    Vensim keeps them in the settings behind the sketch (Model > Settings > XLS Files).

    >>> read_tags("9:run\n30:?Input=data/input.xlsx\n")
    {'?input': 'data/input.xlsx'}
    """
    found: dict[str, str] = {}
    for match in _TAG_LINE.finditer(settings):
        found.setdefault(match[1].strip().casefold(), match[2].strip())
    return found


class Folders:
    """The folders from which a model may read.

    Parameters
    ----------
    model : str
        The path of the model file; empty for a model that has no file.
    allow : sequence of str or Path
        Further folders.
    tags : mapping of str to str
        What ``?tag`` stands for, as `read_tags` returns it.
    """

    def __init__(
        self, model: str, allow: Sequence[str | Path] = (), tags: Mapping[str, str] | None = None
    ) -> None:
        self.own = Path(model).parent.resolve() if model else None
        others = [Path(one).resolve() for one in allow]
        self.roots = ([self.own] if self.own is not None else []) + others
        self.tags = dict(tags or {})

    def find(self, name: str) -> Path:
        """Return the file that a model means by `name`, all links followed.

        Raises
        ------
        Refusal
            It is not there, is no regular file, is too large, or lies outside of the folders.
        """
        written = self._untagged(name.strip())
        # Vensim runs on Windows: a backslash separates folders, whatever system this is.
        parts = PureWindowsPath(written)
        absolute = bool(parts.drive or parts.root)
        relative = "/".join(parts.parts)
        if absolute:
            # A drive letter means nothing but on Windows.
            usable = os.name == "nt" or not parts.drive
            starts = [Path(written if os.name == "nt" else parts.as_posix())] if usable else []
        else:
            starts = [_on_disk(root, relative) for root in self.roots]
        allowed = False
        for start in starts:
            found = _resolved(start)
            there = found is not None and _exists(found)
            if self._inside(found):
                allowed = True
            elif there:
                raise self._outside(name, written, found)
            if found is not None and there:
                return _regular(found, name)
        if not allowed:
            raise self._outside(name, written, None)
        raise self._missing(name, written, relative)

    def _untagged(self, name: str) -> str:
        if not name.startswith("?"):
            return name
        found = self.tags.get(name.casefold())
        if not found:
            near = near_names(name, self.tags)
            raise Refusal(
                f"the model's settings do not say which file {name!r} stands for",
                did_you_mean(near)
                or f"name the file in Vensim (Model > Settings > XLS Files) or instead of {name!r}",
                near=near,
            )
        return found

    def _inside(self, path: Path | None) -> bool:
        return path is not None and any(path.is_relative_to(root) for root in self.roots)

    def _outside(self, name: str, written: str, found: Path | None) -> Refusal:
        shown = f"{name!r}" if written == name else f"{name!r} ({written})"
        folder = found.parent if found is not None else "folder"
        return Refusal(
            f"the file {shown} lies outside of the model's folder",
            f"put the file beside the model and write its name alone, or allow its folder: "
            f"load(path, allow=[{str(folder)!r}])",
        )

    def _missing(self, name: str, written: str, relative: str) -> Refusal:
        shown = f"{name!r}" if written == name else f"{name!r} ({written})"
        present: list[str] = []
        for root in self.roots:
            folder = (root / relative).parent
            if self._inside(_resolved(folder)) and folder.is_dir():
                present += [one.name for one in _listed(folder)]
        near = near_names(Path(relative).name, present)
        where = str(self.own) if self.own is not None else "the allowed folders"
        return Refusal(
            f"there is no file {shown} in {where}",
            did_you_mean(near) or "put the file there, or correct its name",
            near=near,
        )


def _resolved(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _listed(folder: Path, most: int = 10_000) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [folder / entry.name for entry, _ in zip(entries, range(most), strict=False)]
    except OSError:
        return []


def _on_disk(root: Path, relative: str) -> Path:
    """Return the path as spelled on disk: on Windows the case of a name means nothing."""
    direct = root / relative
    if _exists(direct):
        return direct
    path = root
    for part in relative.split("/"):
        if part in (".", "..", "") or _exists(path / part):
            path = path / part
            continue
        same = [one for one in _listed(path) if one.name.casefold() == part.casefold()]
        if len(same) != 1:
            return direct
        path = same[0]
    return path


def _regular(path: Path, name: str) -> Path:
    try:
        if not path.is_file():
            raise Refusal(f"{name!r} is not a file", "name a file")
        size = path.stat().st_size
    except OSError as error:
        raise _unreadable(name, error) from None
    if size > LARGEST_FILE:
        raise Refusal(
            f"the file {name!r} has {size / 2**20:,.0f} MiB; "
            f"at most {LARGEST_FILE / 2**20:.0f} MiB are read",
            "keep only what the model needs in it, or split it",
        )
    return path


def _unreadable(name: str, error: OSError) -> Refusal:
    reason = error.strerror or type(error).__name__
    return Refusal(f"the file {name!r} cannot be read: {reason}", "check the file")


def read_bytes(path: Path, name: str) -> bytes:
    """Return what a file holds, or refuse it where it is too large or cannot be read."""
    try:
        with open(_regular(path, name), "rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise _unreadable(name, error) from None
