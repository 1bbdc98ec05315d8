"""Which files a command script may read and write: those in its own folder, and in allowed ones."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

from sdmodel.errors import did_you_mean, near_names


class Outside(Exception):
    """A file that a script may not use, or that is not there; and what to do about it."""

    def __init__(self, message: str, cure: str, near: tuple[str, ...] = ()) -> None:
        self.message, self.cure, self.near = message, cure, near
        super().__init__(message)


class Inside:
    """The folder of a script, and further ones that the user allows."""

    def __init__(self, folder: Path, allow: Sequence[str | Path] = ()) -> None:
        self.folder = folder.resolve()
        self.roots = [self.folder, *(Path(one).resolve() for one in allow)]

    def place(self, name: str) -> Path:
        """Return where a file of this name is or would be, all links followed.

        Raises
        ------
        Outside
            If that is in no folder that may be used.
        """
        # Vensim runs on Windows: a backslash separates folders, whatever system this is.
        parts = PureWindowsPath(name)
        absolute = bool(parts.drive or parts.root)
        if absolute and parts.drive and os.name != "nt":
            cure = "put the file beside the script and write its name alone"
            raise Outside(f"{name!r} is a path of another machine", cure)
        written = Path(name if absolute and os.name == "nt" else parts.as_posix())
        try:
            found = (self.folder / written).resolve()
        except (OSError, RuntimeError, ValueError):
            raise Outside(f"{name!r} is no path", "correct the name") from None
        if not any(found.is_relative_to(root) for root in self.roots):
            raise Outside(
                f"{name!r} lies outside of the script's folder",
                f"put it there, or allow its folder: --allow {str(found.parent)!r}",
            )
        return found

    def find(self, name: str, suffixes: Sequence[str] = ()) -> Path:
        """Return a file that is there; one of the suffixes may be left out of its name.

        Raises
        ------
        Outside
            If it is not there, or in no folder that may be used.
        """
        place = self.place(name)
        try:
            for one in (name, *(name + suffix for suffix in suffixes)):
                found = self._on_disk(self.place(one))
                if found.is_file():
                    return found
            beside = [one.name for one in place.parent.iterdir()] if place.parent.is_dir() else []
        except OSError as error:  # a name too long, or a folder that may not be read
            what = f"{name!r} cannot be read: {error.strerror}"
            raise Outside(what, "correct the name") from None
        near = near_names(place.name, beside)
        what = f"there is no file {name!r} in the script's folder"
        raise Outside(what, did_you_mean(near) or "put it there, or correct its name", near)

    def _on_disk(self, path: Path) -> Path:
        """Return the path as spelled on disk: on Windows the case of a name means nothing."""
        if path.exists() or not path.parent.is_dir():
            return path
        wanted = path.name.casefold()
        same = [one for one in path.parent.iterdir() if one.name.casefold() == wanted]
        return self.place(str(same[0])) if len(same) == 1 else path
