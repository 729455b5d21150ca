import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import type { Dataset, DatasetSplit, SplitName } from '../data/dataset.js';
import { KilnError } from '../errors/errors.js';
import { exportModel } from '../export/export.js';
import { compareOn } from '../export/precision/comparison.js';
import type { PrecisionName } from '../export/precision/precision.js';
import { reducedModel } from '../export/precision/reduce.js';
import { openTrainedData } from '../export/trained-data.js';
import type { Classifier } from '../runtime/classifier.js';
import { wilson } from '../runtime/evaluation.js';
import { type ModelFile, openModelFile } from '../runtime/model-file.js';
import { loadClassifier } from '../runtime/node-classifier.js';
import { loadWebClassifier } from '../runtime/onnxruntime-web.js';
import { readModel } from '../runtime/read-model.js';
import { timeInTurn } from '../runtime/timing.js';
import { ModelProtoSchema } from '../third_party/onnx/onnx_pb.js';
import { describeMachine, type Machine } from './machine.js';

export interface ExportBenchOptions {
  /** A float32 file that kiln exported, or a run. */
  readonly source: string;
  readonly runs: string;
  readonly dataDir: string;
  /** On which accuracy is measured. */
  readonly split: SplitName;
  readonly rounds: number;
}

/** One file, and what it is like beside float32. */
export interface ExportBenchRow {
  readonly precision: PrecisionName;
  readonly bytes: number;
  readonly precisionAt1: number;
  /** 95 % Wilson interval. */
  readonly interval: readonly [number, number];
  /** The share of pictures that are taken for the same class as in float32. */
  readonly agreement: number;
  readonly native: Pace;
  readonly wasm: Pace;
}

/** One session on one thread. */
interface Pace {
  /** Milliseconds for one picture. */
  readonly latency: number;
  /** Pictures a second, 32 at a time. */
  readonly throughput: number;
}

export interface ExportBenchResult {
  readonly machine: Machine;
  readonly method: string;
  readonly model: string;
  readonly split: string;
  readonly count: number;
  readonly rows: readonly ExportBenchRow[];
}

const batch = 32;

/** Makes a model's files in every precision, whatever they lose, and measures them beside each other. */
export async function benchExport(options: ExportBenchOptions): Promise<ExportBenchResult> {
  const machine = describeMachine();
  const source = openModelFile(await float32File(options));
  const dataset = await dataOf(source, options);
  const split = dataset.split(options.split);
  const reduced = await Promise.all(
    (['fp16', 'int8'] as const).map(async (precision) => {
      const bytes = toBinary(ModelProtoSchema, await reducedModel(source, precision, dataset));
      return { precision, bytes, ...(await compareOn(split, { source: source.bytes, reduced: bytes })) };
    }),
  );
  const { sourcePrecisionAt1 } = reduced[0]!;
  const files = [
    { precision: 'float32' as const, bytes: source.bytes, precisionAt1: sourcePrecisionAt1, agreement: 1 },
    ...reduced,
  ];
  const pictures = firstPictures(split);
  const list = files.map(({ bytes }) => bytes);
  const native = await paces(list, pictures, options.rounds, (bytes) =>
    loadClassifier(bytes, { device: 'cpu', threads: 1 }),
  );
  const wasm = await paces(list, pictures, options.rounds, loadWebClassifier);
  const rows = files.map(({ precision, bytes, precisionAt1, agreement }, index) => ({
    precision,
    bytes: bytes.length,
    precisionAt1,
    interval: wilson(Math.round(precisionAt1 * split.count), split.count),
    agreement,
    native: native[index]!,
    wasm: wasm[index]!,
  }));
  return {
    machine,
    method: `medians of ${options.rounds} rounds, the files in turn, one session on one thread, pictures ready in memory; wasm is onnxruntime-web inside Node`,
    model: source.metadata.name,
    split: split.name,
    count: split.count,
    rows,
  };
}

/** @throws KilnError OPTION_INVALID for a file of less than float32 */
async function float32File({ source, runs, dataDir }: ExportBenchOptions): Promise<Uint8Array> {
  if (extname(source) !== '.onnx') {
    const folder = await mkdtemp(join(tmpdir(), 'kiln-bench-'));
    try {
      const out = join(folder, 'float32.onnx');
      await exportModel({ source, runs, dataDir, out, evaluation: 'none' });
      return await readModel(out);
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  const bytes = await readModel(source);
  const { precision } = openModelFile(bytes).metadata;
  if (precision === undefined) return bytes;
  throw new KilnError('OPTION_INVALID', {
    expected: 'a float32 file',
    received: `a file of ${precision.kind}`,
  });
}

async function dataOf({ metadata }: ModelFile, { dataDir }: ExportBenchOptions): Promise<Dataset> {
  const {
    frame,
    dataset: { name, digest },
  } = metadata;
  const dataset = await openTrainedData({ name, digest, frame, choices: undefined }, { dataDir }, 'nothing');
  return dataset!;
}

function firstPictures(split: DatasetSplit): Uint8Array {
  return split.read(Array.from({ length: batch }, (_, index) => index % split.count)).images;
}

async function paces(
  files: readonly Uint8Array[],
  pictures: Uint8Array,
  rounds: number,
  load: (bytes: Uint8Array) => Promise<Classifier>,
): Promise<readonly Pace[]> {
  const classifiers: Classifier[] = [];
  try {
    for (const bytes of files) classifiers.push(await load(bytes));
    const [single, many] = [
      await medians(classifiers, pictures, 1, rounds),
      await medians(classifiers, pictures, batch, rounds),
    ];
    return single.map((latency, index) => ({ latency, throughput: (1000 * batch) / many[index]! }));
  } finally {
    for (const classifier of classifiers) await classifier.close();
  }
}

async function medians(
  classifiers: readonly Classifier[],
  pictures: Uint8Array,
  count: number,
  rounds: number,
): Promise<readonly number[]> {
  const images = pictures.subarray(0, (pictures.length / batch) * count);
  const subjects = classifiers.map((classifier, index) => ({
    name: String(index),
    run: async () => void (await classifier.classify(images, count)),
  }));
  return (await timeInTurn(subjects, rounds)).map(({ median }) => median);
}
