import type { Prediction } from '../../runtime/top-predictions.js';
import { toProblem } from '../browser/problem.js';
import { bars } from './bars.js';
import { element } from './elements.js';
import { milliseconds, percent } from './formats.js';
import { problemBox } from './problem-box.js';

/** From one picture to the next, in ms, at least: as often as bars can be followed by eye. */
const period = 250;

/** From one spoken answer to the next, in ms, at least. */
const pause = 2_000;

export interface LiveAnswer {
  /** In the order in which they are shown. */
  readonly predictions: readonly Prediction[];
  /** From picture to answer. */
  readonly ms: number;
}

/** What a model makes of the camera's picture now, again and again while the camera runs. */
export class LiveAnswers {
  readonly element: HTMLElement;
  readonly #ask: () => Promise<LiveAnswer>;
  readonly #answer = element('div', { class: 'answer' });
  readonly #spoken = element('p', { class: 'spoken', role: 'status' });
  #said = '';
  #saidAt = 0;

  /** @param ask about the picture as it is at the time of the call */
  constructor(ask: () => Promise<LiveAnswer>) {
    this.#ask = ask;
    this.element = element('div', { class: 'live' }, this.#answer, this.#spoken);
  }

  /** Asks about one picture after another until `signal` aborts. A failure ends it, and is shown. */
  async run(signal: AbortSignal): Promise<void> {
    this.#answer.replaceChildren(element('p', { class: 'waiting' }, 'Looking…'));
    this.#said = '';
    while (!signal.aborted) {
      const begun = performance.now();
      try {
        const answer = await this.#ask();
        if (signal.aborted) return;
        this.#show(answer);
      } catch (error) {
        if (signal.aborted) return;
        const fallback = { code: 'PAGE_FAILED', message: 'The picture could not be classified.' };
        this.#answer.replaceChildren(problemBox(toProblem(error, fallback), () => void this.run(signal)));
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, begun + period - performance.now()));
    }
  }

  #show({ predictions, ms }: LiveAnswer): void {
    const time = element('p', { class: 'details' }, `${milliseconds(ms)} from picture to answer`);
    this.#answer.replaceChildren(bars(predictions), time);
    const [best] = [...predictions].sort((a, b) => b.probability - a.probability);
    const now = performance.now();
    if (best === undefined || best.label === this.#said || now - this.#saidAt < pause) return;
    this.#said = best.label;
    this.#saidAt = now;
    this.#spoken.textContent = `${best.label}, ${percent(best.probability)}`;
  }
}
