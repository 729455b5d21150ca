import type { RunSummary } from './runs.js';

/** How a run stands, in a word of the list. */
export const stateNames = {
  running: 'training',
  finished: 'finished',
  'out of time': 'out of time',
  'stopped early': 'stopped early',
  interrupted: 'interrupted',
} as const satisfies Record<RunSummary['state'], string>;

/** The same as a sentence. */
export const stateSentences = {
  running: 'It is training.',
  finished: 'It is finished.',
  'out of time': 'It ended when its time was up.',
  'stopped early': 'It ended early: validation got no better.',
  interrupted: 'It was interrupted, and can be resumed.',
} as const satisfies Record<RunSummary['state'], string>;
