"""``<gf>``: graphical functions become tables of points."""

from __future__ import annotations

from itertools import pairwise

from sdmodel.expr import Table
from sdmodel.frontends.xmile.markup import Element
from sdmodel.frontends.xmile.report import Report

# A discrete function holds each y until the next x, the last one for ever
# (XMILE 1.0, "Graphical Functions").
MODES = {"continuous": "interpolate", "extrapolate": "extrapolate", "discrete": "backward"}


def read_table(gf: Element, variable: str, report: Report) -> tuple[Table, str] | None:
    """Return the points and how they are read; None, and a problem, where that fails."""
    ys = _points(gf.one("ypts"), variable, report)
    if ys is None:
        report.refuse(
            gf.at,
            f"the graphical function of {variable!r} has no points",
            "write <ypts>0,1,4</ypts> and <xscale min=.. max=../> or <xpts>",
            variable=variable,
        )
        return None
    xs = _points(gf.one("xpts"), variable, report) or _spread(gf, len(ys), variable, report)
    if not xs or not ys:
        return None
    if len(xs) != len(ys):
        report.refuse(
            gf.at,
            f"the graphical function of {variable!r} has {len(xs)} x values but {len(ys)} y values",
            "give both the same number of points",
            variable=variable,
        )
        return None
    fallen = next((b for a, b in pairwise(xs) if b < a), None)
    if fallen is not None:
        report.refuse(
            gf.at,
            f"the x values of the graphical function of {variable!r} must not fall "
            f"(at x = {fallen:g})",
            "sort the points by x",
            variable=variable,
        )
        return None
    return Table(tuple(xs), tuple(ys), gf.at), _mode(gf, variable, report)


def _points(element: Element | None, variable: str, report: Report) -> list[float] | None:
    if element is None or not element.text:
        return None
    passage, separator = element.passage, element.get("sep", ",") or ","
    values, place = list[float](), 0
    for part in passage.text.split(separator):
        blank = len(part) - len(part.lstrip())
        if part.strip():
            at = passage.at(place + blank)
            what = f"a point of the graphical function of {variable!r}"
            value = report.number(element, part.strip(), at, what)
            if value is None:
                return []
            values.append(value)
        place += len(part) + len(separator)
    return values


def _spread(gf: Element, count: int, variable: str, report: Report) -> list[float]:
    """Return x values evenly spread over ``<xscale>``."""
    scale = gf.one("xscale")
    if scale is None:
        report.refuse(
            gf.at,
            f"the graphical function of {variable!r} has neither <xpts> nor <xscale>",
            "say which x the first and last point have: <xscale min=.. max=../>",
            variable=variable,
        )
        return []
    ends = []
    for name in ("min", "max"):
        at = report.attribute(scale, name)
        value = report.number(scale, scale.get(name).strip(), at, f"{name} of <xscale>")
        if value is None:
            return []
        ends.append(value)
    first, last = ends
    return [first + (last - first) * i / max(count - 1, 1) for i in range(count)]


def _mode(gf: Element, variable: str, report: Report) -> str:
    kind = gf.get("type").strip().lower()
    if not kind:
        kind = "discrete" if gf.get("discrete").strip().lower() == "true" else "continuous"
    if kind not in MODES:
        report.unsupported(
            report.attribute(gf, "type"),
            f"the graphical function of {variable!r} is of type {kind!r}",
            f"write one of: {', '.join(MODES)}",
            variable,
        )
    return MODES.get(kind, "interpolate")
