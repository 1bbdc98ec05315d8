"""Why a file, a cell or a series cannot be used; becomes a `Problem` at the place of the call."""

from __future__ import annotations


class Refusal(Exception):
    """Something about a data file that stops one entry of the model, and what to do about it."""

    def __init__(
        self,
        message: str,
        cure: str = "",
        *,
        kind: str = "definition",
        near: tuple[str, ...] = (),
    ) -> None:
        self.message, self.cure, self.kind, self.near = message, cure, kind, near
        super().__init__(message)
