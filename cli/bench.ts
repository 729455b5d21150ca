import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type GeneratorName,
  generatorNames,
  type SectionName,
  sectionNames,
} from '../bench/serve/options.js';
import { defaultDataDir } from '../data/registry.js';
import { type NetworkName, networks } from '../networks/registry.js';
import type { Device } from '../runtime/classifier.js';
import { parseDevice } from '../runtime/device.js';
import type { Optimizer } from '../train/optimizers.js';
import { registerBenchExport } from './bench-export.js';
import { integer, positive, shipped } from './options.js';

/** Plain SGD is what the tutorial trains with, and the share of the limit that kiln promises. */
const optimizers = {
  sgd: { kind: 'sgd' },
  momentum: { kind: 'momentum', momentum: 0.9, nesterov: true },
} as const satisfies Record<string, Optimizer>;

/** `kiln bench train`, `summaries`, `serve [FILE]` and `export [FILE]`; bench/README.md says what is inside the clock. */
export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure training, serving and exported files');
  registerBenchTrain(bench);
  registerBenchSummaries(bench);
  registerBenchServe(bench);
  registerBenchExport(bench);
}

interface TrainOptions {
  readonly network: NetworkName;
  readonly batch: number;
  readonly optimizer: keyof typeof optimizers;
  readonly rounds: number;
  readonly json?: true;
}

function registerBenchTrain(bench: Command): void {
  bench
    .command('train')
    .description('time training steps beside the MatMul peak')
    .addOption(
      new Option('--network <name>', 'whose steps').choices(Object.keys(networks)).default('deepcnn'),
    )
    .option('--batch <n>', 'pictures a step', integer(1), 128)
    .addOption(
      new Option('--optimizer <name>', 'what updates the weights')
        .choices(Object.keys(optimizers))
        .default('sgd'),
    )
    .option('--rounds <n>', 'measurements of each', integer(1), 20)
    .option('--json', 'print JSON')
    .action(async ({ network, batch, optimizer, rounds, json }: TrainOptions) => {
      const [{ benchTrain }, { formatTrainBench }] = await Promise.all([
        import('../bench/train.js'),
        import('../bench/report.js'),
      ]);
      const result = await benchTrain({
        network: networks[network],
        batch,
        optimizer: optimizers[optimizer],
        rounds,
      });
      console.log(json ? JSON.stringify(result, undefined, 2) : formatTrainBench(result));
    });
}

interface SummariesOptions {
  readonly batch: number;
  readonly rounds: number;
  readonly json?: true;
}

function registerBenchSummaries(bench: Command): void {
  bench
    .command('summaries')
    .description('time the TensorBoard summaries of deepcnn beside its training steps')
    .option('--batch <n>', 'pictures a step', integer(1), 128)
    .option('--rounds <n>', 'measurements of each', integer(1), 20)
    .option('--json', 'print JSON')
    .action(async ({ batch, rounds, json }: SummariesOptions) => {
      const [{ benchSummaries }, { formatSummariesBench }] = await Promise.all([
        import('../bench/summaries.js'),
        import('../bench/report.js'),
      ]);
      const result = await benchSummaries({ network: networks.deepcnn, batch, rounds });
      console.log(json ? JSON.stringify(result, undefined, 2) : formatSummariesBench(result));
    });
}

interface ServeOptions {
  readonly only: readonly SectionName[];
  readonly connections: readonly number[];
  readonly device: Device;
  readonly dataDir: string;
  readonly generator: GeneratorName;
  readonly rounds: number;
  readonly seconds: number;
  readonly requests: number;
  readonly reloads: number;
  readonly out?: string;
  readonly json?: true;
}

function registerBenchServe(bench: Command): void {
  bench
    .command('serve')
    .description('load the service in every way, beside the bare model')
    .argument('[file]', 'an exported ONNX file', fileURLToPath(shipped.model))
    .addOption(
      new Option('--only <sections>', `some of ${sectionNames.join(', ')}`)
        .argParser((text) => listOf(text, sectionNames))
        .default(sectionNames, 'all'),
    )
    .addOption(
      new Option('--connections <list>', 'PNG requests at once, each number measured apart')
        .argParser((text) => text.split(',').map(integer(1)))
        .default([1, 16, 64, 256], '1,16,64,256'),
    )
    .option('--device <name>', 'auto, cuda, cuda:N, webgpu or cpu', parseDevice, 'cpu')
    .option('--data-dir <dir>', 'where CIFAR-10 lies; without it the pictures are shapes', defaultDataDir())
    .addOption(
      new Option('--generator <name>', 'what sends the requests; wrk costs less and is no part of kiln')
        .choices(generatorNames)
        .default('autocannon'),
    )
    .option('--rounds <n>', 'measurements of each', integer(1), 5)
    .option('--seconds <n>', 'length of one load', positive, 5)
    .option('--requests <n>', 'requests over which memory is watched', integer(10), 200_000)
    .option('--reloads <n>', 'replaced model files over which memory is watched', integer(2), 200)
    .option('--out <file>', 'write the figures there as JSON, too')
    .option('--json', 'print JSON')
    .action(async (model: string, { only, json, out, ...options }: ServeOptions) => {
      const [{ benchServe }, { formatServeBench }, { writeWhole }] = await Promise.all([
        import('../bench/serve/bench.js'),
        import('../bench/serve/report.js'),
        import('../export/write-whole.js'),
      ]);
      const result = await benchServe({ ...options, model }, only, (name) => console.error(`${name} …`));
      const text = JSON.stringify(result, undefined, 2);
      if (out !== undefined) await writeWhole(out, Buffer.from(`${text}\n`));
      console.log(json ? text : formatServeBench(result));
    });
}

/** A list of names in any order, separated by commas. */
function listOf<Name extends string>(text: string, names: readonly Name[]): readonly Name[] {
  return text.split(',').map((word) => {
    const name = names.find((candidate) => candidate === word);
    if (name !== undefined) return name;
    throw new InvalidArgumentError(`${word} is not one of ${names.join(', ')}.`);
  });
}
