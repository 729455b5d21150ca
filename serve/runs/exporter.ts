import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { KilnError } from '../../errors/errors.js';
import { withoutPaths } from '../without-paths.js';
import type { ChildOrder, ChildReply } from './export-protocol.js';
import type { ExportOrder } from './views.js';

/** An ONNX file that was made for one client. */
export interface ExportedFile {
  /** Of the checkpoint. */
  readonly step: number;
  /** sha256 (hex) of the file. */
  readonly digest: string;
  readonly bytes: number;
  /** The file's content; once it is read or destroyed the file is gone. */
  readonly content: Readable;
}

/** Longer than any that measures a large test split on a slow machine. */
const longestMs = 30 * 60_000;

const program = fileURLToPath(new URL('./export-process.js', import.meta.url));

/**
 * Turns checkpoints of a folder's runs into ONNX files: one at a time and in a process of its own, because encoding and
 * the comparison of runtimes hold up the thread that they run on. The file lies in a temporary folder until it is sent.
 */
export class Exporter {
  readonly #runs: string;
  readonly #closing: AbortSignal;
  readonly #longestMs: number;
  #busy = false;

  /** @param closing what is under way when it aborts ends with its reason */
  constructor(runs: string, closing: AbortSignal, options: { readonly longestMs?: number } = {}) {
    this.#runs = resolve(runs);
    this.#closing = closing;
    this.#longestMs = options.longestMs ?? longestMs;
  }

  /**
   * @param run a name that the folder lists
   * @param left aborts when nobody waits for the file any more
   * @throws KilnError QUEUE_FULL while another is exported, QUEUE_TIMEOUT; as `exportModel`, without paths of this machine
   */
  async export(run: string, order: ExportOrder, left: AbortSignal): Promise<ExportedFile> {
    if (this.#busy) {
      throw new KilnError('QUEUE_FULL', {
        message: 'The service exports one checkpoint at a time, and is at it.',
        expected: 'at most one export',
        received: 'one more',
      });
    }
    this.#busy = true;
    try {
      return await this.#exportInto(await mkdtemp(join(tmpdir(), 'kiln-export-')), run, order, left);
    } finally {
      this.#busy = false;
    }
  }

  /** @param folder an empty one, which is gone when this fails or the file has been read */
  async #exportInto(
    folder: string,
    run: string,
    order: ExportOrder,
    left: AbortSignal,
  ): Promise<ExportedFile> {
    const limit = timeLimit(this.#longestMs);
    try {
      const { checkpoint, weights, evaluate } = order;
      const out = join(folder, 'model.onnx');
      const reply = await runChild(
        {
          source: join(this.#runs, run),
          checkpoint,
          weights,
          evaluation: evaluate ? 'if-there' : 'none',
          out,
        },
        AbortSignal.any([this.#closing, left, limit.signal]),
      );
      if (reply.kind === 'failed') throw new Error(reply.reason);
      if (reply.kind === 'refused') {
        const { code, ...texts } = withoutPaths(reply.error, {
          [this.#runs]: 'the runs folder',
          [folder]: 'a temporary folder',
        });
        throw new KilnError(code, texts);
      }
      return { step: reply.step, digest: reply.digest, ...(await contentOf(out, folder)) };
    } catch (error) {
      await remove(folder);
      throw error;
    } finally {
      limit.clear();
    }
  }
}

/** @throws the signal's reason, once the process has ended */
async function runChild(order: ChildOrder, signal: AbortSignal): Promise<ChildReply> {
  signal.throwIfAborted();
  const child = fork(program, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  try {
    return await replyOf(child, order);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

async function replyOf(child: ChildProcess, order: ChildOrder): Promise<ChildReply> {
  let reply: ChildReply | undefined;
  child.once('message', (message) => {
    reply = message as ChildReply; // export-process.ts sends nothing else
  });
  child.send(order, () => {}); // a process that cannot be reached ends
  const [code, signal] = await once(child, 'close'); // 'exit' may come before the last message
  if (reply !== undefined) return reply;
  throw new Error(`the process that exports ended by ${signal ?? `code ${code}`}`);
}

/** The file's name goes at once where the system allows that: then nothing is left even when the process is killed. */
async function contentOf(path: string, folder: string): Promise<Pick<ExportedFile, 'bytes' | 'content'>> {
  const file: FileHandle = await open(path);
  const { size } = await file.stat();
  await remove(folder);
  const content = file.createReadStream();
  content.once('close', () => void remove(folder));
  return { bytes: size, content };
}

async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => {});
}

function timeLimit(ms: number): { readonly signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(
      new KilnError('QUEUE_TIMEOUT', {
        message: 'The export took longer than the service lets one take.',
        expected: `an export within ${ms} ms`,
        received: 'one that goes on',
      }),
    );
  }, ms).unref();
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
