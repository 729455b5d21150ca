import { element } from '../elements.js';
import { drawMaps, type Maps, mapsOf, type Scaling } from './activation-map.js';
import { barChart } from './bar-chart.js';
import type { Activation } from './inspector-messages.js';

/** Maps of a layer that are drawn before more are asked for. */
const firstMaps = 32;

/** Of the largest numbers of a layer without maps, how many are told. */
const told = 3;

/** Id of a layer's figure. */
export const figureId = (layer: string): string => `maps-${layer}`;

const number = (value: number): string => String(Number(value.toPrecision(3))).replace('-', '−');

/**
 * One layer's activations: maps of those that have a height and a width, a bar chart of the others.
 *
 * @param labels the model's; they name the values of a layer that has one for each
 */
export function activationFigure(
  activation: Activation,
  { labels, scaling }: { readonly labels: readonly string[]; readonly scaling: Scaling },
): HTMLElement {
  const { layer, dims, values } = activation;
  const title = element('h3', {}, layer);
  const caption = element('figcaption', {});
  const figure = element('figure', { id: figureId(layer), tabindex: '-1' }, title, caption);
  const maps = mapsOf(dims, values);
  if (maps === undefined) {
    caption.append(inWords(values, labels));
    figure.append(barChart(values, `${layer}: ${inWords(values, labels)}`));
    return figure;
  }
  const { channels, height, width } = maps;
  const size = `${height} × ${width} values${rangeOf(values)}`;
  const canvas = element('canvas', { role: 'img' });
  const draw = (count: number): void => {
    const drawn = count < channels ? `The first ${count} of ${channels} maps` : mapsInWords(channels);
    caption.textContent = `${drawn} of ${size}.`;
    canvas.setAttribute('aria-label', `${layer}: ${caption.textContent}`);
    drawStrip(canvas, maps, count, scaling);
  };
  draw(Math.min(firstMaps, channels));
  figure.append(canvas);
  if (channels > firstMaps) figure.append(showAll(channels, draw));
  return figure;
}

const mapsInWords = (channels: number): string => (channels === 1 ? 'One map' : `${channels} maps`);

function showAll(channels: number, draw: (count: number) => void): HTMLButtonElement {
  const button = element('button', { type: 'button' }, `Show all ${channels}`);
  button.addEventListener('click', () => {
    draw(channels);
    button.remove();
  });
  return button;
}

/** As many in a row as a phone, or a desk, has room for; a few maps are shown larger. */
function drawStrip(canvas: HTMLCanvasElement, maps: Maps, count: number, scaling: Scaling): void {
  const across = matchMedia('(max-width: 40rem)').matches ? 8 : 16;
  drawMaps(canvas, maps, { count, across, scaling });
  const share = Math.min(across, count) / Math.max(8, Math.min(across, count));
  canvas.style.width = `min(${100 * share}%, ${45 * share}rem)`; // CSSOM: the policy forbids style attributes
}

function rangeOf(values: Float32Array): string {
  const lowest = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const highest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return ` from ${number(lowest)} to ${number(highest)}`;
}

function inWords(values: Float32Array, labels: readonly string[]): string {
  const name = (at: number): string => (labels.length === values.length ? labels[at]! : `unit ${at}`);
  const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, told);
  const largest = order.map((at) => `${name(at)} (${number(values[at]!)})`).join(', ');
  return `${values.length} values${rangeOf(values)}. The largest: ${largest}.`;
}
