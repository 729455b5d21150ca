import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BatchStatistics } from '../../../serve/batch-statistics.js';
import { kilnProgram } from '../../cli/kiln.js';
import { Client } from './client.js';
import { verdict } from './questions.js';

export const shippedModel = fileURLToPath(
  new URL('../../../../models/cifar10-deepcnn.onnx', import.meta.url),
);

export interface ServiceSetUp {
  /** A model file or a folder of them. */
  readonly model?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** More of the command line. */
  readonly args?: readonly string[];
  /** Arguments of node itself. */
  readonly execArgv?: readonly string[];
}

/** `kiln serve` as a process of its own. */
export interface Service {
  readonly address: string;
  readonly child: ChildProcess & { readonly pid: number };
  /** Lines that it wrote, to stdout and stderr, behind the one with its address. */
  readonly lines: readonly string[];
  /** The answer to a GET, which must be a 2xx. */
  get<Answer>(path: string): Promise<Answer>;
  /** Resolves when nothing waits and nothing runs, to the statistics of then. */
  idle(): Promise<BatchStatistics>;
  /** `[code, signal]` of the process, when it has ended and `lines` is complete. */
  readonly exited: Promise<readonly [number | null, NodeJS.Signals | null]>;
}

/** Starts the service on a free port; it is killed with its test. */
export async function serve(t: TestContext, setUp: ServiceSetUp = {}): Promise<Service> {
  const { model = shippedModel, port = 0, args = [], execArgv = [] } = setUp;
  const child = spawn(
    process.execPath,
    [...execArgv, kilnProgram, 'serve', model, '--port', String(port), '--device', 'cpu', ...args],
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
  );
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'close').then(([code, signal]) => [code, signal] as const);
  const lines: string[] = [];
  const address = await new Promise<string>((resolve, reject) => {
    const listen = (line: string) => {
      const [found] = /http:\/\/[\d.]+:\d+/.exec(line) ?? [];
      if (found === undefined) lines.push(line);
      else resolve(found);
    };
    createInterface({ input: child.stdout! }).on('line', listen);
    createInterface({ input: child.stderr! }).on('line', (line) => lines.push(line));
    child.on('error', reject);
    void exited.then(() => reject(new Error(`the service ended before it was ready:\n${lines.join('\n')}`)));
  });
  if (child.pid === undefined) throw new Error('a service without a process');
  const get = async <Answer>(path: string): Promise<Answer> => {
    const client = new Client(address);
    const outcome = await client.send({ method: 'GET', path });
    client.close(); // its connection must not count among those that a test counts
    if (outcome.kind === 'answered' && outcome.status === 200) return JSON.parse(outcome.body) as Answer;
    throw new Error(`GET ${path}: ${verdict(outcome)}`);
  };
  const idle = async (): Promise<BatchStatistics> => {
    for (;;) {
      const statistics = await get<BatchStatistics>('/statistics');
      if (statistics.waitingRows === 0 && statistics.runningBatches === 0) return statistics;
      await delay(50);
    }
  };
  return { address, child: Object.assign(child, { pid: child.pid }), lines, get, idle, exited };
}
