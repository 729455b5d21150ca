import { element } from '../elements.js';

export interface HistoryItem {
  readonly id: number;
  readonly name: string;
  /** Object URL of the picture. */
  readonly url: string;
  /** The best label so far, or a word for the state. */
  readonly caption: string;
}

/**
 * The pictures so far, each a button that brings it back. Buttons are kept while their picture is,
 * so that keyboard focus and the strip's scroll position survive an update.
 */
export class HistoryStrip {
  readonly #list: Element;
  readonly #onSelect: (id: number) => void;
  readonly #rows = new Map<
    number,
    { row: HTMLLIElement; button: HTMLButtonElement; caption: HTMLSpanElement }
  >();

  constructor(list: Element, onSelect: (id: number) => void) {
    this.#list = list;
    this.#onSelect = onSelect;
  }

  show(items: readonly HistoryItem[], selected: number | undefined): void {
    for (const [id, { row }] of this.#rows) {
      if (items.some((item) => item.id === id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    for (const [position, item] of items.entries()) {
      const { button, caption } = this.#rows.get(item.id) ?? this.#add(item, position);
      caption.textContent = item.caption;
      button.setAttribute('aria-label', `${item.name}: ${item.caption}`);
      if (item.id === selected) button.setAttribute('aria-current', 'true');
      else button.removeAttribute('aria-current');
    }
  }

  #add({ id, url }: HistoryItem, position: number) {
    const image = element('img', { src: url, alt: '' });
    image.addEventListener('error', () => image.replaceWith('?'));
    const caption = element('span', { class: 'caption' });
    const button = element('button', { type: 'button' }, element('span', { class: 'thumb' }, image), caption);
    button.addEventListener('click', () => this.#onSelect(id));
    const made = { row: element('li', {}, button), button, caption };
    this.#rows.set(id, made);
    this.#list.insertBefore(made.row, this.#list.children[position] ?? null);
    return made;
  }
}
