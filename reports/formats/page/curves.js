/* What the page draws, unpacked from the JSON in #data, and what all plots share. */
const data = JSON.parse(document.getElementById('data').textContent);
const whole = data.extent;
// one time axis and one cursor for all plots; engines can be hidden apart in plots of one variable and of several
const shared = {
  view: whole, cursor: null, plots: [], printing: false, frame: 0,
  hidden: { engine: new Set(), variable: new Set(), quiet: new Set(data.quiet) },
};
const GAP = 65535;

const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

/** Times of the samples that were kept: steps between them, seven bits a byte, the low ones first. */
function times(text) {
  const found = [];
  let [sample, step, shift] = [0, 0, 0];
  for (const byte of bytes(text)) {
    step += (byte & 127) * 2 ** shift;
    shift += 7;
    if (byte > 127) continue;
    sample += step;
    found.push(sample * data.dt);
    [step, shift] = [0, 0];
  }
  return Float64Array.from(found);
}

/** Heights in sixteen bits, little end first, between the lowest and the highest. */
function heights(text, low, high) {
  const packed = bytes(text);
  const unit = (high - low) / (GAP - 1);
  return Float64Array.from({ length: packed.length / 2 }, (_, k) => {
    const share = packed[2 * k] + 256 * packed[2 * k + 1];
    return share === GAP ? NaN : low + share * unit;
  });
}

const curves = data.curves.map(([steps, packed, low, high]) => ({ t: times(steps), y: heights(packed, low, high), unit: (high - low) / 2000 }));
const prepare = (series) => ({ ...series, ...curves[series.curve] });

/** Index of the first time that is not below the given one. */
function indexAt(times, time) {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First and last sample in view, and one more on either side: the line goes on to the edge. */
function inView({ t }) {
  const [low, high] = shared.view;
  return [Math.max(0, indexAt(t, low) - 1), Math.min(t.length - 1, indexAt(t, high))];
}

function valueAt({ t, y }, time) {
  const k = indexAt(t, time);
  if (t[k] === time) return y[k];
  return y[k - 1] + ((y[k] - y[k - 1]) * (time - t[k - 1])) / (t[k] - t[k - 1]); // NaN beyond the ends
}

function visibleRange(everySeries) {
  let [low, high] = [Infinity, -Infinity];
  for (const series of everySeries) {
    const [first, last] = inView(series);
    for (let k = first; k <= last; k += 1) {
      if (series.y[k] < low) low = series.y[k];
      if (series.y[k] > high) high = series.y[k];
    }
  }
  if (low > high) return [-1, 1];
  // a smaller part of the level would not fit into the labels of the axis
  const padding = Math.max(0.06 * (high - low), 1e-5 * (Math.max(-low, high) || 1));
  return [low - padding, high + padding];
}
