import { statSync } from 'node:fs';
import { MetricsReader, type MetricsRow } from '../../train/metrics.js';

/** A metrics.csv that grows while its run goes on, and is replaced by a shorter one when the run is resumed. */
export class FollowedMetrics {
  readonly #path: string;
  #reader: MetricsReader;
  #file: { readonly ino: number; readonly size: number; readonly mtimeMs: number } | undefined;
  #rows: readonly MetricsRow[] = [];

  constructor(path: string) {
    this.#path = path;
    this.#reader = new MetricsReader(path);
  }

  /** Its whole rows by now; those of an earlier call are not parsed again, and an unchanged file is not read. */
  read(): readonly MetricsRow[] {
    const file = statSync(this.#path, { throwIfNoEntry: false });
    const before = this.#file;
    this.#file = file;
    if (file === undefined) return [];
    if (before === undefined || before.ino !== file.ino || file.size < before.size)
      this.#reader = new MetricsReader(this.#path);
    else if (before.size === file.size && before.mtimeMs === file.mtimeMs) return this.#rows;
    this.#rows = this.#reader.read();
    return this.#rows;
  }
}
