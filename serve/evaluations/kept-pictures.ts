import type { Database } from './database.js';

/** A picture as it is kept with its evaluation. */
export interface KeptPicture {
  /** Where among the evaluation's pictures it stands. */
  readonly place: number;
  readonly png: Uint8Array;
}

/** In memory only the newest evaluations that have pictures keep them. */
const evaluationsInMemory = 4;

/** The pictures that evaluations keep, in the database of evaluations. */
export class KeptPictures {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Holds up everybody until it is done: not too many at once. */
  add(evaluation: string, pictures: readonly KeptPicture[]): void {
    this.#database.transaction(() => {
      for (const { place, png } of pictures) {
        this.#database.run('INSERT INTO evaluation_pictures (evaluation, place, png) VALUES (?, ?, ?)', [
          evaluation,
          place,
          png,
        ]);
      }
    });
  }

  /** Which pictures of an evaluation there are. */
  places(evaluation: string): ReadonlySet<number> {
    const rows = this.#database.all('SELECT place FROM evaluation_pictures WHERE evaluation = ?', [
      evaluation,
    ]);
    return new Set(rows.map(({ place }) => Number(place)));
  }

  png(evaluation: string, place: number): Uint8Array | undefined {
    const [row] = this.#database.all(
      'SELECT png FROM evaluation_pictures WHERE evaluation = ? AND place = ?',
      [evaluation, place],
    );
    return row?.png instanceof ArrayBuffer ? new Uint8Array(row.png) : undefined;
  }

  /** Removes those of evaluations that ended otherwise than done. */
  removeStrays(): void {
    this.#database.run(
      `DELETE FROM evaluation_pictures WHERE evaluation IN (
        SELECT id FROM evaluations WHERE status NOT IN ('running', 'done'))`,
    );
  }

  /** To be called where the database lies in memory. */
  makeRoom(): void {
    this.#database.run(
      `DELETE FROM evaluation_pictures WHERE evaluation NOT IN (
        SELECT id FROM evaluations WHERE id IN (SELECT evaluation FROM evaluation_pictures)
        ORDER BY place DESC LIMIT ?)`,
      [evaluationsInMemory],
    );
  }
}
