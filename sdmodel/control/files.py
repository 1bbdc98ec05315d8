"""A control file as text."""

from __future__ import annotations

from pathlib import Path

from sdmodel.errors import Problem, ReadError, did_you_mean, near_names
from sdmodel.external.paths import read_bytes
from sdmodel.external.refusal import Refusal
from sdmodel.frontends.text import decode
from sdmodel.source import SourceText

END_OF_FILE = "\x1a"  # how DOS marked it


def read_control(path: str | Path) -> SourceText:
    """Return the text of a control file up to the end that DOS marked.

    Raises
    ------
    ReadError
        If it is not there, too large, or not text.

    Examples
    --------
    >>> read_control("models/epidemic_slow.cin").line(2)
    'contacts = 6'
    """
    place = Path(path)
    try:
        place.stat()
        raw = read_bytes(place, str(path))
    except (OSError, ValueError) as error:  # a name with a zero byte is no OSError
        reason = f"the file cannot be read: {getattr(error, 'strerror', None) or error}"
        cure = "check the path, and that you may read it"
        if isinstance(error, FileNotFoundError) and place.parent.is_dir():
            beside = [one.name for one in place.parent.iterdir() if one.is_file()]
            cure = did_you_mean(near_names(place.name, beside)) or "check the path"
        raise ReadError([Problem(reason, path=str(path), cure=cure)]) from None
    except Refusal as refusal:
        raise ReadError([Problem(refusal.message, path=str(path), cure=refusal.cure)]) from None
    text = decode(str(path), raw)
    return SourceText(text.path, text.text.partition(END_OF_FILE)[0], text.encoding, text.bom)
