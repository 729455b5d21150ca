import { toBinary } from '@bufbuild/protobuf';
import type { Dataset } from '../../data/dataset.js';
import { KilnError } from '../../errors/errors.js';
import { decodeModel } from '../../onnx/decode.js';
import { type ClassifierMetadata, encodeMetadata, type ReducedPrecision } from '../../runtime/metadata.js';
import { modelDigest } from '../../runtime/model-digest.js';
import { type ModelFile, openModelFile } from '../../runtime/model-file.js';
import { type ModelProto, ModelProtoSchema } from '../../third_party/onnx/onnx_pb.js';
import { provenance } from '../../train/provenance.js';
import { measureFile } from '../measure.js';
import { checkRuntimes } from '../parity.js';
import { parityPictures } from '../parity-pictures.js';
import { calibrate } from './calibrate.js';
import { compareOn, requireAgreement, requireWithin } from './comparison.js';
import { halveWeights } from './half-weights.js';
import { latencies } from './latency.js';
import type { Reduction } from './precision.js';
import { withMetadata } from './proto-parts.js';
import { quantise, quantisedValues } from './quantise.js';

interface ReduceOptions {
  readonly precision: Reduction;
  /** What the source was trained on, where it is there. int8 cannot be made without. */
  readonly dataset: Dataset | undefined;
  /** Told what happens, for people. */
  readonly onProgress?: (text: string) => void;
}

/** Largest difference of a probability between runtimes: sums in another order may reach the next point of a grid. */
const runtimeTolerance = { fp16: 1e-5, int8: 0.02 } as const satisfies Record<Reduction['kind'], number>;

/**
 * Makes a float32 file smaller, and lets the result pass where it answers as well: within the budget on the validation
 * split, and alike in both runtimes. Of a model that was trained on that split, too, the pictures are not new; what the
 * rounding costs shows on them all the same. The test split is only classified for the card.
 *
 * @throws KilnError EXPORT_ACCURACY, EXPORT_PARITY; OPTION_INVALID for a source that is not float32;
 *   DATASET_NOT_FOUND for int8 without the dataset
 */
export async function reducePrecision(source: ModelFile, options: ReduceOptions): Promise<ModelFile> {
  const { precision, dataset, onProgress = () => {} } = options;
  requireFloat32(source.metadata);
  onProgress(`making ${precision.kind} of float32`);
  const model = await reducedModel(source, precision.kind, dataset);
  const draft = toBinary(ModelProtoSchema, withMetadata(model, encodeMetadata(source.metadata)));
  const pair = { source: source.bytes, reduced: draft };
  const pictures = parityPictures(source.metadata.frame, dataset?.split('train'));

  let comparison: ReducedPrecision['comparison'] = null;
  if (dataset === undefined) await requireAgreement(precision, pair, pictures);
  else {
    const split = dataset.split('validation');
    onProgress(`comparing both files on the ${split.count} pictures of ${split.name}`);
    comparison = await compareOn(split, pair);
    requireWithin(precision, comparison);
  }
  await checkRuntimes(draft, pictures, runtimeTolerance[precision.kind]);

  const [sourceMilliseconds = 0, milliseconds = 0] = await latencies([source.bytes, draft]);
  const metadata: ClassifierMetadata = {
    ...source.metadata,
    evaluation: await measuredAgain(source.metadata, draft, dataset),
    precision: {
      kind: precision.kind,
      source: {
        digest: modelDigest(source.bytes),
        bytes: source.bytes.length,
        precisionAt1: source.metadata.evaluation?.precisionAt1 ?? null,
      },
      comparison,
      latency: {
        milliseconds: rounded(milliseconds),
        sourceMilliseconds: rounded(sourceMilliseconds),
        machine: provenance().machine,
      },
    },
  };
  return openModelFile(toBinary(ModelProtoSchema, withMetadata(model, encodeMetadata(metadata))));
}

/** The model in less than float32, not judged yet. */
export async function reducedModel(
  { bytes, metadata }: ModelFile,
  kind: Reduction['kind'],
  dataset: Dataset | undefined,
): Promise<ModelProto> {
  const model = decodeModel(bytes);
  if (kind === 'fp16') return halveWeights(model);
  if (dataset === undefined) {
    throw new KilnError('DATASET_NOT_FOUND', {
      message: 'int8 needs training pictures, from which it learns how large activations are.',
      expected: `the pictures of ${metadata.dataset.name}: --data-dir`,
      received: 'no dataset',
    });
  }
  return quantise(model, await calibrate(model, quantisedValues(model), dataset.split('train')));
}

/** The card's figures for the smaller file, where the source has them. */
async function measuredAgain(
  { evaluation }: ClassifierMetadata,
  file: Uint8Array,
  dataset: Dataset | undefined,
): Promise<ClassifierMetadata['evaluation']> {
  if (evaluation === null || dataset === undefined) return null;
  const { count, precisionAt1, interval, top5 } = await measureFile(file, dataset.split('test'));
  return { ...evaluation, count, precisionAt1, interval: [...interval], top5 };
}

function requireFloat32({ precision }: ClassifierMetadata): void {
  if (precision === undefined) return;
  throw new KilnError('OPTION_INVALID', {
    message: 'Only a float32 file can be made smaller.',
    expected: 'a run, or an exported file of float32',
    received: `a file of ${precision.kind}`,
  });
}

/** Three digits: more is noise. */
function rounded(milliseconds: number): number {
  return Number(milliseconds.toPrecision(3));
}
