import type { GeneratorName } from '../options.js';
import { loadByAutocannon } from './autocannon.js';
import type { LoadGenerator } from './load.js';
import { loadByWrk } from './wrk.js';

export const generators = {
  autocannon: loadByAutocannon,
  wrk: loadByWrk,
} as const satisfies Record<GeneratorName, LoadGenerator>;
