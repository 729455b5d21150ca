import type { Prediction } from '../../runtime/top-predictions.js';
import { element } from './elements.js';
import { percent } from './formats.js';

/** Labels with their probabilities, in the order given; the most probable is marked. */
export function bars(predictions: readonly Prediction[]): HTMLOListElement {
  const best = Math.max(...predictions.map(({ probability }) => probability));
  const rows = predictions.map(({ label, probability }) => {
    const fill = element('div', {});
    // The bar repeats the number beside it, so it is hidden from screen readers. CSSOM, because the page's
    // Content-Security-Policy forbids style attributes.
    fill.style.width = `${100 * probability}%`;
    return element(
      'li',
      probability === best ? { 'data-best': '' } : {},
      element('span', { class: 'label' }, label),
      element('data', { class: 'percent', value: String(probability) }, percent(probability)),
      element('div', { class: 'bar', 'aria-hidden': 'true' }, fill),
    );
  });
  return element('ol', { class: 'bars' }, ...rows);
}
