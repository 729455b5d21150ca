import { availableParallelism } from 'node:os';
import { KilnError } from '../../errors/errors.js';
import type { Device } from '../../runtime/classifier.js';
import { visibleGpus } from '../../runtime/gpus.js';
import type { TrainingEngine } from '../engine.js';
import type { EngineName } from '../engine-names.js';
import { declaredParameters } from '../parameters.js';
import { encodedGraph, graphPorts } from '../session-engine.js';
import type { StepDescription } from '../step-graph.js';
import { placesOf } from './places.js';
import { requireEqualShares } from './shares.js';
import { TowersEngine, type TowersOptions } from './towers-engine.js';

export interface OpenTowersOptions {
  readonly engine: Exclude<EngineName, 'auto'>;
  readonly towers: number;
  /** Of a whole batch. */
  readonly description: StepDescription;
  /** Opens the engine of a single device, which keeps the state. */
  readonly openHost: () => Promise<TrainingEngine>;
  readonly device: Device;
  /** Of all towers together. Default: the cores. */
  readonly threads?: number | undefined;
  /** What finds the network again in another process: its name or its module's path. */
  readonly network?: string | undefined;
  readonly tell?: ((text: string) => void) | undefined;
}

/**
 * An engine whose steps are shared by several devices, or by processes on one where there are fewer. For equal numbers
 * of towers and threads its steps repeat to the bit.
 * @throws OPTION_INVALID for a batch that cannot be shared equally, or a network that cannot be sent to the towers
 */
export async function openTowers(options: OpenTowersOptions): Promise<TrainingEngine> {
  const { towers, description, openHost, device, tell } = options;
  const { network, classes, batch } = description;
  requireEqualShares(batch, towers);
  const programFor = programsOf(options, { ...description, batch: batch / towers });
  const gpus = device === 'cpu' ? [] : await visibleGpus();
  const threads = options.threads ?? availableParallelism();
  return new TowersEngine({
    host: await openHost(),
    parameters: [...declaredParameters(network, classes).keys()],
    programFor,
    places: placesOf({ towers, device, gpus, threads }),
    tell,
  });
}

/** What towers compute while some layers stand still. */
function programsOf(options: OpenTowersOptions, whole: StepDescription): TowersOptions['programFor'] {
  switch (options.engine) {
    case 'onnx':
      return (settled) => {
        const share = { ...whole, settled };
        const models = {
          gradients: encodedGraph('gradients', share),
          inspection: encodedGraph('inspection', share),
        };
        return { kind: 'graphs', models, ports: graphPorts(share) };
      };
    case 'tfjs': {
      const { network, ...description } = whole;
      const reference = options.network;
      if (reference === undefined) {
        throw new KilnError('OPTION_INVALID', {
          message: 'The towers of the tfjs engine load the network themselves.',
          expected: `a network that is given by its name or its module's path, or the onnx engine`,
          received: `${network.name}, given as an object`,
        });
      }
      return (settled) => ({ kind: 'tfjs', network: reference, description: { ...description, settled } });
    }
  }
}
