/* Numbers as people read them. */
const exponent = (value) => Math.floor(Math.log10(Math.abs(value)) + 1e-9);
const scientific = (value, digits) => value.toExponential(digits).replace('e+', 'e');

function niceTicks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * (1 - 1e-9));
  const largest = Math.max(-low, high);
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high; k += 1) ticks.push([k * step, tickText(k * step, step, largest)]);
  return ticks;
}

function tickText(value, step, largest) {
  if (value === 0) return '0';
  if (largest < 1e-3 || largest >= 1e5) return scientific(value, Math.max(0, exponent(value) - exponent(step)));
  return value.toFixed(Math.max(0, -exponent(step)));
}

/** No more digits than the curve was kept to. */
function valueText(value, unit) {
  if (Number.isNaN(value)) return '–';
  const size = Math.abs(value);
  const digits = unit > 0 && size > unit ? Math.min(5, Math.max(2, exponent(size) - exponent(unit) + 1)) : 2;
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return scientific(value, digits - 1);
  return digits > exponent(size || 1) ? value.toPrecision(digits) : String(Number(value.toPrecision(digits)));
}

function shiftText(value) {
  const size = Math.abs(value);
  const text = size === 0 || (size >= 0.01 && size < 1e5) ? String(Number(value.toPrecision(2))) : scientific(value, 0);
  return value > 0 ? `+${text}` : text;
}

/** As many decimals as a pixel of the present zoom is worth. */
const timeText = (time) => time.toFixed(Math.max(0, 3 - exponent(shared.view[1] - shared.view[0])));
