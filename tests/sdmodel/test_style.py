"""The one look: nothing else writes colours down, words can be read, lines are told apart."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from sdmodel import style

ROOT = Path(__file__).resolve().parents[2]
HEX = re.compile(r"(?<!&)#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})\b")
WORDS = ("INK", "SOFT", "MARK", "GOOD", "BAD", "MAYBE")

# How the three kinds of colour-blind readers see linear red, green and blue, where one kind of
# cone is missing: Machado, Oliveira and Fernandes, A Physiologically-based Model for Simulation of
# Color Vision Deficiency, IEEE TVCG 15(6), 2009, severity 1.0.
SEEN = {
    "by most": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# Of sRGB with white at D65 (IEC 61966-2-1).
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]],
)
# CIE 1976 distance in L*a*b*; about 2.3 is just seen side by side, lines lie apart.
LEAST_DISTANCE = 20.0


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Return the ratio of contrast of WCAG 2."""
    dark, light = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    """Return L*a*b* of linear red, green and blue."""
    share = TO_XYZ @ np.clip(rgb, 0, 1) / TO_XYZ.sum(axis=1)
    x, y, z = np.where(share > (6 / 29) ** 3, np.cbrt(share), share / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def colours_in(path: Path) -> Iterator[str]:
    """Yield the colours that a file writes down; an example in a docstring is no look."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield from HEX.findall(text)
        return
    tree = ast.parse(text)
    told = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield from HEX.findall(node.value)


def test_no_other_file_writes_a_colour_down() -> None:
    found, looked = {}, 0
    for folder in ("sdmodel", "sensitivity", "models", "tests/conformance"):
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix not in (".py", ".css", ".js", ".html") or name == "sdmodel/style.py":
                continue
            looked += 1
            if colours := list(colours_in(path)):
                found[name] = colours
    assert found == {}
    assert looked > 300
    assert list(colours_in(ROOT / "sdmodel" / "style.py")), "the search finds no colours at all"


@pytest.mark.parametrize("ground", ["#FFFFFF", style.TINT])
@pytest.mark.parametrize("name", WORDS)
def test_words_can_be_read(name: str, ground: str) -> None:
    assert contrast(getattr(style, name), ground) >= 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)  # the known grey


@pytest.mark.parametrize("reader", SEEN)
def test_lines_are_told_apart(reader: str) -> None:
    """Two lines of a figure differ in their dashes, or clearly in colour as each reader sees it."""
    base, *others = style.looks([*map(str, range(29))], base="0").values()
    seen = {colour: lab(np.asarray(SEEN[reader]) @ linear(colour)) for colour in style.PALETTE}
    distances = [
        float(np.linalg.norm(seen[one.colour] - seen[other.colour]))
        for first in range(len(others) - 6)  # any seven that stand together in the list
        for one, other in combinations([base, *others[first : first + 7]], 2)
        if one.dash == other.dash
    ]
    assert len(distances) > 60
    assert min(distances) >= LEAST_DISTANCE


def test_looks_depend_on_the_list_alone() -> None:
    names = ["base", "b", "a", "c"]
    whole = style.looks(names, "base")
    assert list(whole) == names
    assert whole == style.looks([*names, "base", "a"], "base")
    assert whole["base"] == style.Look(style.BLACK, "solid")
    assert len(set(style.looks(map(str, range(28))).values())) == 28


def test_the_look_holds_inside_alone() -> None:
    before = dict(mpl.rcParams)

    @style.figures()
    def drawn() -> Figure:
        figure = Figure()
        figure.add_subplot().grid(visible=True)
        return figure

    for _ in range(2):
        (ax,) = drawn().axes
        assert not ax.spines["top"].get_visible()
        assert ax.spines["left"].get_edgecolor() == mpl.colors.to_rgba(style.SOFT)
        assert ax.xaxis.get_gridlines()[0].get_color() == style.LINE
    assert dict(mpl.rcParams) == before


def test_what_else_a_drawing_turns_on_stays_on() -> None:
    """The first figure of a notebook switches to its backend, and that to interactive drawing."""
    before = mpl.is_interactive()
    try:
        for wanted in (True, False):
            with style.figures():
                mpl.interactive(wanted)
            assert mpl.is_interactive() is wanted
    finally:
        mpl.interactive(before)


def test_places_apart_overlap_nowhere_and_move_as_little_as_can_be() -> None:
    random = np.random.default_rng(3)
    for _ in range(200):
        wanted, heights = random.uniform(0, 20, 9), random.uniform(0.5, 4, 9)
        found = np.array(style.apart(list(wanted), list(heights)))
        order = np.argsort(wanted)
        gaps = np.diff(found[order]) - (heights[order][1:] + heights[order][:-1]) / 2
        assert gaps.min() > -1e-9
        # Least squares: where two touch no pile would gain by moving, so the moves add to nothing.
        ends = np.flatnonzero(gaps > 1e-9) + 1
        for pile in np.split(order, ends):
            assert (found - wanted)[pile].sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_labels_at_the_ends_of_lines_lie_apart_and_inside(scale: str) -> None:
    figure = Figure(figsize=(6, 3), layout="constrained")
    FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    ends = {"one": 5.0, "two\nlines": 5.01, "three": 1.0, "four": 1.001, "nothing": np.nan}
    for name, end in ends.items():
        ax.plot([0, 1], [2.0, end], label=name)
    ax.plot([0, 1], [1.0, 2.0])
    ax.set_yscale(scale)
    style.label_ends(ax)
    figure.canvas.draw()
    # Of the words alone, without the line that leads to them.
    boxes = {one.get_text(): Text.get_window_extent(one) for one in ax.texts}
    assert set(boxes) == {"one", "two\nlines", "three", "four", "nothing"}
    for a, b in combinations(boxes.values(), 2):
        assert not a.overlaps(b)
    assert boxes["one"].y0 < boxes["two\nlines"].y0
    assert boxes["three"].y0 < boxes["four"].y0
    for box in boxes.values():
        assert box.x0 > ax.get_window_extent().x1
        assert box.x1 <= figure.bbox.x1


def test_a_page_has_each_colour_of_words_and_lines_as_a_variable() -> None:
    written = dict(re.findall(r"--([\w-]+): (#\w+);", style.css()))
    assert {name: written[name.lower()] for name in WORDS} == {
        name: getattr(style, name) for name in WORDS
    }
    assert tuple(written[f"line-{place}"] for place in range(1, 9)) == style.PALETTE
    assert style.css().startswith(":root {")


def test_units_stand_at_axes_in_one_way() -> None:
    assert style.label("a", "$/Year") == "a ($/Year)"
    for nothing in ("", "dmnl", "Dmnl", "1", "no unit"):
        assert style.label("a", nothing) == "a"
        assert style.unit(nothing) == "no unit"
