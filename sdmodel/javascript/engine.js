// The loop over time steps. A kernel has `columns` (the names of all that a run shows), `constants`
// (name to value: what a run may change), `time` (the file's run controls and method), and
// run(changes, columns): columns are places in `columns`, null for all. A run gives `times`,
// `values` (an array for each column), `finite`, and `problem`: where it left the numbers first.

// Slightly less than one half, as in sdmodel.integrators.fixed.
const ALMOST_HALF = 0.5 * (1 - 1e-6);

function kernel(plan, model) {
  const v = new Float64Array(plan.count), size = plan.levels.length;
  const shown = new Map(plan.constants);
  const levels = new Float64Array(size);
  const slopes = plan.times.map(() => new Float64Array(size));
  const memories = plan.memories.map(([, , count]) => new Float64Array(count));

  function started(changes) {
    v.fill(0);
    for (const [slot, value] of plan.defaults) v[slot] = value;
    for (const name of Object.keys(changes)) {
      const slot = shown.get(name), value = changes[name];
      if (slot === undefined) throw new Error(refusal(name));
      if (!Number.isFinite(value)) throw new Error(`${name} is ${value}: it must be a number`);
      v[slot] = value;
    }
    // TIME STEP may be computed, so that it is known only after a first start.
    for (let i = 0; i < 2; i++) {
      model.start(v);
      v[plan.half] = ALMOST_HALF * v[plan.controls[2]];
    }
    return plan.controls.map((slot) => v[slot]);
  }

  function refusal(name) {
    if (plan.structural.includes(name)) {
      return `${name} decides how many stages a delay has: change it in the model`;
    }
    return `${name} is no constant of this model`;
  }

  function stage(state, now, later, ahead, moved) {
    v[plan.time] = later;
    // STEP and PULSE change at whole steps only: what they ask stands still in a step.
    v[plan.half] = ahead - (later - now);
    if (moved) model.timed(v);
    model.rates(v);
  }

  // One step; the rates at its beginning are known.
  function advance(now, h) {
    const { stocks, rates, times, stages, weights, divisor } = plan, ahead = v[plan.half];
    const count = times.length;
    for (let j = 0; j < size; j++) levels[j] = v[stocks + j];
    for (let k = 0; k < count; k++) {
      if (k > 0) {
        const row = stages[k];
        for (let j = 0; j < size; j++) {
          let middle = levels[j];
          for (let m = 0; m < k; m++) if (row[m] !== 0) middle += row[m] * h * slopes[m][j];
          v[stocks + j] = middle;
        }
        stage(v, now, now + times[k] * h, ahead, times[k] !== times[k - 1]);
      }
      const slope = slopes[k];
      for (let j = 0; j < size; j++) slope[j] = v[rates + j];
    }
    for (let j = 0; j < size; j++) {
      let total = slopes[0][j];
      if (count > 1) {
        total *= weights[0];
        for (let k = 1; k < count; k++) total += weights[k] * slopes[k][j];
        total /= divisor;
      }
      v[stocks + j] = levels[j] + h * total;
    }
    v[plan.half] = ahead;
  }

  function run(changes = {}, columns = null) {
    const on = grid(...started(changes));
    const asked = columns === null ? plan.slots.map((_, i) => i) : columns;
    const slots = asked.map((i) => plan.slots[i]);
    const values = asked.map(() => new Float64Array(on.saved.length));
    const pipes = pipelines(v, plan.pipelines, on);
    let problem = null, next = 0;
    for (let i = 0; i <= on.steps; i++) {
      const now = on.start + i * on.step;
      v[plan.time] = now;
      if (plan.step >= 0) v[plan.step] = i;
      model.timed(v);
      model.rates(v);
      if (on.saved[next] === i) {
        model.rest(v);
        for (let c = 0; c < slots.length; c++) values[c][next] = v[slots[c]];
        problem = problem || judged(asked, slots, now);
        next++;
      }
      if (i === on.steps) break;
      plan.memories.forEach(([, from, count], m) => {
        for (let j = 0; j < count; j++) memories[m][j] = v[from + j];
      });
      pipes.put(i);
      advance(now, on.step);
      plan.memories.forEach(([to, , count], m) => {
        for (let j = 0; j < count; j++) v[to + j] = memories[m][j];
      });
      pipes.show(i + 1);
    }
    return { times: on.times, values, finite: problem === null, problem };
  }

  // Where the present values are no longer numbers, if anywhere.
  function judged(asked, slots, time) {
    for (let j = 0; j < size; j++) {
      if (!Number.isFinite(v[plan.stocks + j])) {
        const [owner, column] = plan.levels[j];
        return { column: column < 0 ? owner : plan.columns[column], time };
      }
    }
    for (let c = 0; c < slots.length; c++) {
      if (!Number.isFinite(v[slots[c]])) return { column: plan.columns[asked[c]], time };
    }
    return null;
  }

  const [initial, final, step, saveper] = started({});
  return {
    columns: plan.columns,
    constants: Object.fromEntries(plan.constants.map(([name, slot]) => [name, v[slot]])),
    time: { initial, final, step, saveper, method: plan.method },
    run,
  };
}

// The past of every DELAY FIXED, in a ring of as many steps as it is long.
function pipelines(v, plans, on) {
  const rings = plans.map(([shown, source, delay, initial]) => {
    const known = Number.isFinite(v[delay]);
    if (!known) v[initial] = NaN;
    // A part of a step counts as a whole one.
    const parts = known ? ceil(v[delay] / on.step - 1e-6) : Infinity;
    const length = min(max(parts, 1), on.steps + 1);
    return { shown, source, initial, length, past: new Float64Array(length) };
  });
  return {
    put(i) {
      for (const one of rings) one.past[i % one.length] = v[one.source];
    },
    show(i) {
      for (const one of rings) {
        v[one.shown] = i >= one.length ? one.past[i % one.length] : v[one.initial];
      }
    },
  };
}
