import type { Endpoint } from '../../serve/endpoints.js';
import type { Latency, LoadGenerator, LoadResult } from '../../serve/generators/load.js';
import { middle } from '../../serve/statistics.js';
import { verify } from '../../serve/verify.js';
import type { Contender, Workers } from './contenders.js';

export interface CompareOptions {
  readonly load: LoadGenerator;
  readonly rounds: number;
  /** Length of one load. */
  readonly seconds: number;
  /** The label of every picture, as the model itself has it. */
  readonly expected: readonly number[];
}

/** One load of one contender. */
export interface Measurement {
  readonly workload: string;
  readonly connections: number;
  /** Medians over the rounds. */
  readonly imagesPerSecond: number;
  readonly latency: Latency;
  /** Images a second of each round. */
  readonly rounds: readonly number[];
}

export type Contest =
  | {
      readonly kind: 'measured';
      readonly name: string;
      readonly workers: Workers;
      /** Images a second at 64 connections with each number of workers. */
      readonly tried: readonly { readonly workers: Workers; readonly imagesPerSecond: number }[];
      readonly measurements: readonly Measurement[];
    }
  /** It did not start, gave a wrong label, or an answer that was no 2xx. */
  | { readonly kind: 'failed'; readonly name: string; readonly reason: string };

const trialConnections = 64;
const warmUpSeconds = 2;

/**
 * Every contender under the same loads, one at a time, in a fresh process in every round, the order turned round after
 * round. None counts before it has given every picture's label; one that fails is left out and says why.
 */
export async function compare(
  contenders: readonly Contender[],
  options: CompareOptions,
  report: (line: string) => void,
): Promise<readonly Contest[]> {
  const entries = contenders.map((contender) => new Entry(contender, options));
  for (const entry of entries) {
    report(`trying ${entry.name}`);
    await entry.tryWorkers();
  }
  for (let round = 0; round < options.rounds; round += 1) {
    for (const entry of round % 2 === 0 ? entries : entries.toReversed()) {
      report(`round ${round + 1} of ${options.rounds}: ${entry.name}`);
      await entry.measure();
    }
  }
  return entries.map((entry) => entry.contest());
}

class Entry {
  readonly #contender: Contender;
  readonly #options: CompareOptions;
  readonly #tried: { readonly workers: Workers; readonly imagesPerSecond: number }[] = [];
  readonly #results = new Map<string, LoadResult[]>();
  #failure: string | undefined;

  constructor(contender: Contender, options: CompareOptions) {
    this.#contender = contender;
    this.#options = options;
  }

  get name(): string {
    return this.#contender.name;
  }

  /** A short load of the first kind with each number of workers. */
  tryWorkers(): Promise<void> {
    return this.#unlessFailed(async () => {
      const [first] = this.#contender.workloads;
      for (const workers of this.#contender.workers) {
        await this.#running(workers, async (url) => {
          for (const { endpoint } of this.#contender.workloads) {
            await verify(url, endpoint, this.#options.expected);
          }
          await this.#load(url, first!.endpoint, trialConnections, warmUpSeconds);
          const trial = await this.#load(url, first!.endpoint, trialConnections, this.#options.seconds);
          this.#tried.push({ workers, imagesPerSecond: trial.answersPerSecond });
        });
      }
    });
  }

  /** One round with the best number of workers. */
  measure(): Promise<void> {
    return this.#unlessFailed(() =>
      this.#running(this.#best, async (url) => {
        for (const { name, endpoint, connections } of this.#contender.workloads) {
          await this.#load(url, endpoint, Math.max(...connections), warmUpSeconds);
          for (const atOnce of connections) {
            const result = await this.#load(url, endpoint, atOnce, this.#options.seconds);
            const key = keyOf(name, atOnce);
            this.#results.set(key, [...(this.#results.get(key) ?? []), result]);
          }
        }
      }),
    );
  }

  contest(): Contest {
    const { name, workloads } = this.#contender;
    if (this.#failure !== undefined) return { kind: 'failed', name, reason: this.#failure };
    return {
      kind: 'measured',
      name,
      workers: this.#best,
      tried: this.#tried,
      measurements: workloads.flatMap((workload) =>
        workload.connections.map((connections) => {
          const results = this.#results.get(keyOf(workload.name, connections)) ?? [];
          const { pictures } = workload.endpoint.requests;
          const rounds = results.map(({ answersPerSecond }) => answersPerSecond * pictures);
          return {
            workload: workload.name,
            connections,
            imagesPerSecond: middle(rounds),
            latency: {
              p50: middle(results.map(({ latency }) => latency.p50)),
              p99: middle(results.map(({ latency }) => latency.p99)),
            },
            rounds,
          };
        }),
      ),
    };
  }

  get #best(): Workers {
    return this.#tried.reduce((a, b) => (b.imagesPerSecond > a.imagesPerSecond ? b : a)).workers;
  }

  #load(url: string, { requests }: Endpoint, connections: number, seconds: number): Promise<LoadResult> {
    return this.#options.load({ url, requests, connections, seconds });
  }

  async #running(workers: Workers, work: (url: string) => Promise<void>): Promise<void> {
    const service = await this.#contender.start(workers);
    try {
      await work(service.url);
    } finally {
      await service.stop();
    }
  }

  async #unlessFailed(work: () => Promise<void>): Promise<void> {
    if (this.#failure !== undefined) return;
    try {
      await work();
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : String(error);
    }
  }
}

function keyOf(workload: string, connections: number): string {
  return `${workload}, ${connections}`;
}
