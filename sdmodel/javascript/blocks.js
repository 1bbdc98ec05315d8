// Functions of whole arrays, as in sdmodel.blocks and sdmodel.allocation: each fills its last
// argument. What has no answer becomes NaN.

// At each of the outer places the function gets the elements there.
function block(name, v, outer, places) {
  for (let at = 0; at < outer; at++) {
    const parts = places.map(([first, size]) => {
      const inner = size / outer;
      return v.subarray(first + at * inner, first + (at + 1) * inner);
    });
    blocks[name](...parts);
  }
}

const blocks = {
  "sort order": (vector, direction, out) => out.set(order(vector, direction[0] > 0 ? 1 : -1)),

  rank(vector, direction, out) {
    order(vector, direction[0] > 0 ? 1 : -1).forEach((place, i) => (out[place] = i + 1));
  },

  invert(matrix, out) {
    const size = round(sqrt(matrix.length));
    const rows = Array.from({ length: size }, (_, i) => {
      const row = new Float64Array(2 * size);
      row.set(matrix.subarray(i * size, (i + 1) * size));
      row[size + i] = 1;
      return row;
    });
    out.fill(NaN);
    if (!matrix.every(Number.isFinite) || !eliminated(rows, size)) return;
    rows.forEach((row, i) => out.set(row.subarray(size), i * size));
  },

  "allocate available"(request, kind, priority, width, extra, available, out) {
    shareOut(curves(request, kind, priority, width), available[0], out);
  },

  "allocate by priority"(request, priority, width, available, out) {
    const kind = request.map(() => RECTANGULAR);
    shareOut(curves(request, kind, priority, width), available[0], out);
  },

  "find market price"(demand, dkind, dpriority, dwidth, dextra, supply, skind, spriority, swidth,
    sextra, out) {
    const buyers = curves(demand, dkind, dpriority, dwidth);
    const sellers = curves(supply, skind, spriority, swidth);
    const excess = (price) => total(amounts(sellers, price, -1)) - total(amounts(buyers, price, 1));
    const ends = [bracket(buyers, MARKET_REACH), bracket(sellers, MARKET_REACH)];
    const low = min(ends[0][0], ends[1][0]), high = max(ends[0][1], ends[1][1]);
    const crossing = narrow(low, high, (price) => excess(price) >= 0)[1];
    const found = excess(low) >= 0 ? low : crossing;
    out[0] = Number.isFinite(found) && !Number.isNaN(excess(found)) ? found : NaN;
  },

  "demand at price"(quantity, kind, priority, width, extra, price, out) {
    out.set(amounts(curves(quantity, kind, priority, width), price[0], 1));
  },

  "supply at price"(quantity, kind, priority, width, extra, price, out) {
    out.set(amounts(curves(quantity, kind, priority, width), price[0], -1));
  },
};

// The places of the elements in order; ties keep theirs, and NaN comes last.
function order(vector, sign) {
  const places = Array.from(vector, (_, i) => i);
  return places.sort((i, j) => {
    const a = sign * vector[i], b = sign * vector[j];
    return a < b ? -1 : a > b ? 1 : Number(a !== a) - Number(b !== b);
  });
}

// Gauss and Jordan's elimination with the largest pivots; false where there is none.
function eliminated(rows, size) {
  for (let i = 0; i < size; i++) {
    let best = i;
    for (let j = i + 1; j < size; j++) if (abs(rows[j][i]) > abs(rows[best][i])) best = j;
    [rows[i], rows[best]] = [rows[best], rows[i]];
    const pivot = rows[i][i];
    if (pivot === 0) return false;
    for (let k = i; k < 2 * size; k++) rows[i][k] /= pivot;
    for (let j = 0; j < size; j++) {
      const factor = rows[j][i];
      if (j !== i && factor !== 0) {
        for (let k = i; k < 2 * size; k++) rows[j][k] -= factor * rows[i][k];
      }
    }
  }
  return true;
}

// Priority profiles: what each curve takes or supplies at a price.
const FIXED = 0, RECTANGULAR = 1, TRIANGULAR = 2, NORMAL = 3, EXPONENTIAL = 4;
const REACH = { [RECTANGULAR]: 0.5, [TRIANGULAR]: 0.5, [NORMAL]: 38, [EXPONENTIAL]: 700 };
const MARKET_REACH = { ...REACH, [NORMAL]: 5, [EXPONENTIAL]: 10 };
const HALVINGS = 200;

const SHAPES = {
  [FIXED]: () => 1,
  [RECTANGULAR]: (z) => min(max(0.5 - z, 0), 1),
  [TRIANGULAR](z) {
    const left = min(max(0.5 - z, 0), 1);
    return left < 0.5 ? 2 * left * left : 1 - 2 * (1 - left) * (1 - left);
  },
  [NORMAL]: (z) => 0.5 * erfc(z * sqrt(0.5)),
  [EXPONENTIAL](z) {
    const tail = 0.5 * exp(-abs(z));
    return z < 0 ? 1 - tail : tail;
  },
};

// Beyond 2 the continued fraction (Abramowitz and Stegun 7.1.14).
function erfc(x) {
  if (!(x > 2)) return 1 - erf(x);
  let below = x;
  for (let k = 120; k > 0; k--) below = x + k / 2 / below;
  return exp(-x * x) / (sqrt(PI) * below);
}

function curves(quantity, kind, priority, width) {
  return Array.from(quantity, (amount, i) => {
    const wide = width[width.length === 1 ? 0 : i];
    return {
      quantity: max(amount, 0),
      kind: kind[i],
      priority: priority[i],
      width: wide < 0 ? NaN : abs(wide),
    };
  });
}

function amounts(all, price, sign) {
  return all.map(({ quantity, kind, priority, width }) => {
    const apart = sign * (price - priority), shape = SHAPES[kind];
    const z = apart === 0 ? 0 * width : apart / width;
    return quantity === 0 ? 0 : quantity * (shape ? shape(z) : NaN);
  });
}

function total(amounts) {
  return amounts.reduce((sum, one) => sum + one, 0);
}

// The prices between which the curves slope.
function bracket(all, reach) {
  let low = Infinity, high = -Infinity;
  for (const { kind, priority, width } of all) {
    const apart = reach[kind] * width;
    if (apart === apart) {
      low = min(low, priority - apart);
      high = max(high, priority + apart);
    }
  }
  return [low, high];
}

// Halve a bracket to neighbouring numbers, so that `enough` holds above and not below.
function narrow(low, high, enough) {
  for (let i = 0; i < HALVINGS; i++) {
    const middle = 0.5 * low + 0.5 * high;
    if (!(low < middle && middle < high)) break;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return [low, high];
}

function shareOut(all, available, out) {
  const ends = bracket(all, REACH), whole = all.map((one) => one.quantity);
  const [low, high] = narrow(...ends, (price) => total(amounts(all, price, 1)) <= available);
  // Between a price too low and one too high, what is left is shared in proportion.
  let more = amounts(all, low, 1), less = amounts(all, high, 1);
  if (total(more) < available) more = whole;
  if (total(less) > available) less = whole.map(() => 0);
  const gap = total(more) - total(less);
  const weight = gap === 0 ? 0 * available : (available - total(less)) / gap;
  for (let i = 0; i < out.length; i++) {
    const shared = min(max(less[i] + weight * (more[i] - less[i]), 0), whole[i]);
    const given = available >= total(whole) ? whole[i] : shared;
    out[i] = available <= 0 ? 0 * whole[i] : given;
  }
}
