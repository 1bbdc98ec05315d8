"""Bytes to text and back without loss."""

from __future__ import annotations

import codecs
import re

from sdmodel.errors import Problem, ReadError
from sdmodel.source import SourceText

_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']""")


def decode(path: str, raw: bytes) -> SourceText:
    """Return the text of a model file such that `SourceText.raw` gives the same bytes again.

    Vensim writes UTF-8 (with ``{UTF-8}`` in the first line) and, in older versions, the Windows
    code page 1252. Bytes that neither can hold are kept as Latin-1. An XML file may name its
    encoding in its first line; that counts if nothing is lost by it.
    """
    bom = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
    body = raw[len(bom) :]
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16-le" if body.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
        try:
            return SourceText(path, body[2:].decode(encoding), encoding, body[:2])
        except UnicodeDecodeError as error:
            reason = f"this is no text in UTF-16, as its first bytes say: {error.reason}"
            cure = "save the model as UTF-8, or fetch it again: it may be cut off"
            raise ReadError([Problem(reason, path=path, cure=cure)]) from None
    if b"\0" in body[:4096]:
        problem = Problem(
            "this is a binary file, not a model in text form",
            path=path,
            cure="in Vensim, save the model as text (.mdl); a .vmf or .vpmx file is binary",
        )
        raise ReadError([problem])
    declared = _DECLARED.match(body)
    if declared and not bom:
        named = _lossless(body, declared[1].decode("ascii"))
        if named is not None:
            return SourceText(path, *named)
    for encoding in ("utf-8", "cp1252", "latin-1"):
        try:
            return SourceText(path, body.decode(encoding), encoding, bom)
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 holds every byte")


def _lossless(body: bytes, encoding: str) -> tuple[str, str] | None:
    """Return the text and Python's name of its encoding, if that gives the same bytes again."""
    try:
        text = body.decode(encoding)
        known = codecs.lookup(encoding).name
        return (text, known) if text.encode(known) == body else None
    except (LookupError, UnicodeError):
        return None
