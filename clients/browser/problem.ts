import { KilnError } from '../../errors/errors.js';

/** An error as the page shows it: the service's own reports have the same form. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly expected?: string;
  readonly received?: string;
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Whether parsed JSON is an error report. */
export const isProblem = (value: unknown): value is Problem & Record<string, unknown> =>
  isObject(value) && typeof value.code === 'string' && typeof value.message === 'string';

/** Thrown inside the page and its worker; crosses the worker's border as a plain `Problem`. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}

/** Whatever was thrown, in the one form the page can show. KilnError brings its own report. */
export function toProblem(error: unknown, fallback: { code: string; message: string }): Problem {
  if (error instanceof PageError) return error.problem;
  if (error instanceof KilnError) return error.toJSON();
  return { ...fallback, received: error instanceof Error ? error.message : String(error) };
}
