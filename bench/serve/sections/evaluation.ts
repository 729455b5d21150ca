import { setTimeout as delay } from 'node:timers/promises';
import Type from 'typebox';
import Value from 'typebox/value';
import type { BareLimit } from '../bare.js';
import type { BenchContext } from '../context.js';
import { middle } from '../statistics.js';

export interface EvaluationBenchResult {
  readonly bare: BareLimit;
  readonly dataset: string;
  readonly count: number;
  /** By the evaluation's own clock: from its first batch to its last. Median over the rounds. */
  readonly imagesPerSecond: number;
  readonly shareOfBare: number;
  /** From POST /evaluations until its result is there, opening the dataset included. Median over the rounds. */
  readonly wholeSeconds: number;
}

const view = Type.Object({
  id: Type.String(),
  status: Type.String(),
  result: Type.Optional(Type.Object({ count: Type.Integer(), imagesPerSecond: Type.Number() })),
});

/** The test split (10,000 pictures of CIFAR-10, 2,000 of shapes) through `POST /evaluations`. */
export async function evaluation(bench: BenchContext): Promise<EvaluationBenchResult> {
  const { dataset } = bench.pictures;
  const { url } = await bench.service;
  const bare: (readonly number[])[] = [];
  const runs: { readonly count: number; readonly imagesPerSecond: number; readonly seconds: number }[] = [];
  await evaluate(url, dataset); // opens the dataset for the first time
  for (let round = 0; round < bench.options.rounds; round += 1) {
    bare.push(await bench.bareRound());
    runs.push(await evaluate(url, dataset));
  }
  const limit = (await bench.bare).limit(bare);
  const imagesPerSecond = middle(runs.map((run) => run.imagesPerSecond));
  return {
    bare: limit,
    dataset,
    count: runs[0]!.count,
    imagesPerSecond,
    shareOfBare: imagesPerSecond / limit.imagesPerSecond,
    wholeSeconds: middle(runs.map((run) => run.seconds)),
  };
}

async function evaluate(url: string, dataset: string) {
  const begin = performance.now();
  const { id } = await ask(`${url}/evaluations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ dataset, split: 'test' }),
  });
  for (;;) {
    const { status, result } = await ask(`${url}/evaluations/${id}`);
    if (result !== undefined) return { ...result, seconds: (performance.now() - begin) / 1000 };
    if (status !== 'running') throw new Error(`the evaluation is ${status}`);
    await delay(50);
  }
}

async function ask(url: string, init?: RequestInit): Promise<Type.Static<typeof view>> {
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return Value.Parse(view, await answer.json());
}
