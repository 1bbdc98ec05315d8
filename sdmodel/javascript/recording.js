// What a run saves, and where it leaves the numbers.
function recording(plan, v, asked) {
  const slots = Int32Array.from(asked, (i) => plan.slots[i]);
  // With difference equations auxiliaries are recorded one step late: 1; some of them have no value
  // at the start: 2.
  const late = plan.late === null ? null : asked.map((i) => plan.late[i]);
  const before = late === null ? null : new Float64Array(v.length);
  let room = 0, table = new Float64Array(0), problem = null;
  const times = [];

  function grow(more) {
    const wider = new Float64Array(asked.length * more);
    for (let c = 0; c < asked.length; c++) {
      wider.set(table.subarray(c * room, c * room + times.length), c * more);
    }
    [room, table] = [more, wider];
  }

  function lately(c, first) {
    if (late[c] === 0 || (first && late[c] === 1)) return v[slots[c]];
    return first ? NaN : before[slots[c]];
  }

  function judged(time) {
    for (let j = 0; j < plan.levels.length; j++) {
      if (!Number.isFinite(v[plan.stocks + j])) {
        const [owner, column] = plan.levels[j];
        return { column: column < 0 ? owner : plan.columns[column], time };
      }
    }
    const at = times.length - 1;
    for (let c = 0; c < asked.length; c++) {
      const unknown = late !== null && at === 0 && late[c] === 2;
      if (!unknown && !Number.isFinite(table[c * room + at])) {
        return { column: plan.columns[asked[c]], time };
      }
    }
    return null;
  }

  return {
    expect: grow,
    save(now) {
      const at = times.length;
      if (at === room) grow(2 * room + 16);
      times.push(now);
      for (let c = 0; c < asked.length; c++) {
        table[c * room + at] = late === null ? v[slots[c]] : lately(c, at === 0);
      }
      problem = problem || judged(now);
    },
    // The present step is over.
    pass() {
      if (before !== null) before.set(v);
    },
    found() {
      const values = asked.map((_, c) => table.subarray(c * room, c * room + times.length));
      return { times: Float64Array.from(times), values, finite: problem === null, problem };
    },
  };
}
