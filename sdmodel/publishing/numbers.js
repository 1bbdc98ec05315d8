/* Numbers as people read them. */

const plainNumber = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4 });
/* A million is "mn": "m" would be read as a thousandth, or as metres. */
const SIZES = [[1e12, "tn"], [1e9, "bn"], [1e6, "mn"], [1e3, "k"]];

function short(value) {
  if (Number.isNaN(value)) return "no number";
  if (!Number.isFinite(value)) return value > 0 ? "infinite" : "minus infinite";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) return value.toExponential(2);
  const [divisor, mark] = size >= 1e6 ? SIZES.find(([one]) => size >= one) : [1, ""];
  return plainNumber.format(value / divisor) + mark;
}

/* An estimate: three digits are more than it has. */
function estimate(value) {
  return short(Number(value.toPrecision(3)));
}

/* A change, with its sign. */
function signed(value) {
  return (value > 0 ? "+" : value < 0 ? "\u2212" : "\u00b1") + short(Math.abs(value));
}

/* A time: a year has no thousands, and a tenth of a day no more digits than it needs. */
function timeText(time) {
  return String(Number(time.toPrecision(8)));
}

/* The numbers at an axis, all with as many decimals and of the same size. */
function tickTexts(ticks) {
  const most = Math.max(...ticks.map(Math.abs));
  if (!(most > 0)) return ticks.map(String);
  if (most < 1e-3 || most >= 1e15) return ticks.map((one) => (one ? one.toExponential(1) : "0"));
  const [divisor, mark] = most >= 1e4 ? SIZES.find(([size]) => most >= size) : [1, ""];
  const gap = ticks.length > 1 ? Math.abs(ticks[1] - ticks[0]) / divisor : most / divisor;
  const decimals = Math.max(0, Math.min(8, Math.ceil(-Math.log10(gap) - 1e-9)));
  return ticks.map((one) => {
    const text = (one / divisor).toFixed(decimals);
    return (Number(text) === 0 ? "0" : text.replace("-", "\u2212")) + (one ? mark : "");
  });
}
