import { toProblem } from '../../browser/problem.js';
import { saveFile } from '../download-link.js';
import { element } from '../elements.js';
import { megabytes, wholeNumber } from '../formats.js';
import { problemBox } from '../problem-box.js';
import type { ExportOrder, Runs, RunView } from './runs.js';

/** Has a checkpoint exported by the service, and keeps the file. */
export class ExportForm {
  readonly element = element('form', { class: 'order', 'aria-label': 'Export' });
  readonly #runs: Runs;
  readonly #name: string;
  readonly #checkpoint = element('select', { name: 'checkpoint' });
  readonly #weights = element(
    'select',
    { name: 'weights' },
    element('option', { value: 'ema' }, 'averaged (EMA)'),
    element('option', { value: 'raw' }, 'raw'),
  );
  readonly #evaluate = element('input', { type: 'checkbox', name: 'evaluate' });
  readonly #button = element('button', { class: 'primary' }, 'Export ONNX');
  readonly #state = element('p', { class: 'made', role: 'status' });
  readonly #problem = element('div', { class: 'outcome', role: 'alert' });
  #choices = '';

  constructor(runs: Runs, name: string) {
    this.#runs = runs;
    this.#name = name;
    const measured = 'Measure it on the test pictures first, and write that into the file; this takes longer';
    this.element.append(
      element('label', {}, 'Checkpoint', this.#checkpoint),
      element('label', {}, 'Weights', this.#weights),
      this.#button,
      element('label', { class: 'tick' }, this.#evaluate, measured),
      this.#state,
      this.#problem,
    );
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#export();
    });
  }

  /** A choice that is still there stays. */
  show({ checkpoints, bestStep }: RunView): void {
    const choices: Record<string, string> = {
      last: 'newest',
      ...(bestStep !== null && { best: 'best on validation' }),
      ...Object.fromEntries(checkpoints.map(({ step }) => [`step ${step}`, `step ${wholeNumber(step)}`])),
    };
    this.element.hidden = checkpoints.length === 0;
    const key = Object.keys(choices).join();
    if (key === this.#choices) return;
    this.#choices = key;
    const chosen = this.#checkpoint.value;
    const options = Object.entries(choices).map(([value, text]) => element('option', { value }, text));
    this.#checkpoint.replaceChildren(...options);
    if (Object.hasOwn(choices, chosen)) this.#checkpoint.value = chosen;
  }

  async #export(): Promise<void> {
    if (this.element.getAttribute('aria-busy') === 'true') return;
    this.#busy(true);
    this.#problem.replaceChildren();
    try {
      const { name, content } = await this.#runs.export(this.#name, this.#order());
      saveFile(name, content);
      this.#state.textContent = `${name}, ${megabytes(content.size)}`;
    } catch (error) {
      this.#state.textContent = '';
      const fallback = { code: 'PAGE_FAILED', message: 'The checkpoint could not be exported.' };
      this.#problem.append(problemBox(toProblem(error, fallback), () => void this.#export()));
    } finally {
      this.#busy(false);
    }
  }

  #order(): ExportOrder {
    const choice = this.#checkpoint.value;
    return {
      checkpoint: choice === 'last' || choice === 'best' ? choice : Number(choice.replace('step ', '')),
      weights: this.#weights.value === 'raw' ? 'raw' : 'ema',
      evaluate: this.#evaluate.checked,
    };
  }

  /** The button keeps the focus: one that is disabled would lose it. */
  #busy(busy: boolean): void {
    this.element.setAttribute('aria-busy', String(busy));
    this.#button.setAttribute('aria-disabled', String(busy));
    if (busy) this.#state.textContent = 'Exporting, and comparing the file with the trainer…';
  }
}
