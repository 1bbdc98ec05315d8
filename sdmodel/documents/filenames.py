"""Names of files for names of anything: safe on every system, and the same ones every time."""

from __future__ import annotations

import hashlib
import re

from sdmodel.names import key

_LONGEST = 60
_KEPT = re.compile(r"[a-z0-9 ]+")
_OTHER = re.compile(r"[^a-z0-9]+")


def file_name(name: str) -> str:
    """Return the name of a file, without suffix, for a variable or view.

    Names that keep all their letters are spelled out; what is lost of others, such as a quote, a
    slash or a letter of another script, is made good by the beginning of a hash.

    Examples
    --------
    >>> file_name("Birth_Rate"), file_name('"R&D / GDP"')
    ('v-birth-rate', 'v-r-d-gdp-5894dec7')
    """
    whole = key(name)
    spelled = _OTHER.sub("-", whole).strip("-")[:_LONGEST].strip("-")
    # A letter before it keeps "con" and "nul" from being devices of Windows.
    if _KEPT.fullmatch(whole) and len(spelled) == len(whole):
        return f"v-{spelled}"
    lost = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"v-{spelled}-{lost}" if spelled else f"v-{lost}"
