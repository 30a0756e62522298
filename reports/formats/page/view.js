/* The view all plots share, the ways to change it, and the start. */
const DEEPEST_ZOOM = 1e-5; // of the whole duration

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

function toggle(hidden, name) {
  if (!hidden.delete(name)) hidden.add(name);
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
for (const button of document.querySelectorAll('.goto')) {
  button.addEventListener('click', () => {
    const width = 0.02 * (whole[1] - whole[0]);
    setView(Number(button.dataset.ms) - width, Number(button.dataset.ms) + width);
    setCursor(Number(button.dataset.ms));
    const chart = document.querySelector('.chart.timed');
    chart.focus({ preventScroll: true });
    chart.closest('figure').scrollIntoView();
  });
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
