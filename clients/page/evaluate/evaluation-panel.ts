import { accuracyInWords } from '../accuracy.js';
import { downloadLink } from '../download-link.js';
import { element } from '../elements.js';
import { factGroups } from '../facts.js';
import { percent, wholeNumber } from '../formats.js';
import { problemBox } from '../problem-box.js';
import { classTable } from './class-table.js';
import { confusionTable } from './confusion-table.js';
import type { DoneEvaluation, EvaluationSummary, Evaluations, EvaluationView } from './evaluations.js';

/** "cifar10 test" */
export const dataOf = ({ dataset, split }: EvaluationSummary): string =>
  [dataset, split].filter(Boolean).join(' ');

/** "cifar10-deepcnn, version 1" */
export const modelOf = ({ model }: EvaluationSummary): string => `${model.name}, version ${model.version}`;

/** A region that may be too wide, and then scrolls by itself. */
export const wide = (label: string, table: HTMLElement): HTMLElement =>
  element('div', { class: 'wide', role: 'region', 'aria-label': label, tabindex: '0' }, table);

/** One evaluation: how far it has come, then what it came to. */
export class EvaluationPanel {
  readonly element = element('section', { 'aria-labelledby': 'evaluation-title', tabindex: '-1' });
  readonly #evaluations: Evaluations;
  readonly #title = element('h2', { id: 'evaluation-title' });
  readonly #status = element('p', { class: 'figure-line', role: 'status' });
  readonly #progress = element('progress', { 'aria-label': 'Pictures evaluated' });
  readonly #counted = element('span', { class: 'details' });
  readonly #cancel = element('button', { type: 'button' }, 'Cancel');
  readonly #running = element('div', { class: 'running' }, this.#progress, this.#counted, this.#cancel);
  readonly #rest = element('div', {});
  #id = '';

  constructor(evaluations: Evaluations) {
    this.#evaluations = evaluations;
    this.element.append(this.#title, this.#status, this.#running, this.#rest);
    this.#cancel.addEventListener('click', () => {
      this.#cancel.disabled = true;
      evaluations.cancel(this.#id).catch(() => {
        this.#cancel.disabled = false;
      });
    });
  }

  show(view: EvaluationView): void {
    if (view.id !== this.#id) this.#cancel.disabled = false;
    this.#id = view.id;
    const running = view.status === 'running';
    const { done, count } = view.progress;
    this.#title.textContent = `${dataOf(view)} by ${modelOf(view)}`;
    this.#running.hidden = !running;
    this.#progress.max = count;
    this.#progress.value = done;
    this.#counted.textContent = `${wholeNumber(done)} of ${wholeNumber(count)} pictures`;
    const status = statusInWords(view);
    if (this.#status.textContent !== status) this.#status.textContent = status; // said once
    if (!running) this.#rest.replaceChildren(...this.#endOf(view));
    else this.#rest.replaceChildren();
  }

  #endOf(view: EvaluationView): HTMLElement[] {
    if (view.status === 'failed') return [problemBox(view.error)];
    if (view.status !== 'done') return [];
    const { connection } = this.#evaluations;
    return [
      element('dl', { class: 'facts' }, ...factGroups(factsOf(view))),
      element(
        'div',
        { class: 'toolbar' },
        downloadLink(connection, `evaluations/${view.id}.csv`, 'These tables as CSV'),
      ),
      wide('Table of classes', classTable(view.result)),
      wide('Confusion matrix', confusionTable(view.result)),
    ];
  }
}

function statusInWords(view: EvaluationView): string {
  switch (view.status) {
    case 'running':
      return 'Running…';
    case 'done':
      return accuracyInWords(view.result.precisionAt1, view.result.interval, view.result.count);
    case 'failed':
      return 'It failed.';
    case 'cancelled':
      return 'It was cancelled.';
    case 'interrupted':
      return 'The service ended before it.';
  }
}

function factsOf({ result, skipped, startedAt }: DoneEvaluation): Record<string, string> {
  const names = skipped.examples.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  return {
    'Among the first five': percent(result.top5),
    Pace: `${wholeNumber(Math.round(result.imagesPerSecond))} pictures a second`,
    Started: new Date(startedAt).toLocaleString(),
    ...(skipped.count > 0 && { 'Could not be read': `${wholeNumber(skipped.count)} (${names})` }),
  };
}
