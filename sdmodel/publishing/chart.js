/* One variable over time: this run over the base run and those that were kept. */

const NOW = { colour: data.looks.now, width: 3, dash: "solid" };
const BASE = { colour: data.looks.base, width: 1.4, dash: "solid" };

class Chart {
  constructor(column, { small = false } = {}) {
    this.column = column;
    this.variable = variableOf(column);
    this.name = plainName(column);
    this.unit = this.variable ? this.variable.unit : "";
    this.ghosts = new Map();
    this.seen = false;
    this.stale = true;
    this.plot = timePlot(this.unit, { ticks: small ? 3 : 4 });
    this.cursor = new Models.Span({
      dimension: "height", line_color: colour("soft"), line_width: 1, visible: false,
    });
    this.plot.add_layout(this.cursor);
    addLine(this.plot, BASE, baseRun.times, baseRun.values.get(column));
    this.fixed = extent(baseRun.values.get(column));
    for (const one of kept) this.addGhost(one);
    this.now = addLine(this.plot, NOW);
    this.plot.on_event("mousemove", (event) => pointAt(event.x));
    this.plot.on_event("tap", (event) => pointAt(event.x));
    this.plot.on_event("mouseleave", () => pointAt(null));
    this.place = made("div", { class: "plot", role: "img", "aria-label": this.name });
    this.reading = made("p", { class: "reading" });
    this.element = made("div", { class: "chart" }, this.place, this.reading);
  }

  show() {
    seeing.observe(this.element);
    chartOf.set(this.element, this);
    return show(this.plot, this.place);
  }

  close() {
    seeing.unobserve(this.element);
    this.element.remove();
    this.plot.document.clear();
  }

  addGhost(one) {
    const ys = one.run.values.get(this.column);
    if (!ys) return;
    this.ghosts.set(one, addLine(this.plot, one.look, one.run.times, ys));
    this.measure();
  }

  dropGhost(one) {
    const line = this.ghosts.get(one);
    if (!line) return;
    this.ghosts.delete(one);
    this.plot.renderers = this.plot.renderers.filter((renderer) => renderer !== line.renderer);
    this.measure();
  }

  /* What all lines but this run's span. */
  measure() {
    this.fixed = extent(baseRun.values.get(this.column));
    for (const one of this.ghosts.keys()) {
      this.fixed = extent(one.run.values.get(this.column), this.fixed);
    }
  }

  draw({ growing = false } = {}) {
    const ys = present.values.get(this.column);
    if (!ys) return;
    this.stale = growing;
    this.now.source.data = { x: present.times, y: ys };
    fit(this.plot.y_range, extent(ys, this.fixed), growing && this.fitted);
    this.fitted = true;
    this.read(pointed);
  }

  /* Say below what the run and the base run are at a time; at the end where none is pointed at. */
  read(time) {
    const ys = present.values.get(this.column);
    if (!ys) return;
    const place = time === null ? present.times.length - 1 : nearest(present.times, time);
    const base = baseRun.values.get(this.column)[Math.min(place, baseRun.times.length - 1)];
    const value = ys[place];
    const when = timeText(present.times[place]);
    const same = value === base || !changes.size;
    this.reading.replaceChildren(
      `${when}: `, made("b", {}, short(value)), same ? "" : `, base run ${short(base)}`,
    );
    this.cursor.setv({ visible: time !== null, location: present.times[place] });
    if (time !== null) return;
    const first = short(ys[0]);
    this.place.setAttribute("aria-label",
      `${this.name}: ${first} at ${timeText(present.times[0])}, ${short(value)} at ${when}` +
      (same ? "" : `; in the base run ${short(base)}`) + (this.unit ? `; ${this.unit}` : ""));
  }
}

const chartOf = new Map();
let pointed = null;

/* Charts out of sight wait for their data until they come into it, or the run has come to rest. */
const seeing = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const chart = chartOf.get(entry.target);
    chart.seen = entry.isIntersecting;
    if (chart.seen && chart.stale) chart.draw();
  }
}, { rootMargin: "100px" });

/* Show one time in all charts that are in sight. */
function pointAt(time) {
  pointed = time;
  for (const chart of chartOf.values()) if (chart.seen) chart.read(time);
}

function nearest(times, time) {
  let place = 0;
  for (let at = 1; at < times.length; at++) {
    if (Math.abs(times[at] - time) < Math.abs(times[place] - time)) place = at;
  }
  return place;
}

const columnOwner = new Map();
for (const variable of data.variables) {
  for (const column of variable.columns) columnOwner.set(column, variable);
}

function variableOf(column) {
  return columnOwner.get(column);
}

/* A name without the quotes that a file needs. */
function plainName(column) {
  const name = kernel.columns[column];
  return /^".*"$/.test(name) ? name.slice(1, -1) : name;
}
