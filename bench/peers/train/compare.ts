import { join } from 'node:path';
import { timeInTurn } from '../../../runtime/timing.js';
import { createOnnxEngine } from '../../../train/onnx-engine.js';
import { declaredParameters } from '../../../train/parameters.js';
import { initialState, weightsOf } from '../../../train/state.js';
import type { StepDescription } from '../../../train/step-graph.js';
import { type Agreement, measureAgreement } from './agreement.js';
import { noise } from './noise.js';
import { type PeerOptions, PeerProcess } from './peer-process.js';
import { peers } from './peers.js';
import { handOver } from './shared-state.js';

export interface ContestOptions extends Omit<PeerOptions, 'network' | 'batch'> {
  readonly description: StepDescription;
  /** Counted rounds; three more come before them. */
  readonly rounds: number;
  /** Steps at which losses and gradients are compared with PyTorch's. */
  readonly agreementSteps: number;
  /** Names of peers; all of them where none is named. */
  readonly only: readonly string[];
  /** An empty folder for what the processes hand each other. */
  readonly folder: string;
}

export type Contestant =
  | { readonly kind: 'measured'; readonly name: string; readonly milliseconds: number }
  | { readonly kind: 'failed'; readonly name: string; readonly reason: string };

export interface Contest {
  readonly network: string;
  readonly batch: number;
  /** kiln's first. */
  readonly contestants: readonly Contestant[];
  readonly agreement: Agreement | undefined;
}

const rates = [{ learningRate: 1e-3, emaDecay: 0.999 }];

/** Whole training steps of one network, kiln's and the peers' in turn, from one state and on one batch. */
export async function contest(options: ContestOptions, tell: (line: string) => void): Promise<Contest> {
  const { description, threads, rounds, agreementSteps: steps, folder } = options;
  const { network, classes, batch, optimizer } = description;
  const data = noise(description, 0);
  const state = initialState(network, classes, optimizer, 0, () => data.images);
  const weights = weightsOf(state.tensors, declaredParameters(network, classes).keys(), 'raw');
  const path = join(folder, 'state.safetensors');
  const running: PeerProcess[] = [];
  const failed: Contestant[] = [];
  for (const peer of peers.filter(({ name }) => options.only.length === 0 || options.only.includes(name))) {
    tell(`${network.name}: ${peer.name} begins`);
    const process = new PeerProcess(peer, { ...options, network: network.name, batch });
    try {
      await handOver(process, description, { weights, data, path });
      await process.ask({ kind: 'step' });
      running.push(process);
    } catch (error) {
      failed.push({ kind: 'failed', name: peer.name, reason: String(error) });
      await process.close();
    }
  }
  const engine = createOnnxEngine({ description, state, device: 'cpu', threads });
  try {
    const samples = await timeInTurn(
      [
        { name: 'kiln', run: async () => void (await engine.run([data], rates)) },
        ...running.map((process) => ({
          name: process.peer.name,
          run: async () => void (await process.ask({ kind: 'step' })),
        })),
      ],
      rounds,
    );
    const oracle = running.find(({ peer }) => peer.differentiates);
    return {
      network: network.name,
      batch,
      contestants: [
        ...samples.map(
          ({ name, median: milliseconds }) => ({ kind: 'measured', name, milliseconds }) as const,
        ),
        ...failed,
      ],
      agreement: oracle && (await measureAgreement(engine, oracle, { description, steps, folder })),
    };
  } finally {
    for (const process of running) await process.close();
    await engine.close();
  }
}
