import { decodeModel } from '../../../onnx/decode.js';
import { toProblem } from '../../browser/problem.js';
import { element, headings } from '../elements.js';
import { factGroups } from '../facts.js';
import { wholeNumber } from '../formats.js';
import { problemBox } from '../problem-box.js';
import type { PageContext, View } from '../view.js';
import { cardFacts } from './card.js';
import { drawFilters, type Filters, firstFilters } from './filters.js';
import { type FileLayer, layersOf } from './network-layers.js';

/** The model from the outside and the inside, as its file tells it. */
export function openModel({ root, models }: PageContext): View {
  let shownOf: unknown;

  async function show(): Promise<void> {
    const { service } = models;
    if (shownOf === service) return;
    shownOf = service;
    root.setAttribute('aria-busy', 'true');
    try {
      const served = await service.model();
      const { connection } = service;
      const response = await connection.open(new URL(service.modelUrl(served.digest)));
      const model = decodeModel(new Uint8Array(await response.arrayBuffer()));
      if (shownOf !== service) return; // another was chosen meanwhile
      root.replaceChildren(
        section('The card', element('dl', { class: 'facts' }, ...factGroups(cardFacts(served)))),
        section('Layers', layerTable(layersOf(model))),
        section('First filters', filterFigure(firstFilters(model))),
      );
    } catch (error) {
      if (shownOf !== service) return;
      shownOf = undefined;
      const fallback = { code: 'PAGE_FAILED', message: 'The model could not be read here.' };
      root.replaceChildren(problemBox(toProblem(error, fallback), () => void show()));
    } finally {
      if (shownOf === service || shownOf === undefined) root.removeAttribute('aria-busy');
    }
  }

  let visible = false;
  models.onChange(() => {
    if (visible) void show();
  });
  return {
    show() {
      visible = true;
      void show();
    },
    hide() {
      visible = false;
    },
  };
}

function section(title: string, content: HTMLElement): HTMLElement {
  const id = `${title.toLowerCase().replaceAll(' ', '-')}-title`;
  return element('section', { 'aria-labelledby': id }, element('h2', { id }, title), content);
}

const columns = {
  Layer: 'text',
  Operators: 'text',
  Output: 'number',
  Tensors: 'text',
  Parameters: 'number',
} as const;

function layerTable(layers: readonly FileLayer[]): HTMLElement {
  const rows = layers.map(({ name, operators, output, tensors, parameters }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, name),
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
    ),
  );
  const total = wholeNumber(layers.reduce((sum, { parameters }) => sum + parameters, 0));
  return element(
    'div',
    { class: 'wide', role: 'region', 'aria-label': 'Table of layers', tabindex: '0' },
    element(
      'table',
      { id: 'layers' },
      element('caption', {}, 'As the graph of the file runs them, for one picture.'),
      headings(columns),
      element('tbody', {}, ...rows),
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
    ),
  );
}

function filterFigure(filters: Filters | undefined): HTMLElement {
  if (filters === undefined) return element('p', {}, 'The first convolution does not look at three colours.');
  const { name, count, height, width } = filters;
  const label = `${count} filters of ${height} by ${width} pixels`;
  const canvas = element('canvas', { id: 'filters', role: 'img', 'aria-label': label });
  drawFilters(canvas, filters);
  const caption = `${name}: ${label}. Each is scaled to its own largest weight; grey is zero.`;
  return element('figure', {}, canvas, element('figcaption', {}, caption));
}
