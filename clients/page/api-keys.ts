import type { Problem } from '../browser/problem.js';
import { byId } from './elements.js';

/** Kept for as long as the tab is: another visitor of this computer has no use of it. */
const storageKey = 'kiln-api-key';

/** The visitor's key, and the form that asks for one. */
export class ApiKeys {
  readonly #form = byId('api-key', HTMLFormElement);
  readonly #input = byId('api-key-input', HTMLInputElement);
  readonly #message = byId('api-key-message', HTMLParagraphElement);
  #waiting: (() => void)[] = [];

  constructor() {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const key = this.#input.value.trim();
      if (key === '') return;
      sessionStorage.setItem(storageKey, key);
      this.#input.value = '';
      this.#form.hidden = true;
      document.querySelector<HTMLElement>('main > :not([hidden])')?.focus();
      this.#message.textContent = '';
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  get current(): string | undefined {
    return sessionStorage.getItem(storageKey) ?? undefined;
  }

  /**
   * Asks for a key unless there is another than the refused one by now. One form for all requests that wait.
   *
   * @param refused the key with which the request was turned away
   */
  async ask(problem: Problem, refused: string | undefined): Promise<void> {
    if (this.current !== refused) return;
    this.#message.textContent = problem.message;
    if (this.#form.hidden) {
      this.#form.hidden = false;
      if (document.activeElement === document.body) this.#input.focus();
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
