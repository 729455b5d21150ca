import type { Dataset } from '../../data/dataset.js';
import { createDistorter } from '../../data/distortions.js';
import { KilnError } from '../../errors/errors.js';
import type { Network } from '../../networks/network.js';
import type { Recipe } from '../recipe.js';

/**
 * Whether the parts of a run fit each other: the pictures have room for the network's crop, and the recipe's
 * distortions bring them to its input.
 * @throws DATASET_MISMATCH, PART_INVALID
 */
export function requireFit(network: Network, recipe: Recipe, dataset: Dataset): void {
  const { crop } = network.preprocessing;
  if (crop.height > dataset.height || crop.width > dataset.width) {
    throw new KilnError('DATASET_MISMATCH', {
      expected: `pictures of at least ${crop.width}×${crop.height} for ${network.name}`,
      received: `${dataset.name} with ${dataset.width}×${dataset.height}`,
    });
  }
  const { height, width } = network.input;
  const seen = distortedSize(network, recipe, dataset);
  if (seen === `${width}×${height}`) return;
  throw new KilnError('PART_INVALID', {
    expected: `distortions of ${recipe.name} that end at the input of ${network.name}, ${width}×${height}`,
    received: seen,
  });
}

/** The size that the network would see, or why there is none. */
function distortedSize({ input, preprocessing }: Network, recipe: Recipe, dataset: Dataset): string {
  try {
    const { height, width } = createDistorter(recipe.distortions(input, preprocessing), dataset);
    return `${width}×${height}`;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
