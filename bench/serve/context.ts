import { readFile } from 'node:fs/promises';
import { KilnError } from '../../errors/errors.js';
import { openModelFile } from '../../runtime/model-file.js';
import { BareModel } from './bare.js';
import type { Endpoint } from './endpoints.js';
import { generators } from './generators/index.js';
import type { LoadGenerator, LoadResult } from './generators/load.js';
import type { ServeBenchOptions } from './options.js';
import { type BenchPictures, benchPictures } from './pictures.js';
import { type ServiceProcess, startService } from './process.js';
import { expectedLabels, verify } from './verify.js';

/** What the sections of the benchmark share. Its parts are made when the first section asks for them. */
export class BenchContext {
  readonly options: ServeBenchOptions;
  readonly pictures: BenchPictures;
  readonly model: Uint8Array;
  readonly load: LoadGenerator;
  readonly #expected: readonly number[];
  #bare: Promise<BareModel> | undefined;
  #service: Promise<ServiceProcess> | undefined;

  private constructor(
    options: ServeBenchOptions,
    model: Uint8Array,
    pictures: BenchPictures,
    expected: readonly number[],
  ) {
    this.options = options;
    this.model = model;
    this.pictures = pictures;
    this.load = generators[options.generator];
    this.#expected = expected;
  }

  /** @throws KilnError MODEL_INVALID, MODEL_NOT_KILN, DATASET_MISMATCH */
  static async open(options: ServeBenchOptions): Promise<BenchContext> {
    const model = await readFile(options.model);
    const { frame } = openModelFile(model).metadata;
    const pictures = await benchPictures(options.dataDir);
    if (frame.height !== pictures.height || frame.width !== pictures.width) {
      throw new KilnError('DATASET_MISMATCH', {
        expected: `a model of ${pictures.width}×${pictures.height} pictures`,
        received: `one of ${frame.width}×${frame.height}`,
      });
    }
    return new BenchContext(options, model, pictures, await expectedLabels(model, pictures));
  }

  /** The model without the service. */
  get bare(): Promise<BareModel> {
    const { pictures, options } = this;
    this.#bare ??= BareModel.open(this.model, options.device, pictures.frames, pictures.count);
    return this.#bare;
  }

  /** One round of the bare model, a tenth of a load in each form. */
  async bareRound(): Promise<readonly number[]> {
    return (await this.bare).round(this.options.seconds * 100);
  }

  /** The service of the sections that need none of their own. */
  get service(): Promise<ServiceProcess> {
    this.#service ??= this.startService(this.options.model);
    return this.#service;
  }

  startService(models: string, ...flags: string[]): Promise<ServiceProcess> {
    const { device, dataDir } = this.options;
    return startService(models, ['--device', device, '--data-dir', dataDir, ...flags]);
  }

  /** Sends every picture once and throws where a label is not the model's own; then a load that is not counted. */
  async warmUp(url: string, endpoint: Endpoint, connections: number): Promise<LoadResult> {
    await verify(url, endpoint, this.#expected);
    const seconds = Math.min(2, this.options.seconds);
    return this.load({ url, requests: endpoint.requests, connections, seconds });
  }

  async close(): Promise<void> {
    await (await this.#bare)?.close();
    await (await this.#service)?.stop();
  }
}
