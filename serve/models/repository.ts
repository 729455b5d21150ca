import { performance } from 'node:perf_hooks';
import { closest } from '../../errors/closest.js';
import { type ErrorReport, KilnError } from '../../errors/errors.js';
import { modelDigest } from '../../runtime/model-digest.js';
import { type ModelFile, openModelFile } from '../../runtime/model-file.js';
import type { InferencePool } from '../../runtime/worker-pool.js';
import type { BatchObserver } from '../batch-observer.js';
import { Batcher } from '../batcher.js';
import type { BatchingSettings } from '../batching-settings.js';
import { Traffic } from '../traffic.js';
import { LiveModel, type ServedFile } from './live-model.js';
import { ModelStatistics } from './model-statistics.js';

/** What there is to say of one version of one model. */
export interface ModelEntry {
  readonly name: string;
  readonly version: string;
  /** What answers requests; undefined where nothing does. */
  readonly live: LiveModel | undefined;
  /** Why the newest file is not what answers: it was refused. */
  readonly problem: ErrorReport | undefined;
}

/** Told what happens to models; for the log and the metrics. */
export interface RepositoryObserver {
  loaded(model: LiveModel): void;
  refused(name: string, version: string, error: unknown): void;
  unloaded(model: LiveModel): void;
  /** A run failed as a whole. */
  runFailed(model: ServedFile, error: unknown): void;
}

interface RepositoryOptions {
  readonly pool: InferencePool;
  readonly batching: BatchingSettings;
  readonly observer: RepositoryObserver;
  /** The model of requests that name none. Default: the first by name when the service began. */
  readonly defaultModel?: string | undefined;
}

interface Slot {
  live: LiveModel | undefined;
  problem: ErrorReport | undefined;
}

/** The models that a service answers with, each version apart. A version that is replaced answers what it accepted. */
export class ModelRepository {
  readonly #pool: InferencePool;
  readonly #batching: BatchingSettings;
  readonly #observer: RepositoryObserver;
  readonly #traffic = new Traffic();
  readonly #slots = new Map<string, Map<string, Slot>>();
  readonly #retiring = new Set<Promise<void>>();
  #defaultModel: string | undefined;

  constructor({ pool, batching, observer, defaultModel }: RepositoryOptions) {
    this.#pool = pool;
    this.#batching = batching;
    this.#observer = observer;
    this.#defaultModel = defaultModel;
  }

  /** Ordered by name, then by version. */
  list(): ModelEntry[] {
    const entries = [...this.#slots].flatMap(([name, versions]) =>
      Array.from(versions, ([version, slot]) => ({ name, version, ...slot })),
    );
    return entries.sort((a, b) => compare(a.name, b.name) || Number(a.version) - Number(b.version));
  }

  /** Every version that answers requests. */
  get live(): LiveModel[] {
    return this.list().flatMap(({ live }) => live ?? []);
  }

  /** The model of requests that name none. */
  get defaultModel(): string | undefined {
    return this.#defaultModel;
  }

  /** @throws KilnError NOT_READY where no model is loaded, or every worker is lost */
  assertReady(): void {
    const [first] = this.live;
    if (first === undefined) {
      throw new KilnError('NOT_READY', { expected: 'a loaded model', received: 'none' });
    }
    first.batcher.assertReady();
  }

  /**
   * The model that answers a request now. It stays loaded for whoever takes a seat in its batcher in the same turn of
   * the event loop, or retains it.
   *
   * @param name default: `defaultModel`
   * @param version default: the highest that is loaded
   * @throws KilnError MODEL_NOT_SERVED; NOT_READY where nothing is loaded at all
   */
  find(name = this.#defaultModel, version?: string): LiveModel {
    const slots = name === undefined ? undefined : this.#slots.get(name);
    const found = version === undefined ? highest(slots) : slots?.get(version)?.live;
    if (found !== undefined) return found;
    this.assertReady();
    const live = this.live;
    const names = [...new Set(live.map((model) => model.name))];
    const meant = name === undefined ? undefined : closest(name, names);
    throw new KilnError('MODEL_NOT_SERVED', {
      expected: `one of ${live.map((model) => `${model.name} version ${model.version}`).join(', ')}${
        meant === undefined || meant === name ? '' : `; did you mean ${meant}?`
      }`,
      received: `${name ?? 'no model'}${version === undefined ? '' : ` version ${version}`}`,
    });
  }

