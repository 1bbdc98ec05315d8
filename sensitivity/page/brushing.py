"""What the page does in the browser when runs are picked.

Each script starts with the same functions, over the models that `runs` hands to all of them:
an axis that is brushed has a row in `brushes`, and a run is picked when it passes through the
brush of every such axis.
"""

from __future__ import annotations

_SHARED = """
const data = source.data;
const runs = data.heights.length;
const place = outcome.options.indexOf(outcome.value);
const shown = axes[place];
const last = shown.length;

function brushed() {
  const rows = brushes.data;
  return Array.from(rows.axis, (axis, row) => [axis, rows.low[row], rows.high[row]]);
}

function brush(rows) {
  brushes.data = {
    axis: rows.map((one) => one[0]),
    low: rows.map((one) => one[1]),
    high: rows.map((one) => one[2]),
    left: rows.map((one) => one[0] - 0.07),
    right: rows.map((one) => one[0] + 0.07),
  };
  const picked = [];
  for (let run = 0; run < runs; run++) {
    if (rows.every(([axis, low, high]) => {
      const height = data.heights[run][axis];
      return low <= height && height <= high;
    })) picked.push(run);
  }
  source.selected.indices = rows.length ? picked : [];
  tell(rows.length > 0 || source.selected.indices.length > 0);
}

function mean(values) {
  const known = values.filter((value) => Number.isFinite(value));
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : NaN;
}

function tell(any) {
  const picked = source.selected.indices;
  const all = Array.from(data.y);
  const chosen = any ? picked.map((run) => all[run]) : all;
  const edges = Array.from(bars.data.left).concat(Array.from(bars.data.right).slice(-1));
  const start = edges[0], step = (edges[edges.length - 1] - start) / bins;
  const counts = new Array(bins).fill(0);
  for (const value of chosen) {
    if (Number.isFinite(value)) {
      counts[Math.min(bins - 1, Math.max(0, Math.floor((value - start) / step)))] += 1;
    }
  }
  bars.data = {...bars.data, picked: counts};
  const few = (value) => Number.isFinite(value) ? value.toPrecision(4) : "none";
  count.text = !any
    ? `${runs} runs; mean outcome ${few(mean(all))}`
    : picked.length === 0
      ? "no run passes through all brushes: free an axis"
      : `${picked.length} of ${runs} runs picked; mean outcome ${few(mean(chosen))}, `
        + `of all ${few(mean(all))}`;
}
"""

# A box was dragged: every axis inside it is brushed, or else the nearest one.
DRAG = (
    _SHARED
    + """
const box = cb_obj.geometry;
if (box.type === "rect" && cb_obj.final) {
  const left = Math.min(box.x0, box.x1), right = Math.max(box.x0, box.x1);
  const bottom = Math.min(box.y0, box.y1), top = Math.max(box.y0, box.y1);
  let axes = [...Array(last + 1).keys()].filter((axis) => left <= axis && axis <= right);
  if (axes.length === 0) {
    axes = [Math.min(last, Math.max(0, Math.round((left + right) / 2)))];
  }
  const others = brushed().filter(([axis]) => !axes.includes(axis));
  brush([...others, ...axes.map((axis) => [axis, bottom, top])]);
}
"""
)

FREE = (
    _SHARED
    + """
const nearest = Math.round(cb_obj.x);
brush(brushed().filter(([axis]) => axis !== nearest));
"""
)

CLEAR = _SHARED + "brush([]);\n"

PICKED = (
    _SHARED
    + """
tell(source.selected.indices.length > 0 || brushes.data.axis.length > 0);
"""
)

# Another outcome has other strongest factors: its axes, scatter and histogram are made anew, and
# no axis is brushed.
OUTCOME = (
    _SHARED
    + """
const values = Array.from(data[`outcome ${place}`]);
const known = values.filter((value) => Number.isFinite(value));
const least = known.length ? Math.min(...known) : 0, most = known.length ? Math.max(...known) : 1;
const from = [...shown.map((factor) => low[factor]), least];
const to = [...shown.map((factor) => high[factor]), most];
const columns = [...shown.map((factor) => data[`factor ${factor}`]), values];
const scaled = columns.map((column, axis) => {
  const span = to[axis] > from[axis] ? to[axis] - from[axis] : 1;
  return Array.from(column, (value) => (value - from[axis]) / span);
});
data.heights = values.map((_, run) => scaled.map((column) => column[run]));
data.y = values;
data.x = Array.from(columns[0]);
source.data = {...data};
const step = (most - least) / bins;
const edges = [...Array(bins + 1).keys()].map((edge) => least + step * edge);
const counts = new Array(bins).fill(0);
for (const value of known) {
  counts[Math.min(bins - 1, Math.floor((value - least) / (step || 1)))] += 1;
}
bars.data = {left: edges.slice(0, -1), right: edges.slice(1), all: counts, picked: counts};
const few = (value) => String(Number(value.toPrecision(4)));
ends.data = {...ends.data, text: [...from.map(few), ...to.map(few)]};
const labels = [...shown.map((factor) => wrapped[factor]), called[place]];
parallel.below[0].major_label_overrides = new Map(labels.map((label, axis) => [axis, label]));
sideways.options = shown.map((factor) => factors[factor]);
sideways.value = sideways.options[0];
scatter.below[0].axis_label = sideways.value;
scatter.left[0].axis_label = outcome.value;
histogram.below[0].axis_label = outcome.value;
brush([]);
"""
)

SIDEWAYS = (
    _SHARED
    + """
const across = shown[sideways.options.indexOf(sideways.value)];
source.data = {...data, x: Array.from(data[`factor ${across}`])};
scatter.below[0].axis_label = sideways.value;
"""
)
