import { element, headings } from '../elements.js';
import { percent, wholeNumber } from '../formats.js';
import type { DoneEvaluation } from './evaluations.js';

const share = (value: number | null): string => (value === null ? '–' : percent(value));

/** One row a class. */
export function classTable({ perClass }: DoneEvaluation['result']): HTMLElement {
  const rows = perClass.map(({ label, count, correct, recall, precision }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, label),
      ...[wholeNumber(count), wholeNumber(correct), share(recall), share(precision)].map((text) =>
        element('td', { class: 'number' }, text),
      ),
    ),
  );
  return element(
    'table',
    { id: 'classes' },
    element(
      'caption',
      {},
      'Recall: of the pictures of a class, those found. Precision: of the answers with its name, those right.',
    ),
    headings({ Class: 'text', Pictures: 'number', Right: 'number', Recall: 'number', Precision: 'number' }),
    element('tbody', {}, ...rows),
  );
}
