"""The XMILE 1.0 file: header, run, dimensions, units and variables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from xml.sax.saxutils import escape, quoteattr

from sdmodel.converting.names import bare
from sdmodel.converting.notes import Collector
from sdmodel.converting.printing import number
from sdmodel.converting.to_items import Body, Item, Items
from sdmodel.converting.views import views_of
from sdmodel.converting.xmile_text import identifier
from sdmodel.errors import ReadError
from sdmodel.expr import Table
from sdmodel.frontends.sketch import View, read_sketch
from sdmodel.source import SourceModel
from sdmodel.version import __version__

METHODS = {"euler": "euler", "rk2": "rk2", "rk4": "rk4", "rk4auto": "rk45"}
_KINDS = {"interpolate": "continuous", "extrapolate": "extrapolate", "backward": "discrete"}
_OPENING = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0" \
xmlns:isee="http://iseesystems.com/XMILE">"""


def xmile_file(
    model: SourceModel, name: str, controls: Mapping[str, float], collector: Collector
) -> tuple[str, dict[str, str]]:
    """Return the text of a model as XMILE, and the names that had to change, by old key."""
    made = Items(model, controls, collector)
    items = made.all()
    for old, new in made.names.changed().items():
        if not old.startswith("#"):
            one = made.model.by_key[old]
            collector.note(one.name, one.at, f"is called {new!r}: the name means something else")
    lines = [
        _OPENING,
        "  <header>",
        "    <vendor>sdmodel</vendor>",
        # From this readers know that DELAY stands for DELAY FIXED.
        f'    <product version="{__version__}" lang="en">sdmodel, from Vensim</product>',
        f"    <name>{escape(name)}</name>",
        "  </header>",
        *_run(model, controls, collector),
        *_units(model),
        *_dimensions(made.dimensions.found),
        "  <model>",
        "    <variables>",
        *(line for item in items for line in _item(item)),
        *_groups(items),
        "    </variables>",
        *views_of(_sketch(model, collector), items),
        "  </model>",
        "</xmile>",
    ]
    return "\n".join(lines) + "\n", made.names.changed()


def _sketch(model: SourceModel, collector: Collector) -> tuple[View, ...]:
    try:
        return read_sketch(model.source.text)
    except ReadError as error:
        place = error.problems[0].line
        what = f"its drawing is left out: line {place} of it is not as Vensim writes it"
        collector.note("", -1, what, "open and save the model in Vensim", lost=True)
        return ()


def _run(model: SourceModel, controls: Mapping[str, float], collector: Collector) -> Iterator[str]:
    method = METHODS.get(model.method)
    if method is None:
        near = "rk2" if model.method == "rk2auto" else "euler"
        collector.note(
            "", -1, f"XMILE has no method {model.method}: {near} stands in for it",
            "results may differ: compare them at a smaller step", lost=True
        )  # fmt: skip
        method = near
    step, save = controls["time step"], controls["saveper"]
    clock = next((v.units for v in model.variables if v.key == "time step" and v.units), "")
    saved = f' isee:save_interval="{number(save)}"' if save > step else ""
    unit = f" time_units={quoteattr(clock)}" if clock else ""
    yield f'  <sim_specs method="{method}"{unit}{saved}>'
    yield f"    <start>{number(controls['initial time'])}</start>"
    yield f"    <stop>{number(controls['final time'])}</stop>"
    yield f"    <dt>{number(step)}</dt>"
    yield "  </sim_specs>"


def _units(model: SourceModel) -> Iterator[str]:
    if model.unit_definitions:
        yield "  <model_units>"
        for unit in model.unit_definitions:
            yield f"    <unit name={quoteattr(unit.name)}>"
            if unit.formula:
                yield f"      <eqn>{escape(unit.formula)}</eqn>"
            yield from (f"      <alias>{escape(alias)}</alias>" for alias in unit.aliases)
            yield "    </unit>"
        yield "  </model_units>"


def _dimensions(found: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    if found:
        yield "  <dimensions>"
        for name, elements in found.items():
            yield f"    <dim name={_name(name)}>"
            yield from (f"      <elem name={_name(element)}/>" for element in elements)
            yield "    </dim>"
        yield "  </dimensions>"


def _name(name: str) -> str:
    """Return the name of an element as an attribute: a backslash there begins an escape."""
    return quoteattr(bare(name).replace("\\", "\\\\"))


def _item(item: Item) -> Iterator[str]:
    entry = item.entry
    yield f"      <{item.kind} name={_name(item.name)}>"
    if item.dimensions:
        yield "        <dimensions>"
        yield from (f"          <dim name={_name(one)}/>" for one in item.dimensions)
        yield "        </dimensions>"
    for elements, body in item.bodies:
        if elements:
            subscript = quoteattr(", ".join(map(_subscript, elements)))
            yield f"        <element subscript={subscript}>"
            yield from _body(body, "          ")
            yield "        </element>"
        else:
            yield from _body(body, "        ")
    yield from (f"        <inflow>{escape(identifier(one))}</inflow>" for one in item.inflows)
    yield from (f"        <outflow>{escape(identifier(one))}</outflow>" for one in item.outflows)
    yield from _about(item)
    if entry.non_negative:
        yield "        <non_negative/>"
    yield f"      </{item.kind}>"


def _subscript(element: str) -> str:
    return f'"{element}"' if "," in element else element


def _about(item: Item) -> Iterator[str]:
    entry = item.entry
    if entry.units:
        yield f"        <units>{escape(entry.units)}</units>"
    if entry.low is not None or entry.high is not None:
        ends = (("min", entry.low), ("max", entry.high))
        said = "".join(f' {end}="{number(value)}"' for end, value in ends if value is not None)
        yield f"        <range{said}/>"
    if entry.comment:
        yield f"        <doc>{escape(entry.comment)}</doc>"


def _body(body: Body, indent: str) -> Iterator[str]:
    if body.equation:
        yield f"{indent}<eqn>{escape(body.equation)}</eqn>"
    if body.initial:
        yield f"{indent}<init_eqn>{escape(body.initial)}</init_eqn>"
    if body.table is not None:
        yield f'{indent}<gf type="{_KINDS[body.mode]}">'
        yield from _points(body.table, indent + "  ")
        yield f"{indent}</gf>"


def _points(table: Table, indent: str) -> Iterator[str]:
    for axis, values in (("x", table.xs), ("y", table.ys)):
        finite = [one for one in values if math.isfinite(one)] or [0.0]
        ends = f'min="{number(min(finite))}" max="{number(max(finite))}"'
        yield f"{indent}<{axis}scale {ends}/>"
    yield f"{indent}<xpts>{_list(table.xs)}</xpts>"
    yield f"{indent}<ypts>{_list(table.ys)}</ypts>"


def _list(values: Iterable[float]) -> str:
    return ",".join(map(number, values))


def _groups(items: list[Item]) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for item in items:
        if item.entry.group:
            groups.setdefault(item.entry.group, []).append(item.name)
    for group, names in groups.items():
        yield f"      <group name={quoteattr(group)}>"
        yield from (f"        <entity name={_name(name)}/>" for name in names)
        yield "      </group>"
