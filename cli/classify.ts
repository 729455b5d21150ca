import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { KilnError } from '../errors/errors.js';
import type { Device } from '../runtime/classifier.js';
import { parseDevice } from '../runtime/device.js';
import { csvFormat, jsonFormat, type ResultFormat, tableFormat } from './classify-format.js';
import type { PictureInput } from './classify-inputs.js';
import { printResults } from './classify-print.js';
import type { PictureClassifier } from './classify-result.js';
import { integer, shipped } from './options.js';

interface Options {
  readonly model?: string;
  readonly top: number;
  readonly json?: true;
  readonly csv?: true;
  readonly device?: Device;
  readonly apiKey?: string;
  readonly modelName?: string;
  readonly modelVersion?: string;
}

const atService = 'With a service:';

/** `kiln classify [MODEL] PICTURE…` */
export function registerClassify(program: Command): void {
  program
    .command('classify')
    .description('name what is in pictures (PNG, JPEG, WebP), by a model file or a service')
    .usage('[options] [model.onnx | http://service] <pictures...>')
    .argument(
      '<pictures...>',
      "files, folders, patterns, - for standard input; a model's file or address first",
    )
    .option(
      '--model <model>',
      'file or address, where it is not the first argument (default: the one that ships)',
    )
    .option('--top <k>', 'labels a picture', integer(1), 3)
    .addOption(new Option('--json', 'print JSON, in the form of POST /classify').conflicts('csv'))
    .option('--csv', 'print a table of files, ranks, labels, probabilities and errors')
    .option('--device <name>', 'auto, cuda, cuda:N, webgpu or cpu (default: auto)', parseDevice)
    .addOption(
      new Option('--api-key <key>', 'its API key (better as KILN_API_KEY: others see flags)').helpGroup(
        atService,
      ),
    )
    .addOption(
      new Option('--model-name <name>', 'which of its models (default: its own)').helpGroup(atService),
    )
    .addOption(new Option('--model-version <n>', 'which version (default: the highest)').helpGroup(atService))
    .action(async (args: readonly string[], options: Options) => {
      const { model, paths } = modelAndPictures(args, options.model);
      const { picturesAt } = await import('./classify-inputs.js');
      const inputs = await picturesAt(paths);
      const classifier = await openClassifier(model, inputs.length, options);
      try {
        await printResults(classifier, inputs, formatOf(options, inputs));
      } finally {
        await classifier.close();
      }
    });
}

/** The first argument is the model where it ends in .onnx or begins with http:// or https://. */
function modelAndPictures(
  args: readonly string[],
  option: string | undefined,
): { readonly model: string; readonly paths: readonly string[] } {
  const [first = '', ...others] = args;
  const named = /\.onnx$/i.test(first) || isAddress(first);
  if (named && option !== undefined) {
    throw new KilnError('OPTION_INVALID', {
      expected: 'one model',
      received: `${first}, and ${option} (--model)`,
    });
  }
  if (named && others.length === 0) {
    throw new KilnError('OPTION_INVALID', { expected: `pictures after ${first}`, received: 'none' });
  }
  return named
    ? { model: first, paths: others }
    : { model: option ?? fileURLToPath(shipped.model), paths: args };
}

function isAddress(model: string): boolean {
  return /^https?:\/\//i.test(model);
}

async function openClassifier(model: string, count: number, options: Options): Promise<PictureClassifier> {
  const { top, device, apiKey, modelName, modelVersion } = options;
  if (isAddress(model)) {
    refuseIdle({ '--device': device }, 'a model file');
    const { openService } = await import('./classify-service.js');
    const key = apiKey ?? (process.env.KILN_API_KEY || undefined);
    return openService(model, { top, apiKey: key, model: modelName, version: modelVersion });
  }
  refuseIdle(
    { '--api-key': apiKey, '--model-name': modelName, '--model-version': modelVersion },
    'a service',
  );
  const { openLocally } = await import('./classify-locally.js');
  return openLocally(model, { device: device ?? 'auto', top, count });
}

/** An option that would change nothing is a mistake. */
function refuseIdle(options: Readonly<Record<string, string | undefined>>, wanted: string): void {
  for (const [flag, value] of Object.entries(options)) {
    if (value === undefined) continue;
    throw new KilnError('OPTION_INVALID', {
      expected: `${flag} with ${wanted} alone`,
      received: `it with ${wanted === 'a service' ? 'a model file' : 'a service'}`,
    });
  }
}

function formatOf({ json, csv }: Options, inputs: readonly PictureInput[]): ResultFormat {
  if (json) return jsonFormat();
  if (csv) return csvFormat();
  return tableFormat(inputs.reduce((width, { name }) => Math.max(width, name.length), 0));
}
