import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import Type, { type Static } from 'typebox';
import { Check, Convert, Errors } from 'typebox/value';
import type { ArchiveLimits } from '../../data/archive/limits.js';
import { splitNames } from '../../data/dataset.js';
import { datasetNames } from '../../data/registry.js';
import { KilnError } from '../../errors/errors.js';
import type { DecodeLimits } from '../../images/decode.js';
import { asKilnError } from '../errors.js';
import { type DecodeTraffic, openArchiveSource } from './archive-source.js';
import type { SplitOpener } from './dataset-thread.js';
import type { EvaluationOrder } from './runner.js';
import { openSplitSource } from './split-source.js';
import { type SpooledUpload, spool } from './spool.js';

const choice = {
  model: Type.Optional(Type.String({ description: 'Default: the service’s.' })),
  version: Type.Optional(Type.String({ description: 'Default: the highest.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, description: 'Only so many pictures.' })),
};

/** A body of JSON. */
export const datasetOrder = Type.Object(
  {
    dataset: Type.String({ description: datasetNames.join(', ') }),
    split: Type.Enum([...splitNames]),
    ...choice,
  },
  { additionalProperties: false },
);
export type DatasetOrder = Static<typeof datasetOrder>;

/** What may be said of an archive: in the query, or in the fields of a form. */
export const archiveOrder = Type.Object(
  { ...choice, name: Type.Optional(Type.String({ description: 'What the archive is called.' })) },
  { additionalProperties: false },
);
export type ArchiveOrder = Static<typeof archiveOrder>;

/** The bodies that are an archive as they stand; its kind is seen from its bytes all the same. */
export const archiveTypes = [
  'application/zip',
  'application/x-zip-compressed',
  'application/x-tar',
  'application/gzip',
  'application/x-gzip',
  'application/octet-stream',
] as const;

export interface PictureLimits {
  /** Bytes of an upload. */
  readonly uploadBytes: number;
  readonly archive: ArchiveLimits;
  readonly decode: DecodeLimits;
}

export interface PictureAccess {
  readonly openSplit: SplitOpener;
  readonly limits: PictureLimits;
  readonly traffic: DecodeTraffic;
}

export function orderOfDataset(order: DatasetOrder, { openSplit }: PictureAccess): EvaluationOrder {
  return {
    ...order,
    open: (model, signal) => openSplitSource(order, openSplit, model, signal),
    discard: async () => {},
  };
}

/**
 * Receives an archive, which is the raw body (a stream that nobody has read) or the one file of a form.
 *
 * @throws KilnError REQUEST_TOO_LARGE, REQUEST_INVALID; the signal's reason
 */
export async function receiveArchive(
  request: FastifyRequest,
  query: ArchiveOrder,
  access: PictureAccess,
  signal: AbortSignal,
): Promise<EvaluationOrder> {
  const { uploadBytes } = access.limits;
  const { upload, ...fields } = request.isMultipart()
    ? await receiveForm(request, uploadBytes, signal)
    : { upload: await spool(nameOf(query.name), request.body as Readable, uploadBytes, signal) };
  const { model, version, limit } = { ...query, ...fields };
  return {
    model,
    version,
    open: (live, closing) =>
      openArchiveSource(
        {
          upload,
          limit,
          archiveLimits: access.limits.archive,
          decodeLimits: access.limits.decode,
          traffic: access.traffic,
        },
        live,
        closing,
      ),
    discard: () => upload.discard(),
  };
}

async function receiveForm(
  request: FastifyRequest,
  most: number,
  signal: AbortSignal,
): Promise<ArchiveOrder & { readonly upload: SpooledUpload }> {
  const fields: Record<string, unknown> = {};
  let upload: SpooledUpload | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') fields[part.fieldname] = part.value;
      else upload = await spool(nameOf(part.filename), part.file, most, signal);
    }
    const order = parseFields(fields);
    if (upload !== undefined) return { ...order, upload };
    throw new KilnError('REQUEST_INVALID', { expected: 'an archive in the form', received: 'no file' });
  } catch (error) {
    await upload?.discard();
    throw asFormError(error);
  }
}

/** The parser's own errors carry no status; those of the disk are not the client's. */
function asFormError(error: unknown): unknown {
  const known = asKilnError(error);
  if (known.code !== 'INTERNAL' || !(error instanceof Error) || 'syscall' in error) return known;
  return new KilnError('REQUEST_INVALID', {
    expected: 'a whole multipart/form-data body',
    received: error.message,
    cause: error,
  });
}

/** Fields are texts, of which one is a number. */
function parseFields(fields: Record<string, unknown>): ArchiveOrder {
  const order: unknown = Convert(archiveOrder, fields);
  if (Check(archiveOrder, order)) return order;
  const [problem] = Errors(archiveOrder, order);
  throw new KilnError('REQUEST_INVALID', {
    expected: `form fields ${Object.keys(archiveOrder.properties).join(', ')}`,
    received: `${problem?.instancePath.slice(1) || 'fields'} that ${problem?.message}`,
  });
}

/** The last part of what a client calls a file, at a length that lists can show. */
function nameOf(name = ''): string {
  return (
    name
      .split(/[/\\]/)
      .at(-1)
      ?.replaceAll(/\p{Cc}/gu, '')
      .slice(0, 100) || 'archive'
  );
}
