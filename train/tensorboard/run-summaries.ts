import { KilnError } from '../../errors/errors.js';
import type { Network } from '../../networks/network.js';
import type { Summary_Value } from '../../third_party/tensorboard/event_pb.js';
import { filterSheet, firstFilters } from '../filters.js';
import { layerOf } from '../layer-names.js';
import { logInterval, now } from '../log.js';
import type { InspectedStep, Observed, Precision, RunObserver, TrainEvent } from '../observer.js';
import { hyperParametersOf, metrics, verbatim } from './configuration.js';
import { type EventFile, openEventFile } from './event-file.js';
import { graphDef } from './graph-def.js';
import { distributionOf } from './histogram.js';
import { sessionEnd, sessionStart } from './hyper-parameters.js';
import { LossCurves } from './loss-curves.js';
import { histogram, images, scalar, text } from './summaries.js';
import { tags } from './tags.js';
import { visible } from './visible.js';

/** Steps between two looks at a step's inside, as in the tutorial. */
export const summaryInterval = 100;

/** Pictures of the batch that are shown, as many as TensorFlow's image summary shows. */
const shownImages = 3;

type Told<Kind extends TrainEvent['kind']> = Extract<TrainEvent, { readonly kind: Kind }>;

/**
 * Writes a run's TensorBoard events, a new file each time the run is begun or resumed. Every value is that of the weights
 * after as many steps as it stands at: the loss at step 0 is that of the initial weights, as in the log.
 *
 * @throws RUN_UNWRITABLE
 */
export function openRunSummaries(observed: Observed): RunObserver {
  const file = openEventFile(observed.run.folder);
  introduce(file, observed);
  return new RunSummaries(file, observed);
}

function introduce(file: EventFile, { run, plan, state, validation, towers }: Observed): void {
  const firstStep = state.step;
  file.restart(firstStep);
  if (validation !== null) file.summary(firstStep, precisionValues(validation));
  if (firstStep > 0) return;
  file.graph(graphDef(plan.description, towers));
  file.summary(0, [
    ...sessionStart(hyperParametersOf(plan), metrics, Date.parse(run.config.startedAt)),
    text(tags.command, verbatim(run.config.command)),
    text(tags.configuration, verbatim(JSON.stringify(run.config, undefined, 2))),
  ]);
}

function precisionValues({ ema, raw }: Precision): readonly Summary_Value[] {
  return [scalar(tags.precision, ema), scalar(tags.raw(tags.precision), raw)];
}

class RunSummaries implements RunObserver {
  readonly #file: EventFile;
  readonly #batch: number;
  readonly #network: Network;
  readonly #losses: LossCurves;
  /** Steps done. */
  #done: number;

  constructor(file: EventFile, { plan, state }: Observed) {
    this.#file = file;
    this.#batch = plan.choices.batch;
    this.#network = plan.network;
    this.#losses = new LossCurves(plan.description);
    this.#done = state.step;
  }

  inspects(step: number): boolean {
    return step % summaryInterval === 0;
  }

  inspected({ step, batch, state, inspection }: InspectedStep): void {
    this.#losses.weigh(state.tensors);
    const values: Summary_Value[] = [];
    for (const [layer, { data }] of inspection.activations) {
      const distribution = distributionOf(data);
      values.push(
        histogram(tags.activations(layer), distribution),
        scalar(tags.sparsity(layer), distribution.zeros / data.length),
      );
    }
    for (const [name, gradient] of inspection.gradients) {
      values.push(
        histogram(name, distributionOf(state.tensors.get(name)!.data)),
        histogram(tags.gradients(name), distributionOf(gradient.data)),
      );
    }
    values.push(this.#pictures(batch.images));
    const filters = firstFilters(state.tensors);
    if (filters !== undefined)
      values.push(images(tags.filters(layerOf(filters.name)), [filterSheet(filters)]));
    this.#file.summary(step, values);
  }

  report(event: TrainEvent): void {
    switch (event.kind) {
      case 'step':
        this.#step(event);
        return;
      case 'validated':
        this.#file.summary(event.step, precisionValues(event.precision));
        return;
      case 'ended':
        // One that was interrupted is to be continued.
        if (event.end !== 'interrupted') this.#file.summary(event.step, [sessionEnd('success', now())]);
        return;
      case 'message':
      case 'device':
      case 'logged':
      case 'saved':
    }
  }

  async close(failure?: unknown): Promise<void> {
    // Whatever else ended the run, it may be resumed.
    if (failure instanceof KilnError && failure.code === 'TRAINING_DIVERGED') {
      this.#file.summary(this.#done, [sessionEnd('failure', now())]);
    }
    this.#file.close();
  }

  #step({ step: done, losses, rates, examplesPerSecond }: Told<'step'>): void {
    this.#done = done;
    const step = done - 1;
    this.#losses.add(losses);
    if (step % logInterval !== 0) return;
    this.#file.summary(step, [
      scalar(tags.learningRate, rates.learningRate),
      ...this.#losses.values(),
      scalar(tags.stepsPerSecond, examplesPerSecond / this.#batch),
      scalar(tags.examplesPerSecond, examplesPerSecond),
    ]);
  }

  #pictures(batch: Float32Array): Summary_Value {
    const { channels, height, width } = this.#network.input;
    const size = channels * height * width;
    const shown = Array.from({ length: Math.min(shownImages, this.#batch) }, (_, index) =>
      visible(batch.subarray(index * size, (index + 1) * size), height, width),
    );
    return images(tags.images, shown);
  }
}
