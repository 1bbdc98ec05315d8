"""Draw World3-03 under each of its thirteen changes files: ``draw_changes.py FIGURE.png``."""

from __future__ import annotations

import sys
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import sdmodel as sd
from tests.conformance.recorded import PLACE, PUBLISHED

# What is drawn: the variable, its scale, the label of its axis, whether the axis is logarithmic.
SHOWN = (
    ("population", 1e9, "population\n(thousand million)", False),
    ("industrial capital", 1e12, "industrial capital\n(million million $)", True),
)
COLUMNS = 7
BASE, SCENARIO = sd.style.BLACK, sd.style.BLUE


@sd.style.figures()
def draw(path: Path) -> None:
    """Draw a column for each file: the two variables, with the run of the model itself behind."""
    assert PLACE is not None, "the models of other people are not here"
    folder = PLACE / "models" / PUBLISHED / "WRLD3-03"
    model = sd.load(folder / "wrld3-03.mdl")
    base = model.run(method="vensim")
    files = sorted(folder.glob("*.CIN"), key=lambda one: (one.stem == "W303IFIO", one.stem))
    bands = -(-len(files) // COLUMNS)
    figure = Figure(figsize=(13, 8.6), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(2 * bands, COLUMNS, sharex=True, sharey=False, squeeze=False)
    for place, file in enumerate(files):
        band, column = divmod(place, COLUMNS)
        run = model.with_changes(file).run(method="vensim")
        for row, (name, scale, label, log) in enumerate(SHOWN):
            panel = grid[2 * band + row][column]
            panel.plot(base.times, base.values(name) / scale, color=BASE, linestyle="dashed")
            panel.plot(run.times, run.values(name) / scale, color=SCENARIO, linewidth=1.8)
            panel.set_yscale("log" if log else "linear")
            panel.set_ylim((0.1, 1000) if log else (0, 10))
            panel.set_xlim(1900, 2100)
            panel.set_xticks([1900, 2000, 2100], ["1900", "2000", ""])
            panel.grid(visible=True)
            panel.tick_params(labelsize=8, labelbottom=True, labelleft=column == 0)
            if row == 0:
                panel.set_title(file.name, fontsize=10)
            if column == 0:
                panel.set_ylabel(label, fontsize=9)
    last = grid[-2][COLUMNS - 1]
    for unused in range(len(files), bands * COLUMNS):
        band, column = divmod(unused, COLUMNS)
        for row in range(2):
            grid[2 * band + row][column].axis("off")
    for colour, dash, text in (
        (BASE, "dashed", "wrld3-03.mdl"),
        (SCENARIO, "solid", "with the file"),
    ):
        last.plot([], [], color=colour, linestyle=dash, label=text)
    last.legend(loc="center", frameon=False, fontsize=10)
    figure.supxlabel("year", fontsize=9)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
