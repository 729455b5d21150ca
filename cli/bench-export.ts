import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import type { ExportBenchOptions } from '../bench/export.js';
import { splitNames } from '../data/dataset.js';
import { defaultDataDir } from '../data/registry.js';
import { integer, shipped } from './options.js';

/** `kiln bench export [FILE or RUN]` */
export function registerBenchExport(bench: Command): void {
  bench
    .command('export')
    .description('size, accuracy and pace of a model in float32, fp16 and int8')
    .argument('[source]', 'a float32 ONNX file, or a run', fileURLToPath(shipped.model))
    .option('--runs <dir>', 'where runs lie', 'runs')
    .option('--data-dir <dir>', 'where the dataset lies', defaultDataDir())
    .addOption(
      new Option('--split <name>', 'on which accuracy is measured').choices(splitNames).default('validation'),
    )
    .option('--rounds <n>', 'measurements of each', integer(1), 30)
    .option('--json', 'print JSON')
    .action(
      async (source: string, { json, ...options }: Omit<ExportBenchOptions, 'source'> & { json?: true }) => {
        const [{ benchExport }, { formatExportBench }] = await Promise.all([
          import('../bench/export.js'),
          import('../bench/export-report.js'),
        ]);
        const result = await benchExport({ ...options, source });
        console.log(json ? JSON.stringify(result, undefined, 2) : formatExportBench(result));
      },
    );
}
