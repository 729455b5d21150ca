import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeWhole } from '../../../export/write-whole.js';
import { networks } from '../../../networks/registry.js';
import type { StepDescription } from '../../../train/step-graph.js';
import { describeMachine } from '../../machine.js';
import { installedVersions } from '../installed-versions.js';
import { type Contest, contest } from './compare.js';
import { formatComparison } from './report.js';

/** `node dist/bench/peers/train/run.js --python <interpreter>`: kiln's steps beside its peers'; README.md says how. */
const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    rounds: { type: 'string', default: '15' },
    'agreement-steps': { type: 'string', default: '20' },
    only: { type: 'string', default: '' },
    networks: { type: 'string', default: 'deepcnn,speednet' },
    batch: { type: 'string', default: '128' },
    out: { type: 'string' },
  },
});
const { python } = values;
if (python === undefined) throw new Error('--python names the interpreter of the peers');

const descriptions: Readonly<Record<string, Omit<StepDescription, 'batch'>>> = {
  deepcnn: {
    network: networks.deepcnn,
    classes: 10,
    optimizer: { kind: 'sgd' },
    weightDecay: 'network',
    labelSmoothing: 0,
  },
  speednet: {
    network: networks.speednet,
    classes: 10,
    optimizer: { kind: 'momentum', momentum: 0.85, nesterov: true },
    weightDecay: 'network',
    labelSmoothing: 0,
  },
};

const machine = describeMachine();
const versions = installedVersions(python, 'train'); // an environment that lacks them is known before anything is measured
const threads = os.availableParallelism();
const [rounds, batch] = [Number(values.rounds), Number(values.batch)];
const folder = await mkdtemp(join(os.tmpdir(), 'kiln-peers-'));
const contests: Contest[] = [];
try {
  for (const [name, description] of Object.entries(descriptions)) {
    if (!values.networks.split(',').includes(name)) continue;
    const options = {
      description: { ...description, batch },
      python,
      threads,
      rounds,
      agreementSteps: Number(values['agreement-steps']),
      only: values.only.split(',').filter((each) => each !== ''),
      folder,
    };
    contests.push(await contest(options, (line) => console.error(line)));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
const comparison = {
  machine,
  versions,
  method: `medians of ${rounds} rounds of one step each in turn, float32, ${threads} threads; a step is forward, loss, gradients, update and EMA, its batch ready in memory and its loss read`,
  contests,
};
if (values.out !== undefined) {
  await writeWhole(values.out, Buffer.from(`${JSON.stringify(comparison, undefined, 2)}\n`));
}
console.log(formatComparison(comparison));
