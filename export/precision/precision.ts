import type { ReducedPrecision } from '../../runtime/metadata.js';

/** In what numbers an exported file holds its weights and computes, and what each must be told. */
interface Precisions {
  readonly float32: unknown;
  /** float16 weights, float32 arithmetic: half the size at the same speed. */
  readonly fp16: Budgeted;
  /** Products of integers: a quarter of the size, and faster where the processor helps. */
  readonly int8: Budgeted;
}

interface Budgeted {
  /** Points of precision @ 1 that the file may lose against float32. Default `budgets`. */
  readonly budget?: number;
}

export type PrecisionName = keyof Precisions;
export type Precision<Name extends PrecisionName = PrecisionName> = {
  [Each in Name]: { readonly kind: Each } & Precisions[Each];
}[Name];
/** A precision for which a float32 file is made into another. */
export type Reduction = Precision<ReducedPrecision['kind']>;

/** Points of precision @ 1, in [0, 100]. */
export const budgets = { fp16: 0.05, int8: 0.5 } as const satisfies Record<Reduction['kind'], number>;

export const precisionNames = Object.keys({
  float32: true,
  fp16: true,
  int8: true,
} satisfies Record<PrecisionName, true>) as readonly PrecisionName[];
