/* The plots of the report page, drawn from the JSON in #data into the parts the template has laid out.
   SVG rather than canvas: colours follow the style sheet (dark screens, white paper) and print stays sharp. */
(() => {
  'use strict';

  const MARGIN = { left: 62, right: 16, top: 24, bottom: 22 };
  const PRINT_WIDTH = 680; // what an A4 page has between its margins, in CSS pixels
  const DEEPEST_ZOOM = 1e-5; // of the whole duration
  const LANE = 38; // height of an engine's lane in the raster

  const data = JSON.parse(document.getElementById('data').textContent);
  const whole = data.extent;
  // one time axis and one cursor for all plots
  const shared = { view: whole, cursor: null, hidden: new Set(), plots: [], printing: false, frame: 0 };

  /* ---- data ---- */

  const floats = (values) => Float64Array.from(values, (value) => value ?? NaN); // a gap
  const prepare = (series) => ({ ...series, t: floats(data.times[series.t]), y: floats(series.y) });

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

  /* ---- numbers ---- */

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

  function valueText(value) {
    if (Number.isNaN(value)) return '–';
    const size = Math.abs(value);
    return size === 0 || (size >= 1e-3 && size < 1e5) ? value.toPrecision(5) : scientific(value, 2);
  }

  function shiftText(value) {
    const size = Math.abs(value);
    const text = size === 0 || (size >= 0.01 && size < 1e5) ? String(Number(value.toPrecision(2))) : scientific(value, 0);
    return value > 0 ? `+${text}` : text;
  }

  /** As many decimals as a pixel of the present zoom is worth. */
  const timeText = (time) => time.toFixed(Math.max(0, 3 - exponent(shared.view[1] - shared.view[0])));

  /* ---- drawing ---- */

  const isInView = (time) => time !== null && time >= shared.view[0] && time <= shared.view[1];

  function set(node, attributes) {
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  }

  function add(parent, tag, attributes, text = '') {
    const node = parent.appendChild(document.createElementNS(parent.namespaceURI, tag));
    set(node, attributes);
    node.textContent = text;
  }

  /** SVG path of a series. A pixel column with many samples keeps its first, lowest, highest and last: no peak is lost. */
  function tracePath({ t, y }, [first, last], toX, toY) {
    const parts = [];
    let pen = 'M';
    let column = null;
    let kept = [];
    const flush = () => {
      for (const k of new Set(kept.sort((a, b) => a - b))) {
        // the segment of no length lets a sample between two gaps show as a dot
        parts.push(`${pen}${toX(t[k]).toFixed(2)} ${toY(y[k]).toFixed(2)}${pen === 'M' ? 'h0' : ''}`);
        pen = 'L';
      }
      kept = [];
    };
    for (let k = first; k <= last; k += 1) {
      const here = Number.isNaN(y[k]) ? null : Math.floor(toX(t[k]));
      if (here !== column) flush();
      if (here === null) pen = 'M';
      else kept = kept.length ? [kept[0], y[k] < y[kept[1]] ? k : kept[1], y[k] > y[kept[2]] ? k : kept[2], k] : [k, k, k, k];
      column = here;
    }
    flush();
    return parts.join('');
  }

  class TimePlot {
    constructor(host) {
      this.host = host;
      for (const part of ['clock', 'reset', 'chart', 'axes', 'area', 'marks', 'brush', 'crosshair']) {
        this[part] = host.querySelector(`.${part}`);
      }
      this.toX = (time) => ((time - shared.view[0]) / (shared.view[1] - shared.view[0])) * this.w;
      this.reset.addEventListener('click', () => setView(...whole));
      listenToPointers(this);
      this.chart.addEventListener('wheel', (event) => onWheel(this, event), { passive: false });
      this.chart.addEventListener('keydown', (event) => onKey(this, event));
      this.chart.addEventListener('dblclick', () => setView(...whole));
    }

    draw() {
      const width = shared.printing ? PRINT_WIDTH : Math.max(this.host.clientWidth, 240);
      const height = this.height(width);
      this.w = width - MARGIN.left - MARGIN.right;
      this.h = height - MARGIN.top - MARGIN.bottom;
      this.chart.setAttribute('viewBox', `0 0 ${width} ${height}`);
      set(this.area, { x: MARGIN.left, y: MARGIN.top, width: this.w, height: this.h });
      this.axes.replaceChildren();
      this.marks.replaceChildren();
      this.drawTimes();
      this.paint();
      this.reset.hidden = shared.view === whole;
      this.showCursor();
    }

    drawTimes() {
      const bottom = MARGIN.top + this.h;
      for (const [time, text] of niceTicks(...shared.view, Math.max(3, this.w / 110))) {
        const x = MARGIN.left + this.toX(time);
        add(this.axes, 'path', { class: 'grid', d: `M${x} ${MARGIN.top}V${bottom}` });
        add(this.axes, 'text', { class: 'middle', x, y: bottom + 15 }, text);
      }
      add(this.axes, 'path', { class: 'axis', d: `M${MARGIN.left} ${MARGIN.top}V${bottom}h${this.w}` });
      add(this.axes, 'text', { x: 2, y: bottom + 15 }, 't (ms)');
    }

    showCursor() {
      const time = shared.cursor;
      this.crosshair.setAttribute('d', time === null ? '' : `M${this.toX(time)} 0V${this.h}`);
      this.clock.textContent = time === null ? '' : `at ${timeText(time)} ms`;
    }

    showBrush(from, to) {
      set(this.brush, { x: Math.min(from, to) * this.w, width: Math.abs(to - from) * this.w });
    }

    /** Where in the plot a pointer is: 0 at the left edge, 1 at the right. */
    fraction(event) {
      return Math.min(1, Math.max(0, (event.clientX - this.chart.getBoundingClientRect().left - MARGIN.left) / this.w));
    }
  }

  class TracePlot extends TimePlot {
    constructor(host, panel) {
      super(host);
      this.title = panel.y_label;
      this.series = panel.series.map(prepare);
      this.keys = [...host.querySelectorAll('.key')];
      this.values = [...host.querySelectorAll('.value')];
      this.keys.forEach((key, k) => key.addEventListener('click', () => toggle(this.series[k].label)));
      this.height = (width) => (width < 600 || host.dataset.index !== '0' ? 220 : 250); // the first is the picture of the page
    }

    paint() {
      this.keys.forEach((key, k) => key.setAttribute('aria-pressed', !shared.hidden.has(this.series[k].label)));
      const shown = this.series.filter((series) => !shared.hidden.has(series.label));
      const [low, high] = visibleRange(shown);
      const toY = (value) => (this.h * (high - value)) / (high - low);
      this.drawValues(niceTicks(low, high, Math.max(2, this.h / 26)), toY);
      const traces = shown.map((series) => [series.style, tracePath(series, inView(series), this.toX, toY)]);
      for (const [style, d] of traces) add(this.marks, 'path', { class: `trace ${style} under`, d });
      for (const [style, d] of traces) add(this.marks, 'path', { class: `trace ${style}`, d });
    }

    drawValues(ticks, toY) {
      for (const [value, text] of ticks) {
        const y = MARGIN.top + toY(value);
        add(this.axes, 'path', { class: 'grid', d: `M${MARGIN.left} ${y}h${this.w}` });
        add(this.axes, 'text', { class: 'end', x: MARGIN.left - 7, y: y + 4 }, text);
      }
      add(this.axes, 'text', { x: 2, y: 11 }, this.title);
    }

    showCursor() {
      super.showCursor();
      const texts = this.series.map((series) => (shared.cursor === null ? '' : valueText(valueAt(series, shared.cursor))));
      texts.forEach((text, k) => { this.values[k].textContent = text; });
      this.spoken = texts.map((text, k) => `${this.series[k].label} ${text}`).join(', ');
    }
  }

  class RasterPlot extends TimePlot {
    constructor(host, rows) {
      super(host);
      this.rows = rows;
      this.height = () => MARGIN.top + MARGIN.bottom + LANE * rows.length;
    }

    paint() {
      const lines = (row, end) => row.times.filter(isInView).map((time) => `M${this.toX(time)} ${end}`).join('');
      add(this.marks, 'path', { class: 'guide', d: lines(this.rows[0], `0V${this.h}`) });
      this.rows.forEach((row, lane) => {
        const top = lane * LANE;
        add(this.marks, 'path', { class: `trace tick ${row.style}`, d: lines(row, `${top + 18}v16`) });
        add(this.marks, 'text', { class: 'lane', x: 6, y: top + 13 }, row.label);
        this.paintShifts(row, top + 30);
      });
    }

    /** A shift is printed where it fits before the next spike. */
    paintShifts(row, y) {
      row.times.forEach((time, k) => {
        if (!isInView(time) || (row.shifts[k] ?? null) === null) return;
        const text = shiftText(1000 * row.shifts[k]);
        const x = this.toX(time) + 5;
        const next = Math.min(this.w, ...row.times.slice(k + 1, k + 2).map(this.toX));
        if (x + 6.5 * text.length < next) add(this.marks, 'text', { x, y }, text);
      });
    }
  }

  /* ---- the shared view ---- */

  function drawAll() {
    for (const plot of shared.plots) plot.draw();
  }

  /** Draws once before the next frame, however many events ask for it. */
  function refresh() {
    cancelAnimationFrame(shared.frame);
    shared.frame = requestAnimationFrame(drawAll);
  }

  /** Shows a stretch of time, as far as there are data; tells whether that changed anything. */
  function setView(low, high) {
    const [start, end] = whole;
    const span = Math.max(high - low, (end - start) * DEEPEST_ZOOM);
    const from = Math.min(Math.max((low + high - span) / 2, start), end - span);
    const view = span > 0.999999 * (end - start) ? whole : [from, from + span];
    if (view[0] === shared.view[0] && view[1] === shared.view[1]) return false;
    shared.view = view;
    refresh();
    return true;
  }

  const timeAt = (fraction) => shared.view[0] + fraction * (shared.view[1] - shared.view[0]);

  function zoom(factor, around) {
    const [low, high] = shared.view;
    return setView(around - (around - low) * factor, around + (high - around) * factor);
  }

  function setCursor(time) {
    shared.cursor = time === null ? null : Math.min(Math.max(time, shared.view[0]), shared.view[1]);
    for (const plot of shared.plots) plot.showCursor();
  }

  function toggle(label) {
    if (!shared.hidden.delete(label)) shared.hidden.add(label);
    refresh();
  }

  /* ---- pointer, wheel, keys ---- */

  function listenToPointers(plot) {
    const fingers = new Map(); // pointer id: where it is, and the time it was put down on
    let from = null;
    const on = (name, handler) => plot.chart.addEventListener(name, handler);
    const lift = (event) => {
      const to = plot.fraction(event);
      const isDrag = event.type === 'pointerup' && from !== null && Math.abs(to - from) * plot.w > 5; // or else a shaky click
      if (isDrag) setView(timeAt(Math.min(from, to)), timeAt(Math.max(from, to)));
      fingers.delete(event.pointerId);
      from = null;
      plot.showBrush(0, 0);
    };
    on('pointerdown', (event) => {
      if (event.button !== 0) return;
      const at = plot.fraction(event);
      fingers.set(event.pointerId, { at, time: timeAt(at) });
      from = fingers.size === 1 ? at : null;
      plot.chart.setPointerCapture(event.pointerId);
    });
    on('pointermove', (event) => {
      const at = plot.fraction(event);
      setCursor(timeAt(at));
      if (fingers.has(event.pointerId)) fingers.get(event.pointerId).at = at;
      if (fingers.size === 2) pinch(...fingers.values());
      else if (from !== null) plot.showBrush(from, at);
    });
    on('pointerup', lift);
    on('pointercancel', lift);
    on('pointerleave', (event) => { if (event.pointerType === 'mouse') setCursor(null); }); // a tap leaves the read-out up
  }

  /** Keeps under each finger the time it was put down on. */
  function pinch(one, other) {
    const span = (other.time - one.time) / (other.at - one.at);
    if (span > 0 && Number.isFinite(span)) setView(one.time - one.at * span, one.time + (1 - one.at) * span);
  }

  function onWheel(plot, event) {
    // an unclicked plot leaves the wheel to the page, or nobody could scroll past it
    if (!event.ctrlKey && document.activeElement !== plot.chart) return;
    const pixels = event.deltaY * [1, 16, 400][event.deltaMode];
    if (zoom(1.002 ** pixels, timeAt(plot.fraction(event))) || event.ctrlKey) event.preventDefault();
  }

  function onKey(plot, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const around = shared.cursor ?? timeAt(0.5);
    const move = (way) => (event.shiftKey ? step(plot, around, 0.01 * way) : setView(timeAt(0.1 * way), timeAt(1 + 0.1 * way)));
    const act = {
      '+': () => zoom(0.5, around),
      '=': () => zoom(0.5, around), // the same key without Shift
      '-': () => zoom(2, around),
      0: () => setView(...whole),
      ArrowLeft: () => move(-1),
      ArrowRight: () => move(1),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** Moves the cursor and says what it points at, for those who cannot see the legend. */
  function step(plot, from, share) {
    setCursor(from + share * (shared.view[1] - shared.view[0]));
    document.getElementById('spoken').textContent = `${timeText(shared.cursor)} ms: ${plot.spoken ?? ''}`;
  }

  /* ---- the rest of the page, and the start ---- */

  async function copy({ target: button }) {
    const code = button.parentNode.querySelector('code');
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
    } catch {
      // browsers may forbid it; then the text is at least selected for the reader's own copy key
      getSelection().selectAllChildren(code);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  }

  for (const host of document.querySelectorAll('.plot')) {
    const { kind, index } = host.dataset;
    shared.plots.push(kind === 'trace' ? new TracePlot(host, data.panels[index]) : new RasterPlot(host, data.raster));
  }
  for (const button of document.querySelectorAll('.copy')) button.addEventListener('click', copy);
  drawAll();
  addEventListener('resize', refresh);
  for (const name of ['beforeprint', 'afterprint']) {
    addEventListener(name, () => {
      shared.printing = name === 'beforeprint';
      drawAll();
    });
  }
  document.documentElement.dataset.plots = shared.plots.length; // tells tests that the script ran to its end
})();
