import { availableParallelism } from 'node:os';
import { create, toBinary } from '@bufbuild/protobuf';
import type { DatasetSplit } from '../../data/dataset.js';
import { permutation } from '../../data/random.js';
import { tensorNames } from '../../runtime/classifier.js';
import { createSession } from '../../runtime/onnxruntime-node.js';
import type { Session } from '../../runtime/session.js';
import {
  type ModelProto,
  ModelProtoSchema,
  TensorProto_DataType,
  ValueInfoProtoSchema,
} from '../../third_party/onnx/onnx_pb.js';
import type { Range } from './affine.js';
import { withGraph } from './proto-parts.js';

const seed = 2015;
const batch = 64;

/** Pictures that are looked at, if the split has as many. */
const calibrationPictures = 512;

/**
 * The smallest and the largest number that each value takes while the model looks at a seeded sample of a split. Ranges
 * that cut off what is rare (99.999th percentile, least squared error) answered no better for deepcnn on validation,
 * and were further off where they erred; bench/README.md has the figures.
 */
export async function calibrate(
  model: ModelProto,
  values: readonly string[],
  split: DatasetSplit,
): Promise<ReadonlyMap<string, Range>> {
  const session = await createSession(toBinary(ModelProtoSchema, exposing(model, values)), {
    device: 'cpu',
    threads: availableParallelism(),
  });
  try {
    const ranges = new Map(values.map((name): [string, Range] => [name, { low: 0, high: 0 }]));
    const chosen = permutation(seed, 0, split.count).slice(0, calibrationPictures);
    for await (const [name, data] of activations(session, values, split, chosen))
      ranges.set(name, widened(ranges.get(name)!, data));
    return ranges;
  } finally {
    await session.release();
  }
}

function widened(range: Range, numbers: Float32Array): Range {
  let { low, high } = range;
  for (const number of numbers) {
    if (number < low) low = number;
    if (number > high) high = number;
  }
  return { low, high };
}

/** The same model with these values among its outputs. */
function exposing(model: ModelProto, values: readonly string[]): ModelProto {
  const type = { value: { case: 'tensorType', value: { elemType: TensorProto_DataType.FLOAT } } } as const;
  const more = values.map((name) => create(ValueInfoProtoSchema, { name, type }));
  return withGraph(model, ({ output }) => ({ output: [...output, ...more] }));
}

/** Batch by batch: a value's name and the numbers it took. */
async function* activations(
  session: Session,
  values: readonly string[],
  split: DatasetSplit,
  chosen: Uint32Array,
): AsyncGenerator<[name: string, data: Float32Array]> {
  const { height, width } = split.share();
  for (let first = 0; first < chosen.length; first += batch) {
    const indices = chosen.slice(first, first + batch);
    const dims = [indices.length, height, width, 3];
    const { images: data } = split.read(indices);
    const outputs = await session.run({ [tensorNames.images]: { dtype: 'uint8', dims, data } }, values);
    for (const name of values) {
      const { data } = outputs[name]!;
      if (data instanceof Float32Array) yield [name, data];
    }
  }
}
