import type { Database as Libsql, Statement } from 'libsql';
import { KilnError } from '../../errors/errors.js';

/** What a statement takes and gives. libsql ends the process over anything else, such as a boolean. */
export type SqlValue = string | number | null | Uint8Array;
export type SqlRow = Readonly<Record<string, unknown>>;

/** The part of an SQLite database that kiln uses; every call is synchronous. */
export class Database {
  readonly #connection: Libsql;
  readonly #statements = new Map<string, Statement>();

  private constructor(connection: Libsql) {
    this.#connection = connection;
  }

  /**
   * Opens the file, or makes it, and brings it to the newest of `migrations`. Nobody else may have it open: the system
   * lets go of it even when this process is killed.
   *
   * @param path undefined: a database in memory
   * @param migrations each takes the schema from its index to the next
   * @throws KilnError EVALUATIONS_UNUSABLE for a file that cannot be opened, is no database, is in use or newer
   */
  static async open(path: string | undefined, migrations: readonly string[]): Promise<Database> {
    let database: Database | undefined;
    try {
      const { default: connect } = await import('libsql');
      database = new Database(new connect(path ?? ':memory:'));
      database.all('PRAGMA busy_timeout = 1000');
      database.all('PRAGMA locking_mode = EXCLUSIVE');
      database.#migrate(migrations);
      return database;
    } catch (error) {
      if (database !== undefined) database.#connection.close();
      if (error instanceof KilnError) throw error;
      throw unusable('an SQLite database that nobody else has open', reasonOf(error, path), error);
    }
  }

  run(sql: string, values: readonly SqlValue[] = []): void {
    this.#prepare(sql).run(values);
  }

  all(sql: string, values: readonly SqlValue[] = []): SqlRow[] {
    return this.#prepare(sql).all(values) as SqlRow[]; // one object a row
  }

  /** All of what `write` does is kept, or nothing where it throws. */
  transaction(write: () => void): void {
    this.#connection.exec('BEGIN IMMEDIATE');
    try {
      write();
      this.#connection.exec('COMMIT');
    } catch (error) {
      if (this.#connection.inTransaction) this.#connection.exec('ROLLBACK'); // SQLite may have done so itself
      throw error;
    }
  }

  /**
   * Lets go of the file at once. The connection itself lives until its statements are garbage-collected; with a
   * write-ahead log it would hold its lock as long, which is why there is none.
   */
  close(): void {
    this.#statements.clear();
    this.all('PRAGMA locking_mode = NORMAL');
    this.all('SELECT COUNT(*) FROM sqlite_master'); // the next access gives the lock back
    this.#connection.close();
  }

  #prepare(sql: string): Statement {
    const statement = this.#statements.get(sql) ?? this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #migrate(migrations: readonly string[]): void {
    // Takes the lock, so that a second process is refused here and not at its first evaluation.
    this.#connection.exec('BEGIN IMMEDIATE');
    const version = Number(this.all('PRAGMA user_version')[0]?.user_version);
    if (version > migrations.length) {
      this.#connection.exec('ROLLBACK');
      throw unusable(
        `a database of version ${migrations.length} at most`,
        `version ${version}, of a newer kiln`,
      );
    }
    for (const migration of migrations.slice(version)) this.#connection.exec(migration);
    this.#connection.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
  }
}

function reasonOf(error: unknown, path: string | undefined): string {
  const reason = error instanceof Error ? error.message : String(error);
  const busy = error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY';
  return busy ? `${path}, which another service uses` : `${path ?? 'a database in memory'}: ${reason}`;
}

function unusable(expected: string, received: string, cause?: unknown): KilnError {
  return new KilnError('EVALUATIONS_UNUSABLE', { expected, received, cause });
}
