import type { CollectionStore } from './collection-store.js';
import type { Framed } from './frames.js';

/** A picture that shows what its class is. */
export interface Example extends Framed {
  readonly id: string;
}

export interface ExampleClass {
  readonly id: string;
  readonly name: string;
  readonly examples: readonly Example[];
}

/** What may be taught, and from how much. */
export const bounds = {
  classes: { min: 2, max: 5 },
  /** Of each class. Below it nothing would be left to learn from once some are held out. */
  examples: { min: 3, max: 500 },
} as const;

/** What has changed: classes themselves, or the pictures of one. */
export type CollectionChange = { readonly kind: 'classes' } | { readonly kind: 'class'; readonly id: string };

interface StoredClass extends ExampleClass {
  /** Its place among the others, in ms since 1970. */
  readonly created: number;
}

/** The visitor's classes with their pictures; what changes is kept in the store at once. */
export class Collection {
  readonly #store: CollectionStore;
  readonly #onChange: (change: CollectionChange) => void;
  #classes: StoredClass[] = [];

  constructor(store: CollectionStore, onChange: (change: CollectionChange) => void) {
    this.#store = store;
    this.#onChange = onChange;
  }

  get classes(): readonly ExampleClass[] {
    return this.#classes;
  }

  get exampleCount(): number {
    return this.#classes.reduce((sum, { examples }) => sum + examples.length, 0);
  }

  find(id: string): ExampleClass | undefined {
    return this.#classes.find((one) => one.id === id);
  }

  /** What an earlier visit left, filled up with empty classes. */
  async open(): Promise<void> {
    this.#classes = await this.#store.read();
    this.#fill();
  }

  /** Does nothing where there are as many as may be. */
  addClass(): void {
    if (this.#classes.length >= bounds.classes.max) return;
    this.#classes = [...this.#classes, this.#emptyClass()];
    this.#onChange({ kind: 'classes' });
  }

  removeClass(id: string): void {
    this.#classes = this.#classes.filter((one) => one.id !== id);
    this.#store.removeClass(id);
    this.#fill();
  }

  rename(id: string, name: string): void {
    this.#replace(id, (one) => ({ ...one, name }));
    this.#onChange({ kind: 'class', id });
  }

  /** @returns whether there was room for it */
  add(id: string, framed: Framed): boolean {
    const known = this.#classes.find((one) => one.id === id);
    if (known === undefined || known.examples.length >= bounds.examples.max) return false;
    const example = { ...framed, id: crypto.randomUUID() };
    this.#replace(id, (one) => ({ ...one, examples: [...one.examples, example] }));
    this.#store.putExample({ ...example, classId: id, created: Date.now() });
    this.#onChange({ kind: 'class', id });
    return true;
  }

  remove(id: string, exampleId: string): void {
    this.#replace(id, (one) => ({
      ...one,
      examples: one.examples.filter((other) => other.id !== exampleId),
    }));
    this.#store.removeExample(exampleId);
    this.#onChange({ kind: 'class', id });
  }

  /** Begins anew; resolves when this browser keeps nothing of it any more. */
  async clear(): Promise<void> {
    await this.#store.clear();
    this.#classes = [];
    this.#fill();
  }

  #fill(): void {
    while (this.#classes.length < bounds.classes.min) this.#classes = [...this.#classes, this.#emptyClass()];
    this.#onChange({ kind: 'classes' });
  }

  #emptyClass(): StoredClass {
    const taken = new Set(this.#classes.map(({ name }) => name));
    const numbers = Array.from({ length: bounds.classes.max }, (_, index) => `Class ${index + 1}`);
    const name = numbers.find((candidate) => !taken.has(candidate)) ?? '';
    const last = this.#classes.at(-1)?.created ?? 0;
    return { id: crypto.randomUUID(), name, examples: [], created: Math.max(Date.now(), last + 1) };
  }

  #replace(id: string, change: (one: StoredClass) => StoredClass): void {
    this.#classes = this.#classes.map((one) => {
      if (one.id !== id) return one;
      const changed = change(one);
      this.#store.putClass({ id, name: changed.name, created: changed.created });
      return changed;
    });
  }
}

/** What is missing before the classes can be taught, in words; undefined when nothing is. */
export function missing(classes: readonly ExampleClass[]): string | undefined {
  const names = classes.map(({ name }) => name.trim());
  if (names.includes('')) return 'Every class needs a name.';
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return `Two classes are called ${twice}.`;
  const few = classes.filter(({ examples }) => examples.length < bounds.examples.min);
  if (few.length === 0) return undefined;
  const needs = few.map(({ name, examples }) => `${bounds.examples.min - examples.length} more of ${name}`);
  return `Still missing: ${needs.join(', ')}.`;
}
