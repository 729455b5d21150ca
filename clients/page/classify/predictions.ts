import type { Prediction } from '../../../runtime/top-predictions.js';

/** Largest |Δp| at which two answers to the same picture count as the same answer. */
export const tolerance = {
  /** PNG and GIF decode to the same pixels everywhere; what is left is floating point. */
  lossless: 1e-3,
  /** JPEG and lossy WebP leave the inverse transform to the decoder: a level of difference in a pixel is allowed. */
  lossy: 2e-2,
} as const;

export type Fidelity = keyof typeof tolerance;

export type Agreement =
  | { readonly kind: 'agree'; readonly maxDifference: number }
  | { readonly kind: 'differ'; readonly maxDifference: number; readonly sameTop: boolean }
  | { readonly kind: 'models-differ' };

export interface Answer {
  readonly digest: string;
  readonly predictions: readonly Prediction[];
}

/**
 * Compares two answers label by label (by index, over the labels that both name).
 * Different model digests are never an agreement, whatever the numbers say.
 */
export function compare(service: Answer, tab: Answer, fidelity: Fidelity): Agreement {
  if (service.digest !== tab.digest) return { kind: 'models-differ' };
  const inTab = new Map(tab.predictions.map(({ index, probability }) => [index, probability]));
  let maxDifference = 0;
  for (const { index, probability } of service.predictions) {
    const difference = Math.abs(probability - (inTab.get(index) ?? Number.POSITIVE_INFINITY));
    maxDifference = Math.max(maxDifference, difference);
  }
  const sameTop = service.predictions[0]?.index === tab.predictions[0]?.index;
  if (sameTop && maxDifference <= tolerance[fidelity]) return { kind: 'agree', maxDifference };
  return { kind: 'differ', maxDifference, sameTop };
}
