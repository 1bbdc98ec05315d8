/* The board of charts: those shown at first, and any that the reader adds. */

const board = [];

function addChart(column) {
  const chart = new Chart(column);
  const remove = made("button", {
    type: "button", class: "small", "aria-label": `Remove the chart of ${chart.name}`,
  }, "\u00d7");
  remove.addEventListener("click", () => removeChart(chart));
  chart.element.prepend(
    made("div", { class: "caption" }, made("h3", {}, chart.name), remove),
  );
  board.push(chart);
  by("charts").append(chart.element);
  return chart.show();
}

function removeChart(chart) {
  board.splice(board.indexOf(chart), 1);
  chartOf.delete(chart.element);
  chart.close();
  tell(`The chart of ${chart.name} is gone.`);
  by("chart-name").focus();
  happened("kept", null);
}

function drawCharts() {
  for (const chart of chartOf.values()) {
    chart.stale = true;
    if (chart.seen) chart.draw({ growing: true });
  }
  clearTimeout(drawCharts.rest);
  drawCharts.rest = setTimeout(drawRest, 200);
}

/* Once the levers rest: what is out of sight, and ranges that fit. */
function drawRest() {
  for (const chart of chartOf.values()) if (chart.stale) chart.draw();
}

/* Find a column by name, whatever the case and the kind of blank; or an array's first. */
function columnNamed(text) {
  const plain = (name) => name.toLowerCase().replaceAll("_", " ").replace(/\s+/g, " ").trim();
  const wantedName = plain(text);
  const exact = kernel.columns.findIndex((_, column) => plain(plainName(column)) === wantedName);
  if (exact >= 0) return exact;
  const array = data.variables.find((one) => plain(one.name) === wantedName);
  if (array && array.columns.length) return array.columns[0];
  const part = kernel.columns.findIndex((_, column) => plain(plainName(column)).includes(wantedName));
  return wantedName ? part : -1;
}

by("all-names").append(
  ...kernel.columns.map((_, column) => made("option", { value: plainName(column) })),
);

by("chart-add").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = by("chart-name").value;
  const column = columnNamed(text);
  if (column < 0) {
    tell(text.trim() ? `The model has no variable named ${text}.` : "Write a name first.");
    return;
  }
  const there = board.find((chart) => chart.column === column);
  if (!there) addChart(column);
  by("chart-name").value = "";
  tell(there ? `${there.name} is shown already.` : `Added: ${plainName(column)}.`);
  runNow();
  happened("kept", null);
});

askers.push(() => [...chartOf.values()].map((chart) => chart.column));
on("run", drawCharts);
