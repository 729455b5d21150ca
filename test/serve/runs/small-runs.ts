import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { buildApp } from '../../../serve/app.js';
import type { TrainOptions } from '../../../train/trainer.js';
import { tinyModel } from '../../fixtures/model.js';
import { networkSource } from '../../fixtures/part-modules.js';
import { smallRecipe, trainSmall } from '../../train/small-run.js';
import { InstantPool } from '../hand-run-pool.js';

/** Eighty pictures of noise, light ones and dark ones. */
const datasetSource = `
import { createDataset, type DatasetOpener } from 'onnx-kiln';

const split = (count: number) => {
  const labels = Int32Array.from({ length: count }, (_, index) => index % 2);
  const images = new Uint8Array(count * 8 * 8 * 3).map((_, index) =>
    (labels[Math.floor(index / 192)]! * 90 + ((index * 7919) % 151)));
  return { images, labels };
};

export const openLight: DatasetOpener = async () =>
  createDataset({
    name: 'light',
    labels: ['dark', 'light'],
    height: 8,
    width: 8,
    splits: { train: split(80), validation: split(20), test: split(30) },
  });
`;

/** Trains a network of one layer, given by modules as the dataset is, so that any process can export it. */
export class OneLayerRuns {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** In an empty folder that goes when the tests of the file have ended. */
  static async open(): Promise<OneLayerRuns> {
    const folder = await mkdtemp(join(tmpdir(), 'kiln-'));
    after(() => rm(folder, { recursive: true, force: true }));
    const runs = new OneLayerRuns(folder);
    await writeFile(runs.networkFile, networkSource());
    await writeFile(runs.#datasetFile, datasetSource);
    return runs;
  }

  /** Where the runs lie. */
  get runs(): string {
    return join(this.#folder, 'runs');
  }

  get networkFile(): string {
    return join(this.#folder, 'my network.ts');
  }

  get #datasetFile(): string {
    return join(this.#folder, 'light.ts');
  }

  train(options: TrainOptions) {
    return trainSmall({
      runs: this.runs,
      recipe: { ...smallRecipe, distortions: () => [{ kind: 'standardise' }] },
      network: this.networkFile,
      dataset: this.#datasetFile,
      ...options,
    });
  }
}

/** An app that is closed when the tests of the file have ended. */
export async function openAppOnRuns(runs: string): Promise<FastifyInstance> {
  const pool = new InstantPool(1);
  const { app } = await buildApp({ logLevel: 'silent', source: tinyModel(), pool, runs });
  after(() => app.close());
  return app;
}
