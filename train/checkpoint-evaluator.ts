import { availableParallelism } from 'node:os';
import type { DatasetSplit } from '../data/dataset.js';
import type { Device } from '../runtime/classifier.js';
import type { TimedEvaluation } from '../runtime/evaluation.js';
import { createSession } from '../runtime/onnxruntime-node.js';
import type { WeightSet } from './engine.js';
import { evaluateBatches, preparedBatches } from './evaluate.js';
import { type EvaluationDataOptions, openEvaluationData } from './evaluation-data.js';
import { ForwardPass } from './forward-pass.js';
import type { TrainedModel } from './trained-model.js';

export interface EvaluatorOptions extends EvaluationDataOptions {
  /** Default auto. */
  readonly device?: Device;
  /** Default: the cores. */
  readonly threads?: number;
  /** What it throws ends the evaluation. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface Measured {
  readonly result: TimedEvaluation;
  /** float32 [count, classes], in the order of the split. */
  readonly logits: Float32Array;
}

/** Measures one network's checkpoints on one split: pictures and graph are loaded once. */
export class CheckpointEvaluator {
  readonly dataset: string;
  readonly split: DatasetSplit;
  readonly #labels: readonly string[];
  readonly #forward: ForwardPass;
  readonly #onProgress: EvaluatorOptions['onProgress'];

  private constructor(model: TrainedModel, dataset: string, split: DatasetSplit, options: EvaluatorOptions) {
    const { device = 'auto', threads = availableParallelism() } = options;
    this.dataset = dataset;
    this.split = split;
    this.#labels = model.checkpoint.labels;
    this.#forward = new ForwardPass(model.network, this.#labels.length, (graph) =>
      createSession(graph, { device, threads }),
    );
    this.#onProgress = options.onProgress;
  }

  /** Opens the data of a model. @throws DATASET_… */
  static async open(model: TrainedModel, options: EvaluatorOptions): Promise<CheckpointEvaluator> {
    const { labels, frame, dataset: trainedOn } = model.checkpoint;
    const { dataset: found = trainedOn.name, dataDir } = model.run?.config.choices ?? {};
    const dataset = await openEvaluationData(options, { dataset: found, dataDir, labels, frame });
    return new CheckpointEvaluator(model, dataset.name, dataset.split(options.split ?? 'test'), options);
  }

  /** @param model of the network and labels that the evaluator was opened for @throws DEVICE_UNAVAILABLE */
  async measure(model: TrainedModel, weights: WeightSet): Promise<Measured> {
    const tensors = model.weights(weights);
    const logits = new Float32Array(this.split.count * this.#labels.length);
    let filled = 0;
    const result = await evaluateBatches(
      preparedBatches(this.split, model.network),
      this.#labels,
      async (images, count) => {
        const answer = await this.#forward.run(tensors, images, count);
        logits.set(answer, filled);
        filled += answer.length;
        return answer;
      },
      (done) => this.#onProgress?.(done, this.split.count),
    );
    return { result, logits };
  }

  close(): Promise<void> {
    return this.#forward.close();
  }
}

/** `deepcnn at step 3516` */
export function nameOfModel({ network, checkpoint }: TrainedModel): string {
  return `${network.name} at step ${checkpoint.step}`;
}
