import { Command } from 'commander';
import { kilnVersion } from '../train/provenance.js';
import { registerApiKey } from './api-key.js';
import { registerBench } from './bench.js';
import { registerBrowser } from './browser.js';
import { registerClassify } from './classify.js';
import { registerCompletion } from './completion.js';
import { registerData } from './data.js';
import { registerDemo } from './demo.js';
import { registerDoctor } from './doctor.js';
import { registerEval } from './eval.js';
import { registerExport } from './export.js';
import { registerFindLr } from './find-lr.js';
import { registerInspect } from './inspect.js';
import { registerRuns } from './runs.js';
import { registerServe } from './serve.js';
import { registerTrain } from './train.js';

/** In the order of a model's life, which is the order of --help. */
const commands = [
  registerDemo,
  registerData,
  registerFindLr,
  registerTrain,
  registerRuns,
  registerEval,
  registerExport,
  registerInspect,
  registerClassify,
  registerServe,
  registerBrowser,
  registerApiKey,
  registerBench,
  registerDoctor,
  registerCompletion,
] as const;

/** `kiln` with all of its commands. Nothing heavy is loaded before a command runs. */
export function buildProgram(): Command {
  const program = new Command('kiln')
    .description('Train an image classifier in TypeScript, export it as one ONNX file, serve it.')
    .version(kilnVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .showHelpAfterError('(kiln --help lists what there is)')
    .addHelpText(
      'after',
      `
Examples:
  kiln demo                                          a model's whole life in two minutes
  kiln train --dataset cifar10 --recipe fast --data-dir DIR --run first
  kiln eval first --dataset cifar10 --data-dir DIR
  kiln export first --out first.onnx
  kiln inspect first.onnx
  kiln export first.onnx --format triton --out repository
  kiln serve first.onnx --port 8080
  kiln serve models/ --api-keys keys.txt
  kiln classify first.onnx cat.jpg photos/ --csv

KILN_DATA_DIR stands in for --data-dir; KILN_DEBUG=1 shows where an error comes from.`,
    );
  for (const register of commands) register(program);
  return program;
}
