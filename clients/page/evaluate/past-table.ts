import { element, headings } from '../elements.js';
import { percent, wholeNumber } from '../formats.js';
import { wide } from '../wide.js';
import { dataOf, modelOf } from './evaluation-panel.js';
import type { EvaluationSummary } from './evaluations.js';

const columns = {
  Compare: 'text',
  'Pictures of': 'text',
  Model: 'text',
  Started: 'text',
  Pictures: 'number',
  'Precision @ 1': 'text',
} as const;

/** The evaluations so far, of which two can be chosen to be compared. */
export class PastTable {
  readonly element: HTMLElement;
  readonly #body = element('tbody', {});
  readonly #onChoice: (ids: readonly string[]) => void;
  #chosen: readonly string[] = [];

  /** @param onChoice told the ids that are ticked, in the order of ticking */
  constructor(onChoice: (ids: readonly string[]) => void) {
    this.#onChoice = onChoice;
    this.element = wide(
      'Table of evaluations',
      element('table', { id: 'past' }, headings(columns), this.#body),
    );
  }

  show(list: readonly EvaluationSummary[]): void {
    this.#chosen = this.#chosen.filter((id) => list.some((one) => one.id === id));
    const rows = list.map((one) => this.#row(one));
    const none = element('tr', {}, element('td', { colspan: '6' }, 'None so far.'));
    this.#body.replaceChildren(...(rows.length > 0 ? rows : [none]));
    this.#onChoice(this.#chosen);
  }

  #row(one: EvaluationSummary): HTMLElement {
    const name = `${dataOf(one)} by ${modelOf(one)}`;
    const box = element('input', { type: 'checkbox', 'aria-label': `Compare ${name}` });
    box.disabled = one.status !== 'done';
    box.checked = this.#chosen.includes(one.id);
    box.addEventListener('change', () => {
      const others = this.#chosen.filter((id) => id !== one.id);
      this.#chosen = box.checked ? [...others, one.id] : others;
      this.#onChoice(this.#chosen);
    });
    return element(
      'tr',
      {},
      element('td', {}, box),
      element('th', { scope: 'row' }, element('a', { href: `#/evaluate/${one.id}` }, dataOf(one))),
      element('td', {}, modelOf(one)),
      element('td', {}, new Date(one.startedAt).toLocaleString()),
      element('td', { class: 'number' }, wholeNumber(one.progress.count)),
      element('td', {}, outcome(one)),
    );
  }
}

function outcome(one: EvaluationSummary): string {
  if (one.status !== 'done') return one.status;
  const { precisionAt1, interval } = one.result;
  return `${percent(precisionAt1)} (${percent(interval[0])} to ${percent(interval[1])})`;
}
