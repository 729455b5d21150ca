import { type Command, Option } from 'commander';
import { splitNames } from '../data/dataset.js';
import { parseDevice } from '../runtime/device.js';
import { weightSets } from '../train/engine.js';
import type { EvaluateOptions } from '../train/evaluation.js';
import { progressOf } from './progress.js';

interface Options extends Omit<EvaluateOptions, 'source' | 'onProgress' | 'network'> {
  readonly json?: true;
}

/** `kiln eval RUN` */
export function registerEval(program: Command): void {
  program
    .command('eval')
    .description('measure a run, a checkpoint or an exported file on labelled pictures')
    .argument('<source>', "a run's name or folder (its newest checkpoint), a checkpoint, or an ONNX file")
    .option('--dataset <name>', 'what to measure on (default: what it was trained on)')
    .option('--data-dir <dir>', 'where datasets lie (default: where the run found it, else KILN_DATA_DIR)')
    .addOption(new Option('--split <name>', 'which pictures').choices(splitNames).default('test'))
    .addOption(
      new Option(
        '--weights <which>',
        "averaged (the default) or the last step's; a file has but one set",
      ).choices(weightSets),
    )
    .option('--device <device>', 'auto, cpu, cuda, cuda:N or webgpu', parseDevice, 'auto' as const)
    .option('--runs <dir>', 'where runs lie', 'runs')
    .option('--json', 'print JSON')
    .action(async (source: string, { json, ...options }: Options) => {
      const [{ evaluate }, { formatEvaluation }] = await Promise.all([
        import('../train/evaluation.js'),
        import('./evaluation-table.js'),
      ]);
      let progress: ReturnType<typeof progressOf> | undefined;
      const evaluated = await evaluate({
        ...options,
        source,
        // Elsewhere than in a terminal the result says it all.
        ...(process.stderr.isTTY && {
          onProgress: (done: number, total: number) => {
            progress ??= progressOf('evaluating', total);
            progress.update(done);
          },
        }),
      }).finally(() => progress?.stop());
      console.log(json ? JSON.stringify(evaluated.result, undefined, 2) : formatEvaluation(evaluated));
    });
}
