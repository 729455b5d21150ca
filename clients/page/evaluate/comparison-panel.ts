import { element, headings } from '../elements.js';
import { wholeNumber } from '../formats.js';
import { wide } from '../wide.js';
import { dataOf, modelOf } from './evaluation-panel.js';
import type { Comparison } from './evaluations.js';

type Compared = Comparison['comparisons'][number];

/** A difference of shares in percentage points, with its sign: "+1.2". */
function points(difference: number): string {
  const rounded = (100 * difference)
    .toFixed(1)
    .replace(/^-0\.0$/, '0.0')
    .replace('-', '−');
  return difference > 0 && rounded !== '0.0' ? `+${rounded}` : rounded;
}

const range = ([low, high]: readonly [number, number]): string => `${points(low)} to ${points(high)}`;

/** How the second of two evaluations does, held against the first. */
export function comparisonPanel({ evaluations, comparisons }: Comparison): HTMLElement {
  const [first, second] = evaluations;
  const [found] = comparisons;
  const panel = element('section', { 'aria-labelledby': 'comparison-title', tabindex: '-1' });
  if (first === undefined || second === undefined || found === undefined) return panel;
  panel.append(
    element('h2', { id: 'comparison-title' }, `${modelOf(second)} held against ${modelOf(first)}`),
    element(
      'p',
      { class: 'figure-line', role: 'status' },
      `${points(found.difference)} points (95 % interval ${range(found.interval)}) on ${dataOf(second)}`,
    ),
    element('p', { class: 'details' }, inWords(found)),
    wide('Differences by class', classDifferences(found)),
  );
  return panel;
}

function inWords(found: Compared): string {
  if (found.kind === 'unpaired')
    return 'The data has changed in between: the two samples are taken as independent.';
  const { both, onlyThis, onlyFirst, neither } = found.pictures;
  const counts = [
    `${wholeNumber(both)} pictures right by both`,
    `${wholeNumber(onlyThis)} only by this`,
    `${wholeNumber(onlyFirst)} only by the first`,
    `${wholeNumber(neither)} by neither`,
  ];
  return `${counts.join(', ')}. ${found.test.method}: p = ${found.test.pValue.toPrecision(2)}.`;
}

function classDifferences({ perClass }: Compared): HTMLElement {
  const rows = perClass.map(({ label, difference, interval }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, label),
      element('td', { class: 'number' }, difference === null ? '–' : points(difference)),
      element('td', { class: 'number' }, interval === null ? '–' : range(interval)),
    ),
  );
  return element(
    'table',
    { id: 'differences' },
    element('caption', {}, 'Differences of recall, in percentage points.'),
    headings({ Class: 'text', Difference: 'number', '95 % interval': 'number' }),
    element('tbody', {}, ...rows),
  );
}
