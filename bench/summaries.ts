import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { openBatches } from '../data/batches.js';
import { openShapes } from '../data/shapes.js';
import type { Network } from '../networks/network.js';
import { timeInTurn } from '../runtime/timing.js';
import { begin } from '../train/beginning.js';
import { logInterval } from '../train/log.js';
import { createOnnxEngine } from '../train/onnx-engine.js';
import { batchOptions, ratesAt } from '../train/plan.js';
import { openRunSummaries, summaryInterval } from '../train/tensorboard/run-summaries.js';
import { describeMachine, type Machine } from './machine.js';

export interface SummariesBenchOptions {
  readonly network: Network;
  readonly batch: number;
  readonly rounds: number;
}

export interface SummariesBenchResult {
  readonly machine: Machine;
  readonly method: string;
  readonly network: string;
  readonly batch: number;
  readonly stepMilliseconds: number;
  /** The inside of a step: gradients and activations once more. */
  readonly inspectMilliseconds: number;
  /** Histograms and pictures of it, written. */
  readonly summaryMilliseconds: number;
  /** The curves of a log line, written. */
  readonly scalarsMilliseconds: number;
  /** All that is written in 100 steps, as a share of their time. */
  readonly shareOfTraining: number;
}

/** Times the TensorBoard summaries of a run in turn with its training steps. */
export async function benchSummaries({
  network,
  batch,
  rounds,
}: SummariesBenchOptions): Promise<SummariesBenchResult> {
  const machine = describeMachine();
  const folder = await mkdtemp(join(os.tmpdir(), 'kiln-bench-'));
  try {
    const dataset = await openShapes({ train: 2 * batch, validation: 1, test: 1 });
    const { run, lock, plan, state } = await begin({
      network,
      dataset,
      recipe: 'tutorial',
      batch,
      runs: folder,
    });
    const engine = createOnnxEngine({ description: plan.description, state, device: 'cpu' });
    const batches = openBatches({ ...batchOptions(plan), firstStep: 0, readers: 1 });
    const fed = await batches.next();
    await batches.close();
    const rates = ratesAt(plan, 0);
    const observer = openRunSummaries({ run, plan, state, validation: null, towers: 1 });
    let inspection = await engine.inspect(fed);
    let { losses } = inspection;
    const subjects = [
      {
        name: 'step',
        run: async () => {
          const [result] = await engine.run([fed], [rates]);
          losses = result!;
        },
      },
      {
        name: 'inspection',
        run: async () => {
          inspection = await engine.inspect(fed);
        },
      },
      {
        name: 'summary',
        run: async () =>
          observer.inspected({ step: 0, batch: fed, rates, state: engine.snapshot(), inspection }),
      },
      {
        name: 'scalars',
        run: async () => {
          await observer.report({
            kind: 'step',
            step: 1,
            totalSteps: plan.totalSteps,
            loss: losses.total,
            losses,
            rates,
            examplesPerSecond: batch,
          });
        },
      },
    ];
    const [step, inspect, summary, scalars] = (await timeInTurn(subjects, rounds)).map(
      ({ median }) => median,
    );
    await observer.close();
    await engine.close();
    lock.release();
    const written = inspect! + summary! + (summaryInterval / logInterval) * scalars!;
    return {
      machine,
      method: `medians of ${rounds} rounds, a step, an inspection, a summary and a line of scalars in turn, float32, ${os.availableParallelism()} threads; files in ${os.tmpdir()}`,
      network: network.name,
      batch,
      stepMilliseconds: step!,
      inspectMilliseconds: inspect!,
      summaryMilliseconds: summary!,
      scalarsMilliseconds: scalars!,
      shareOfTraining: written / (summaryInterval * step!),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
