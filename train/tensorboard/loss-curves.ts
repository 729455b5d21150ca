import type { Summary_Value } from '../../third_party/tensorboard/event_pb.js';
import type { Losses, StateTensors } from '../engine.js';
import { layerOf } from '../layer-names.js';
import { declaredParameters } from '../parameters.js';
import { decayOf, type StepDescription } from '../step-graph.js';
import { MovingAverage } from './moving-average.js';
import { scalar } from './summaries.js';
import { tags } from './tags.js';

interface Decayed {
  readonly name: string;
  readonly layer: string;
  /** Of Σw²/2 in the loss. */
  readonly factor: number;
}

/** The losses of every step, each as its moving average and as it is. */
export class LossCurves {
  readonly #decayed: readonly Decayed[];
  readonly #averages = {
    crossEntropy: new MovingAverage(),
    total: new MovingAverage(),
    decay: new MovingAverage(),
  };
  #last: Losses = { total: Number.NaN, crossEntropy: Number.NaN };
  /** By layer, of the weights that were weighed last, until they are shown. */
  #weightLosses: ReadonlyMap<string, number> = new Map();

  constructor({ network, classes, weightDecay }: StepDescription) {
    this.#decayed = [...declaredParameters(network, classes).values()].flatMap((parameter) => {
      const { name } = parameter;
      const factor = decayOf(parameter, weightDecay);
      return factor === 0 ? [] : [{ name, layer: layerOf(name), factor }];
    });
  }

  /** Looks at the weights before a step: what their decay adds to its loss, layer by layer. */
  weigh(weights: StateTensors): void {
    const losses = new Map<string, number>();
    for (const { name, layer, factor } of this.#decayed) {
      const loss = (factor / 2) * sumOfSquares(weights.get(name)!.data);
      losses.set(layer, (losses.get(layer) ?? 0) + loss);
    }
    this.#weightLosses = losses;
  }

  /** Of every step, in order. */
  add(losses: Losses): void {
    this.#last = losses;
    this.#averages.total.add(losses.total);
    this.#averages.crossEntropy.add(losses.crossEntropy);
    this.#averages.decay.add(losses.total - losses.crossEntropy);
  }

  /** The last step's; those of the layers too, where its weights were weighed. */
  values(): readonly Summary_Value[] {
    const { total, crossEntropy, decay } = this.#averages;
    const layers = this.#weightLosses;
    this.#weightLosses = new Map();
    const sum = [...layers.values()].reduce((all, loss) => all + loss, 0);
    return [
      ...pair(tags.crossEntropy, crossEntropy.value, this.#last.crossEntropy),
      ...pair(tags.totalLoss, total.value, this.#last.total),
      // The sum over the layers is known of every step; a layer's share of it hardly moves within the ten that count.
      ...[...layers].flatMap(([layer, loss]) =>
        pair(tags.weightLoss(layer), sum === 0 ? 0 : (decay.value * loss) / sum, loss),
      ),
    ];
  }
}

function pair(tag: string, average: number, raw: number): readonly Summary_Value[] {
  return [scalar(tag, average), scalar(tags.raw(tag), raw)];
}

function sumOfSquares(values: Float32Array): number {
  let sum = 0;
  for (let index = 0; index < values.length; index += 1) sum += values[index]! ** 2;
  return sum;
}
