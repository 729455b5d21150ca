/** One label of a picture, and how probable the model finds it, in [0, 1]. */
export interface Prediction {
  readonly label: string;
  /** The label's place in the model's list. */
  readonly index: number;
  readonly probability: number;
}

/** The `k` most probable labels, the most probable first; of equals the one that comes first in the list. */
export function topPredictions(
  probabilities: Float32Array,
  labels: readonly string[],
  k: number,
): Prediction[] {
  const order = Array.from(probabilities, (_, index) => index)
    .sort((a, b) => probabilities[b]! - probabilities[a]!)
    .slice(0, k);
  return order.map((index) => ({ label: labels[index]!, index, probability: probabilities[index]! }));
}
