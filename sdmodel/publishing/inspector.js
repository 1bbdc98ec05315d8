/* One variable looked into: what it is, and its course above those of its causes. */

const MOST_CAUSES = 12;
const STILL = ["constant", "computed constant", "control", "lookup"];
let inspected = -1;
let strip = [];

function nameButton(place) {
  const button = made("button", { type: "button", class: "name-button" }, data.variables[place].name);
  button.addEventListener("click", () => inspect(place));
  return button;
}

function stripChart(column, heading) {
  const chart = new Chart(column, { small: true });
  chart.element.prepend(made("h4", {}, heading));
  strip.push(chart);
  return chart;
}

/* Constants and lookups do not move: those are told with their values. */
function stillCause(place) {
  const { kind, columns, unit } = data.variables[place];
  const value = columns.length === 1 ? present.values.get(columns[0]) : null;
  const shown = value ? ` = ${short(value.at(-1))}${unit ? ` ${unit}` : ""}` : ` (${kind})`;
  return made("li", {}, nameButton(place), shown);
}

function inspect(place) {
  const variable = data.variables[place];
  if (!variable) return;
  for (const chart of strip) {
    chartOf.delete(chart.element);
    chart.close();
  }
  strip = [];
  inspected = place;
  const causes = variable.uses.filter((one) => one !== place);
  const moving = causes.filter((one) => !STILL.includes(data.variables[one].kind));
  const resting = causes.filter((one) => STILL.includes(data.variables[one].kind));
  const parts = [
    made("h3", { tabindex: "-1" }, variable.name),
    made("p", { class: "soft" }, `${variable.kind}${variable.unit ? `, ${variable.unit}` : ""}`),
  ];
  if (variable.comment) parts.push(made("p", {}, variable.comment));
  if (variable.equations.length) parts.push(equationsOf(variable));
  const column = variable.columns[0];
  if (variable.columns.length && variable.kind !== "constant") {
    parts.push(stripChart(column, plainName(column)).element, addButton(column));
  }
  if (variable.columns.length > 1) {
    parts.push(made("p", { class: "soft" }, `The first of ${variable.columns.length} elements.`));
  }
  if (moving.length) parts.push(made("h3", {}, "What moves it"));
  for (const one of moving.slice(0, MOST_CAUSES)) {
    const first = columnLike(column, data.variables[one]);
    if (first !== undefined) parts.push(stripChart(first, nameButton(one)).element);
  }
  const more = moving.slice(MOST_CAUSES);
  const wholeList = [...resting, ...more];
  restingList = made("ul", { class: "names" });
  if (wholeList.length) parts.push(made("h3", {}, moving.length ? "And" : "It uses"), restingList);
  if (variable.usedBy.length) {
    parts.push(made("h3", {}, "What it moves"), made("ul", { class: "names" },
      ...variable.usedBy.map((one) => made("li", {}, nameButton(one)))));
  }
  by("inspected").replaceChildren(...parts);
  for (const chart of strip) chart.show();
  restingCauses = wholeList;
  if (by("view")) markChosen();
  runNow();
}

let restingCauses = [];
let restingList = null;

function equationsOf(variable) {
  const lines = variable.equations.map(([left, text]) => made("p", {}, `${left} = ${text}`));
  if (variable.more) lines.push(made("p", {}, `and ${variable.more} more equations`));
  return made("div", { class: "equation", tabindex: "0", role: "region", "aria-label": "Equation" },
    ...lines);
}

function addButton(column) {
  const button = made("button", { type: "button" }, "Add to the charts above");
  button.addEventListener("click", () => {
    const there = board.some((chart) => chart.column === column);
    if (!there) addChart(column);
    tell(there ? "It is among the charts already." : `Added: ${plainName(column)}.`);
    runNow();
    happened("kept", null);
  });
  return made("p", {}, button);
}

/* The element of a cause that has the same subscripts; else its first. */
function columnLike(column, cause) {
  const found = /\[[^\]]*\]$/.exec(column === undefined ? "" : kernel.columns[column]);
  const same = found && cause.columns.find((one) => kernel.columns[one].endsWith(found[0]));
  return same === null || same === undefined ? cause.columns[0] : same;
}

by("look").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = by("look-name").value.trim();
  const column = columnNamed(text);
  const named = data.variables.findIndex((one) => one.name.toLowerCase() === text.toLowerCase());
  const place = named >= 0 ? named : data.variables.indexOf(variableOf(column));
  if (text && place >= 0) {
    inspect(place);
    by("inspected").querySelector("h3").focus();
  } else {
    by("inspected").replaceChildren(made("p", {}, `The model has no variable named ${text}.`));
  }
});

askers.push(() => restingCauses.flatMap((one) => data.variables[one].columns));
on("run", () => {
  if (restingList) restingList.replaceChildren(...restingCauses.map(stillCause));
});
