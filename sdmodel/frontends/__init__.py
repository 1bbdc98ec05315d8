"""A model file becomes a `SourceModel`: one reader for each format."""

from __future__ import annotations

from pathlib import Path

from sdmodel.errors import Problem, ReadError
from sdmodel.source import SourceModel, SourceText

XMILE = (".xmile", ".stmx", ".itmx", ".xml")
SUFFIXES = (".mdl", *XMILE)
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
    if place.suffix.lower() not in SUFFIXES:
        kind = place.suffix or "no suffix"
        raise ReadError(
            [
                Problem(
                    f"this is no model file that is read ({kind})",
                    path=str(path),
                    cure=f"give one of {', '.join(SUFFIXES)}; in Vensim, save the model as text "
                    "(.mdl), not .vmf",
                )
            ]
        )
    from sdmodel.frontends.text import decode

    return parse(decode(str(path), read_bytes(place)))


def parse(source: SourceText) -> SourceModel:
    """Read the text of a model file by the suffix of its path; Vensim's where that is unknown."""
    if Path(source.path).suffix.lower() in XMILE:
        from sdmodel.frontends import xmile

        return xmile.parse(source)
    from sdmodel.frontends import mdl

    return mdl.parse(source)


def written(source: SourceText, at: int, equation: str) -> str:
    """Return an equation as it is spelled at a place of a file: XML needs some characters escaped.

    >>> written(SourceText("pond.stmx", ""), 0, "a < b")
    'a &lt; b'
    """
    if Path(source.path).suffix.lower() not in XMILE:
        return equation
    if source.text.rfind("<![CDATA[", 0, at) > source.text.rfind("]]>", 0, at):
        return equation
    return equation.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


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
            near = sorted(p.name for p in place.parent.glob("*") if p.suffix.lower() in SUFFIXES)[
                :5
            ]
            cure = f"in that folder there is: {', '.join(near)}" if near else "check the path"
        raise ReadError([Problem(reason, path=str(place), cure=cure)]) from None
