"""Write the paths of the base run, on which switched-off loops are held, into the model's file.

    python models/base_paths.py            # rewrite the tables in industrial_upgrading.mdl
    python models/base_paths.py --check    # say how far they are from the base run; change nothing

A loop that is cut holds its link at what the base run does. The tables belong to the file, so that
Vensim has them too; after any change of an equation or of a default they must be written anew.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import sdmodel as sd

MODEL = Path(__file__).with_name("industrial_upgrading.mdl")
LAST = 2060
YEARS_APART = 1
_TABLE = re.compile(r"^(path [RB]\d+(?:\[\w+\])?)\(\n\t(.*?)\)\n\t~", re.MULTILINE | re.DOTALL)
_HELD = re.compile(
    r"^held [^=\n]*=\s*loop switch\[(?P<loop>\w+)\]\*(?P<link>.*?)\+\(1-loop switch",
    re.MULTILINE | re.DOTALL,
)


def links(text: str) -> dict[str, str]:
    """Return the link that each loop's switch holds, by the loop's name."""
    joined = text.replace("\\\n", "")
    return {
        found["loop"]: re.sub(r"\s+", " ", found["link"]).strip()
        for found in _HELD.finditer(joined)
    }


def column(table: str, link: str) -> str:
    """Return the element of the link that a table such as `path B1[engineering]` belongs to."""
    element = re.search(r"\[\w+\]$", table)
    return re.sub(r"\[layer\]$", element[0], link) if element else link


def base_paths(text: str) -> tuple[dict[str, str], sd.Run]:
    """Return the links by table, and the base run to the last year of the tables."""
    by_loop = links(text)
    tables = [found[1] for found in _TABLE.finditer(text)]
    run = sd.load(MODEL).run(method="vensim", final_time=LAST, save_every=1)
    return {table: column(table, by_loop[table.split()[1].split("[")[0]]) for table in tables}, run


def points(times: NDArray[np.float64], values: NDArray[np.float64]) -> str:
    """Return a table as Vensim writes it, wrapped."""
    pairs = [
        f"({time:.0f},{value:.6g})"
        for time, value in zip(times[::YEARS_APART], values[::YEARS_APART], strict=True)
    ]
    rows = [",".join(pairs[first : first + 5]) for first in range(0, len(pairs), 5)]
    return ",\\\n\t\t".join(rows)


def deviation(text: str) -> float:
    """Return the largest distance of a table from the base run, relative to the link's peak."""
    by_table, run = base_paths(text)
    worst = 0.0
    for found in _TABLE.finditer(text):
        body = found[2].replace("\\\n", "")
        pairs = re.findall(r"\(([^,()]+),([^,()]+)\)", body)
        times, values = np.array(pairs, dtype=np.float64).T
        link = run.values(by_table[found[1]])
        peak = float(np.max(np.abs(link))) or 1.0
        held = np.interp(run.times, times, values)
        worst = max(worst, float(np.max(np.abs(held - link))) / peak)
    return worst


def main() -> int:
    """Write the tables, or with --check compare them with the base run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare only")
    asked = parser.parse_args()
    text = MODEL.read_text(encoding="utf-8")
    if not asked.check:
        by_table, run = base_paths(text)
        text = _TABLE.sub(
            lambda found: (
                f"{found[1]}(\n\t{points(run.times, run.values(by_table[found[1]]))})\n\t~"
            ),
            text,
        )
        new = MODEL.with_suffix(".new")
        new.write_text(text, encoding="utf-8", newline="\n")
        new.replace(MODEL)
    worst = deviation(text)
    print(f"{len(_TABLE.findall(text))} tables, at most {worst:.1e} of the link's peak off the run")
    return int(worst > 0.01)


if __name__ == "__main__":
    sys.exit(main())
