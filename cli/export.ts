import { extname } from 'node:path';
import { type Command, Option } from 'commander';
import { KilnError } from '../errors/errors.js';
import { accuracy, precisionFacts } from '../export/card.js';
import type { ExportResult } from '../export/export.js';
import { type ExportFormat, type FormatName, formatNames } from '../export/format.js';
import {
  budgets,
  type Precision,
  type PrecisionName,
  precisionNames,
} from '../export/precision/precision.js';
import { type CheckpointChoice, parseCheckpointChoice } from '../train/checkpoint-choice.js';
import { type WeightSet, weightSets } from '../train/engine.js';
import { positive } from './options.js';

interface Options {
  readonly checkpoint?: CheckpointChoice;
  readonly out: string;
  readonly format: FormatName;
  readonly storageUri?: string;
  readonly precision: PrecisionName;
  readonly budget?: number;
  readonly weights: WeightSet;
  readonly name?: string;
  readonly runs: string;
  readonly network?: string;
  readonly dataset?: string;
  readonly dataDir?: string;
  readonly tta?: boolean;
  /** False for --no-eval. */
  readonly eval: boolean;
}

/** Where a model goes, and in what numbers. */
interface Forms {
  readonly format: ExportFormat;
  readonly precision: Precision;
}

const budgetHelp = `points of accuracy that may be lost (default: ${budgets.fp16} for fp16, ${budgets.int8} for int8)`;

/** What holds for a file that is exported already; every other option chooses among what a run has. */
const ofFile: ReadonlySet<string> = new Set([
  'out',
  'format',
  'storageUri',
  'precision',
  'budget',
  'name',
  'dataset',
  'dataDir',
]);

/** `kiln export RUN --out FILE`, `kiln export FILE --precision int8 --out FILE`, `… --format triton --out DIR` */
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
      new Option('--precision <name>', 'float32; fp16: half the size; int8: a quarter, and quicker')
        .choices(precisionNames)
        .default('float32'),
    )
    .option('--budget <points>', budgetHelp, positive)
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
    .option('--tta', 'answer with the mean over six views of a picture: better, six times the work')
    .option('--no-eval', 'do not measure the accuracy on the test split')
    .action(async (source: string, options: Options, command: Command) => {
      const forms = { format: formatOf(options), precision: precisionOf(options) };
      if (extname(source) === '.onnx') await exportAgain(source, forms, options, command);
      else await exportRun(source, forms, options);
    });
}

async function exportRun(source: string, forms: Forms, options: Options): Promise<void> {
  const { eval: measured, dataDir, ...rest } = options;
  const { exportModel } = await import('../export/export.js');
  const result = await exportModel({
    ...rest,
    ...forms,
    source,
    ...(dataDir !== undefined && { dataDir }),
    evaluation: measured ? (dataDir === undefined ? 'if-there' : 'required') : 'none',
    onProgress,
  });
  const { pictures, trainer, web } = result.parity;
  report(result);
  reportAccuracy(result);
  console.log(
    `  parity         ${pictures} pictures, |Δp| at most ${trainer.toExponential(1)} from the trainer, ${web.toExponential(1)} between the runtimes`,
  );
}

/** @throws OPTION_INVALID for an option that only a run understands */
async function exportAgain(
  source: string,
  forms: Forms,
  { out, name, dataset, dataDir }: Options,
  command: Command,
): Promise<void> {
  const idle = command.options.find(
    (option) =>
      !ofFile.has(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (idle !== undefined) {
    throw new KilnError('OPTION_INVALID', {
      message: 'The source is an exported file already.',
      expected:
        '--precision fp16 or int8, --format triton or kserve, with --out, --name, --dataset and --data-dir',
      received: idle.long ?? idle.flags,
    });
  }
  const { exportFile } = await import('../export/export-file.js');
  const result = await exportFile({
    source,
    ...forms,
    out,
    ...(name !== undefined && { name }),
    ...(dataset !== undefined && { dataset }),
    ...(dataDir !== undefined && { dataDir }),
    onProgress,
  });
  report(result);
  if (forms.precision.kind !== 'float32') reportAccuracy(result);
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

/** @throws OPTION_INVALID for a budget without anything to spend it on */
function precisionOf({ precision: kind, budget }: Options): Precision {
  if (budget === undefined) return { kind };
  if (kind !== 'float32') return { kind, budget };
  throw new KilnError('OPTION_INVALID', {
    expected: '--budget together with --precision fp16 or int8',
    received: '--precision float32',
  });
}

function onProgress(text: string): void {
  console.error(`${text} …`);
}

function report({ path, bytes, digest, metadata, beside }: Omit<ExportResult, 'parity'>): void {
  console.log(`${path}: ${metadata.name}, ${bytes.toLocaleString('en-US')} bytes, sha256 ${digest}`);
  for (const { path, state } of beside) console.log(`  ${state.padEnd(13)}  ${path}`);
}

function reportAccuracy({ metadata }: Pick<ExportResult, 'metadata'>): void {
  const { evaluation } = metadata;
  const rows = [['precision @ 1', evaluation === null ? 'not measured' : accuracy(evaluation)] as const];
  for (const [term, value] of [...rows, ...precisionFacts(metadata)])
    console.log(`  ${term.toLowerCase().padEnd(13)}  ${value}`);
}
