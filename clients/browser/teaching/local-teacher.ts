import type { ClassifierMetadata } from '../../../runtime/metadata.js';
import type { OpenSession } from '../../../runtime/session.js';
import { type BaseModel, openBaseModel } from './base-model.js';
import { holdOut } from './held-out.js';
import { lessonFacts } from './lesson-file.js';
import { LocalLesson } from './local-lesson.js';
import { requireTeachable } from './requirements.js';
import type { Learned, Task } from './task.js';
import { teachAllLayers } from './teach-all-layers.js';
import { teachLastLayer } from './teach-last-layer.js';
import type { Lesson, Teacher, TeachingOptions, TeachingPicture } from './teacher.js';

/** What a teacher needs to know of the place where it works. */
export interface Place {
  readonly open: OpenSession;
  /** What runs the graphs. */
  readonly provider: string;
  /** For the files that are made: where, and by which kiln. */
  readonly machine: string;
  readonly producer: ClassifierMetadata['producer'];
  /** Milliseconds since some time. */
  readonly now: () => number;
}

const methods = { last: teachLastLayer, all: teachAllLayers } as const satisfies Record<
  TeachingOptions['layers'],
  (task: Task) => Promise<Learned>
>;

/**
 * A teacher in the calling thread, over whatever runs its graphs.
 * @throws MODEL_INVALID, MODEL_NOT_KILN, NETWORK_UNKNOWN, CHECKPOINT_MISMATCH
 */
export async function openLocalTeacher(model: Uint8Array, place: Place): Promise<LocalTeacher> {
  return new LocalTeacher(await openBaseModel(model), place);
}

/** It holds no session between two lessons, and so need not be closed. */
export class LocalTeacher implements Omit<Teacher, 'close'> {
  readonly #base: BaseModel;
  readonly #place: Place;

  constructor(base: BaseModel, place: Place) {
    this.#base = base;
    this.#place = place;
  }

  get frame(): Teacher['frame'] {
    return this.#base.metadata.frame;
  }

  get provider(): string {
    return this.#place.provider;
  }

  async teach(
    labels: readonly string[],
    pictures: readonly TeachingPicture[],
    options: TeachingOptions,
  ): Promise<Lesson> {
    const { layers, epochs, seed = 0, signal, onProgress } = options;
    requireTeachable(this.#base.metadata.frame, labels, pictures, options);
    signal?.throwIfAborted();
    const { open, now, machine, producer } = this.#place;
    const base = this.#base;
    const begin = now();
    const secondsSoFar = () => (now() - begin) / 1000;
    const parts = holdOut(pictures, labels.length, seed);
    const learned = await methods[layers]({
      ...parts,
      base,
      labels,
      epochs,
      seed,
      open,
      pause: pauses(signal),
      onEpoch: (progress) => onProgress?.({ ...progress, seconds: secondsSoFar() }),
    });
    const seconds = secondsSoFar();
    const count = parts.taught.frames.length;
    const made = { base, labels, pictures, count, layers, seed, seconds, machine, producer };
    const facts = await lessonFacts(learned, made);
    return LocalLesson.open(base, learned.weights, facts, parts.heldOut, open);
  }
}

/** So long others may have to wait for their turn. */
const patienceMs = 50;

/** Gives the event loop a turn now and then, in which whoever gives up can say so, and throws when that has happened. */
function pauses(signal: AbortSignal | undefined): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last > patienceMs) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      last = performance.now();
    }
    signal?.throwIfAborted();
  };
}
