/* The model's own drawing: names to choose, and pipes as wide as what flows through them. */

const FULL = 13;
let pipes = [];
let largest = new Map();

function showView() {
  const template = by(`view-${by("view").value}`);
  by("sketch").replaceChildren(template.content.cloneNode(true));
  pipes = [];
  const flows = new Map();
  for (const path of by("sketch").querySelectorAll("path[data-about][fill=none]")) {
    const name = path.dataset.about;
    if (!flows.has(name)) flows.set(name, { outer: [], inner: [] });
    flows.get(name)[path.getAttribute("stroke") === "white" ? "inner" : "outer"].push(path);
  }
  for (const [name, lines] of flows) {
    const variable = data.variables.find((one) => one.key === name);
    if (variable && variable.columns.length) pipes.push({ variable, ...lines });
  }
  by("widths").hidden = !pipes.length;
  for (const link of by("sketch").querySelectorAll("a")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      inspect(Number(link.getAttribute("href").replace("#variable-", "")));
    });
  }
  markChosen();
  runNow();
}

/* What flows in all elements of a variable together. */
function flowing(run, variable, place) {
  let sum = 0;
  for (const column of variable.columns) sum += run.values.get(column)[place];
  return sum;
}

/* The largest flow of each unit in this view, in this run and the base run, at any time. */
function measurePipes() {
  largest = new Map();
  for (const { variable } of pipes) {
    for (const run of new Set([baseRun, present])) {
      for (let place = 0; place < run.times.length; place++) {
        const size = Math.abs(flowing(run, variable, place));
        if (size > (largest.get(variable.unit) || 0) && size < Infinity) {
          largest.set(variable.unit, size);
        }
      }
    }
  }
}

function drawPipes() {
  const moment = by("moment");
  const last = present.times.length - 1;
  const atEnd = moment.value === moment.max;
  moment.max = String(last);
  if (atEnd || Number(moment.value) > last) moment.value = String(last);
  const place = Number(moment.value);
  by("moment-shown").textContent = timeText(present.times[place]);
  moment.setAttribute("aria-valuetext", timeText(present.times[place]));
  for (const { variable, outer, inner } of pipes) {
    const value = flowing(present, variable, place);
    const share = Math.min(1, Math.abs(value) / (largest.get(variable.unit) || Infinity)) || 0;
    const width = 1 + FULL * share;
    for (const line of outer) line.style.strokeWidth = `${width + 2}px`;
    for (const line of inner) {
      line.style.strokeWidth = `${width}px`;
      line.style.stroke = share ? colour(value < 0 ? "against" : "flow") : colour("paper");
      line.style.strokeDasharray = value < 0 ? "5 3" : "none";
    }
  }
}

/* Widths follow the levers once these rest: a view has many pipes. */
function pipesSoon() {
  clearTimeout(pipesSoon.rest);
  pipesSoon.rest = setTimeout(() => {
    measurePipes();
    drawPipes();
  }, 60);
}

function markChosen() {
  for (const link of by("sketch").querySelectorAll("a")) {
    link.classList.toggle("chosen", link.getAttribute("href") === `#variable-${inspected}`);
  }
}

if (by("view")) {
  askers.push(() => pipes.flatMap(({ variable }) => variable.columns));
  on("run", pipesSoon);
  by("view").addEventListener("change", showView);
  by("moment").addEventListener("input", drawPipes);
}
