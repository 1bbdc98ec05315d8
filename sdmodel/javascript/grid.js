// The instants of a run, as in sdmodel.integrators.base.Grid.
const MOST_STEPS = 50000000;

// How many whole parts fit, forgiving the rounding of decimal fractions.
function whole(ratio) {
  return floor(ratio * (1 + 1e-9) + 1e-6);
}

// How many steps lead from the start to the end; what cannot be run is refused.
function stepsTo(start, final, step) {
  const controls = { "INITIAL TIME": start, "FINAL TIME": final, "TIME STEP": step };
  for (const name of Object.keys(controls)) {
    if (!Number.isFinite(controls[name])) {
      throw new Error(`${name} is ${controls[name]}: it must be a finite number`);
    }
  }
  if (step <= 0) throw new Error(`TIME STEP is ${step}: it must be above zero`);
  if (final < start) {
    throw new Error(`FINAL TIME (${final}) is before INITIAL TIME (${start})`);
  }
  if ((final - start) / step > MOST_STEPS) {
    throw new Error(`this run would take more than ${MOST_STEPS} steps: use a larger TIME STEP`);
  }
  return whole((final - start) / step);
}

function checkSaved(every) {
  if (!(every >= 0 && every < Infinity)) {
    throw new Error(`SAVEPER is ${every}: it must be above zero, or zero for every step`);
  }
}

function grid(start, final, step, every) {
  const steps = stepsTo(start, final, step);
  checkSaved(every);
  every = min(max(every || step, step), MOST_STEPS * step);
  const each = every / step;
  const saved = [];
  for (let i = 0; i <= whole((final - start) / every); i++) {
    const at = min(rint(i * each), steps);
    if (saved.length === 0 || at > saved[saved.length - 1]) saved.push(at);
  }
  return { start, step, steps, saved };
}
