import { isObject } from '../browser/problem.js';
import type { Connection } from './connection.js';
import { byId, element } from './elements.js';
import { type ModelChoice, Service } from './service.js';

/**
 * Which of the service's models the visitor is looking at. The picker is there only where there is a choice; until the
 * list has come, and without one, it is the service's default.
 */
export class ModelPicker {
  readonly #connection: Connection;
  readonly #select = byId('model-select', HTMLSelectElement);
  readonly #label = byId('model-picker', HTMLElement);
  readonly #listeners: (() => void)[] = [];
  #models: readonly ModelChoice[] = [];
  #service: Service;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#service = new Service(connection);
    this.#select.addEventListener('change', () => {
      const chosen = this.#models[this.#select.selectedIndex];
      if (chosen === undefined) return;
      this.#service = new Service(connection, chosen);
      for (const listener of this.#listeners) listener();
    });
  }

  /** The service as the chosen model. */
  get service(): Service {
    return this.#service;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** @throws PageError as `Connection.open` */
  async load(): Promise<void> {
    const listed = await this.#connection.json(this.#connection.url('models'));
    if (!isModelList(listed)) return;
    this.#models = listed.models.flatMap(({ name, version, digest }) =>
      digest === null ? [] : [{ model: name, version }],
    );
    this.#label.hidden = this.#models.length < 2;
    if (this.#label.hidden) return;
    this.#select.replaceChildren(
      ...this.#models.map(({ model, version }) => element('option', {}, `${model}, version ${version}`)),
    );
    this.#select.selectedIndex = this.#models.findLastIndex(({ model }) => model === listed.default);
  }
}

interface ModelList {
  readonly default: string | null;
  readonly models: readonly {
    readonly name: string;
    readonly version: string;
    /** Null where nothing of it answers. */
    readonly digest: string | null;
  }[];
}

const isModelList = (value: unknown): value is ModelList =>
  isObject(value) && Array.isArray(value.models) && value.models.every(isObject);
