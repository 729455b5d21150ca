import { number } from '../../../train/report/format.js';
import { element, headings } from '../elements.js';
import { percent, wholeNumber } from '../formats.js';
import { wide } from '../wide.js';
import type { RunSummary } from './runs.js';
import { stateNames } from './states.js';

const columns = {
  Run: 'text',
  State: 'text',
  Steps: 'number',
  Loss: 'number',
  'Best precision @ 1': 'number',
  Network: 'text',
  Data: 'text',
  Recipe: 'text',
  Started: 'text',
} as const;

/** One row a run. A row that is there already is changed in place: a link that has the focus keeps it. */
export class RunsTable {
  readonly element: HTMLElement;
  readonly #body = element('tbody', {});
  readonly #rows = new Map<string, { readonly row: HTMLElement; readonly cells: readonly HTMLElement[] }>();

  constructor() {
    this.element = wide('Table of runs', element('table', { id: 'runs' }, headings(columns), this.#body));
  }

  show(list: readonly RunSummary[]): void {
    const names = new Set(list.map(({ name }) => name));
    for (const [name, { row }] of this.#rows) {
      if (names.has(name)) continue;
      row.remove();
      this.#rows.delete(name);
    }
    for (const [index, run] of list.entries()) {
      const { row, cells } = this.#rowOf(run);
      for (const [at, text] of textsOf(run).entries())
        if (cells[at]!.textContent !== text) cells[at]!.textContent = text;
      row.dataset.state = run.state;
      if (this.#body.children[index] !== row)
        this.#body.insertBefore(row, this.#body.children[index] ?? null);
    }
  }

  #rowOf({ name }: RunSummary) {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const link = element('a', { href: `#/runs/${encodeURIComponent(name)}` }, name);
    const kinds = Object.values(columns).slice(1);
    const cells = kinds.map((kind) => element('td', kind === 'number' ? { class: 'number' } : {}));
    const row = element('tr', {}, element('th', { scope: 'row' }, link), ...cells);
    this.#rows.set(name, { row, cells });
    return { row, cells };
  }
}

/** Of every column but the first. */
function textsOf(run: RunSummary): readonly string[] {
  return [
    stateNames[run.state],
    `${wholeNumber(run.step)} of ${wholeNumber(run.totalSteps)}`,
    run.loss === null ? '–' : number(run.loss),
    run.bestValidation === null ? '–' : percent(run.bestValidation.ema),
    run.network,
    run.dataset,
    run.recipe,
    new Date(run.startedAt).toLocaleString(),
  ];
}
