import { element, headings } from '../elements.js';
import { megabytes, percent, wholeNumber } from '../formats.js';
import { wide } from '../wide.js';
import type { CheckpointView, RunView } from './runs.js';

const columns = {
  Step: 'number',
  'Precision, averaged': 'number',
  'Precision, raw': 'number',
  Size: 'number',
  Saved: 'text',
  Remark: 'text',
} as const;

/** The checkpoints of a run, the newest first. */
export class CheckpointsTable {
  readonly element: HTMLElement;
  readonly #body = element('tbody', {});
  #shown = '';

  constructor() {
    const caption = 'Precision @ 1 on validation, where it was measured at that step.';
    this.element = wide(
      'Table of checkpoints',
      element('table', { id: 'checkpoints' }, element('caption', {}, caption), headings(columns), this.#body),
    );
  }

  show({ checkpoints, bestStep }: RunView): void {
    const now = JSON.stringify([checkpoints, bestStep]);
    if (now === this.#shown) return;
    this.#shown = now;
    this.element.hidden = checkpoints.length === 0;
    const rows = checkpoints.map((one, index) => tableRow(one, remarks(index === 0, one.step === bestStep)));
    this.#body.replaceChildren(...rows);
  }
}

function remarks(newest: boolean, best: boolean): string {
  return [...(newest ? ['newest'] : []), ...(best ? ['best'] : [])].join(', ');
}

function tableRow({ step, validation, bytes, savedAt }: CheckpointView, remark: string): HTMLElement {
  const share = (value: number | undefined): string => (value === undefined ? '–' : percent(value));
  const numbers = [share(validation?.ema), share(validation?.raw), megabytes(bytes)];
  return element(
    'tr',
    {},
    element('th', { scope: 'row', class: 'number' }, wholeNumber(step)),
    ...numbers.map((text) => element('td', { class: 'number' }, text)),
    element('td', {}, new Date(savedAt).toLocaleString()),
    element('td', {}, remark),
  );
}
