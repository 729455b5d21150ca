import type { FastifyBaseLogger } from 'fastify';
import { defaultArchiveLimits } from '../../data/archive/limits.js';
import type { Decoder } from '../decoder.js';
import type { ModelRepository } from '../models/repository.js';
import type { UploadLimits } from '../uploads.js';
import { type SplitOpener, threadedOpener } from './dataset-thread.js';
import { EvaluationPictures } from './evaluation-pictures.js';
import { LastSplit } from './last-split.js';
import type { PictureAccess } from './order.js';
import { EvaluationRecords } from './records.js';
import { EvaluationRunner } from './runner.js';

/** What the routes need. */
export interface Evaluations {
  readonly runner: EvaluationRunner;
  readonly pictures: EvaluationPictures;
  readonly access: PictureAccess;
}

interface Options {
  readonly models: ModelRepository;
  readonly decoder: Decoder;
  readonly limits: UploadLimits;
  readonly closing: AbortSignal;
  readonly log: FastifyBaseLogger;
  readonly dataDir: string;
  /** The database that keeps evaluations; without it they end with the process. */
  readonly evaluationsFile?: string | undefined;
  readonly keptPictureBytes: number;
  readonly openSplit?: SplitOpener | undefined;
}

/** @throws KilnError EVALUATIONS_UNUSABLE */
export async function openEvaluations(options: Options): Promise<Evaluations> {
  const { models, decoder, limits, closing, log, dataDir, evaluationsFile, keptPictureBytes } = options;
  const { openSplit = threadedOpener(dataDir) } = options;
  const records = await EvaluationRecords.open(evaluationsFile);
  const report = (error: unknown) => log.error(error);
  const runner = new EvaluationRunner({ models, records, keptPictureBytes, closing, report });
  return {
    runner,
    pictures: new EvaluationPictures({ records, runner, splits: new LastSplit(openSplit, closing) }),
    access: {
      openSplit,
      traffic: decoder,
      limits: {
        uploadBytes: limits.archiveBytes,
        archive: { ...defaultArchiveLimits, entryBytes: limits.fileBytes },
        decode: { maxPixels: limits.maxPixels, decodeMs: limits.decodeMs },
      },
    },
  };
}
