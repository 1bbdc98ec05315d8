"""A control file as text."""

from __future__ import annotations

from pathlib import Path

from sdmodel.errors import Problem, ReadError, did_you_mean, near_names
from sdmodel.frontends.text import decode
from sdmodel.source import SourceText

LARGEST_FILE = 8 * 2**20  # a changes file of every constant of the largest models has less
END_OF_FILE = "\x1a"  # how DOS marked it


def read_control(path: str | Path) -> SourceText:
    """Return the text of a control file up to the end that DOS marked.

    Raises
    ------
    ReadError
        If it is not there, too large, or not text.
    """
    place = Path(path)
    try:
        size = place.stat().st_size
        if size > LARGEST_FILE:
            reason = f"the file has {size:,} bytes; at most {LARGEST_FILE:,} are read"
            raise ReadError([Problem(reason, path=str(path), cure="is this a control file?")])
        raw = place.read_bytes()
    except (OSError, ValueError) as error:  # a name with a zero byte is no OSError
        reason = f"the file cannot be read: {getattr(error, 'strerror', None) or error}"
        cure = "check the path, and that you may read it"
        if isinstance(error, FileNotFoundError) and place.parent.is_dir():
            beside = [one.name for one in place.parent.iterdir() if one.is_file()]
            cure = did_you_mean(near_names(place.name, beside)) or "check the path"
        raise ReadError([Problem(reason, path=str(path), cure=cure)]) from None
    text = decode(str(path), raw)
    return SourceText(text.path, text.text.partition(END_OF_FILE)[0], text.encoding, text.bom)
