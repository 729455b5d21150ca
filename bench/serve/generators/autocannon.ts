import autocannon from 'autocannon';
import { percentile } from '../statistics.js';
import type { HttpRequests, Load, LoadResult } from './load.js';

/** Installed with kiln; costs 35 to 55 µs of a core a request. */
export function loadByAutocannon({ seconds, ...load }: Load): Promise<LoadResult> {
  return run(load, { duration: seconds });
}

/** A load of so many requests rather than of so many seconds. */
export function sendRequests(load: Omit<Load, 'seconds'>, amount: number): Promise<LoadResult> {
  return run(load, { amount });
}

async function run(
  { url, requests, connections }: Omit<Load, 'seconds'>,
  extent: { readonly duration: number } | { readonly amount: number },
): Promise<LoadResult> {
  // Its own histogram counts whole milliseconds.
  const milliseconds: number[] = [];
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const running = autocannon(
      {
        url,
        connections: Math.min(connections, 'amount' in extent ? extent.amount : connections),
        requests: requestsOf(requests),
        sampleInt: 100, // how often it looks whether the time is up
        ...extent,
      },
      (error, done) => (error ? reject(error) : resolve(done)),
    );
    running.on('response', (_client, _status, _bytes, responseTime) => milliseconds.push(responseTime));
  });
  if (result.non2xx > 0 || result.errors > 0 || result['2xx'] === 0) {
    throw new Error(
      `${requests.path}: ${result['2xx']} answers, ${result.non2xx} that were not 2xx, ${result.errors} requests without one`,
    );
  }
  milliseconds.sort((a, b) => a - b);
  return {
    answers: result['2xx'],
    answersPerSecond: result['2xx'] / result.duration,
    latency: { p50: percentile(milliseconds, 0.5), p99: percentile(milliseconds, 0.99) },
  };
}

function requestsOf({ path, headers, bodies }: HttpRequests): autocannon.Request[] {
  return bodies.map((body) => ({ method: 'POST', path, headers: { ...headers }, body }));
}
