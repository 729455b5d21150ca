import type { Static } from 'typebox';
import * as Type from 'typebox'; // its default export holds all of it, which a page would load
import { Check, Errors, Pointer } from 'typebox/value';
import { KilnError } from '../errors/errors.js';

/** [red, green, blue] */
const perChannel = Type.Unsafe<readonly number[]>(Type.Array(Type.Number(), { minItems: 3, maxItems: 3 }));

const measured = Type.Union([Type.Number(), Type.Null()]);

/** How a file came by less than float32, beside the float32 file that it was made from, its source. */
const reducedPrecision = Type.Object({
  /** fp16: float16 weights, float32 arithmetic. int8: products of integers. */
  kind: Type.Union([Type.Literal('fp16'), Type.Literal('int8')]),
  source: Type.Object({
    digest: Type.String(),
    bytes: Type.Integer(),
    /** On the split of this file's `evaluation`. */
    precisionAt1: measured,
  }),
  /** What the export was admitted by: both files on the same pictures, none of them test's. Null without the data. */
  comparison: Type.Union([
    Type.Null(),
    Type.Object({
      split: Type.String(),
      count: Type.Integer(),
      precisionAt1: Type.Number(),
      sourcePrecisionAt1: Type.Number(),
      /** The share of pictures that both take for the same class. */
      agreement: Type.Number(),
    }),
  ]),
  /** Medians for one picture on one thread, the two files in turn. */
  latency: Type.Object({
    milliseconds: Type.Number(),
    sourceMilliseconds: Type.Number(),
    machine: Type.String(),
  }),
});

export type ReducedPrecision = Static<typeof reducedPrecision>;

/**
 * What a kiln file says of itself. It travels in the ONNX file's metadata_props, one key a field
 * (`kiln.labels`, `kiln.frame` …), each value JSON; nobody has to retype a label list or a crop.
 */
export const classifierMetadata = Type.Object({
  format: Type.Literal(1),
  /** `cifar10-deepcnn` */
  name: Type.String({ minLength: 1 }),
  labels: Type.Array(Type.String(), { minItems: 2 }),
  /** The picture that goes in, and the one rule that brings any picture to it (images/frame.ts). */
  frame: Type.Object({
    height: Type.Integer({ minimum: 1 }),
    width: Type.Integer({ minimum: 1 }),
    rule: Type.Literal('oriented, sRGB, over white, centre square, area down, bilinear up'),
  }),
  network: Type.Object({
    name: Type.String(),
    parameters: Type.Integer(),
    multiplyAdds: Type.Integer(),
  }),
  /** Done inside the file: from the uint8 frame to the network's input. */
  preprocessing: Type.Object({
    crop: Type.Object({ height: Type.Integer(), width: Type.Integer() }),
    normalise: Type.Union([
      Type.Literal('per-image-standardisation'),
      /** (x / 255 − mean) / std of each channel. */
      Type.Object({ mean: perChannel, std: perChannel }),
    ]),
  }),
  dataset: Type.Object({
    name: Type.String(),
    digest: Type.String(),
    trainedOn: Type.String(),
    count: Type.Integer(),
  }),
  training: Type.Object({
    recipe: Type.String(),
    steps: Type.Integer(),
    epochs: Type.Number(),
    batch: Type.Integer(),
    seed: Type.Integer(),
    weights: Type.Union([Type.Literal('ema'), Type.Literal('raw')]),
    command: Type.String(),
    seconds: Type.Union([Type.Number(), Type.Null()]),
    machine: Type.String(),
  }),
  /** Null where the exporter had no data to measure on. */
  evaluation: Type.Union([
    Type.Null(),
    Type.Object({
      split: Type.String(),
      count: Type.Integer(),
      precisionAt1: Type.Number(),
      /** 95 % Wilson interval. */
      interval: Type.Tuple([Type.Number(), Type.Number()]),
      top5: Type.Number(),
      /** The same figure for the weights without averaging. */
      rawPrecisionAt1: Type.Number(),
    }),
  ]),
  producer: Type.Object({ version: Type.String(), commit: Type.String() }),
  /** Of a picture, over which the file averages its answers (export/views.ts); absent: the picture alone. */
  views: Type.Optional(Type.Integer({ minimum: 2 })),
  /** Only in files of less than float32. */
  precision: Type.Optional(reducedPrecision),
});

export type ClassifierMetadata = Static<typeof classifierMetadata>;

/** Prefix of every key that kiln writes into metadata_props. */
const prefix = 'kiln.';

/** The entries of metadata_props: `kiln.<field>` to JSON. */
export function encodeMetadata(metadata: ClassifierMetadata): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([field, value]) => [prefix + field, JSON.stringify(value)]),
  );
}

/**
 * Reads what `encodeMetadata` wrote; keys without the prefix are another program's and are left alone.
 * @throws MODEL_NOT_KILN naming the fields that are missing, or the first that is wrong
 */
export function parseMetadata(
  entries: ReadonlyMap<string, string> | Readonly<Record<string, string>>,
): ClassifierMetadata {
  const texts = entries instanceof Map ? entries : new Map(Object.entries(entries));
  const missing = classifierMetadata.required.filter((field) => !texts.has(prefix + field));
  if (missing.length > 0) {
    throw new KilnError('MODEL_NOT_KILN', {
      expected: `metadata ${missing.map((field) => prefix + field).join(', ')}`,
      received: texts.size === 0 ? 'a file without metadata' : `metadata ${[...texts.keys()].join(', ')}`,
    });
  }
  const metadata = Object.fromEntries(
    Object.keys(classifierMetadata.properties)
      .filter((field) => texts.has(prefix + field))
      .map((field) => [field, parseJson(prefix + field, texts)]),
  );
  if (Check(classifierMetadata, metadata)) return metadata;
  const [problem] = Errors(classifierMetadata, metadata);
  const path = problem?.instancePath ?? '';
  throw new KilnError('MODEL_NOT_KILN', {
    expected: `${prefix}${path.slice(1).replaceAll('/', '.')} that ${problem?.message ?? 'fits the schema'}`,
    received: excerpt(path === '' ? metadata : Pointer.Get(metadata, path)),
  });
}

function parseJson(key: string, texts: ReadonlyMap<string, string>): unknown {
  const text = texts.get(key) ?? '';
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new KilnError('MODEL_NOT_KILN', {
      expected: `JSON in ${key}`,
      received: excerpt(text),
      cause: error,
    });
  }
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
