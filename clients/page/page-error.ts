import { ClassifierError } from '../browser/problem.js';

/** Thrown inside the page. */
export class PageError extends ClassifierError {
  override readonly name = 'PageError';
}
