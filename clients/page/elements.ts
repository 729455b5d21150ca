type Child = Node | string;

/** An element with its children; attributes that need no escaping because they are set, not parsed. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** As `element`, of a drawing. */
export function svgElement<Name extends keyof SVGElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Node[]
): SVGElementTagNameMap[Name] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * The element of index.html with this id.
 *
 * @throws Error when the page has no such element, or one of another kind
 */
export function byId<Kind extends HTMLElement>(id: string, kind: abstract new () => Kind): Kind {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`index.html has no ${kind.name} with the id "${id}"`);
}

/** A table's row of headings; those of numbers stand on the right, as the numbers do. */
export function headings(columns: Readonly<Record<string, 'text' | 'number'>>): HTMLTableSectionElement {
  const cells = Object.entries(columns).map(([name, kind]) =>
    element('th', { scope: 'col', ...(kind === 'number' && { class: 'number' }) }, name),
  );
  return element('thead', {}, element('tr', {}, ...cells));
}
