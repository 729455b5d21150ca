import { summariseNetwork } from '../../../export/layers.js';
import type { ClassifierMetadata } from '../../../runtime/metadata.js';
import { sha256 } from '../sha256.js';
import type { BaseModel } from './base-model.js';
import type { Learned } from './task.js';
import type { TeachingOptions, TeachingPicture } from './teacher.js';

/** What a taught network's file says of itself, but for its name and its accuracy. */
export type LessonFacts = Omit<ClassifierMetadata, 'name' | 'evaluation'>;

/** How a lesson came about. */
export interface Circumstances {
  readonly base: BaseModel;
  readonly labels: readonly string[];
  readonly pictures: readonly TeachingPicture[];
  /** Pictures that were learned from. */
  readonly count: number;
  readonly layers: TeachingOptions['layers'];
  readonly seed: number;
  readonly seconds: number;
  readonly machine: string;
  readonly producer: ClassifierMetadata['producer'];
}

const extent = {
  last: 'a new last layer only',
  all: 'all layers',
} as const satisfies Record<TeachingOptions['layers'], string>;

export async function lessonFacts(
  { steps, epochs, batch }: Learned,
  { base, labels, pictures, count, layers, seed, seconds, machine, producer }: Circumstances,
): Promise<LessonFacts> {
  const { network, metadata, digest } = base;
  const { parameters, multiplyAdds } = summariseNetwork(network, labels.length);
  return {
    format: 1,
    labels: [...labels],
    frame: metadata.frame,
    network: { name: network.name, parameters, multiplyAdds },
    preprocessing: network.preprocessing,
    dataset: { name: 'taught', digest: await digestOf(labels, pictures), trainedOn: 'train', count },
    training: {
      recipe: `teach-${layers}`,
      steps,
      epochs,
      batch,
      seed,
      weights: 'raw',
      command: `teaching in a browser, on top of ${metadata.name} (sha256 ${digest}): ${extent[layers]}`,
      seconds,
      machine,
    },
    producer,
  };
}

/** sha256 (hex) over the names of the classes and all pictures, held out or not. */
function digestOf(labels: readonly string[], pictures: readonly TeachingPicture[]): Promise<string> {
  const classes = Int32Array.from(pictures, ({ label }) => label);
  const parts = [
    new TextEncoder().encode(JSON.stringify(labels)),
    new Uint8Array(classes.buffer),
    ...pictures.map(({ frame }) => frame),
  ];
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return sha256(bytes);
}
