"""External data: numbers that a model takes from files beside it."""

from __future__ import annotations

from sdmodel.external.resolve import resolve

__all__ = ["resolve"]
