import type { ClassifierMetadata } from '../../runtime/metadata.js';
import { percent, wholeNumber } from './formats.js';

/** "92.1 % (95 % interval 91.5 % to 92.6 %) of 10,000 pictures" */
export function accuracyInWords(
  share: number,
  [low, high]: readonly [number, number],
  count: number,
  what = 'pictures',
): string {
  const of = `${wholeNumber(count)} ${what}`;
  return `${percent(share)} (95 % interval ${percent(low)} to ${percent(high)}) of ${of}`;
}

/** What the exporter measured, in words. */
export function measuredAccuracy({ evaluation }: ClassifierMetadata): string {
  if (evaluation === null) return 'not measured';
  const { precisionAt1, interval, count, split } = evaluation;
  return accuracyInWords(precisionAt1, interval, count, `${split} images`);
}
