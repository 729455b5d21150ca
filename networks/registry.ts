import { deepcnn } from './deepcnn.js';
import type { Network } from './network.js';

/** The networks that ship with kiln, by name. */
export const networks = { deepcnn } as const satisfies Record<string, Network>;

export type NetworkName = keyof typeof networks;
