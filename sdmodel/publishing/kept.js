/* Runs that were kept: lines in all charts, names in the legend, columns in the table. */

const DASHES = ["dashed", "dotted", "dotdash", "dashdot"];
const kept = [];

function keep(name, run, settings) {
  const place = [0, ...kept.map((one) => one.place + 1)].find(
    (free) => !kept.some((one) => one.place === free));
  const look = {
    colour: data.looks.kept[place % data.looks.kept.length],
    width: 1.8, dash: DASHES[place % DASHES.length],
  };
  const one = { name, run, settings, place, look };
  kept.push(one);
  for (const chart of chartOf.values()) {
    chart.addGhost(one);
    chart.draw();
  }
  happened("kept", one);
  return one;
}

function drop(one) {
  kept.splice(kept.indexOf(one), 1);
  for (const chart of chartOf.values()) {
    chart.dropGhost(one);
    chart.draw();
  }
  happened("kept", null);
}

function freeName(text) {
  const base = text.trim() || `Run ${kept.length + 1}`;
  let name = base;
  for (let again = 2; kept.some((one) => one.name === name); again++) name = `${base} (${again})`;
  return name;
}

/* What a run is called when nobody named it: the scenarios it is of, or what was moved. */
function ownName() {
  const found = scenarioButtons.filter(({ about }) => isSet(about)).map(({ about }) => about.label);
  return found.join(", ");
}

by("keep").addEventListener("submit", (event) => {
  event.preventDefault();
  const one = keep(
    freeName(by("keep-name").value || ownName()), wholeRun(), Object.fromEntries(changes));
  by("keep-name").value = "";
  tell(`${one.name} is kept, and compared below.`);
});

function showLegend() {
  const entry = (look, name, ...more) => made("li", {},
    swatch(look), made("span", { class: "name" }, name), ...more);
  const rows = kept.map((one) => {
    let name = one.name;
    if (one.settings) {
      name = made("button", {
        type: "button", class: "name-button", title: "Set the levers as in this run",
      }, one.name);
      name.addEventListener("click", () => setOnly(Object.entries(one.settings)));
    }
    const remove = made("button", {
      type: "button", class: "small", "aria-label": `Remove ${one.name}`,
    }, "\u00d7");
    remove.addEventListener("click", () => drop(one));
    return entry(one.look, name, remove);
  });
  by("legend").replaceChildren(entry(NOW, "This run"), entry(BASE, "Base run"), ...rows);
}

/* The table: what each chart ends at in each run, and how far from the base run that is. */
function showTable() {
  by("compare").hidden = !kept.length;
  if (!kept.length) return;
  const runs = [
    { name: "Base run", run: baseRun }, ...kept, { name: "This run", run: present },
  ];
  const head = made("tr", {}, made("th", { scope: "col" }, "At the end of the run"),
    ...runs.map((one) => made("th", { scope: "col" }, one.name)));
  const rows = board.map((chart) => {
    const base = baseRun.values.get(chart.column).at(-1);
    const cells = runs.map(({ run }) => {
      const found = run.values.get(chart.column);
      if (!found) return made("td", { class: "n" }, "not there");
      const value = found.at(-1);
      const delta = run === baseRun ? "" : made("span", { class: "delta" }, signed(value - base));
      return made("td", { class: "n" }, short(value), delta);
    });
    const unit = chart.unit ? made("span", { class: "delta" }, chart.unit) : "";
    return made("tr", {}, made("th", { scope: "row" }, chart.name, unit), ...cells);
  });
  by("table").replaceChildren(made("thead", {}, head), made("tbody", {}, ...rows));
}

on("kept", showLegend);
on("kept", showTable);
on("run", () => {
  clearTimeout(showTable.rest);
  showTable.rest = setTimeout(showTable, 150);
});
