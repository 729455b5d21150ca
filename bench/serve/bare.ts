import { once } from 'node:events';
import os from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Device } from '../../runtime/classifier.js';
import type { BareAnswer, BareOrder, BareSettings } from './bare-worker.js';
import { middle } from './statistics.js';

/** How the bare model was run: so many sessions at once, each in its thread, each with so many threads of its own. */
export interface BareForm {
  readonly sessions: number;
  readonly threads: number;
  readonly batch: number;
}

export interface BareRate extends BareForm {
  /** The median over the rounds. */
  readonly imagesPerSecond: number;
}

/** The limit that the machine sets: the best form, and all that were tried beside it. */
export interface BareLimit extends BareRate {
  readonly tried: readonly BareRate[];
}

const batches = [1, 8, 32] as const;

/**
 * The sessions alone, without HTTP, decoding or batching, frames ready as bytes. A service may run the model in either
 * way, so the limit is the better of one session with all threads and a session with one thread for each core.
 */
export class BareModel {
  readonly #groups: readonly (readonly Worker[])[];
  readonly #forms: readonly { readonly form: BareForm; readonly workers: readonly Worker[] }[];

  private constructor(groups: readonly (readonly Worker[])[], threads: readonly number[]) {
    this.#groups = groups;
    this.#forms = groups.flatMap((workers, index) =>
      batches.map((batch) => ({
        form: { sessions: workers.length, threads: threads[index]!, batch },
        workers,
      })),
    );
  }

  /** @param frames uint8 [count, height, width, 3] */
  static async open(
    model: Uint8Array,
    device: Device,
    frames: Uint8Array,
    count: number,
  ): Promise<BareModel> {
    const cores = os.availableParallelism();
    const shapes =
      device === 'cpu' && cores > 1
        ? ([
            [1, cores],
            [cores, 1],
          ] as const)
        : ([[1, cores]] as const);
    const groups = await Promise.all(
      shapes.map(([sessions, threads]) =>
        Promise.all(Array.from({ length: sessions }, () => start({ model, device, threads, frames, count }))),
      ),
    );
    return new BareModel(
      groups,
      shapes.map(([, threads]) => threads),
    );
  }

  /** Images a second of every form, each over about `milliseconds`, in the order of `limit`. */
  async round(milliseconds: number): Promise<readonly number[]> {
    const rates: number[] = [];
    for (const { form, workers } of this.#forms) {
      const answers = await Promise.all(
        workers.map((worker) => ask(worker, { batch: form.batch, milliseconds })),
      );
      rates.push(answers.reduce((sum, answer) => sum + (answer.images / answer.milliseconds) * 1000, 0));
    }
    return rates;
  }

  /** The best of the medians over the rounds. */
  limit(rounds: readonly (readonly number[])[]): BareLimit {
    const tried = this.#forms.map(({ form }, index) => ({
      ...form,
      imagesPerSecond: middle(rounds.map((rates) => rates[index]!)),
    }));
    const best = tried.reduce((a, b) => (b.imagesPerSecond > a.imagesPerSecond ? b : a));
    return { ...best, tried };
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#groups.flat().map(async (worker) => {
        const ended = once(worker, 'exit');
        worker.postMessage('stop');
        await ended;
      }),
    );
  }
}

async function start(settings: BareSettings): Promise<Worker> {
  const worker = new Worker(new URL('./bare-worker.js', import.meta.url), { workerData: settings });
  await once(worker, 'message');
  return worker;
}

async function ask(worker: Worker, order: BareOrder): Promise<BareAnswer> {
  const answered: Promise<[BareAnswer]> = once(worker, 'message') as Promise<[BareAnswer]>;
  worker.postMessage(order);
  const [answer] = await answered;
  return answer;
}
