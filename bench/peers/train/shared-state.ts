import { writeFile } from 'node:fs/promises';
import type { StateTensors, TrainingBatch } from '../../../train/engine.js';
import { encodeTensors } from '../../../train/safetensors.js';
import type { StepDescription } from '../../../train/step-graph.js';
import type { PeerProcess } from './peer-process.js';

/** Has a peer go on from these weights, with this batch; `path` is overwritten. */
export async function handOver(
  process: PeerProcess,
  { network, batch }: StepDescription,
  { weights, data, path }: { weights: StateTensors; data: TrainingBatch; path: string },
): Promise<void> {
  const { channels, height, width } = network.input;
  const images = { dims: [batch, channels, height, width], data: data.images };
  const tensors = new Map([...weights, ['images', images] as const]);
  await writeFile(path, encodeTensors({ metadata: {}, tensors }));
  await process.ask({ kind: 'load', path, labels: [...data.labels] });
}
