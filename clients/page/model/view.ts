import { toProblem } from '../../browser/problem.js';
import { element } from '../elements.js';
import { factGroups } from '../facts.js';
import { maxPixelsOf, modelAtHand } from '../model-at-hand.js';
import { problemBox } from '../problem-box.js';
import type { PageContext, View } from '../view.js';
import { ActivationPanel } from './activation-panel.js';
import { cardFacts } from './card.js';
import { drawFilters, type Filters } from './filters.js';
import { Inspector } from './inspector.js';
import { layerTable } from './layer-table.js';

/** The model from the outside and the inside, as its file tells it. */
export function openModel({ root, models, picture }: PageContext): View {
  let shownOf: unknown;
  let inspector: Inspector | undefined;
  let panel: ActivationPanel | undefined;
  /** The layer that the address names. */
  let layer: string | undefined;

  async function show(): Promise<void> {
    const { service } = models;
    if (shownOf === service) return panel?.refresh();
    shownOf = service;
    panel = undefined;
    inspector?.close();
    root.setAttribute('aria-busy', 'true');
    try {
      const atHand = await modelAtHand(service);
      if (shownOf !== service) return; // another was chosen meanwhile
      const opened = new Inspector(new URL('inspector-worker.js', document.baseURI));
      inspector = opened;
      const { url: modelUrl, digest } = atHand;
      const inspection = await opened.inspect({ modelUrl, headers: service.connection.headers, digest });
      const maxPixels = maxPixelsOf(atHand);
      const maps = new ActivationPanel({
        picture,
        labels: inspection.metadata.labels,
        run: (file) => opened.activations({ picture: file, maxPixels }),
      });
      panel = maps;
      root.replaceChildren(
        section('The card', element('dl', { class: 'facts' }, ...factGroups(cardFacts(atHand, inspection)))),
        section(
          'Layers',
          layerTable(inspection.layers, (name) => void maps.show(name)),
        ),
        section('First filters', filterFigure(inspection.filters)),
        section('Activation maps', maps.element),
      );
      goToLayer();
    } catch (error) {
      if (shownOf !== service) return;
      shownOf = undefined;
      const fallback = { code: 'PAGE_FAILED', message: 'The model could not be read here.' };
      root.replaceChildren(problemBox(toProblem(error, fallback), () => void show()));
    } finally {
      if (shownOf === service || shownOf === undefined) root.removeAttribute('aria-busy');
    }
  }

  function goToLayer(): void {
    if (layer !== undefined) void panel?.show(layer);
  }

  let visible = false;
  models.onChange(() => {
    if (visible) void show();
  });
  return {
    show([name]) {
      visible = true;
      layer = name;
      void show();
      goToLayer();
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

function filterFigure(filters: Filters | undefined): HTMLElement {
  if (filters === undefined) return element('p', {}, 'The first convolution does not look at three colours.');
  const { name, count, height, width } = filters;
  const label = `${count} filters of ${height} by ${width} pixels`;
  const canvas = element('canvas', { id: 'filters', role: 'img', 'aria-label': label });
  drawFilters(canvas, filters);
  const caption = `${name}: ${label}. Each is scaled to its own largest weight; grey is zero.`;
  return element('figure', {}, canvas, element('figcaption', {}, caption));
}
