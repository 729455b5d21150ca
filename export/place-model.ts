import { join } from 'node:path';
import { modelDigest } from '../runtime/model-digest.js';
import type { ExportFormat, FormatName, NamedModel, PlacedModel } from './format.js';
import { checkInferenceService, writeInferenceService } from './kserve.js';
import { addToRepository, checkRepository } from './model-repository.js';
import { writeWhole } from './write-whole.js';

interface Writer<Name extends FormatName> {
  /** Refuses before anything is computed or written. */
  check(out: string, model: Omit<NamedModel, 'bytes'>, format: ExportFormat<Name>): Promise<void>;
  write(out: string, model: NamedModel, format: ExportFormat<Name>): Promise<PlacedModel>;
}

const writers: { readonly [Name in FormatName]: Writer<Name> } = {
  onnx: {
    async check() {},
    async write(out, { bytes }) {
      await writeWhole(out, bytes);
      return { path: out, beside: [] };
    },
  },
  triton: {
    check: checkRepository,
    write: addToRepository,
  },
  kserve: {
    async check(out, model, { storageUri }) {
      await checkRepository(out, model);
      await checkInferenceService(manifestOf(out, model), storageUri);
    },
    async write(out, model, { storageUri }) {
      const { name, bytes } = model;
      const { path, beside } = await addToRepository(out, model);
      const digest = modelDigest(bytes);
      const manifest = await writeInferenceService(manifestOf(out, model), { name, digest, storageUri });
      return { path, beside: [...beside, manifest] };
    },
  },
};

/**
 * Refuses early what `placeModel` would refuse in the end.
 * @throws OPTION_INVALID, EXPORT_CONFLICT, EXPORT_UNWRITABLE
 */
export async function checkPlace<Name extends FormatName>(
  out: string,
  model: Omit<NamedModel, 'bytes'>,
  format: ExportFormat<Name>,
): Promise<void> {
  const writer: Writer<Name> = writers[format.kind];
  await writer.check(out, model, format);
}

/**
 * Puts a kiln file where its format wants it.
 * @throws as `checkPlace`
 */
export async function placeModel<Name extends FormatName>(
  out: string,
  model: NamedModel,
  format: ExportFormat<Name>,
): Promise<PlacedModel> {
  const writer: Writer<Name> = writers[format.kind];
  await writer.check(out, model, format);
  return writer.write(out, model, format);
}

function manifestOf(out: string, { name }: { readonly name: string }): string {
  return join(out, `${name}.yaml`);
}
