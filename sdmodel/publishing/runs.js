/* Runs of the model: the one that is moved, at most once a frame, and those it is held against. */

/* A run: its times, and its values by column. */
function runOf(values, columns = null) {
  const found = kernel.run(values, columns);
  const places = columns || kernel.columns.map((_, place) => place);
  return {
    times: found.times,
    values: new Map(places.map((column, place) => [column, found.values[place]])),
    finite: found.finite,
    problem: found.problem,
  };
}

/* What asks for columns: functions that return those they show at present. */
const askers = [];
const baseRun = runOf({});
let present = baseRun;
let asked = 0;

function wanted() {
  const all = new Set();
  for (const asker of askers) for (const column of asker()) all.add(column);
  return [...all].sort((one, other) => one - other);
}

function runNow() {
  asked = 0;
  const columns = wanted();
  present = changes.size ? runOf(Object.fromEntries(changes), columns) : baseRun;
  warn(present);
  happened("run", present);
}

/* Run at the next frame; sliders ask more often than that. */
function runSoon() {
  if (!asked) asked = requestAnimationFrame(runNow);
}

/* A run in which a value is not finite is told of, whatever is shown of it. */
function warn(run) {
  const problem = run.problem;
  const text = run.finite ? "" : problem
    ? `This run breaks down: ${problem.column} is no finite number at ${timeText(problem.time)}. ` +
      "What is drawn after that means nothing."
    : "This run breaks down: some value in it is no finite number.";
  if (by("alarm").textContent !== text) by("alarm").textContent = text;
  by("alarm").hidden = !text;
}

/* All columns of the run as it is set now, for what wants to keep it. */
function wholeRun() {
  return changes.size ? runOf(Object.fromEntries(changes)) : baseRun;
}

on("change", runSoon);
