import { extname } from 'node:path';
import { type Command, Option } from 'commander';
import { KilnError } from '../errors/errors.js';
import { accuracy } from '../export/card.js';
import type { ExportResult } from '../export/export.js';
import { type ExportFormat, type FormatName, formatNames } from '../export/format.js';
import { type CheckpointChoice, parseCheckpointChoice } from '../train/checkpoint-choice.js';
import { type WeightSet, weightSets } from '../train/engine.js';

interface Options {
  readonly checkpoint?: CheckpointChoice;
  readonly out: string;
  readonly format: FormatName;
  readonly storageUri?: string;
  readonly weights: WeightSet;
  readonly name?: string;
  readonly runs: string;
  readonly network?: string;
  readonly dataset?: string;
  readonly dataDir?: string;
  /** False for --no-eval. */
  readonly eval: boolean;
}

/** What holds for a file that is exported already; every other option chooses among what a run has. */
const ofFile: ReadonlySet<string> = new Set(['out', 'format', 'storageUri', 'name']);

/** `kiln export RUN --out FILE`, `kiln export FILE --format triton --out DIR` */
export function registerExport(program: Command): void {
  program
    .command('export')
    .description('write a trained network as one ONNX file that needs nothing else')
    .argument('<source>', "a run's name or folder, one checkpoint, or an exported ONNX file")
    .option('--checkpoint <which>', "last (the run's newest), best or its step", parseCheckpointChoice)
    .requiredOption('--out <path>', 'the ONNX file to write, or the model repository to add it to')
    .addOption(
      new Option('--format <form>', 'one file, a Triton model repository, or that and a KServe manifest')
        .choices(formatNames)
        .default('onnx'),
    )
    .option('--storage-uri <uri>', 'kserve: where the repository will lie, such as s3://bucket/models')
    .addOption(
      new Option('--weights <which>', 'averaged or those of the last step')
        .choices(weightSets)
        .default('ema'),
    )
    .option('--name <name>', 'what the model calls itself (default: <dataset>-<network>)')
    .option('--runs <dir>', 'where runs lie', 'runs')
    .option('--network <module>', "a network of one's own (default: where the run found it)")
    .option('--dataset <module>', "a dataset of one's own (default: where the run found it)")
    .option('--data-dir <dir>', 'where the dataset lies (default: where the run found it)')
    .option('--no-eval', 'do not measure the accuracy on the test split')
    .action(async (source: string, options: Options, command: Command) => {
      const format = formatOf(options);
      if (extname(source) === '.onnx') await exportAgain(source, format, options, command);
      else await exportRun(source, format, options);
    });
}

async function exportRun(source: string, format: ExportFormat, options: Options): Promise<void> {
  const { eval: measured, dataDir, ...rest } = options;
  const { exportModel } = await import('../export/export.js');
  const result = await exportModel({
    ...rest,
    format,
    source,
    ...(dataDir !== undefined && { dataDir }),
    evaluation: measured ? (dataDir === undefined ? 'if-there' : 'required') : 'none',
    onProgress: (text) => console.error(`${text} …`),
  });
  const { evaluation } = result.metadata;
  const { pictures, trainer, web } = result.parity;
  report(result);
  console.log(`  precision @ 1  ${evaluation === null ? 'not measured' : accuracy(evaluation)}`);
  console.log(
    `  parity         ${pictures} pictures, |Δp| at most ${trainer.toExponential(1)} from the trainer, ${web.toExponential(1)} between the runtimes`,
  );
}

/** @throws OPTION_INVALID for an option that only a run understands */
async function exportAgain(
  source: string,
  format: ExportFormat,
  { out, name }: Options,
  command: Command,
): Promise<void> {
  const idle = command.options.find(
    (option) =>
      !ofFile.has(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (format.kind === 'onnx' || idle !== undefined) {
    throw new KilnError('OPTION_INVALID', {
      message: 'The source is an exported file already, which goes into a model repository as it is.',
      expected: '--format triton or kserve, with --out and --name',
      received: idle?.long ?? '--format onnx',
    });
  }
  const { exportFile } = await import('../export/export-file.js');
  report(await exportFile({ source, format, out, ...(name !== undefined && { name }) }));
}

/** @throws OPTION_INVALID where the address is missing, or belongs to no manifest */
function formatOf({ format: kind, storageUri }: Options): ExportFormat {
  if (kind === 'kserve' && storageUri !== undefined) return { kind, storageUri };
  if (kind !== 'kserve' && storageUri === undefined) return { kind };
  throw new KilnError('OPTION_INVALID', {
    expected: '--storage-uri together with --format kserve',
    received: `--format ${kind} ${storageUri === undefined ? 'alone' : `--storage-uri ${storageUri}`}`,
  });
}

function report({ path, bytes, digest, metadata, beside }: Omit<ExportResult, 'parity'>): void {
  console.log(`${path}: ${metadata.name}, ${bytes.toLocaleString('en-US')} bytes, sha256 ${digest}`);
  for (const { path, state } of beside) console.log(`  ${state.padEnd(13)}  ${path}`);
}
