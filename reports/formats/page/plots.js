/* The plots, drawn into the parts the template has laid out.
   SVG rather than canvas: colours follow the style sheet (dark screens, white paper) and print stays sharp. */
const MARGIN = { left: 62, right: 16, top: 24, bottom: 22 };
const PRINT_WIDTH = 680; // what an A4 page has between its margins, in CSS pixels
const LANE = 38; // height of an engine's lane in the raster

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
    for (const part of ['clock', 'drawn', 'reset', 'chart', 'axes', 'area', 'marks', 'brush', 'crosshair']) {
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
    this.several = panel.several;
    this.hidden = panel.several ? shared.hidden.quiet : shared.hidden.engine;
    this.keys = [...host.querySelectorAll('.key')];
    for (const key of this.keys) key.addEventListener('click', () => toggle(this.setOf(key), key.dataset.name));
    this.height = (width) => (width < 600 || host.dataset.index !== '0' ? 220 : 250); // the first is the picture of the page
  }

  /** Plots of several variables have keys of two kinds; a variable is in one plot only. */
  setOf(key) {
    return key.dataset.kind === 'variable' ? shared.hidden.variable : this.hidden;
  }

  isShown(series) {
    return !this.hidden.has(series.label) && !(this.several && shared.hidden.variable.has(series.variable));
  }

  paint() {
    for (const key of this.keys) key.setAttribute('aria-pressed', !this.setOf(key).has(key.dataset.name));
    const shown = this.series.filter((series) => this.isShown(series));
    const [low, high] = visibleRange(shown);
    const toY = (value) => (this.h * (high - value)) / (high - low);
    this.sayThinned(shown);
    this.drawValues(niceTicks(low, high, Math.max(2, this.h / 26)), toY);
    // curves that were kept once are drawn one upon another
    const traces = shown.map((series) => [series.style, tracePath(series, inView(series), this.toX, toY)]);
    for (const [style, d] of traces) if (!style.includes('wide')) add(this.marks, 'path', { class: `trace ${style} under`, d });
    for (const [style, d] of traces) add(this.marks, 'path', { class: `trace ${style}`, d });
  }

  /** Zoomed in, a reader should know how many samples there really are. */
  sayThinned(shown) {
    const kept = shown.map((series) => inView(series)).map(([first, last]) => last - first + 1);
    const most = Math.max(0, ...kept);
    const all = Math.round((shared.view[1] - shared.view[0]) / data.dt) + 1;
    this.drawn.textContent = shared.view === whole || most >= all ? '' : `${most} of ${all} samples`;
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
    const read = (series) => (shared.cursor === null ? '' : valueText(valueAt(series, shared.cursor), series.unit));
    for (const key of this.keys) {
      const { kind, name } = key.dataset;
      const series = this.series.find((each) => each[kind === 'engine' ? 'label' : 'variable'] === name && this.isShown(each));
      // of several variables an engine has several values
      const silent = !series || (this.several && kind === 'engine');
      key.nextElementSibling.textContent = silent ? '' : read(series);
    }
    this.spoken = this.series.filter((each) => this.isShown(each)).map((each) => `${this.several ? `${each.variable} ` : ''}${each.label} ${read(each)}`).join(', ');
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
    this.rows.forEach((row, lane) => {
      const top = lane * LANE;
      if (lane > 0) add(this.marks, 'path', { class: 'guide', d: lines(this.rows[0], `${top + 16}v20`) }); // not through the label
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
