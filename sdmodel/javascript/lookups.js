// Lookups, read in the ways of sdmodel.primitives.reader, and elements at computed places.
function table(xs, ys) {
  const slopes = new Float64Array(xs.length);
  for (let i = 0; i + 1 < xs.length; i++) slopes[i] = (ys[i + 1] - ys[i]) / (xs[i + 1] - xs[i]);
  return { xs, ys, slopes, last: 0 };
}
const noTable = table(Float64Array.of(0), Float64Array.of(NaN));

// How many points lie below x, or at it.
function passed(xs, x) {
  let from = 0, to = xs.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (xs[middle] <= x) from = middle + 1;
    else to = middle;
  }
  return from;
}

function interpolate(table, x) {
  const xs = table.xs, ys = table.ys;
  let i = table.last;
  // From one step to the next most inputs stay between the same points.
  if (!(xs[i] <= x && x < xs[i + 1])) {
    if (x !== x) return x;
    i = passed(xs, x) - 1;
    if (i < 0) return ys[0];
    if (i >= xs.length - 1) return ys[xs.length - 1];
    table.last = i;
  }
  return table.slopes[i] * (x - xs[i]) + ys[i];
}

function extrapolate(table, x) {
  const xs = table.xs, ys = table.ys, last = xs.length - 1;
  if (last > 0) {
    if (x < xs[0] && xs[1] > xs[0] && ys[1] !== ys[0]) {
      return ys[0] + table.slopes[0] * (x - xs[0]);
    }
    if (x > xs[last] && xs[last] > xs[last - 1] && ys[last] !== ys[last - 1]) {
      return ys[last] + table.slopes[last - 1] * (x - xs[last]);
    }
  }
  return interpolate(table, x);
}

function forward(table, x) {
  const xs = table.xs;
  if (x !== x) return x;
  let i = passed(xs, x);
  while (i > 0 && xs[i - 1] === x) i--;
  return table.ys[min(i, xs.length - 1)];
}

function backward(table, x) {
  if (x !== x) return x;
  return table.ys[max(passed(table.xs, x) - 1, 0)];
}

function pick(v, first, place, size) {
  const at = rint(place);
  return at >= 0 && at < size ? v[first + at] : NaN;
}
