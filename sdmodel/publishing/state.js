/* What is set in the page: the constants that differ from the model's own. */

const data = JSON.parse(by("data").textContent);
const kernel = sdmodelKernel;
const changes = new Map();
const listeners = { change: [], run: [], kept: [] };

function on(what, listener) {
  listeners[what].push(listener);
}

function happened(what, about) {
  for (const listener of listeners[what]) listener(about);
}

function isConstant(name) {
  return Object.hasOwn(kernel.constants, name);
}

function valueOf(name) {
  return changes.has(name) ? changes.get(name) : kernel.constants[name];
}

/* Set constants, given as [name, value]; one at the model's own value is no change. */
function setAll(pairs) {
  for (const [name, value] of pairs) {
    if (value === kernel.constants[name]) changes.delete(name);
    else changes.set(name, value);
  }
  happened("change", pairs.map(([name]) => name));
}

/* Set these constants and put all others back. */
function setOnly(pairs) {
  const back = [...changes.keys()].map((name) => [name, kernel.constants[name]]);
  setAll([...back, ...pairs]);
}
