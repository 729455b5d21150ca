import { element } from '../elements.js';
import type { Example } from './collection.js';

interface Item {
  readonly button: HTMLButtonElement;
  /** Object URL of the thumbnail. */
  readonly url: string;
}

/**
 * The pictures of one class, the newest first; pressing one removes it. One of them is in the order of the tab key, and
 * arrows go from one to the next. Buttons are kept while their picture is, so that focus survives an update.
 */
export class Thumbnails {
  readonly element = element('div', { class: 'thumbnails', role: 'toolbar' });
  readonly #onRemove: (id: string) => void;
  readonly #items = new Map<string, Item>();
  #count = 0;

  constructor(onRemove: (id: string) => void) {
    this.#onRemove = onRemove;
    this.element.addEventListener('keydown', (event) => this.#move(event));
    this.element.addEventListener('focusin', ({ target }) => this.#makeReachable(target));
  }

  show(className: string, examples: readonly Example[]): void {
    this.element.ariaLabel = `Pictures of ${className}: press one to remove it`;
    this.element.hidden = examples.length === 0;
    const wanted = new Set(examples.map(({ id }) => id));
    for (const [id, item] of this.#items) if (!wanted.has(id)) this.#drop(id, item);
    for (const example of examples) if (!this.#items.has(example.id)) this.#add(example);
    if (this.element.querySelector('[tabindex="0"]') === null)
      this.#makeReachable(this.element.firstElementChild);
  }

  /** Frees the pictures; the element is of no more use. */
  close(): void {
    for (const { url } of this.#items.values()) URL.revokeObjectURL(url);
    this.#items.clear();
  }

  #add({ id, thumbnail }: Example): void {
    this.#count += 1;
    const url = URL.createObjectURL(thumbnail);
    const image = element('img', { src: url, alt: '', width: '72', height: '72' });
    const name = `Remove picture ${this.#count}`;
    const button = element(
      'button',
      { type: 'button', tabindex: '-1', 'aria-label': name, title: name },
      image,
    );
    button.addEventListener('click', () => {
      const next = button.nextElementSibling ?? button.previousElementSibling;
      this.#onRemove(id);
      if (next instanceof HTMLElement) next.focus();
    });
    this.element.prepend(button);
    this.#items.set(id, { button, url });
  }

  #drop(id: string, { button, url }: Item): void {
    button.remove();
    URL.revokeObjectURL(url);
    this.#items.delete(id);
  }

  #move(event: KeyboardEvent): void {
    const { target, key } = event;
    if (!(target instanceof HTMLElement)) return;
    if (key === 'Delete') target.click();
    const to =
      key === 'ArrowRight'
        ? target.nextElementSibling
        : key === 'ArrowLeft'
          ? target.previousElementSibling
          : undefined;
    if (!(to instanceof HTMLElement)) return;
    event.preventDefault();
    to.focus();
  }

  #makeReachable(target: EventTarget | null): void {
    if (!(target instanceof HTMLButtonElement)) return;
    for (const { button } of this.#items.values()) button.tabIndex = button === target ? 0 : -1;
  }
}
