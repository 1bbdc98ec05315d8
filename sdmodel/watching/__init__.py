"""Looking at a model again at each save: what is wrong, and what changed in its run."""

from __future__ import annotations

from sdmodel.watching.session import Look, Session, Verdict

__all__ = ["Look", "Session", "Verdict"]
