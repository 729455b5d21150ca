import type { ErrorReport } from '../../errors/errors.js';
import type { RunsFolder } from './runs-folder.js';

/** What runs-thread.ts and runs-worker.ts say to each other. */

/** What can be asked of the runs; every question is answered from the files as they are then. */
export type RunsReader = Pick<RunsFolder, 'list' | 'get' | 'metrics'>;

export type Question = {
  readonly [M in keyof RunsReader]: {
    readonly id: number;
    readonly method: M;
    readonly args: Parameters<RunsReader[M]>;
  };
}[keyof RunsReader];

export type Reply = { readonly id: number } & (
  | { readonly kind: 'answer'; readonly answer: Awaited<ReturnType<RunsReader[keyof RunsReader]>> }
  | { readonly kind: 'refused'; readonly error: ErrorReport }
  /** Nothing that the question is to blame for. */
  | { readonly kind: 'failed'; readonly reason: string }
);
