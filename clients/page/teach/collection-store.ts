import type { Example, ExampleClass } from './collection.js';

interface ClassRecord {
  readonly id: string;
  readonly name: string;
  readonly created: number;
}

interface ExampleRecord extends Example {
  readonly classId: string;
  readonly created: number;
}

const stores = { classes: 'classes', examples: 'examples' } as const;

/**
 * The visitor's pictures in this browser's IndexedDB, so that they survive a reload. Frames of one size are apart from
 * those of another: a network can be taught with its own only. A browser that keeps nothing (a private window, a full
 * disk) is no error; `keeps` tells.
 */
export class CollectionStore {
  readonly #name: string;
  #opened: Promise<IDBDatabase> | undefined;
  #keeps = true;
  #last: Promise<void> = Promise.resolve();

  constructor({ height, width }: { readonly height: number; readonly width: number }) {
    this.#name = `onnx-kiln-teaching-${width}x${height}`;
  }

  /** Whether everything so far was kept. */
  get keeps(): boolean {
    return this.#keeps;
  }

  /** Classes in their order, with their pictures in theirs; none where nothing is kept. */
  async read(): Promise<(ClassRecord & ExampleClass)[]> {
    try {
      const database = await this.#open();
      const transaction = database.transaction(Object.values(stores));
      const [classes, examples] = await Promise.all([
        all<ClassRecord>(transaction.objectStore(stores.classes)),
        all<ExampleRecord>(transaction.objectStore(stores.examples)),
      ]);
      examples.sort((a, b) => a.created - b.created);
      return classes
        .sort((a, b) => a.created - b.created)
        .map((one) => ({ ...one, examples: examples.filter(({ classId }) => classId === one.id) }));
    } catch {
      this.#keeps = false;
      return [];
    }
  }

  putClass(record: ClassRecord): void {
    this.#write((classes) => classes.put(record));
  }

  putExample(record: ExampleRecord): void {
    this.#write((_classes, examples) => examples.put(record));
  }

  removeExample(id: string): void {
    this.#write((_classes, examples) => examples.delete(id));
  }

  /** With its pictures. */
  removeClass(id: string): void {
    this.#write((classes, examples) => {
      classes.delete(id);
      const cursors = examples.index('classId').openKeyCursor(IDBKeyRange.only(id));
      cursors.onsuccess = () => {
        const cursor = cursors.result;
        if (cursor === null) return;
        examples.delete(cursor.primaryKey);
        cursor.continue();
      };
    });
  }

  /** Resolves when nothing is kept. */
  async clear(): Promise<void> {
    this.#write((classes, examples) => {
      classes.clear();
      examples.clear();
    });
    await this.#last;
  }

  /** One change after another. */
  #write(change: (classes: IDBObjectStore, examples: IDBObjectStore) => void): void {
    this.#last = this.#last
      .then(() => this.#open())
      .then((database) => {
        const transaction = database.transaction(Object.values(stores), 'readwrite');
        change(transaction.objectStore(stores.classes), transaction.objectStore(stores.examples));
        return new Promise<void>((resolve, reject) => {
          transaction.oncomplete = () => resolve();
          transaction.onabort = () => reject(transaction.error);
        });
      })
      .catch(() => {
        this.#keeps = false;
      });
  }

  #open(): Promise<IDBDatabase> {
    this.#opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(this.#name, 1);
      request.onupgradeneeded = () => {
        const database = request.result;
        database.createObjectStore(stores.classes, { keyPath: 'id' });
        database.createObjectStore(stores.examples, { keyPath: 'id' }).createIndex('classId', 'classId');
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return this.#opened;
  }
}

function all<T>(store: IDBObjectStore): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const request: IDBRequest<T[]> = store.getAll();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