  /**
   * Loads a file on every worker and lets it answer from then on; the one in its place answers what it accepted and is
   * then unloaded. One that is refused changes nothing but the entry's `problem`.
   *
   * @param name default: what the file calls itself
   * @throws KilnError MODEL_INVALID, MODEL_NOT_KILN, DEVICE_UNAVAILABLE, WORKER_FAILED, SHUTTING_DOWN
   */
  async load(
    source: Uint8Array | ModelFile,
    { name, version = '1' }: { readonly name?: string; readonly version?: string },
  ): Promise<LiveModel> {
    let file: ServedFile | undefined;
    try {
      const opened = source instanceof Uint8Array ? openModelFile(source) : source;
      file = { name: name ?? opened.metadata.name, version, ...opened, digest: modelDigest(opened.bytes) };
      const began = performance.now();
      const loaded = await this.#pool.load(opened);
      const live = this.#liveModel(file, loaded, performance.now() - began);
      this.#defaultModel ??= live.name;
      const slot = this.#slot(live.name, version);
      const old = slot.live;
      slot.live = live;
      slot.problem = undefined;
      this.#observer.loaded(live);
      if (old !== undefined) this.#retire(old);
      return live;
    } catch (error) {
      if (name !== undefined) this.refuse(name, version, error);
      throw error;
    }
  }

  /** Notes why a version's newest file is not what answers. */
  refuse(name: string, version: string, error: unknown): void {
    this.#slot(name, version).problem = reportOf(error);
    this.#observer.refused(name, version, error);
  }

  /** Takes a version out of service; what it accepted is answered. Harmless where there is none. */
  unload(name: string, version: string): void {
    const versions = this.#slots.get(name);
    const slot = versions?.get(version);
    versions?.delete(version);
    if (versions?.size === 0) this.#slots.delete(name);
    if (slot?.live === undefined) return;
    this.#observer.unloaded(slot.live);
    this.#retire(slot.live);
  }

  /** Resolves when every model, those that were replaced included, has answered what it accepted. */
  async drained(): Promise<void> {
    await Promise.all(this.live.map(({ batcher }) => batcher.drained()));
    await Promise.all(this.#retiring);
  }

  #liveModel(
    file: ServedFile,
    loaded: Awaited<ReturnType<InferencePool['load']>>,
    loadMs: number,
  ): LiveModel {
    const statistics = new ModelStatistics();
    const observer: BatchObserver = {
      ran: (run) => statistics.ran(run),
      turnedAway: (reason, rows) => statistics.turnedAway(reason, rows),
      failed: (error) => {
        statistics.failed(error);
        this.#observer.runFailed(file, error);
      },
    };
    const batcher = new Batcher(loaded, this.#batching, observer, this.#traffic);
    return new LiveModel({ file, loaded, batcher, statistics, loadMs });
  }

  #slot(name: string, version: string): Slot {
    const versions = this.#slots.get(name) ?? new Map<string, Slot>();
    this.#slots.set(name, versions);
    const slot = versions.get(version) ?? { live: undefined, problem: undefined };
    versions.set(version, slot);
    return slot;
  }

  #retire(model: LiveModel): void {
    const retiring = model.retire().finally(() => this.#retiring.delete(retiring));
    this.#retiring.add(retiring);
  }
}

function highest(slots: ReadonlyMap<string, Slot> | undefined): LiveModel | undefined {
  let best: LiveModel | undefined;
  for (const { live } of slots?.values() ?? []) {
    if (live !== undefined && Number(live.version) >= Number(best?.version ?? 0)) best = live;
  }
  return best;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function reportOf(error: unknown): ErrorReport {
  if (error instanceof KilnError) return error.toJSON();
  return new KilnError('INTERNAL', {
    expected: 'a model that loads',
    received: 'an unexpected failure, which the service has logged',
    cause: error,
  }).toJSON();
}
