/* Charts by Bokeh: a plot with lines over time, made once and then only given other data. */

Bokeh.logger.set_level("error");
const Models = Bokeh.Models;
const { Document: BokehDocument } = Bokeh.require("document");

/* At each paint Bokeh writes the same places into the style sheets of a chart's parts, and the browser
   then works out all styles again, which takes longer than the drawing. The same text is no news. */
const { InlineStyleSheet } = Bokeh.require("core/dom");
const writeSheet = InlineStyleSheet.prototype._update;
if (writeSheet) {
  InlineStyleSheet.prototype._update = function (css) {
    if (this.el.textContent !== css) writeSheet.call(this, css);
  };
}

class NumberTicks extends Models.BasicTickFormatter {
  doFormat(ticks) {
    return tickTexts(ticks);
  }
}
NumberTicks.__name__ = "NumberTicks";

class TimeTicks extends Models.BasicTickFormatter {
  doFormat(ticks) {
    return ticks.map(timeText);
  }
}
TimeTicks.__name__ = "TimeTicks";

const FONT = 'system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif';
const COLOURS = getComputedStyle(document.documentElement);

function colour(name) {
  return COLOURS.getPropertyValue(`--${name}`).trim();
}

function axis(Kind, label, formatter, ticks) {
  return new Kind({
    axis_label: label,
    formatter: formatter,
    ticker: new Models.BasicTicker({ desired_num_ticks: ticks, num_minor_ticks: 0 }),
    axis_label_text_font: FONT,
    axis_label_text_font_size: "12px",
    axis_label_text_font_style: "normal",
    axis_label_text_color: colour("soft"),
    axis_label_standoff: 4,
    major_label_text_font: FONT,
    major_label_text_font_size: "11.5px",
    major_label_text_color: colour("soft"),
    axis_line_color: colour("line"),
    major_tick_line_color: colour("line"),
    major_tick_in: 0,
  });
}

/* A unit as it stands alone at an axis. */
function atAxis(unit) {
  return data.noUnit.includes((unit || "").trim().toLowerCase()) ? "no unit" : folded(unit);
}

/* A long unit on two lines, cut where it may be. */
function folded(unit) {
  if (unit.length < 16) return unit;
  const cuts = [...unit.matchAll(/[\s/*)]/g)].map((found) => found.index + 1);
  const middle = unit.length / 2;
  cuts.sort((one, other) => Math.abs(one - middle) - Math.abs(other - middle));
  return cuts.length ? `${unit.slice(0, cuts[0]).trimEnd()}\n${unit.slice(cuts[0])}` : unit;
}

function grid(axisModel, dimension) {
  return new Models.Grid({ axis: axisModel, dimension: dimension, grid_line_color: colour("tint") });
}

/* An empty plot over time; its ranges are set by whoever draws in it. */
function timePlot(unit, { x, y, ticks = 4 } = {}) {
  const plot = new Models.Plot({
    x_range: x || new Models.Range1d({ start: kernel.time.initial, end: kernel.time.final }),
    y_range: y || new Models.Range1d({ start: 0, end: 1 }),
    sizing_mode: "stretch_both",
    toolbar_location: null,
    outline_line_color: null,
    min_border_right: 18,
    min_border_left: 48,
    min_border_top: 6,
  });
  const below = axis(Models.LinearAxis, data.timeUnit || "Time", new TimeTicks(), 4);
  const left = axis(Models.LinearAxis, atAxis(unit), new NumberTicks(), ticks);
  plot.add_layout(below, "below");
  plot.add_layout(left, "left");
  plot.add_layout(grid(left, 1), "center");
  return plot;
}

function addLine(plot, look, xs = [], ys = []) {
  const source = new Models.ColumnDataSource({ data: { x: xs, y: ys } });
  const glyph = new Models.Line({
    x: { field: "x" }, y: { field: "y" },
    line_color: look.colour, line_width: look.width, line_dash: look.dash,
  });
  const renderer = plot.add_glyph(glyph, source);
  return { source, renderer };
}

function show(plot, place) {
  const own = new BokehDocument();
  own.add_root(plot);
  return Bokeh.embed.add_document_standalone(own, place);
}

/* The lowest and highest finite value, or null where there is none. */
function extent(values, before = null) {
  let low = before ? before[0] : Infinity;
  let high = before ? before[1] : -Infinity;
  for (let place = 0; place < values.length; place++) {
    const value = values[place];
    if (value < low && value > -Infinity) low = value;
    if (value > high && value < Infinity) high = value;
  }
  return low <= high ? [low, high] : before;
}

/* Set a range with some room; nothing is far off, zero is shown; noise is not blown up.

While a lever moves, `growing`, a range only grows, and then by more than it needs: other numbers at
the axis make Bokeh lay out the chart anew, which takes longer than to draw it. */
function fit(range, found, growing = false) {
  if (!found) return;
  let [low, high] = found;
  if (growing && low >= range.start && high <= range.end) return;
  if (low > 0 && low < 0.5 * high) low = 0;
  if (high < 0 && high > 0.5 * low) high = 0;
  const size = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const share = growing ? 0.25 : 0.05;
  const room = high - low > 1e-6 * size ? share * (high - low) : 0.1 * size;
  let start = low === 0 ? 0 : low - room;
  let end = high === 0 && low < 0 ? 0 : high + room;
  if (growing) [start, end] = [Math.min(start, range.start), Math.max(end, range.end)];
  if (start !== range.start || end !== range.end) range.setv({ start, end });
}
