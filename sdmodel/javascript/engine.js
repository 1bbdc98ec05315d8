// The loop over time steps. A kernel has `columns` (the names of all that a run shows), `constants`
// (name to value: what a run may change), `time` (the file's run controls and method), and
// run(changes, columns): columns are places in `columns`, null for all. A run gives `times`,
// `values` (an array for each column), `finite`, and `problem`: where it left the numbers first.

// Slightly less than one half, as in sdmodel.integrators.fixed.
const ALMOST_HALF = 0.5 * (1 - 1e-6);

function kernel(plan, defaults, model) {
  const v = new Float64Array(plan.count), shown = new Map(plan.constants);

  function started(changes) {
    v.fill(0);
    plan.given.forEach((slot, i) => (v[slot] = defaults[i]));
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
      if (plan.dynamic) {
        v[plan.time] = v[plan.controls[0]];
        whole();
      }
    }
    return plan.controls.map((slot) => v[slot]);
  }

  function refusal(name) {
    if (plan.structural.includes(name)) {
      return `${name} decides how many stages a delay has: change it in the model`;
    }
    return `${name} is no constant of this model`;
  }

  function whole() {
    model.timed(v);
    model.rates(v);
    model.rest(v);
  }

  function run(changes = {}, columns = null) {
    const controls = started(changes);
    const advance = memories(plan, v, steppers(plan, v, model));
    const asked = columns === null ? plan.slots.map((_, i) => i) : columns;
    const record = recording(plan, v, asked);
    if (plan.dynamic) alongControls(plan, v, whole, advance, record);
    else alongGrid(grid(...controls), advance, record);
    return record.found();
  }

  function alongGrid(on, advance, record) {
    const pipes = pipelines(v, plan.pipelines, on);
    record.expect(on.saved.length);
    let next = 0;
    for (let i = 0; i <= on.steps; i++) {
      const now = on.start + i * on.step;
      v[plan.time] = now;
      if (plan.step >= 0) v[plan.step] = i;
      model.timed(v);
      model.rates(v);
      if (on.saved[next] === i || plan.late !== null) model.rest(v);
      if (on.saved[next] === i) {
        record.save(now);
        next++;
      }
      if (i === on.steps) break;
      record.pass();
      pipes.put(i);
      advance(now, on.step);
      pipes.show(i + 1);
    }
  }

  const [initial, final, step, saveper] = started({});
  return {
    columns: plan.columns,
    constants: Object.fromEntries(plan.constants.map(([name, slot]) => [name, v[slot]])),
    time: { initial, final, step, saveper, method: plan.method },
    run,
  };
}

// A stepper after which every memory has what its source was before the step.
function memories(plan, v, advance) {
  if (plan.memories.length === 0) return advance;
  const kept = plan.memories.map(([, , count]) => new Float64Array(count));
  return (now, h) => {
    plan.memories.forEach(([, from, count], m) => kept[m].set(v.subarray(from, from + count)));
    advance(now, h);
    plan.memories.forEach(([to], m) => v.set(kept[m], to));
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
