import type { BenchContext } from '../context.js';
import { pngEndpoint } from '../endpoints.js';
import { loadAtRate, type OpenLoadResult } from '../generators/open-loop.js';
import { middle } from '../statistics.js';
import { usualConnections } from './throughput.js';

export interface HalfLoadResult {
  /** Answers a second at 64 connections, measured before each round. Medians, all of them. */
  readonly capacity: number;
  readonly offered: number;
  readonly latency: OpenLoadResult['latency'];
  readonly rounds: readonly (OpenLoadResult & { readonly perSecond: number })[];
}

/** Raw PNGs in an open loop at half of what the service can do at most. */
export async function halfLoad(bench: BenchContext): Promise<HalfLoadResult> {
  const { url } = await bench.service;
  const endpoint = pngEndpoint(bench.pictures);
  const { requests } = endpoint;
  const { rounds, seconds } = bench.options;
  const capacities: number[] = [];
  const measured: (OpenLoadResult & { readonly perSecond: number })[] = [];
  await bench.warmUp(url, endpoint, usualConnections);
  for (let round = 0; round < rounds; round += 1) {
    const { answersPerSecond } = await bench.load({ url, requests, connections: usualConnections, seconds });
    capacities.push(answersPerSecond);
    const perSecond = answersPerSecond / 2;
    measured.push({ perSecond, ...(await loadAtRate({ url, requests, perSecond, seconds })) });
  }
  const latencyOf = (name: keyof OpenLoadResult['latency']) =>
    middle(measured.map(({ latency }) => latency[name]));
  return {
    capacity: middle(capacities),
    offered: middle(measured.map(({ perSecond }) => perSecond)),
    latency: { p50: latencyOf('p50'), p99: latencyOf('p99'), p999: latencyOf('p999') },
    rounds: measured,
  };
}
