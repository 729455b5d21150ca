import { element } from './elements.js';

/** A region that may be too wide, and then scrolls by itself. */
export const wide = (label: string, table: HTMLElement): HTMLElement =>
  element('div', { class: 'wide', role: 'region', 'aria-label': label, tabindex: '0' }, table);
