import { pMapIterable } from 'p-map';
import { KilnError } from '../errors/errors.js';
import { decodeImage } from '../images/decode.js';
import { toFrame } from '../images/frame.js';
import { isSmallPng } from '../images/small-png.js';
import type { ClassifierMetadata } from './metadata.js';
import type { Row } from './rows.js';
import type { LoadedModel } from './worker-pool.js';

/** A picture that is read when its turn comes. */
export interface Picture {
  readonly name: string;
  /** @throws KilnError where it cannot be read */
  read(): Promise<Uint8Array>;
}

/** What became of one picture. */
export type PictureOutcome<P extends Picture> = { readonly picture: P } & (
  | { readonly kind: 'probabilities'; readonly values: Float32Array }
  | { readonly kind: 'error'; readonly error: KilnError }
);

/** Pictures in one run: few enough for memory, many enough to be fast. */
export const batchSize = 32;

/** Pictures decoded at once, as many as libuv has threads: each may hold 200 MB of pixels. */
const decodedAtOnce = 4;

type Prepared<P extends Picture> = { readonly picture: P } & (
  | { readonly kind: 'row'; readonly row: Row }
  | { readonly kind: 'error'; readonly error: KilnError }
);

/**
 * Classifies pictures on every worker of the model's pool, in the order given. What is read ahead is bounded, whatever
 * their number; one that cannot be read or decoded has its own error and fails no other.
 */
export async function* classifyFiles<P extends Picture>(
  model: LoadedModel,
  frame: ClassifierMetadata['frame'],
  pictures: Iterable<P>,
): AsyncGenerator<PictureOutcome<P>, void, undefined> {
  const prepared = pMapIterable(pictures, (picture) => prepare(picture, frame), {
    concurrency: decodedAtOnce,
    backpressure: batchSize,
  });
  const outcomes = pMapIterable(
    inGroups(prepared, (group) => group.length <= batchSize),
    (batch) => run(model, batch),
    {
      concurrency: model.workers + 1, // one waits for the first worker that becomes free
    },
  );
  for await (const batch of outcomes) yield* batch;
}

/** Groups items in their order, each group as large as it `fits`, though never empty. */
export async function* inGroups<T>(
  items: AsyncIterable<T>,
  fits: (group: readonly T[]) => boolean,
): AsyncGenerator<readonly T[], void, undefined> {
  let group: readonly T[] = [];
  for await (const item of items) {
    const larger = [...group, item];
    if (group.length === 0 || fits(larger)) {
      group = larger;
    } else {
      yield group;
      group = [item];
    }
  }
  if (group.length > 0) yield group;
}

async function prepare<P extends Picture>(
  picture: P,
  { height, width }: ClassifierMetadata['frame'],
): Promise<Prepared<P>> {
  try {
    const bytes = await picture.read();
    if (isSmallPng(bytes)) return { picture, kind: 'row', row: { kind: 'png', bytes } }; // the worker decodes it
    const frame = toFrame(await decodeImage(bytes), height, width);
    return { picture, kind: 'row', row: { kind: 'frame', bytes: frame } };
  } catch (error) {
    return { picture, kind: 'error', error: asKilnError(error) };
  }
}

async function run<P extends Picture>(
  model: LoadedModel,
  batch: readonly Prepared<P>[],
): Promise<PictureOutcome<P>[]> {
  const rows = batch.flatMap((one) => (one.kind === 'row' ? [one.row] : []));
  const answers = await model.run(rows).catch(asKilnError);
  let next = 0;
  return batch.map((one): PictureOutcome<P> => {
    if (one.kind === 'error') return one;
    const { picture } = one;
    if (answers instanceof KilnError) return { picture, kind: 'error', error: answers };
    const answer = answers[next]!;
    next += 1;
    if (answer.kind === 'probabilities') return { picture, kind: 'probabilities', values: answer.values };
    return { picture, kind: 'error', error: new KilnError(answer.error.code, answer.error) };
  });
}

/** Anything else is a mistake of kiln's, which no picture is to hide. */
function asKilnError(error: unknown): KilnError {
  if (error instanceof KilnError) return error;
  throw error;
}
