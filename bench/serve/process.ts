import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startGroup, stopGroup } from './child-group.js';
import { middle } from './statistics.js';

/** `kiln serve` as its own process. */
export interface ServiceProcess {
  readonly url: string;
  /** From the start of the process until GET /health/ready answered 200. */
  readonly readyMilliseconds: number;
  /** Memory of the process that lies in RAM, in MiB: the median over a second, after five of rest. */
  residentMemory(): Promise<number>;
  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void>;
}

/** Between two looks whether it is ready. */
const lookMs = 5;

/**
 * @param models a model file or a folder of them
 * @param flags of `kiln serve`, further ones
 */
export async function startService(models: string, flags: readonly string[]): Promise<ServiceProcess> {
  const program = fileURLToPath(new URL('../../cli/main.js', import.meta.url));
  const begin = performance.now();
  const child = startGroup(process.execPath, [program, 'serve', models, '--port', '0', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await addressOf(child);
  while (!(await isReady(url))) await delay(lookMs);
  const readyMilliseconds = performance.now() - begin;
  return {
    url,
    readyMilliseconds,
    residentMemory: () => settledMemory(child.pid!),
    stop: () => stopGroup(child),
  };
}

/** The first line that names the address; whatever follows is read and dropped, lest the pipe fill up. */
async function addressOf(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      const url = /http:\/\/[\d.]+:\d+/.exec(line)?.[0];
      if (url !== undefined) resolve(url);
    });
    lines.on('close', () => reject(new Error('the service ended before it was ready')));
  });
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/health/ready`);
  await answer.arrayBuffer();
  return answer.ok;
}

async function settledMemory(pid: number): Promise<number> {
  await delay(5000);
  const samples: number[] = [];
  for (let sample = 0; sample < 5; sample += 1) {
    samples.push(await residentMebibytes(pid));
    await delay(200);
  }
  return middle(samples);
}

/** Linux alone tells it without another program. */
async function residentMebibytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)![1]) / 1024;
}
