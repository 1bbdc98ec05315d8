// From one step to the next: by one row of the method's table, or in parts as short as the
// tolerance asks, as in sdmodel.integrators.fixed and .auto. A stepper finds the rates now in `v`,
// and leaves the new state there.

function add(sum, factor, terms) {
  for (let j = 0; j < sum.length; j++) sum[j] += factor * terms[j];
}

function steppers(plan, v, model) {
  const { times, stages, weights, divisor, levels } = plan, size = levels.length;
  const state = v.subarray(plan.stocks, plan.stocks + size);
  const rates = v.subarray(plan.rates, plan.rates + size);
  const fresh = () => new Float64Array(size);
  const slopes = times.map(fresh), middle = fresh(), total = fresh();
  let begin = 0, ahead = 0;

  // The rates at a state and time; what depends on Time alone is known where it has not `moved`.
  function look(at, time, moved) {
    v[plan.time] = time;
    // STEP and PULSE change at whole steps only: what they ask stands still in a step.
    v[plan.half] = ahead - (time - begin);
    state.set(at);
    if (moved) model.timed(v);
    model.rates(v);
  }

  // Fill in the state a step on, where `slope` holds at its beginning.
  function onward(to, from, slope, now, h) {
    slopes[0].set(slope);
    for (let k = 1; k < times.length; k++) {
      middle.set(from);
      for (let m = 0; m < k; m++) if (stages[k][m] !== 0) add(middle, stages[k][m] * h, slopes[m]);
      look(middle, now + times[k] * h, times[k] !== times[k - 1]);
      slopes[k].set(rates);
    }
    if (times.length === 1) {
      total.set(slope);
    } else {
      total.fill(0);
      for (let k = 0; k < times.length; k++) add(total, weights[k], slopes[k]);
      for (let j = 0; j < size; j++) total[j] /= divisor;
    }
    for (let j = 0; j < size; j++) to[j] = from[j] + h * total[j];
  }

  const before = fresh();

  function fixed(now, h) {
    begin = now;
    ahead = v[plan.half];
    before.set(state);
    onward(state, before, rates, now, h);
    v[plan.half] = ahead;
  }

  return plan.auto === null ? fixed : automatic();

  function automatic() {
    // No part of a TIME STEP is shorter than this one; what creeps is stopped.
    const FINEST = 2 ** 40, EACH_STEP = 100;
    const from = fresh(), slope = fresh(), allowed = fresh();
    let whole = fresh(), first = fresh(), halves = fresh();
    let part = FINEST, step = 0, work = 0, most = 1000000;

    const at = (position) => begin + step * (position / FINEST);

    function watched(time) {
      work++;
      if (work > most) {
        throw new Error(`${plan.method} is still at time ${time} after ${work} evaluations of the `
          + "rates: allow a larger RELATIVE TOLERANCE, or use a smaller TIME STEP");
      }
    }

    // Take one part, cut in half until it is good enough; return its error's share of what is
    // allowed.
    function taken(position) {
      const start = at(position);
      spend(start);
      onward(whole, from, slope, start, step * (part / FINEST));
      for (;;) {
        const half = part / 2, width = step * (half / FINEST), between = at(position + half);
        spend(start);
        onward(first, from, slope, start, width);
        watched(between);
        look(first, between, true);
        spend(between);
        onward(halves, first, rates, between, width);
        let share = 0, good = true;
        for (let j = 0; j < size; j++) {
          const error = abs(halves[j] - whole[j]);
          if (!(error <= allowed[j])) good = false;
          else if (error > 0) share = max(share, error / allowed[j]);
        }
        if (good) return share;
        if (half < 2) {
          throw new Error(`${plan.method} finds no step short enough at time ${start}: allow a `
            + "larger ABSOLUTE TOLERANCE or RELATIVE TOLERANCE");
        }
        part = half;
        [whole, first] = [first, whole];
      }
    }

    // The rates that `onward` is going to look at.
    function spend(time) {
      for (let k = 1; k < times.length; k++) watched(time);
    }

    function tolerances() {
      const found = plan.auto.map((slot) => (slot < 0 ? 0.001 : v[slot]));
      found.forEach((value, i) => {
        if (value >= 0 && value < Infinity) return;
        const name = i === 0 ? "ABSOLUTE TOLERANCE" : "RELATIVE TOLERANCE";
        throw new Error(`${name} is ${value}: it must be a number above zero`);
      });
      if (found[0] === 0 && found[1] === 0) {
        throw new Error("ABSOLUTE TOLERANCE and RELATIVE TOLERANCE are both zero");
      }
      return found;
    }

    return function (now, h) {
      begin = now;
      step = h;
      ahead = v[plan.half];
      const [absolute, relative] = tolerances();
      slope.set(rates);
      from.set(state);
      watched(now);
      most += EACH_STEP;
      for (let position = 0; position < FINEST && size > 0; ) {
        for (let j = 0; j < size; j++) allowed[j] = max(absolute, relative * abs(from[j]));
        const share = taken(position);
        from.set(halves);
        position += part;
        if (position < FINEST) {
          watched(at(position));
          look(from, at(position), true);
          slope.set(rates);
        }
        if (position % (2 * part) === 0 && share * 2 ** (plan.order + 1) <= 1) part *= 2;
      }
      state.set(from);
      v[plan.half] = ahead;
    };
  }
}
