import type { ErrorCode } from '../../../errors/errors.js';
import type { Prediction } from '../../../runtime/top-predictions.js';
import type { Problem } from '../../browser/problem.js';
import { bars } from '../bars.js';
import { element } from '../elements.js';
import { milliseconds, percent } from '../formats.js';
import { problemBox } from '../problem-box.js';

/** How far one side has come with one picture. Times are label → milliseconds, in the order shown. */
export type Side =
  | { readonly kind: 'waiting'; readonly reason: string }
  | { readonly kind: 'working' }
  | {
      readonly kind: 'done';
      readonly digest: string;
      readonly predictions: readonly Prediction[];
      readonly times: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'failed'; readonly problem: Problem };

const shown = 5;

const timeTable = (times: Readonly<Record<string, number>>): HTMLElement =>
  element(
    'dl',
    { class: 'times' },
    ...Object.entries(times).map(([name, value]) =>
      element('div', {}, element('dt', {}, name), element('dd', {}, milliseconds(value))),
    ),
  );

/** Refusals that belong to the picture: asking again would give the same. */
const final: ReadonlySet<string> = new Set([
  'IMAGE_TOO_LARGE',
  'IMAGE_UNDECODABLE',
  'REQUEST_TOO_LARGE',
  'UNSUPPORTED_IMAGE',
] satisfies ErrorCode[]);

/** Shows one side's state in its card; `onRetry` belongs to the button of a failure. */
export function showSide(body: Element, side: Side, onRetry: () => void): void {
  switch (side.kind) {
    case 'waiting':
      body.replaceChildren(element('p', { class: 'waiting' }, side.reason));
      break;
    case 'working':
      body.replaceChildren(element('p', { class: 'waiting' }, 'Classifying…'));
      break;
    case 'failed':
      body.replaceChildren(problemBox(side.problem, final.has(side.problem.code) ? undefined : onRetry));
      break;
    case 'done':
      body.replaceChildren(bars(side.predictions.slice(0, shown)), timeTable(side.times));
      break;
  }
}

/** One clause for the spoken summary: "The service says cat, 62.4 %". */
export function sideInWords(name: string, side: Side): string {
  switch (side.kind) {
    case 'waiting':
    case 'working':
      return `${name} is still at it`;
    case 'failed':
      return `${name} failed: ${side.problem.message.replace(/\.$/, '')}`;
    case 'done': {
      const [best] = side.predictions;
      return best === undefined
        ? `${name} gave no label`
        : `${name} says ${best.label}, ${percent(best.probability)}`;
    }
  }
}
