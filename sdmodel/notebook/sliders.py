"""The page of a model in a cell: sliders and charts that answer without a kernel or a server."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from sdmodel.errors import SDError
from sdmodel.style import LINE, PAPER

if TYPE_CHECKING:
    from sdmodel.model import Model

LEAST_HEIGHT = 240
# A cell is narrower than a window and part of a longer text: levers stay beside the charts, letters
# are smaller, and there is neither a heading nor a link, for a cell has no address.
_CELL = """
html { font-size: 13px; }
.top, #share, footer { display: none; }
.chart .plot { height: 9.5rem; }
@media (min-width: 40rem) {
  body { padding-bottom: 0; }
  .desk { display: grid; grid-template-columns: minmax(15rem, 30%) minmax(0, 1fr); }
  #controls { position: sticky; top: 0; right: auto; bottom: auto; z-index: auto; height: 100vh;
    max-height: none; border: 0; border-right: 1px solid var(--line); box-shadow: none;
    padding: 0 .8rem 1rem; }
  #sheet { display: none; }
  #panel { display: block; }
}
"""


@dataclass(frozen=True)
class Sliders:
    """A model that runs in the cell of a notebook, and in what is made of the notebook.

    The page stands in a frame of its own which may run its scripts and nothing else: it reaches
    neither the notebook round it nor the network.
    """

    model: str
    page: str
    height: int

    def __repr__(self) -> str:
        """Return what it is; text cannot show more."""
        return f"<Sliders of {self.model!r}: shown in a notebook; sdmodel.publish writes a file>"

    def _repr_html_(self) -> str:
        return (
            f'<iframe title="Sliders of {escape(self.model)}" sandbox="allow-scripts" '
            f'style="width:100%;height:{self.height}px;border:1px solid {LINE};background:{PAPER}" '
            f'srcdoc="{escape(self.page)}"></iframe>'
        )


def sliders(model: Model, title: str, height: int) -> Sliders:
    """Return a model's page for a cell; see `sdmodel.Model.sliders`."""
    from sdmodel.publishing import page

    if not height >= LEAST_HEIGHT:
        raise SDError(f"height is {height}: give at least {LEAST_HEIGHT} pixels")
    made = page(model, title=title, extra=f"<style>{_CELL}</style>")
    return Sliders(model.name, made, int(height))
