import { join, relative } from 'node:path';
import { encode } from 'fast-png';
import { Check } from 'typebox/value';
import type { Dataset } from '../data/dataset.js';
import { openDataset } from '../data/registry.js';
import { KilnError } from '../errors/errors.js';
import { accuracy, percent } from '../export/card.js';
import { type ExportResult, exportModel } from '../export/export.js';
import { summariseNetwork } from '../export/layers.js';
import { networks } from '../networks/registry.js';
import { classification } from '../serve/classify.js';
import { startServer } from '../serve/server.js';
import { evaluate } from '../train/evaluation.js';
import { type TrainEvent, train } from '../train/trainer.js';
import { drawPicture } from './terminal-picture.js';

/** One epoch in small steps: enough for 90 %, in less than half a minute on two idle cores. */
const length = { batch: 128, epochs: 1 } as const;
const stepsBetweenLines = 20;
/** The test picture that the service is asked about. */
const example = 7;

interface DemoOptions {
  /** The folder of all runs; the demo's is called `demo`, with a number where that is taken. */
  readonly runs: string;
  /** In place of one epoch. */
  readonly steps?: number;
}

/**
 * The whole life of a model on the built-in dataset: train, evaluate, export, serve, classify over HTTP.
 * The run and its ONNX file stay; everything else ends with it.
 */
export async function tellDemo(options: DemoOptions, say: (line: string) => void): Promise<void> {
  const start = performance.now();
  say('The life of a model, on pictures that are drawn here: no data, no network.\n');
  const dataset = await openDataset({ name: 'shapes', dataDir: '' });
  tellData(dataset, say);
  const folder = await tellTraining(options, dataset, say);
  await tellEvaluation(folder, dataset, say);
  const file = await tellExport(folder, say);
  await tellService(file, dataset, say);
  say(`\nThat took ${((performance.now() - start) / 1000).toFixed(0)} s. The file stays:`);
  say(`  npx kiln inspect ${file.path}`);
  say(`  npx kiln serve ${file.path}`);
}

type Say = (line: string) => void;

/** `2 Train     what happens` and further lines below it. */
function chapter(say: Say, number: number, title: string): Say {
  let head = `${number} ${title}`;
  return (line) => {
    say(`${head.padEnd(12)}${line}`);
    head = '';
  };
}

function tellData(dataset: Dataset, say: Say): void {
  const tell = chapter(say, 1, 'Data');
  const count = dataset.split('train+validation').count + dataset.split('test').count;
  tell(`${dataset.name}: ${grouped(count)} pictures of ${dataset.width}×${dataset.height} pixels`);
  tell(dataset.labels.join(', '));
}

/** Returns the run's folder. */
async function tellTraining({ runs, steps }: DemoOptions, dataset: Dataset, say: Say): Promise<string> {
  const tell = chapter(say, 2, 'Train');
  const { parameters } = summariseNetwork(networks.deepcnn, dataset.labels.length);
  tell(`deepcnn, ${grouped(parameters)} parameters; every step is one run of a plain ONNX graph`);
  const { folder, seconds } = await train({
    dataset: dataset.name,
    network: 'deepcnn',
    recipe: 'fast',
    batch: length.batch,
    ...(steps === undefined ? { epochs: length.epochs } : { steps }),
    run: 'demo',
    runs,
    command: 'kiln demo',
    onEvent: (event) => tellStep(event, tell),
  });
  tell(`done after ${seconds.toFixed(0)} s, kept in ${relative('', folder)}`);
  return folder;
}

function tellStep(event: TrainEvent, tell: Say): void {
  if (event.kind !== 'step') return;
  const { step, totalSteps, loss, examplesPerSecond } = event;
  if (step % stepsBetweenLines !== 0 && step !== totalSteps) return;
  tell(`step ${step} of ${totalSteps}: loss ${loss.toFixed(2)}, ${examplesPerSecond.toFixed(0)} images/s`);
}

async function tellEvaluation(folder: string, dataset: Dataset, say: Say): Promise<void> {
  const tell = chapter(say, 3, 'Evaluate');
  const { result } = await evaluate({ source: folder, dataset });
  tell(`precision @ 1: ${accuracy({ ...result, split: 'test' })}`);
  const [worst] = [...result.perClass].sort((a, b) => (a.recall ?? 1) - (b.recall ?? 1));
  tell(`hardest: ${worst!.label}, ${worst!.correct} of ${worst!.count} recognised`);
}

async function tellExport(folder: string, say: Say): Promise<ExportResult> {
  const tell = chapter(say, 4, 'Export');
  const out = join(relative('', folder), 'shapes-deepcnn.onnx');
  const file = await exportModel({ source: folder, out });
  tell(`${out}: ${(file.bytes / 1e6).toFixed(1)} MB; crop, standardisation and labels are inside`);
  const { pictures, trainer, web } = file.parity;
  tell(
    `${pictures} pictures agree with the trainer (|Δp| ≤ ${trainer.toExponential(0)}) and in WebAssembly (≤ ${web.toExponential(0)})`,
  );
  return file;
}

async function tellService(file: ExportResult, dataset: Dataset, say: Say): Promise<void> {
  const server = await startServer({ models: file.path, port: 0, logLevel: 'silent' });
  try {
    const { pool, address } = server;
    const workers = `${pool.workers} ${pool.workers === 1 ? 'worker' : 'workers'} on ${pool.provider}`;
    chapter(say, 5, 'Serve')(`${address}, ${workers}`);
    const tell = chapter(say, 6, 'Classify');
    const { images, labels } = dataset.split('test').read([example]);
    const picture = { width: dataset.width, height: dataset.height, data: images };
    tell(`POST ${address}/classify with this ${dataset.labels[labels[0]!]}:`);
    if (process.stdout.isTTY) for (const line of drawPicture(picture)) tell(line);
    tell(await ask(address, encode({ ...picture, channels: 3, depth: 8 })));
  } finally {
    await server.close();
  }
}

/** `ring 98.1 %, circle 1.0 %, dots 0.3 %, in 2.1 ms` */
async function ask(address: string, png: Uint8Array): Promise<string> {
  const response = await fetch(`${address}/classify?top=3`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
    body: Buffer.from(png),
  });
  const answer: unknown = await response.json();
  const result = Check(classification, answer) ? answer.results[0] : undefined;
  if (result === undefined || 'error' in result) {
    throw new KilnError('INTERNAL', {
      message: 'The service did not classify the picture.',
      expected: 'predictions',
      received: `HTTP ${response.status}: ${JSON.stringify(answer)}`,
    });
  }
  const { queueMs, decodeMs, inferenceMs } = result.timing;
  const ranking = result.predictions.map(({ label, probability }) => `${label} ${percent(probability)} %`);
  return `${ranking.join(', ')}, in ${(queueMs + decodeMs + inferenceMs).toFixed(1)} ms`;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
