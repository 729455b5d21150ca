import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Peer } from './peers.js';

export interface PeerOptions {
  /** The interpreter of the environment that holds requirements.txt. */
  readonly python: string;
  readonly network: string;
  readonly batch: number;
  readonly threads: number;
}

/** What a peer can be asked (protocol.py). */
export type Request =
  /** The state, and with it `images`, in a safetensors file. */
  | { readonly kind: 'load'; readonly path: string; readonly labels: readonly number[] }
  | { readonly kind: 'step' }
  /** The gradients of `names` go to `path`, one behind the other, float32. */
  | { readonly kind: 'differentiate'; readonly path: string; readonly names: readonly string[] };

export interface Answer {
  readonly loss: number;
}

/** Compiled, this file lies in dist/bench/peers/train; the programs are not copied there. */
const folder = new URL('../../../../bench/peers/train/', import.meta.url);

/** A peer that runs, and answers one request after the other. */
export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #complaints = '';

  constructor(
    readonly peer: Peer,
    { python, network, batch, threads }: PeerOptions,
  ) {
    const sizes = ['--network', network, '--batch', String(batch), '--threads', String(threads)];
    this.#child = spawn(python, [peer.program, ...sizes, ...peer.arguments], {
      cwd: folder,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', OMP_NUM_THREADS: String(threads) },
    });
    // What has ended, or never began, is told by the next answer that does not come.
    this.#child.on('error', ({ message }) => {
      this.#complaints = message;
    });
    this.#child.stdin!.on('error', () => {});
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.#complaints = (this.#complaints + chunk.toString()).slice(-2000);
    });
    this.#answers = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** @throws Error with the end of what it wrote, where it ends instead */
  async ask(request: Request): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const { done, value } = await this.#answers.next();
    if (done === true) throw new Error(`it has ended: ${this.#complaints.trim().split('\n').at(-1)}`);
    return JSON.parse(value);
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin!.end();
    await ended;
  }
}
