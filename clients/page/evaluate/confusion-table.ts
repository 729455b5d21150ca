import { element } from '../elements.js';
import { percent, wholeNumber } from '../formats.js';
import type { DoneEvaluation } from './evaluations.js';

/** Rows are labels, columns answers; a cell is shaded by its part of the label's pictures. */
export function confusionTable({ perClass, confusion }: DoneEvaluation['result']): HTMLElement {
  const labels = perClass.map(({ label }) => label);
  const head = element(
    'tr',
    {},
    element('td', {}),
    ...labels.map((label) => element('th', { scope: 'col' }, element('span', {}, label))),
  );
  const rows = confusion.map((counts, row) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    const cells = counts.map((count, column) =>
      cell(count, total, row === column, labels[row]!, labels[column]!),
    );
    return element('tr', {}, element('th', { scope: 'row' }, labels[row]!), ...cells);
  });
  return element(
    'table',
    { id: 'confusion' },
    element('caption', {}, 'Rows: what a picture shows. Columns: what the model took it for.'),
    element('thead', {}, head),
    element('tbody', {}, ...rows),
  );
}

function cell(count: number, total: number, right: boolean, label: string, answer: string): HTMLElement {
  const made = element('td', {}, count === 0 ? '·' : wholeNumber(count));
  if (right) made.toggleAttribute('data-right', true);
  if (count === 0) {
    made.setAttribute('aria-label', '0');
    return made;
  }
  // CSSOM, because the page's Content-Security-Policy forbids style attributes. The root spreads what is small.
  made.style.setProperty('--share', String(Math.sqrt(count / total)));
  made.title = `${percent(count / total)} of ${label} ${right ? 'are found' : `are taken for ${answer}`}`;
  return made;
}
