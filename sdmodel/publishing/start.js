/* Begin: the first charts, what the link says, and the handle for whoever serves the page. */

window.sdmodelPage = {
  /* All that the reader has set, as plain values. */
  state() {
    return {
      changes: Object.fromEntries(changes),
      charts: board.map((chart) => kernel.columns[chart.column]),
      kept: kept.filter((one) => one.settings).map((one) => ({
        name: one.name, changes: one.settings,
      })),
    };
  },

  /* Set the page as it was, as far as this model has what that names. */
  restore(state) {
    const known = (values) => Object.entries(values).filter(([name]) => isConstant(name));
    const columns = (state.charts || []).map((name) => kernel.columns.indexOf(name));
    if (columns.some((column) => column >= 0)) {
      for (const chart of [...board]) removeChart(chart);
      for (const column of columns) if (column >= 0) addChart(column);
    }
    for (const one of state.kept || []) {
      const values = Object.fromEntries(known(one.changes));
      keep(freeName(one.name), runOf(values), values);
    }
    setOnly(known(state.changes || {}));
    tell("");
  },

  /* The present run as plain values, such as another page can show. */
  lastRun() {
    const run = wholeRun();
    const values = {};
    for (const [column, found] of run.values) values[kernel.columns[column]] = Array.from(found);
    return { name: "Before", times: Array.from(run.times), values };
  },

  /* Draw a run that `lastRun` of this or another page gave. */
  showGhost(run) {
    const values = new Map();
    kernel.columns.forEach((name, column) => {
      const found = Object.hasOwn(run.values, name) ? run.values[name] : null;
      if (found) values.set(column, found.map((one) => (one === null ? NaN : one)));
    });
    keep(freeName(run.name || "Before"), { times: run.times, values }, null);
  },
};

for (const column of data.charts) addChart(column);
showLegend();
fromAddress(location.hash.slice(1));
if (by("outcome")) showRanking();
if (by("course")) showFan();
if (by("view")) showView();
if (board.length) inspect(data.variables.indexOf(board[0].variable));
else runNow();
