import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import type { KilnError } from '../errors/errors.js';
import type { Device } from '../runtime/classifier.js';
import type { FileOutcome } from '../runtime/classify-files.js';
import { parseDevice } from '../runtime/device.js';
import { readModel } from '../runtime/read-model.js';
import { type Prediction, topPredictions } from '../runtime/top-predictions.js';
import { integer, shipped } from './options.js';

interface Options {
  readonly model: string;
  readonly top: number;
  readonly device: Device;
  readonly json?: true;
}

/** `kiln classify PICTURE…` */
export function registerClassify(program: Command): void {
  program
    .command('classify')
    .description('name what is in pictures (PNG, JPEG, WebP), without a service')
    .argument('<pictures...>', 'files')
    .option('--model <file>', 'an exported ONNX file', fileURLToPath(shipped.model))
    .option('--top <k>', 'labels a picture', integer(1), 3)
    .option('--device <name>', 'auto, cuda, cuda:N, webgpu or cpu', parseDevice, 'auto')
    .option('--json', 'print JSON, in the form of POST /classify')
    .action(async (paths: readonly string[], { model, top, device, json }: Options) => {
      const [{ loadClassifier }, { classifyFiles }] = await Promise.all([
        import('../runtime/node-classifier.js'),
        import('../runtime/classify-files.js'),
      ]);
      const classifier = await loadClassifier(await readModel(model), {
        device,
        threads: availableParallelism(),
      });
      const { metadata, digest } = classifier;
      const outcomes = await classifyFiles(classifier, paths);
      await classifier.close();
      const results = outcomes.map((outcome): Result => resultOf(outcome, metadata.labels, top));
      if (json) {
        console.log(JSON.stringify({ model: { name: metadata.name, digest }, results }, undefined, 2));
      } else {
        const width = Math.max(...paths.map((path) => path.length));
        for (const result of results) console.log(`${result.name.padEnd(width)}  ${describe(result)}`);
      }
      if (results.some((result) => 'error' in result)) process.exitCode = 1;
    });
}

type Result = { readonly name: string } & (
  | { readonly predictions: readonly Prediction[] }
  | { readonly error: KilnError }
);

function resultOf(outcome: FileOutcome, labels: readonly string[], top: number): Result {
  const { name } = outcome;
  if (outcome.kind === 'error') return { name, error: outcome.error };
  return { name, predictions: topPredictions(outcome.values, labels, top) };
}

function describe(result: Result): string {
  if ('error' in result) return `${result.error.message} (${result.error.code}: ${result.error.received})`;
  return result.predictions
    .map(({ label, probability }) => `${label} ${(100 * probability).toFixed(1)} %`)
    .join(', ');
}
