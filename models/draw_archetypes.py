"""Draw the country archetypes beside points of reference, and the scan for two steady states.

python models/draw_archetypes.py docs      # archetypes.svg and bistability.svg into docs/
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import sdmodel as sd

HERE = Path(__file__).resolve().parent
POINTS = HERE / "reference_points.csv"
COUNTRIES = ("korea", "malaysia", "philippines", "japan")
PANELS = {
    "relative income": "Income per head",
    "skilled share": "Tertiary attainment, ages 25-64",
    "research spending share": "Research spending over output",
    "licence payments share": "Payments for technology over output",
    "high tech export share": "High technology in manufactured exports",
    "relative invention": "Invention; points: US patents a head",
}
STARTS = (0.03, 0.06, 0.12, 0.25, 0.5, 0.8, 1.0)
SPEEDS = tuple(np.round(np.linspace(0.3, 5, 48), 2))
# The strongest thresholds that the ranges allow, beside the default ones.
# Trends of sixty years are not carried on for five hundred: budgets grow as fast as output can.
BALANCED = {"reference output growth": 0.04, "content trend": 0.0, "rival pay growth": 0.0}
STRONG = {"gap curvature": 1.0, "prerequisite strength": 1.0, "prior steepness": 4.0}


def points() -> dict[tuple[str, str], dict[int, float]]:
    """Return the points of reference by scenario and variable."""
    found: dict[tuple[str, str], dict[int, float]] = defaultdict(dict)
    with POINTS.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            found[row["scenario"], row["variable"]][int(row["year"])] = float(row["value"])
    return found


@sd.style.figures()
def draw_archetypes(model: sd.Model, path: Path) -> None:
    """Draw what the archetypes do, as lines, and what the countries did, as points."""
    figure = Figure(figsize=(11, 6.6), layout="constrained")
    FigureCanvasAgg(figure)
    reference = points()
    runs = {name: model.run(name, method="vensim") for name in COUNTRIES}
    looks = sd.style.looks(COUNTRIES)
    for panel, (name, title) in zip(figure.subplots(2, 3).flat, PANELS.items(), strict=True):
        for (country, look), marker in zip(looks.items(), sd.style.MARKERS, strict=False):
            run = runs[country]
            panel.plot(
                run.times,
                run.values(name),
                color=look.colour,
                linestyle=look.dash,
                label=country.capitalize(),
            )
            known = reference.get((country, name), {})
            panel.plot(list(known), list(known.values()), marker, color=look.colour, markersize=5)
        panel.axvline(1995, color=sd.style.SOFT, linewidth=0.8, linestyle="dotted")
        panel.set_title(title, loc="left", fontsize=10)
        panel.set_ylabel(
            "share"
            if name not in ("relative income", "relative invention")
            else "ratio, United States = 1"
        )
        panel.grid(visible=True)
        panel.margins(x=0)
        panel.set_ylim(bottom=0)
    for panel in figure.axes[3:]:
        panel.set_xlabel(sd.style.time_label(model.units))
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle(
        "Lines: the model, fitted to 1995 (dotted line). Points: data.",
        fontsize=10,
        x=0.02,
        ha="left",
    )
    _save(figure, path)


def scan(
    model: sd.Model, setting: dict[str, float], years: tuple[int, ...]
) -> dict[int, np.ndarray]:
    """Return relative knowledge by start and speed of catching up, at each of the years."""
    table = pd.DataFrame(
        [
            {"initial relative knowledge": start, "catch up rate": speed, **BALANCED, **setting}
            for start in STARTS
            for speed in SPEEDS
        ]
    )
    runs = model.run_many(
        table, outputs=["overall relative knowledge"], final_time=max(years), save_every=10
    )
    course = runs.values[0]
    return {
        year: course[int(np.argmin(np.abs(runs.times - year)))].reshape(len(STARTS), -1)
        for year in years
    }


@sd.style.figures()
def draw_bistability(
    model: sd.Model, path: Path, years: tuple[int, ...]
) -> dict[str, dict[int, np.ndarray]]:
    """Draw where countries that differ only in their start are after sixty to 500 years."""
    settings: dict[str, dict[str, float]] = {"default thresholds": {}, "strong thresholds": STRONG}
    found = {name: scan(model, setting, years) for name, setting in settings.items()}
    figure = Figure(figsize=(11, 7), layout="constrained")
    FigureCanvasAgg(figure)
    colours = mpl.colormaps[sd.style.SCALE](np.linspace(0, 0.92, len(STARTS)))
    panels = figure.subplots(2, len(years), sharey=True, sharex=True)
    for row, (name, values) in zip(panels, found.items(), strict=True):
        row[0].set_ylabel(f"relative knowledge z\n({name})")
        for panel, year in zip(row, years, strict=True):
            for colour, start, course in zip(colours, STARTS, values[year], strict=True):
                panel.plot(SPEEDS, course, color=colour, label=f"{start:g}")
            panel.set_title(f"in {year}", loc="left", fontsize=10)
            panel.grid(visible=True)
            panel.margins(x=0)
    for panel in panels[-1]:
        panel.set_xlabel(sd.style.label("catch-up rate", "1/Year"))
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, title="z in 1960", loc="outside right center", frameon=False, fontsize=9
    )
    _save(figure, path)
    return found


def _save(figure: Figure, path: Path) -> None:
    # Neither the date nor random names: the same bytes for the same figure.
    with mpl.rc_context({"svg.hashsalt": path.stem, "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=110)


def main(folder: Path, suffix: str = ".svg") -> None:
    """Write both figures, and print what the scan found."""
    model = sd.load(HERE / "industrial_upgrading.mdl")
    draw_archetypes(model, folder / f"archetypes{suffix}")
    found = draw_bistability(model, folder / f"bistability{suffix}", (2020, 2060, 2460))
    for name, by_year in found.items():
        for year, values in by_year.items():
            spread = values.max(axis=0) - values.min(axis=0)
            widest = int(np.argmax(spread))
            print(
                f"{name}, {year}: widest spread by start {spread[widest]:.3f} "
                f"at catch-up rate {SPEEDS[widest]:g}"
            )
    print(f"written: {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"), *sys.argv[2:3])
