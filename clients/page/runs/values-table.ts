import { number } from '../../../train/report/format.js';
import { element, headings } from '../elements.js';
import { percent, wholeNumber } from '../formats.js';
import { wide } from '../wide.js';
import type { RunMetricsRow } from './runs.js';

/** More would take long to read, and to make; every validation counts before logged steps do. */
const mostRows = 100;

const columns = {
  Step: 'number',
  Loss: 'number',
  'Learning rate': 'number',
  'Precision, averaged': 'number',
  'Precision, raw': 'number',
} as const;

/** The curves as numbers, for those who cannot see them; made when it is opened, and kept current then. */
export class ValuesTable {
  readonly element: HTMLDetailsElement;
  readonly #body = element('tbody', {});
  #rows: readonly RunMetricsRow[] = [];

  constructor() {
    const table = element('table', { id: 'values' }, headings(columns), this.#body);
    this.element = element(
      'details',
      {},
      element('summary', {}, 'The curves as a table'),
      wide('Table of the curves', table),
    );
    this.element.addEventListener('toggle', () => this.#fill());
  }

  show(rows: readonly RunMetricsRow[]): void {
    this.#rows = rows;
    this.#fill();
  }

  #fill(): void {
    if (!this.element.open) return;
    this.#body.replaceChildren(...chosenRows(this.#rows).map(tableRow));
  }
}

/** The last step first: validations, and as many of the logged steps as there is room for, evenly. */
export function chosenRows(rows: readonly RunMetricsRow[]): readonly RunMetricsRow[] {
  const validations = rows.filter(({ validationEma }) => validationEma !== undefined).slice(-mostRows);
  const logged = rows.filter(({ loss }) => loss !== undefined);
  const room = mostRows - validations.length;
  const every = Math.ceil(logged.length / room);
  // Counted from the end, so that the last step is among them.
  const some = room === 0 ? [] : logged.filter((_, index) => (logged.length - 1 - index) % every === 0);
  const chosen = new Set([...validations, ...some]);
  return rows.filter((row) => chosen.has(row)).reverse();
}

function tableRow({ step, loss, learningRate, validationEma, validationRaw }: RunMetricsRow): HTMLElement {
  const cell = (value: number | null | undefined, format: (value: number) => string): HTMLElement =>
    element(
      'td',
      { class: 'number' },
      value === undefined ? '–' : value === null ? 'not finite' : format(value),
    );
  return element(
    'tr',
    {},
    element('th', { scope: 'row', class: 'number' }, wholeNumber(step)),
    cell(loss, number),
    cell(learningRate, number),
    cell(validationEma, percent),
    cell(validationRaw, percent),
  );
}
