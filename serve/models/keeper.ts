import { readFile } from 'node:fs/promises';
import { KilnError } from '../../errors/errors.js';
import type { ModelFile } from '../../runtime/model-file.js';
import type { ModelRepository } from './repository.js';
import { type FoundModel, type ModelSource, scanModels } from './scan.js';

interface Known {
  readonly name: string;
  readonly version: string;
  /** Of the file that was loaded or refused last. */
  readonly tried: string | undefined;
  /** Of the file at the last look; undefined where it was missing. */
  readonly seen: string | undefined;
}

/**
 * Keeps a repository equal to the files of a source: looks at them again and again, loads what is new or was
 * replaced, unloads what is gone. A change counts when two looks in a row find the same, so that a file that is
 * being copied is left in peace.
 */
export class ModelKeeper {
  readonly #source: ModelSource;
  readonly #repository: ModelRepository;
  readonly #known = new Map<string, Known>();
  #timer: NodeJS.Timeout | undefined;
  /** One look or order after the other. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(source: ModelSource, repository: ModelRepository) {
    this.#source = source;
    this.#repository = repository;
  }

  /**
   * Loads every model there is, in the order of their names.
   *
   * @throws KilnError MODEL_NOT_FOUND where there is none; the refusal of the first where all are refused
   */
  async loadAll(): Promise<void> {
    const found = await this.#scan(this.#source.path);
    if (found.length === 0) {
      throw new KilnError('MODEL_NOT_FOUND', {
        expected: `<name>.onnx or <name>/<version>/model.onnx in ${this.#source.path}`,
        received: 'no such file',
      });
    }
    const refusals: unknown[] = [];
    for (const model of found)
      await this.#load(model, openedOf(this.#source, model)).catch((error) => refusals.push(error));
    if (refusals.length === found.length) throw refusals[0];
  }

  /** Looks again every `pollMs` ms. */
  watch(pollMs: number): void {
    const look = async (): Promise<void> => {
      // A folder that cannot be read now takes nothing out of service.
      await this.#inTurn(() => this.look()).catch(() => {});
      if (this.#timer !== undefined) this.#timer = setTimeout(look, pollMs).unref();
    };
    this.#timer = setTimeout(look, pollMs).unref();
  }

  /** Lets the look under way finish, and looks no more. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#last.catch(() => {});
  }

  /** Brings the repository up to date with what two looks in a row have found. */
  async look(): Promise<void> {
    const found = new Map((await scanModels(this.#source)).map((model) => [keyOf(model), model]));
    for (const [key, known] of this.#known) {
      if (found.has(key)) continue;
      if (known.seen === undefined) {
        this.#known.delete(key);
        this.#repository.unload(known.name, known.version);
      } else this.#known.set(key, { ...known, seen: undefined });
    }
    for (const [key, model] of found) {
      const { name, version, stamp } = model;
      const known = this.#known.get(key);
      if (known?.tried === stamp) this.#known.set(key, { ...known, seen: stamp });
      else if (known?.seen === stamp)
        await this.#load(model).catch(() => {}); // the repository tells why
      else this.#known.set(key, { name, version, tried: known?.tried, seen: stamp });
    }
  }

  /**
   * Loads every version of a model as it lies there now, whether or not it changed.
   *
   * @throws KilnError MODEL_NOT_FOUND; the refusal of the first version that is refused, after all were tried
   */
  load(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const versions = (await this.#scan()).filter((model) => model.name === name);
      if (versions.length === 0) {
        throw new KilnError('MODEL_NOT_FOUND', { expected: `a model file for ${name}`, received: 'none' });
      }
      const refusals: unknown[] = [];
      for (const model of versions) await this.#load(model).catch((error) => refusals.push(error));
      if (refusals.length > 0) throw refusals[0];
    });
  }

  /**
   * Takes every version of a model out of service.
   *
   * @throws KilnError MODEL_NOT_SERVED
   */
  unload(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const versions = this.#repository.list().filter((entry) => entry.name === name);
      if (versions.length === 0) {
        throw new KilnError('MODEL_NOT_SERVED', { expected: 'the name of a loaded model', received: name });
      }
      for (const { version } of versions) this.#repository.unload(name, version);
    });
  }

  /** What lies there, loaded or not. @throws KilnError MODEL_NOT_FOUND where the source cannot be read */
  async available(): Promise<readonly FoundModel[]> {
    return this.#scan();
  }

  async #load(model: FoundModel, opened?: ModelFile): Promise<void> {
    const { name, version, stamp } = model;
    this.#known.set(keyOf(model), { name, version, tried: stamp, seen: stamp });
    await this.#repository.load(opened ?? (await this.#read(model)), { name, version });
  }

  async #read({ name, version, path }: FoundModel): Promise<Uint8Array> {
    return readFile(path).catch((cause) => {
      const refusal = new KilnError('MODEL_NOT_FOUND', {
        expected: `a readable file for ${name} version ${version}`,
        received: reasonOf(cause),
        cause,
      });
      this.#repository.refuse(name, version, refusal);
      throw refusal;
    });
  }

  /** @param place what to call the source: its path is for whoever starts the service alone */
  async #scan(place = 'the place of the models'): Promise<FoundModel[]> {
    try {
      return await scanModels(this.#source);
    } catch (cause) {
      throw new KilnError('MODEL_NOT_FOUND', {
        expected: `model files at ${place}`,
        received: reasonOf(cause),
        cause,
      });
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.catch(() => {}).then(work);
    this.#last = turn;
    return turn;
  }
}

/** What was read before the service began, if it is still what lies there. */
function openedOf(source: ModelSource, { stamp }: FoundModel): ModelFile | undefined {
  if (source.kind !== 'file' || source.opened?.stamp !== stamp) return undefined;
  return source.opened.file;
}

function keyOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}/${version}`;
}

/** The system's code alone: its messages name paths, which are no client's business. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}
