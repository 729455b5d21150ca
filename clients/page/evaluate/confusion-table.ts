import { element } from '../elements.js';
import { percent, picturesInWords, wholeNumber } from '../formats.js';
import type { Cell, DoneEvaluation } from './evaluations.js';
import { moveByKeys } from './grid-keys.js';

/**
 * Rows are labels, columns answers; a cell is shaded by its part of the label's pictures, and a button where it has any.
 *
 * @param onCell told which is opened
 */
export function confusionTable(
  { perClass, confusion }: DoneEvaluation['result'],
  onCell: (cell: Cell) => void,
): HTMLTableElement {
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
      tableCell(count, total, { true: labels[row]!, predicted: labels[column]! }, onCell),
    );
    return element('tr', {}, element('th', { scope: 'row' }, labels[row]!), ...cells);
  });
  const table = element(
    'table',
    { id: 'confusion' },
    element(
      'caption',
      {},
      'Rows: what a picture shows. Columns: what the model took it for. A cell opens its pictures; arrow keys lead from one to the next.',
    ),
    element('thead', {}, head),
    element('tbody', {}, ...rows),
  );
  moveByKeys(table);
  return table;
}

/** The button of a cell. */
export function buttonOf(table: HTMLTableElement, cell: Cell): HTMLButtonElement | undefined {
  return [...table.querySelectorAll('button')].find(
    ({ dataset }) => dataset.true === cell.true && dataset.predicted === cell.predicted,
  );
}

/** "cat taken for dog: 63 pictures" */
export function cellInWords({ true: label, predicted }: Cell, count: number): string {
  const what = label === predicted ? `${label} found` : `${label} taken for ${predicted}`;
  return `${what}: ${picturesInWords(count)}`;
}

function tableCell(count: number, total: number, cell: Cell, onCell: (cell: Cell) => void): HTMLElement {
  const right = cell.true === cell.predicted;
  const made = element('td', {}, count === 0 ? '·' : '');
  if (right) made.toggleAttribute('data-right', true);
  if (count === 0) {
    made.setAttribute('aria-label', '0');
    return made;
  }
  // CSSOM, because the page's Content-Security-Policy forbids style attributes. The root spreads what is small.
  made.style.setProperty('--share', String(Math.sqrt(count / total)));
  const open = element(
    'button',
    { type: 'button', 'aria-label': cellInWords(cell, count), 'aria-expanded': 'false' },
    wholeNumber(count),
  );
  open.dataset.true = cell.true;
  open.dataset.predicted = cell.predicted;
  open.title = `${percent(count / total)} of ${cell.true} ${right ? 'are found' : `are taken for ${cell.predicted}`}`;
  open.addEventListener('click', () => onCell(cell));
  made.append(open);
  return made;
}
