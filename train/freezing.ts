import type { StateTensors } from './engine.js';
import { layerOf } from './layer-names.js';
import type { Position } from './recipe.js';

/**
 * Early layers settle early, and from then on a step need not compute what would move them, nor anything on the way to
 * them (Brock et al., "FreezeOut: accelerate training by progressively freezing layers", arXiv 1706.04983).
 */
export interface Freezing {
  /** How many layers stand still, counted from the first that the network declares; the last one always learns. */
  readonly layers: number;
  /** Share of the run after which they do, in [0, 1]. */
  readonly after: number;
}

/**
 * The layers that stand still at a position.
 * @param layers all of the network, in the order of their declaration
 */
export function settledLayers(
  freezing: readonly Freezing[],
  layers: readonly string[],
  { examples, totalExamples }: Pick<Position, 'examples' | 'totalExamples'>,
): readonly string[] {
  const begun = freezing.filter(({ after }) => examples >= after * totalExamples);
  const count = Math.max(0, ...begun.map(({ layers }) => layers));
  return layers.slice(0, Math.min(count, layers.length - 1));
}

/** Gradients, but for those of these layers. */
export function withoutLayers(gradients: StateTensors, layers: readonly string[]): StateTensors {
  return new Map([...gradients].filter(([name]) => !layers.includes(layerOf(name))));
}

export function sameLayers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((layer, index) => layer === b[index]);
}
