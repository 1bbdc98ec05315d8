"""A model file becomes a `SourceModel`: one reader for each format."""

from __future__ import annotations

from pathlib import Path

from sdmodel.errors import Problem, ReadError
from sdmodel.source import SourceModel

# A model of this size would hold over a million equations.
LARGEST_FILE = 64 * 2**20


def read(path: str | Path) -> SourceModel:
    """Read a model file by its suffix.

    Raises
    ------
    ReadError
        If the file is not there, too large, not text, or of a kind that is not read.
    """
    place = Path(path)
    if place.suffix.lower() != ".mdl":
        kind = place.suffix or "no suffix"
        raise ReadError(
            [
                Problem(
                    f"this is no Vensim model file ({kind})",
                    path=str(path),
                    cure="give a .mdl file; in Vensim, save the model as text (.mdl), not .vmf",
                )
            ]
        )
    from sdmodel.frontends.mdl import parse
    from sdmodel.frontends.text import decode

    return parse(decode(str(path), read_bytes(place)))


def read_bytes(place: Path) -> bytes:
    """Return the bytes of a file of bearable size; say plainly why not."""
    try:
        size = place.stat().st_size
        if size > LARGEST_FILE:
            reason = f"the file has {size:,} bytes; at most {LARGEST_FILE:,} are read"
            raise ReadError([Problem(reason, path=str(place), cure="is this really a model?")])
        return place.read_bytes()
    except (OSError, ValueError) as error:  # a name with a zero byte is no OSError
        reason = f"the file cannot be read: {getattr(error, 'strerror', None) or error}"
        cure = "check the path, and that you may read it"
        if isinstance(error, FileNotFoundError):
            near = sorted(p.name for p in place.parent.glob("*.mdl"))[:5]
            cure = f"in that folder there is: {', '.join(near)}" if near else "check the path"
        raise ReadError([Problem(reason, path=str(place), cure=cure)]) from None
