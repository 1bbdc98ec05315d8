// What JavaScript's Math lacks, or means in another way than C and NumPy.
const { abs, acos, asin, atan, ceil, cos, cosh, exp, floor, imul, log, log1p, max, min, round, sign,
  sin, sinh, sqrt, tan, tanh, trunc, PI } = Math;

// C gives 1 where the base is 1 or the exponent 0, whatever the other one is.
function pow(a, b) {
  if (a === 1 || (a === -1 && (b === Infinity || b === -Infinity))) return 1;
  return a ** b;
}

// To the nearest whole number; halves to the even one.
function rint(x) {
  const up = floor(x + 0.5);
  return up - x === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

// zeta(k) - 1 for k = 2, 3, ...
const zetas = [];
for (let k = 2; k < 32; k++) {
  // Euler and Maclaurin's sum for the tail from 30 on.
  const n = 30;
  let sum = n ** (1 - k) / (k - 1) + n ** -k / 2 + (k * n ** (-k - 1)) / 12
    - (k * (k + 1) * (k + 2) * n ** (-k - 3)) / 720
    + (k * (k + 1) * (k + 2) * (k + 3) * (k + 4) * n ** (-k - 5)) / 30240;
  for (let i = n - 1; i > 1; i--) sum += i ** -k;
  zetas.push(sum);
}
const EULER = 0.5772156649015329;

// The logarithm of |gamma(x)|. About 1 and 2, where it is zero, a Taylor series (Abramowitz and
// Stegun 6.1.33), beyond 10 Stirling's series (6.1.41), in between the recurrence, below the
// reflection (6.1.17).
function lgamma(x) {
  if (x !== x) return NaN;
  if (x === Infinity || x === -Infinity) return Infinity;
  if (x < 0.5) {
    const part = x - round(x);
    if (part === 0) return Infinity;
    return log(PI / abs(sin(PI * part))) - lgamma(1 - x);
  }
  if (x <= 2.5) {
    const z = x < 1.5 ? x - 1 : x - 2;
    let sum = 0;
    for (let k = zetas.length + 1; k > 1; k--) sum = -z * sum + zetas[k - 2] / k;
    sum = z * (1 - EULER) + z * z * sum;
    return x < 1.5 ? sum - log1p(z) : sum;
  }
  let shift = 1;
  while (x < 10) {
    shift *= x;
    x += 1;
  }
  const r = 1 / (x * x);
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188
    - r * (691 / 360360 - r / 156)))))) / x;
  return (x - 0.5) * log(x) - x + 0.5 * log(2 * PI) + series - log(shift);
}

// Abramowitz and Stegun 7.1.6: all terms have one sign, so nothing cancels.
function erf(x) {
  if (x !== x) return NaN;
  if (abs(x) > 6) return sign(x);
  let term = x, sum = x;
  for (let n = 1; abs(term) > 1e-17 * abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / sqrt(PI)) * exp(-x * x) * sum;
}

// SplitMix64 (Steele, Lea and Flood 2014) of four whole numbers; 64 bits are two halves.
const WHOLE = 2 ** 53, HALF = 2 ** 32;
let high = 0, low = 0;

function times(h, l) {
  const a = low >>> 16, b = low & 0xffff, c = l >>> 16, d = l & 0xffff;
  const bd = b * d, middle = a * d + (bd >>> 16);
  const side = (middle & 0xffff) + b * c;
  const top = a * c + floor(middle / 65536) + floor(side / 65536);
  high = (imul(high, l) + imul(low, h) + top) >>> 0;
  low = ((side << 16) | (bd & 0xffff)) >>> 0;
}

function folded(shift) {
  low = (low ^ ((low >>> shift) | (high << (32 - shift)))) >>> 0;
  high = (high ^ (high >>> shift)) >>> 0;
}

function taken(number) {
  const h = high, l = low, next = trunc(number) + 1;
  high = floor(next / HALF) >>> 0;
  low = (next - floor(next / HALF) * HALF) >>> 0;
  times(0x9e3779b9, 0x7f4a7c15);
  const sum = low + l;
  low = sum >>> 0;
  high = (high + h + (sum >= HALF ? 1 : 0)) >>> 0;
  folded(30);
  times(0xbf58476d, 0x1ce4e5b9);
  folded(27);
  times(0x94d049bb, 0x133111eb);
  folded(31);
}

function draw(seed, stream, step, run) {
  if (!(abs(seed) < WHOLE && abs(stream) < WHOLE && abs(step) < WHOLE && abs(run) < WHOLE)) {
    return NaN;
  }
  high = low = 0;
  taken(seed);
  taken(stream);
  taken(run);
  taken(step);
  return (high * 2 ** 20 + (low >>> 12) + 0.5) * 2 ** -52;
}
