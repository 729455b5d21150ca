import { accuracyInWords } from '../accuracy.js';
import { downloadLink } from '../download-link.js';
import { element } from '../elements.js';
import { factGroups } from '../facts.js';
import { percent, wholeNumber } from '../formats.js';
import { problemBox } from '../problem-box.js';
import { wide } from '../wide.js';
import { classTable } from './class-table.js';
import { EvaluatedPictures } from './evaluated-pictures.js';
import type {
  Cell,
  DoneEvaluation,
  EvaluatedPicture,
  EvaluationSummary,
  Evaluations,
  EvaluationView,
} from './evaluations.js';

/** "cifar10 test" */
export const dataOf = ({ dataset, split }: EvaluationSummary): string =>
  [dataset, split].filter(Boolean).join(' ');

/** "cifar10-deepcnn, version 1" */
export const modelOf = ({ model }: EvaluationSummary): string => `${model.name}, version ${model.version}`;

interface PanelOptions {
  readonly evaluations: Evaluations;
  /** Takes the picture to where it is classified. */
  readonly onOpen: (view: DoneEvaluation, picture: EvaluatedPicture) => Promise<void>;
  readonly onCell: (id: string, cell: Cell | undefined) => void;
}

/** One evaluation: how far it has come, then what it came to. */
export class EvaluationPanel {
  readonly element = element('section', { 'aria-labelledby': 'evaluation-title', tabindex: '-1' });
  readonly #options: PanelOptions;
  readonly #title = element('h2', { id: 'evaluation-title' });
  readonly #status = element('p', { class: 'figure-line', role: 'status' });
  readonly #progress = element('progress', { 'aria-label': 'Pictures evaluated' });
  readonly #counted = element('span', { class: 'details' });
  readonly #cancel = element('button', { type: 'button' }, 'Cancel');
  readonly #running = element('div', { class: 'running' }, this.#progress, this.#counted, this.#cancel);
  readonly #rest = element('div', {});
  #id = '';
  /** Of the evaluation on show, once it is done. */
  #pictures: EvaluatedPictures | undefined;

  constructor(options: PanelOptions) {
    this.#options = options;
    this.element.append(this.#title, this.#status, this.#running, this.#rest);
    this.#cancel.addEventListener('click', () => {
      this.#cancel.disabled = true;
      options.evaluations.cancel(this.#id).catch(() => {
        this.#cancel.disabled = false;
      });
    });
  }

  show(view: EvaluationView): void {
    if (view.id !== this.#id) this.#cancel.disabled = false;
    this.#id = view.id;
    this.#pictures = undefined;
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

  /** Whether this evaluation is on show, and done. */
  holds(id: string): boolean {
    return id === this.#id && this.#pictures !== undefined;
  }

  /** Opens a cell of the confusion matrix, or closes it, where the evaluation is done. */
  openCell(cell: Cell | undefined): void {
    this.#pictures?.open(cell);
  }

  #endOf(view: EvaluationView): HTMLElement[] {
    if (view.status === 'failed') return [problemBox(view.error)];
    if (view.status !== 'done') return [];
    const { evaluations, onOpen, onCell } = this.#options;
    this.#pictures = new EvaluatedPictures({
      evaluations,
      view,
      onOpen: (picture) => onOpen(view, picture),
      onCell: (cell) => onCell(view.id, cell),
    });
    return [
      element('dl', { class: 'facts' }, ...factGroups(factsOf(view))),
      element(
        'div',
        { class: 'toolbar' },
        downloadLink(evaluations.connection, `evaluations/${view.id}.csv`, 'These tables as CSV'),
      ),
      wide('Table of classes', classTable(view.result)),
      ...this.#pictures.elements,
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
