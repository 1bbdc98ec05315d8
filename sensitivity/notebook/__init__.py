"""What a notebook shows of sweeps and claims; a sweep stays the dataset of xarray that it is."""

from __future__ import annotations

import sys
from typing import Any


def register() -> None:
    """Let the notebook that runs, if one does, show sweeps as rankings.

    Only how they are shown is told to the notebook, so that a sweep needs no type of its own.
    """
    if "IPython" not in sys.modules:
        return
    from IPython import get_ipython

    shell: Any = get_ipython()
    formatter = getattr(getattr(shell, "display_formatter", None), "formatters", {})
    if "text/html" in formatter:
        formatter["text/html"].for_type_by_name("xarray.core.dataset", "Dataset", _shown)


def _shown(data: Any) -> str:
    from sensitivity.notebook.sweeps import html_of

    return html_of(data)
