// Steps whose length may change: the run controls are looked at before each of them, as in
// sdmodel.integrators.dynamic.
function alongControls(plan, v, whole, advance, record) {
  if (plan.pipelines.length > 0) {
    throw new Error("DELAY FIXED counts whole time steps, so TIME STEP must not change over time");
  }
  const [, final, step, saveper] = plan.controls, due = dues();
  let now = v[plan.time], since = now, last = NaN;
  // Steps since the last change of TIME STEP are counted, so that no rounding adds up.
  for (let steps = 0, counted = 0; ; steps++) {
    v[plan.time] = now;
    if (plan.step >= 0) v[plan.step] = steps;
    whole();
    const h = v[step];
    if (h !== last) {
      [since, counted, last] = [now, 0, h];
      v[plan.half] = ALMOST_HALF * h;
      whole();
    }
    const ahead = stepsTo(now, max(v[final], now), h);
    if (due(now, h, v[saveper])) record.save(now);
    if (ahead === 0) return;
    if (steps === MOST_STEPS) throw new Error(`FINAL TIME is still ahead at time ${now}`);
    record.pass();
    advance(now, h);
    counted++;
    now = since + counted * h;
  }
}

// Whether a step is the nearest to an instant that SAVEPER names.
function dues() {
  let since = NaN, count = 0, every = NaN, first = true;
  return (now, h, asked) => {
    const due = first ? now : since + count * every;
    if (now < due - (0.5 - 1e-6) * h) return false;
    checkSaved(asked);
    first = false;
    const next = asked || h;
    if (next !== every) [since, count, every] = [due, 0, next];
    count++;
    if (since + count * every <= now + 1e-6 * h) [since, count] = [now, 1];
    return true;
  };
}
