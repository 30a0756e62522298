/* Filters the matrix: by words in a row, by a verdict, by a status. Without a script all rows are there. */
const field = document.getElementById('filter');
const rows = [...document.querySelectorAll('.matrix tbody tr')];
const buttons = [...document.querySelectorAll('.count')];
const shown = document.querySelector('.shown');
const texts = rows.map((row) => row.querySelector('th').textContent.toLowerCase());

function apply() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const pressed = buttons.filter((button) => button.getAttribute('aria-pressed') === 'true');
  // of several verdicts any will do
  const has = (row, { verdict, status }) => (verdict ? row.dataset.verdicts.split('|').includes(verdict) : row.dataset.statuses.split('|').includes(status));
  let count = 0;
  rows.forEach((row, k) => {
    row.hidden = !words.every((word) => texts[k].includes(word)) || (pressed.length > 0 && !pressed.some((button) => has(row, button.dataset)));
    count += !row.hidden;
  });
  shown.textContent = count === rows.length ? '' : `${count} of ${rows.length}`;
}

field.addEventListener('input', apply);
for (const button of buttons) {
  button.addEventListener('click', () => {
    button.setAttribute('aria-pressed', button.getAttribute('aria-pressed') !== 'true');
    apply();
  });
}
addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  }
  if (event.key === 'Escape' && document.activeElement === field) {
    field.value = '';
    apply();
  }
});
document.documentElement.dataset.rows = rows.length; // tells tests that the script ran to its end
