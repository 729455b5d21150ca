import type { TrainingState } from '../../../train/engine.js';
import { declaredParameters } from '../../../train/parameters.js';
import { SessionEngine } from '../../../train/session-engine.js';
import { initialState, weightsOf } from '../../../train/state.js';
import { companion } from '../../../train/step-graph.js';
import { follow } from './course.js';
import { cutBeforeLastLayer } from './last-layer.js';
import { type Learned, stepRule, type Task } from './task.js';
import { Views } from './views.js';

/** Looks at pictures in a whole course, about: few pictures are looked at often. */
const looks = 960;
const batchSize = 8;
const learningRate = 0.01;

/** The whole network learns, from the file's weights and a new last layer. */
export async function teachAllLayers(task: Task): Promise<Learned> {
  const { base, taught, heldOut, labels, seed, open } = task;
  const { network, metadata } = base;
  const count = taught.frames.length;
  const views = new Views(network, metadata.frame, seed);
  const batch = Math.min(batchSize, count);
  const epochs = task.epochs ?? Math.min(40, Math.max(4, Math.round(looks / count)));
  const engine = new SessionEngine({
    description: { ...stepRule, network, classes: labels.length, batch },
    state: firstState(task),
    open,
  });
  try {
    const steps = await follow(engine, {
      ...task,
      material: { labels: taught.labels, read: (rows, epoch) => views.shifted(taught.frames, rows, epoch) },
      exam: { images: views.plain(heldOut.frames), labels: heldOut.labels },
      batch,
      epochs,
      learningRate,
    });
    const parameters = declaredParameters(network, labels.length).keys();
    return { weights: weightsOf(engine.snapshot().tensors, parameters, 'raw'), steps, epochs, batch };
  } finally {
    await engine.close();
  }
}

function firstState({ base, labels, seed }: Task): TrainingState {
  const { network, weights } = base;
  const { tensors } = initialState(network, labels.length, stepRule.optimizer, seed);
  const fresh = new Set(cutBeforeLastLayer(network, labels.length).parameters);
  const kept = [...weights].filter(([name]) => !fresh.has(name));
  const averages = kept.map(([name, tensor]) => [companion.ema(name), tensor] as const);
  return { step: 0, tensors: new Map([...tensors, ...kept, ...averages]) };
}
