import { deepcnn } from './deepcnn.js';
import { deepcnnLocal } from './deepcnn-local.js';
import type { Network } from './network.js';
import { speednet } from './speednet.js';

/** The networks that ship with kiln, by name. */
export const networks = {
  deepcnn,
  'deepcnn-local': deepcnnLocal,
  speednet,
} as const satisfies Record<string, Network>;

export type NetworkName = keyof typeof networks;
