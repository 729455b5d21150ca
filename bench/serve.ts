import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import autocannon from 'autocannon';
import { encode } from 'fast-png';
import Type from 'typebox';
import Value from 'typebox/value';
import { defaultDataDir, openDataset } from '../data/registry.js';
import { loadClassifier } from '../runtime/node-classifier.js';
import { describeMachine, type Machine } from './machine.js';
import { median } from './timing.js';

export interface ServeBenchOptions {
  /** The ONNX file. */
  readonly model: string;
  readonly connections: number;
  readonly rounds: number;
  readonly secondsPerRound: number;
}

export interface ServeBenchResult {
  readonly machine: Machine;
  readonly method: string;
  readonly connections: number;
  /** The session alone in this process, pictures ready as bytes: the best of the batch sizes. */
  readonly bareImagesPerSecond: number;
  readonly bareBatch: number;
  readonly requestsPerSecond: number;
  readonly latencyMilliseconds: { readonly p50: number; readonly p99: number };
  readonly meanBatch: number;
  readonly shareOfBare: number;
}

const bareBatches = [1, 8, 32] as const;
const pictureCount = 256;

/** POST /classify of 32×32 PNGs against the bare session, in turn, on the same cores, load generator included. */
export async function benchServe(options: ServeBenchOptions): Promise<ServeBenchResult> {
  const machine = describeMachine();
  const { pictures, bodies } = await preparePictures();
  const bare = await bareSession(options.model, pictures);
  const service = await startService(options.model);
  try {
    const bareRates = new Map<number, number[]>(bareBatches.map((batch) => [batch, []]));
    const loads: autocannon.Result[] = [];
    await load(service.url, bodies, options.connections, 2); // warm-up, not counted
    for (let round = 0; round < options.rounds; round += 1) {
      for (const batch of bareBatches) bareRates.get(batch)!.push(await bare.rate(batch, 1000));
      loads.push(await load(service.url, bodies, options.connections, options.secondsPerRound));
    }
    const middle = (numbers: readonly number[]) => median([...numbers].sort((a, b) => a - b));
    const [bareBatch, bareImagesPerSecond] = [...bareRates]
      .map(([batch, rates]) => [batch, middle(rates)] as const)
      .reduce((best, candidate) => (candidate[1] > best[1] ? candidate : best));
    const requestsPerSecond = middle(loads.map((result) => result['2xx'] / result.duration));
    return {
      machine,
      method: `medians of ${options.rounds} rounds; a round is 1 s of the bare session at each of batch ${bareBatches.join(', ')} and ${options.secondsPerRound} s of POST /classify over ${options.connections} keep-alive connections; the service, its workers and the load generator share the ${os.availableParallelism()} cores; every answer counted is a 2xx`,
      connections: options.connections,
      bareImagesPerSecond,
      bareBatch,
      requestsPerSecond,
      latencyMilliseconds: {
        p50: middle(loads.map((result) => result.latency.p50)),
        p99: middle(loads.map((result) => result.latency.p99)),
      },
      meanBatch: await service.meanBatch(),
      shareOfBare: requestsPerSecond / bareImagesPerSecond,
    };
  } finally {
    await bare.close();
    await service.stop();
  }
}

async function preparePictures() {
  const dataset = await openDataset({ name: 'shapes', dataDir: defaultDataDir() });
  const indices = Array.from({ length: pictureCount }, (_, index) => index);
  const { images } = dataset.split('test').read(indices);
  const size = dataset.height * dataset.width * 3;
  const bodies = indices.map((index) => {
    const data = images.subarray(index * size, (index + 1) * size);
    return Buffer.from(encode({ width: dataset.width, height: dataset.height, data, channels: 3, depth: 8 }));
  });
  return { pictures: images, bodies };
}

async function bareSession(model: string, pictures: Uint8Array) {
  const classifier = await loadClassifier(await readFile(model), {
    device: 'cpu',
    threads: os.availableParallelism(),
  });
  const size = pictures.length / pictureCount;
  return {
    /** Pictures a second over about `milliseconds`. */
    rate: async (batch: number, milliseconds: number): Promise<number> => {
      const images = pictures.slice(0, batch * size);
      const begin = performance.now();
      let count = 0;
      while (performance.now() - begin < milliseconds) {
        await classifier.classify(images, batch);
        count += batch;
      }
      return (count / (performance.now() - begin)) * 1000;
    },
    close: () => classifier.close(),
  };
}

async function startService(model: string) {
  const program = fileURLToPath(new URL('../cli/main.js', import.meta.url));
  const service = spawn(process.execPath, [program, 'serve', model, '--port', '0', '--device', 'cpu'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await addressOf(service);
  return {
    url,
    meanBatch: async (): Promise<number> => {
      const statistics: unknown = await (await fetch(`${url}/statistics`)).json();
      return Value.Parse(Type.Object({ meanBatch: Type.Number() }), statistics).meanBatch;
    },
    stop: async () => {
      if (service.exitCode !== null) return;
      service.kill('SIGTERM');
      await once(service, 'exit');
    },
  };
}

/** The first line that names the address. */
async function addressOf(service: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: service.stdout! })) {
    const url = /http:\/\/[\d.]+:\d+/.exec(line)?.[0];
    if (url !== undefined) return url;
  }
  throw new Error('the service ended before it was ready');
}

async function load(
  url: string,
  bodies: readonly Buffer[],
  connections: number,
  seconds: number,
): Promise<autocannon.Result> {
  const result = await autocannon({
    url: `${url}/classify`,
    connections,
    duration: seconds,
    requests: bodies.map((body) => ({ method: 'POST', headers: { 'content-type': 'image/png' }, body })),
  });
  if (result.non2xx > 0 || result.errors > 0 || result['2xx'] === 0) {
    throw new Error(`${result.non2xx} answers were not 2xx, ${result.errors} requests failed`);
  }
  return result;
}
