"""The version, for the package and for everything it writes."""

from __future__ import annotations

__version__ = "0.1.0.dev0"
