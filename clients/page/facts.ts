import { element } from './elements.js';

/** Names and values as the groups of a description list. */
export function factGroups(facts: Readonly<Record<string, string>>): HTMLElement[] {
  return Object.entries(facts).map(([name, value]) =>
    element('div', {}, element('dt', {}, name), element('dd', {}, value)),
  );
}
