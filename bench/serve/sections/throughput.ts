import type { BareLimit } from '../bare.js';
import type { BenchContext } from '../context.js';
import { type Endpoint, multipartEndpoint, pngEndpoint, tensorEndpoint } from '../endpoints.js';
import type { Latency, LoadResult } from '../generators/load.js';
import { servedModel } from '../served-model.js';
import { middle } from '../statistics.js';

export interface LoadRate {
  readonly connections: number;
  /** Of the service alone: a request of 32 pictures counts as 32. Median over the rounds, as all figures here. */
  readonly imagesPerSecond: number;
  readonly shareOfBare: number;
  readonly latency: Latency;
  /** Images a second of each round. */
  readonly rounds: readonly number[];
}

export interface ThroughputResult {
  readonly bare: BareLimit;
  /** Pictures of one request. */
  readonly pictures: number;
  readonly loads: readonly LoadRate[];
}

/** Connections of the loads that are measured at one concurrency alone. */
export const usualConnections = 64;

/** One raw PNG a request. */
export function png(bench: BenchContext): Promise<ThroughputResult> {
  return throughput(bench, pngEndpoint(bench.pictures), bench.options.connections);
}

/** One PNG in a form a request. */
export function multipart(bench: BenchContext): Promise<ThroughputResult> {
  return throughput(bench, multipartEndpoint(bench.pictures), [usualConnections]);
}

/** Binary tensors of 32 pictures through the Open Inference Protocol. */
export async function tensors(bench: BenchContext): Promise<ThroughputResult> {
  const { url } = await bench.service;
  const { name } = await servedModel(url);
  return throughput(bench, tensorEndpoint(bench.pictures, { model: name, batch: 32 }), [4, 8]);
}

/** In every round the bare model first, then the loads: a machine whose speed drifts treats them alike. */
async function throughput(
  bench: BenchContext,
  endpoint: Endpoint,
  concurrencies: readonly number[],
): Promise<ThroughputResult> {
  const { requests } = endpoint;
  const { url } = await bench.service;
  const { rounds, seconds } = bench.options;
  const bare: (readonly number[])[] = [];
  const loads = concurrencies.map((connections) => ({ connections, results: [] as LoadResult[] }));
  await bench.warmUp(url, endpoint, Math.max(...concurrencies));
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await bench.bareRound());
    for (const { connections, results } of loads) {
      results.push(await bench.load({ url, requests, connections, seconds }));
    }
  }
  const limit = (await bench.bare).limit(bare);
  return {
    bare: limit,
    pictures: requests.pictures,
    loads: loads.map(({ connections, results }) => {
      const rates = results.map((result) => result.answersPerSecond * requests.pictures);
      return {
        connections,
        imagesPerSecond: middle(rates),
        shareOfBare: middle(rates) / limit.imagesPerSecond,
        latency: {
          p50: middle(results.map(({ latency }) => latency.p50)),
          p99: middle(results.map(({ latency }) => latency.p99)),
        },
        rounds: rates,
      };
    }),
  };
}
