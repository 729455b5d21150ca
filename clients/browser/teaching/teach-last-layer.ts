import { SessionEngine } from '../../../train/session-engine.js';
import { initialState, weightsOf } from '../../../train/state.js';
import { follow, type Material } from './course.js';
import { FeatureExtractor } from './feature-extractor.js';
import { cutBeforeLastLayer } from './last-layer.js';
import { type Learned, stepRule, type Task } from './task.js';
import { Views } from './views.js';

/** Of each picture: as it is, and so many less one from aside. */
const viewsOfEach = 8;
const defaultEpochs = 20;

/** A new last layer learns on the network's features, which are computed once; all before it stays as it is. */
export async function teachLastLayer(task: Task): Promise<Learned> {
  const { base, labels, seed, open } = task;
  const cut = cutBeforeLastLayer(base.network, labels.length);
  const { material, exam, learningRate } = await prepare(task, await FeatureExtractor.open(cut, base, open));
  const batch = Math.min(32, material.labels.length);
  const epochs = task.epochs ?? defaultEpochs;
  const engine = new SessionEngine({
    description: { ...stepRule, network: cut.head, classes: labels.length, batch },
    state: initialState(cut.head, labels.length, stepRule.optimizer, seed),
    open,
  });
  try {
    const steps = await follow(engine, { ...task, material, exam, batch, epochs, learningRate });
    const learned = weightsOf(engine.snapshot().tensors, cut.parameters, 'raw');
    return { weights: new Map([...base.weights, ...learned]), steps, epochs, batch };
  } finally {
    await engine.close();
  }
}

async function prepare({ base, taught, heldOut, seed, pause }: Task, extractor: FeatureExtractor) {
  const views = new Views(base.network, base.metadata.frame, seed);
  try {
    const { size } = extractor;
    const count = taught.frames.length;
    const features = new Float32Array(viewsOfEach * count * size); // [viewsOfEach, count, size]
    for (let view = 0; view < viewsOfEach; view += 1) {
      const images =
        view === 0 ? views.plain(taught.frames) : views.shifted(taught.frames, taught.frames.keys(), view);
      features.set(await extractor.run(images, count, pause), view * count * size);
    }
    const examples = { length: viewsOfEach * count };
    const material: Material = {
      labels: Int32Array.from(examples, (_, row) => taught.labels[row % count]!),
      read: (rows) => gather(features, rows, size),
    };
    const images = await extractor.run(views.plain(heldOut.frames), heldOut.frames.length, pause);
    // The loss bends with the square of the features, and the step is as long as that allows.
    const learningRate = 1 / meanSquaredNorm(features, size);
    return { material, exam: { images, labels: heldOut.labels }, learningRate };
  } finally {
    await extractor.close();
  }
}

/** table [n, size] → [rows.length, size] */
function gather(table: Float32Array, rows: Uint32Array, size: number): Float32Array<ArrayBuffer> {
  const gathered = new Float32Array(rows.length * size);
  for (const [index, row] of rows.entries())
    gathered.set(table.subarray(row * size, (row + 1) * size), index * size);
  return gathered;
}

/** Of the rows of [n, size]; 1 where all are zero. */
function meanSquaredNorm(table: Float32Array, size: number): number {
  let sum = 0;
  for (const value of table) sum += value * value;
  return sum === 0 ? 1 : (sum * size) / table.length;
}
