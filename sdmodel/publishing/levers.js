/* Sliders, number boxes, switches and choices: what they set, and how they follow what is set. */

const leverOf = new Map();

/* A number for a box that is a few digits wide; it is read back to the same one. */
function boxText(value) {
  const text = String(value);
  return text.length > 9 && text.length > value.toExponential().length ? value.toExponential() : text;
}

class LeverControl {
  constructor(element) {
    this.about = data.levers[Number(element.dataset.lever)];
    this.element = element;
    this.main = element.querySelector("input[type=range], input[type=checkbox], select");
    this.box = element.querySelector("input[type=number]");
    for (const name of this.about.sets) leverOf.set(name, this);
    this.main.addEventListener(this.about.kind === "range" ? "input" : "change", () => this.moved());
    if (this.about.kind !== "range") return;
    this.main.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("change", () => this.typed());
    this.follow();
  }

  set(value) {
    setAll(this.about.sets.map((name) => [name, value]));
  }

  moved() {
    if (this.about.kind === "switch") this.set(this.main.checked ? 1 : 0);
    else if (this.about.kind === "choice") this.set(Number(this.main.value));
    else this.set(this.rounded(Number(this.main.value)));
  }

  /* The nearest step; the model's own value catches what comes close to it. */
  rounded(value) {
    const { low, high, step, value: own } = this.about;
    if (Math.abs(value - own) < step / 2) return own;
    const near = Number((low + Math.round((value - low) / step) * step).toPrecision(12));
    return Math.min(high, Math.max(low, near));
  }

  key(event) {
    const { low, high, step } = this.about;
    const now = valueOf(this.about.sets[0]);
    const jumps = {
      ArrowRight: now + step, ArrowUp: now + step, ArrowLeft: now - step, ArrowDown: now - step,
      PageUp: now + 10 * step, PageDown: now - 10 * step, Home: low, End: high,
    };
    if (!(event.key in jumps) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const near = Number(jumps[event.key].toPrecision(12));
    this.set(Math.min(high, Math.max(low, near)));
  }

  typed() {
    const { label, low, high } = this.about;
    const value = this.box.value === "" ? NaN : Number(this.box.value);
    if (value >= low && value <= high) {
      this.set(value);
      return;
    }
    tell(`${label} can be ${short(low)} to ${short(high)}.`);
    this.follow();
  }

  /* Show what is set. */
  follow() {
    const { sets, kind, unit, value: own } = this.about;
    const value = valueOf(sets[0]);
    this.element.classList.toggle("changed", sets.some((name) => changes.has(name)));
    if (kind === "switch") this.main.checked = value !== 0;
    else this.main.value = String(value);
    if (kind !== "range") return;
    this.box.value = boxText(value);
    this.main.setAttribute("aria-valuetext",
      `${short(value)}${unit ? ` ${unit}` : ""}${value === own ? ", as in the base run" : ""}`);
  }
}

for (const element of document.querySelectorAll("[data-lever]")) new LeverControl(element);

on("change", (names) => {
  for (const lever of new Set(names.map((name) => leverOf.get(name)))) if (lever) lever.follow();
  by("reset").disabled = !changes.size;
  showOthers();
  countChanged();
});

/* What a scenario or a link has set and no lever shows. */
function showOthers() {
  const names = [...changes.keys()].filter((name) => !leverOf.has(name));
  by("others").hidden = !names.length;
  by("others").querySelector("summary").textContent =
    `${names.length} more constant${names.length > 1 ? "s are" : " is"} set`;
  by("others").querySelector("ul").replaceChildren(...names.map((name) => made("li", {},
    `${name} = ${short(changes.get(name))} (base run ${short(kernel.constants[name])})`)));
}

/* Say at each group how much in it differs from the base run: most groups are closed. */
function countChanged() {
  for (const group of document.querySelectorAll(".levers, .uncertainties")) {
    const count = group.querySelectorAll(".lever.changed").length;
    group.querySelector(".moved").textContent = count ? ` ${count} moved` : "";
  }
}

by("reset").addEventListener("click", () => {
  setOnly([]);
  tell("All is as in the base run.");
});

by("sheet").addEventListener("click", () => {
  const open = by("panel").classList.toggle("open");
  by("sheet").setAttribute("aria-expanded", String(open));
});
