"""A program becomes JavaScript: what a page computes when a reader moves a slider."""

from __future__ import annotations

from sdmodel.javascript.script import kernel_script

__all__ = ["kernel_script"]
