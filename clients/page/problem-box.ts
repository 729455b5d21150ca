import type { Problem } from '../browser/problem.js';
import { element } from './elements.js';

/** A refusal in its own words; with a button where trying again may help. */
export function problemBox(problem: Problem, onRetry?: () => void): HTMLElement {
  const box = element('div', { class: 'problem', 'data-code': problem.code });
  box.append(element('strong', {}, problem.message));
  const { expected, received } = problem;
  const details = [
    ...(expected === undefined ? [] : [`Expected: ${expected}.`]),
    ...(received === undefined ? [] : [`Received: ${received}.`]),
  ];
  if (details.length > 0) box.append(element('p', { class: 'details' }, details.join(' ')));
  if (onRetry === undefined) return box;
  const retry = element('button', { type: 'button' }, 'Try again');
  retry.addEventListener('click', onRetry);
  box.append(retry);
  return box;
}
