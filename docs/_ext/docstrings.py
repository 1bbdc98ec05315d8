"""Docstrings in numpy's style, as reStructuredText."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config
from sphinx.ext.napoleon.docstring import NumpyDocstring

_STYLE: Any = Config(napoleon_use_rtype=False, napoleon_attr_annotations=False)
# One sentence each, in which a colon is a colon and not the end of a type.
_PLAIN = ("attribute", "data", "property", "module")
# `Problem`s: in reStructuredText a word ends there only where it is told so.
_CODE = re.compile(r"((?<![`\w])`[^`]+`)(?=\w)")


def sections(
    app: Sphinx, what: Any, name: str, thing: object, options: object, lines: list[str]
) -> None:
    """Turn the sections of a docstring into fields, in place; autodoc calls this for each."""
    if what not in _PLAIN:
        lines[:] = [_CODE.sub(r"\1\\ ", line) for line in lines]
        lines[:] = NumpyDocstring(lines, _STYLE, app, what, name, thing, options).lines()
