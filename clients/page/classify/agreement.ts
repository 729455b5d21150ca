import { smallNumber } from '../formats.js';
import type { Picture } from './pictures.js';
import { compare } from './predictions.js';

/** What the two answers to one picture have to do with each other: for the style sheet, and in words. */
export function agreementOf({ service, tab, file }: Picture): { kind: string; text: string } {
  if (service.kind === 'failed' || tab.kind === 'failed') return { kind: 'none', text: '' };
  if (service.kind !== 'done' || tab.kind !== 'done') return { kind: 'waiting', text: 'Asking both…' };
  const found = compare(service, tab, file.type === 'image/png' ? 'lossless' : 'lossy');
  if (found.kind === 'models-differ') {
    return { kind: found.kind, text: 'The service and this tab hold different models. Reload the page.' };
  }
  const difference = `the largest difference between two probabilities is ${smallNumber(found.maxDifference)}`;
  if (found.kind === 'agree') return { kind: found.kind, text: `They agree: ${difference}.` };
  const extent = found.sameTop ? 'They name the same label with different certainty' : 'They disagree';
  return { kind: found.kind, text: `${extent}: ${difference}.` };
}
