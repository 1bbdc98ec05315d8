/* A stored sweep: which levers and uncertainties matter, and how far its runs lie apart. */

const sweep = data.sweep;

function showRanking() {
  const { rows, index, meaning, note, more } = sweep.outcomes[Number(by("outcome").value)];
  const remarks = [`${index}: ${meaning}.`, note && `${note}.`,
    more && `${more} more matter less than these.`];
  by("index").textContent = remarks.filter(Boolean).join(" ");
  const most = Math.max(...rows.map((row) => Math.abs(row[2]))) || 1;
  by("ranking").replaceChildren(
    made("thead", {}, made("tr", {}, ...["", "", `Index ${index}`, ""].map(
      (text) => (text ? made("th", { scope: "col" }, text) : made("td"))))),
    made("tbody", {}, ...rows.map(([label, role, value, half]) => {
      const bar = made("span", { class: `size ${role}` });
      bar.style.width = `${(100 * Math.abs(value)) / most}%`;
      return made("tr", {},
        made("th", { scope: "row" }, label), made("td", { class: "soft" }, role),
        made("td", { class: "bars" }, bar),
        made("td", { class: "n" }, estimate(value), half ? ` \u00b1 ${estimate(half)}` : ""));
    })),
  );
}

let fan = null;

/* Bands between matching percentiles, the widest first, with the middle and the base run. */
function showFan() {
  const { name, unit, bands, base } = sweep.series[Number(by("course").value)];
  const numbers = (list) => list.map((one) => (one === null ? NaN : one));
  const times = numbers(sweep.times);
  if (fan) fan.document.clear();
  fan = timePlot(unit, {
    x: new Models.Range1d({ start: times[0], end: times.at(-1) }),
  });
  let span = extent(numbers(base));
  const pairs = [];
  for (let low = 0, high = bands.length - 1; low < high; low++, high--) {
    const source = new Models.ColumnDataSource({
      data: { x: times, low: numbers(bands[low]), high: numbers(bands[high]) },
    });
    fan.add_glyph(new Models.VArea({
      x: { field: "x" }, y1: { field: "low" }, y2: { field: "high" },
      fill_color: data.looks.now, fill_alpha: 0.2,
    }), source);
    span = extent(numbers(bands[low]), extent(numbers(bands[high]), span));
    const share = sweep.quantiles[high] - sweep.quantiles[low];
    pairs.push(`${Number((100 * share).toPrecision(4))} %`);
  }
  if (bands.length % 2) addLine(fan, NOW, times, numbers(bands[(bands.length - 1) / 2]));
  addLine(fan, BASE, times, numbers(base));
  fit(fan.y_range, span);
  const place = made("div", { class: "plot", role: "img",
    "aria-label": `Bands of ${name} over all runs of the sweep` });
  by("fan").replaceChildren(place);
  show(fan, place);
  by("bands").textContent =
    `The bands hold ${pairs.join(", ")} of the runs; blue is the middle run, black the base run.`;
}

if (sweep && sweep.outcomes.length) by("outcome").addEventListener("change", showRanking);
if (sweep && sweep.series.length) by("course").addEventListener("change", showFan);
