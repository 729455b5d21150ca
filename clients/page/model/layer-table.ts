import { element, headings } from '../elements.js';
import { wholeNumber } from '../formats.js';
import { wide } from '../wide.js';
import type { FileLayer } from './network-layers.js';

const columns = {
  Layer: 'text',
  Operators: 'text',
  Output: 'number',
  Tensors: 'text',
  Parameters: 'number',
} as const;

/** The address at which a layer's maps are shown. */
const addressOf = (layer: string): string => `#/model/${encodeURIComponent(layer)}`;

/**
 * The layers in the order of the graph; a click on a row goes to the layer's address.
 *
 * @param onAgain the address is that of the layer already
 */
export function layerTable(layers: readonly FileLayer[], onAgain: (layer: string) => void): HTMLElement {
  const total = wholeNumber(layers.reduce((sum, { parameters }) => sum + parameters, 0));
  const table = element(
    'table',
    { id: 'layers' },
    element(
      'caption',
      {},
      'As the graph of the file runs them, for one picture. A row leads to its activation maps.',
    ),
    headings(columns),
    element('tbody', {}, ...layers.map((layer) => layerRow(layer, onAgain))),
    element(
      'tfoot',
      {},
      element(
        'tr',
        {},
        element('th', { scope: 'row', colspan: '4' }, 'Together'),
        element('td', { class: 'number' }, total),
      ),
    ),
  );
  return wide('Table of layers', table);
}

function layerRow(layer: FileLayer, onAgain: (layer: string) => void): HTMLTableRowElement {
  const { name, operators, output, tensors, parameters } = layer;
  const row = element(
    'tr',
    {},
    element('th', { scope: 'row' }, element('a', { href: addressOf(name) }, name)),
    element('td', {}, operators.join(', ')),
    element('td', { class: 'number' }, output?.join(' × ') ?? '?'),
    element(
      'td',
      {},
      ...tensors.map(({ name: tensor, shape }) =>
        element('div', {}, `${tensor.replace(`${name}/`, '')} ${shape.join(' × ')}`),
      ),
    ),
    element('td', { class: 'number' }, parameters === 0 ? '–' : wholeNumber(parameters)),
  );
  row.addEventListener('click', ({ ctrlKey, metaKey, shiftKey }) => {
    if (ctrlKey || metaKey || shiftKey) return; // the link opens elsewhere
    if (getSelection()?.isCollapsed === false) return; // its text is being selected
    if (location.hash === addressOf(name)) onAgain(name);
    else location.hash = addressOf(name);
  });
  return row;
}
