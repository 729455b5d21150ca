import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from './client.js';
import type { Question } from './questions.js';

/** What was judged of many requests, and how long the right answers took. */
export class Tally {
  readonly counts = new Map<string, number>();
  readonly #latencies: number[] = [];
  sent = 0;
  seconds = 0;

  add(word: string, milliseconds: number): void {
    this.counts.set(word, this.of(word) + 1);
    if (word === '200') this.#latencies.push(milliseconds);
  }

  of(word: string): number {
    return this.counts.get(word) ?? 0;
  }

  /** The verdicts that occurred, in alphabetical order. */
  get verdicts(): string[] {
    return [...this.counts.keys()].sort();
  }

  get judged(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Right answers a second. */
  get rate(): number {
    return this.of('200') / this.seconds;
  }

  /** Latency of the right answers, in ms. */
  percentile(share: number): number {
    return percentile(this.#latencies, share);
  }

  toString(): string {
    const counts = Array.from(this.counts, ([word, count]) => `${word}: ${count}`).join(', ');
    const [p50, p99, most] = [0.5, 0.99, 1].map((share) => this.percentile(share).toFixed(1));
    return `${this.sent} sent in ${this.seconds.toFixed(1)} s (${counts}); ${this.rate.toFixed(0)}/s, p50 ${p50} ms, p99 ${p99} ms, max ${most} ms`;
  }
}

/** The value that `share` of them do not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

interface Load {
  readonly client: Client;
  readonly next: () => Question;
}

/** Each of `concurrency` clients sends its next request when it has the answer to the one before, while `goesOn`. */
export async function closedLoop(
  { client, next }: Load,
  concurrency: number,
  goesOn: () => boolean,
): Promise<Tally> {
  const tally = new Tally();
  const began = performance.now();
  const one = async (): Promise<void> => {
    while (goesOn()) {
      const answered = await ask(client, next(), tally);
      if (!answered) await delay(20); // there is no point in knocking at a closed door all the time
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  tally.seconds = (performance.now() - began) / 1000;
  return tally;
}

/** Requests under way at once at most: the service takes 2048 connections. */
const mostAtOnce = 1500;

/**
 * `rate` requests a second, whether those before have their answers or not: the load of many who do not know of each
 * other. It falls behind only where the machine does, or where `mostAtOnce` are under way.
 */
export async function openLoop({ client, next }: Load, rate: number, seconds: number): Promise<Tally> {
  const tally = new Tally();
  const underWay = new Set<Promise<unknown>>();
  const began = performance.now();
  for (let due = 0; due < rate * seconds; await delay(1)) {
    const owed = Math.min(rate * seconds, (rate * (performance.now() - began)) / 1000) - due;
    for (let room = Math.min(owed, mostAtOnce - underWay.size); room > 0; room -= 1) {
      const asked: Promise<unknown> = ask(client, next(), tally).finally(() => underWay.delete(asked));
      underWay.add(asked);
    }
    due += Math.ceil(Math.max(0, owed));
  }
  await Promise.all(underWay);
  tally.seconds = (performance.now() - began) / 1000;
  return tally;
}

/** Whether there was an answer at all. */
async function ask(client: Client, question: Question, tally: Tally): Promise<boolean> {
  tally.sent += 1;
  const outcome = await client.send(question);
  tally.add(question.judge(outcome), outcome.milliseconds);
  return outcome.kind === 'answered';
}

/** True for so many seconds. */
export function forSeconds(seconds: number): () => boolean {
  const end = performance.now() + seconds * 1000;
  return () => performance.now() < end;
}

/** True so many times. */
export function times(count: number): () => boolean {
  let left = count;
  return () => {
    left -= 1;
    return left >= 0;
  };
}
