"""Bokeh, loaded when it is first needed; what it says of its own types cannot be checked."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def models() -> Any:
    """Return Bokeh's models: sources, tools, choices and scripts."""
    return import_module("bokeh.models")


def figure(**options: Any) -> Any:
    """Return an empty chart."""
    return import_module("bokeh.plotting").figure(**options)


def column(*parts: Any) -> Any:
    """Put parts below each other."""
    return import_module("bokeh.layouts").column(*parts)


def row(*parts: Any) -> Any:
    """Put parts beside each other."""
    return import_module("bokeh.layouts").row(*parts)
