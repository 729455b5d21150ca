import { toProblem } from '../../browser/problem.js';
import type { TeachingOptions, TeachingProgress } from '../../browser/teaching/teacher.js';
import { element } from '../elements.js';
import { percent } from '../formats.js';
import { problemBox } from '../problem-box.js';
import { Curve } from './curve.js';

/** From one spoken progress to the next, in ms, at least. */
const pause = 4_000;

export interface Training extends Required<Pick<TeachingOptions, 'layers' | 'signal' | 'onProgress'>> {
  /** What is being done before the first epoch ends. */
  readonly onStage: (words: string) => void;
}

const layers = {
  last: ['The last layer only', 'Takes seconds. Enough for things that look different.'],
  all: ['All layers', 'Takes longer. For differences that the network has not learned to see.'],
} as const satisfies Record<TeachingOptions['layers'], readonly [string, string]>;

/** Where training is started, followed and cancelled. */
export class TrainingPanel {
  readonly element: HTMLElement;
  readonly #train: (training: Training) => Promise<void>;
  readonly #form: HTMLFormElement;
  readonly #start = element('button', { type: 'submit', class: 'primary' }, 'Train');
  readonly #cancel = element('button', { type: 'button' }, 'Cancel');
  readonly #missing = element('p', { class: 'details', id: 'teach-missing' });
  readonly #progress = element('progress', { 'aria-label': 'Epochs' });
  readonly #state = element('span', { class: 'details' });
  readonly #running = element('div', { class: 'running' }, this.#progress, this.#state, this.#cancel);
  readonly #loss = new Curve({ name: 'loss', title: 'Loss', format: (value) => value.toFixed(3) });
  readonly #accuracy = new Curve({
    name: 'accuracy',
    title: 'Held-out pictures right',
    max: 1,
    format: percent,
  });
  readonly #curves = element('div', { class: 'curves' }, this.#loss.element, this.#accuracy.element);
  readonly #spoken = element('p', { class: 'spoken', role: 'status' });
  readonly #trouble = element('div', { role: 'alert' });
  #spokenAt = 0;
  #run: AbortController | undefined;

  /** @param train resolves when the lesson is there; what it throws is shown here */
  constructor(train: (training: Training) => Promise<void>) {
    this.#train = train;
    this.#start.setAttribute('aria-describedby', this.#missing.id);
    const choices = Object.entries(layers).map(([value, [title, words]]) => {
      const radio = element('input', {
        type: 'radio',
        name: 'layers',
        value,
        ...(value === 'last' && { checked: '' }),
      });
      return element(
        'label',
        {},
        radio,
        element('span', {}, title, element('span', { class: 'details' }, words)),
      );
    });
    this.#form = element(
      'form',
      { 'aria-label': 'How to train' },
      element('fieldset', { class: 'layers' }, element('legend', {}, 'What learns'), ...choices),
      element('div', { class: 'toolbar' }, this.#start, this.#missing),
    );
    this.element = element(
      'section',
      { 'aria-labelledby': 'train-title' },
      element('h2', { id: 'train-title' }, 'Train'),
      this.#form,
      this.#running,
      this.#curves,
      this.#trouble,
      this.#spoken,
    );
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#begin();
    });
    this.#cancel.addEventListener('click', () => this.cancel());
    this.reset();
  }

  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /** @param words what is missing before training can start */
  showMissing(words: string | undefined): void {
    this.#missing.textContent = words ?? '';
    this.#start.disabled = words !== undefined || this.isRunning;
  }

  cancel(): void {
    this.#run?.abort();
  }

  /** Back to where nothing was trained. */
  reset(): void {
    this.cancel();
    this.#curves.hidden = true;
    this.#running.hidden = true;
    this.#trouble.replaceChildren();
  }

  async #begin(): Promise<void> {
    if (this.isRunning) return;
    this.reset();
    const run = new AbortController();
    this.#run = run;
    this.#start.disabled = true;
    this.#running.hidden = false;
    this.#progress.removeAttribute('value');
    this.#cancel.focus();
    const losses: number[] = [];
    const shares: number[] = [];
    const chosen = new FormData(this.#form).get('layers') === 'all' ? 'all' : 'last';
    try {
      await this.#train({
        layers: chosen,
        signal: run.signal,
        onStage: (words) => this.#say(words),
        onProgress: (progress) => {
          if (!run.signal.aborted) this.#follow(progress, losses, shares);
        },
      });
      this.#say('Training is done.');
    } catch (error) {
      this.#curves.hidden = true;
      if (run.signal.aborted) this.#say('Training was cancelled.');
      else {
        const fallback = { code: 'PAGE_FAILED', message: 'Training failed.' };
        this.#trouble.replaceChildren(problemBox(toProblem(error, fallback)));
      }
    } finally {
      const focused = document.activeElement;
      this.#run = undefined;
      this.#running.hidden = true;
      this.#start.disabled = this.#missing.textContent !== '';
      if (focused === this.#cancel || focused === document.body) this.#start.focus(); // its button is gone
    }
  }

  #follow(progress: TeachingProgress, losses: number[], shares: number[]): void {
    const { epoch, epochs, loss, heldOut } = progress;
    losses.push(loss);
    this.#progress.max = epochs;
    this.#progress.value = epoch;
    this.#state.textContent = `Epoch ${epoch} of ${epochs}`;
    this.#curves.hidden = false;
    this.#loss.show(losses, epochs);
    this.#accuracy.element.hidden = heldOut.count === 0;
    if (heldOut.count > 0) {
      shares.push(heldOut.correct / heldOut.count);
      this.#accuracy.show(shares, epochs);
    }
    const words = `Epoch ${epoch} of ${epochs}: ${heldOut.correct} of ${heldOut.count} held-out pictures right`;
    if (performance.now() - this.#spokenAt > pause) this.#speak(words);
  }

  #say(words: string): void {
    this.#state.textContent = words;
    this.#speak(words);
  }

  #speak(words: string): void {
    this.#spoken.textContent = words;
    this.#spokenAt = performance.now();
  }
}
