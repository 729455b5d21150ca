import { KilnError } from '../../errors/errors.js';

/** An error as it crosses a worker's border, and as the page shows it: the service's own reports have the same form. */
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

/** What `loadClassifier` and `classify` throw: a stable code, a sentence, what was expected and what came. */
export class ClassifierError extends Error {
  override readonly name: string = 'ClassifierError'; // the page has a kind of its own
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }

  get expected(): string | undefined {
    return this.problem.expected;
  }

  get received(): string | undefined {
    return this.problem.received;
  }
}

/** Whatever was thrown, in the one form that can be shown. KilnError brings its own report. */
export function toProblem(error: unknown, fallback: { code: string; message: string }): Problem {
  if (error instanceof ClassifierError) return error.problem;
  if (error instanceof KilnError) return error.toJSON();
  return { ...fallback, received: error instanceof Error ? error.message : String(error) };
}

export const optionInvalid = (expected: string, received: unknown): ClassifierError =>
  new ClassifierError(new KilnError('OPTION_INVALID', { expected, received: String(received) }).toJSON());

/** Of a worker that could not be loaded or ended with an error that nobody caught. */
export const workerBroke = (received: string): Problem => ({
  code: 'WORKER_FAILED',
  message: 'The part of this page that runs the model has stopped. Reload the page to start it again.',
  received: received || 'the worker could not be loaded',
});
