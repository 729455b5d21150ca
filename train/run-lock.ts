import { closeSync, openSync, readFileSync, rmSync, statSync, utimesSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { KilnError } from '../errors/errors.js';

const lockName = 'training.lock';
const heartbeatMs = 10_000;
/** A process on another machine that was silent for so long is gone. */
const silenceMs = 120_000;

export interface RunLock {
  release(): void;
}

/**
 * Keeps a second process from training the same run. A lock whose owner is gone, by kill -9 or a power cut, is taken
 * over.
 * @throws RUN_BUSY naming the process that trains it
 */
export function lockRun(folder: string): RunLock {
  const path = resolve(folder, lockName);
  if (!tryLock(path)) {
    const owner = ownerOf(path);
    if (owner !== undefined) {
      throw new KilnError('RUN_BUSY', {
        expected: `${folder} to be trained by one process at a time`,
        received: `process ${owner.pid} on ${owner.host} is at it`,
      });
    }
    rmSync(path, { force: true });
    if (!tryLock(path)) return lockRun(folder);
  }
  const heartbeat = setInterval(() => touch(path), heartbeatMs).unref();
  return {
    release() {
      clearInterval(heartbeat);
      rmSync(path, { force: true });
      held.delete(path);
    },
  };
}

/** Locks that this process holds: after a restart of a container an old lock may name the very same number. */
const held = new Set<string>();

/** Whether a process trains the run of this folder now. */
export function isTraining(folder: string): boolean {
  return ownerOf(resolve(folder, lockName)) !== undefined;
}

function tryLock(path: string): boolean {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, `${process.pid} ${hostname()}\n`);
    closeSync(file);
    held.add(path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new KilnError('RUN_UNWRITABLE', {
      expected: `${path} to be writable`,
      received: error instanceof Error ? error.message : String(error),
      cause: error,
    });
  }
}

/** Undefined where nobody holds the lock, or its holder is gone. */
function ownerOf(path: string): { readonly pid: number; readonly host: string } | undefined {
  let text: string;
  let silentMs: number;
  try {
    text = readFileSync(path, 'utf8');
    silentMs = Date.now() - statSync(path).mtimeMs;
  } catch {
    return undefined;
  }
  const [, pid, host] = /^(\d+) (.+)\n$/.exec(text) ?? [];
  // A lock that was just opened has no text yet.
  if (pid === undefined || host === undefined)
    return silentMs < heartbeatMs ? { pid: 0, host: '?' } : undefined;
  const alive = host === hostname() ? isAlive(Number(pid), path, silentMs) : silentMs < silenceMs;
  return alive ? { pid: Number(pid), host } : undefined;
}

function isAlive(pid: number, path: string, silentMs: number): boolean {
  if (pid === process.pid) {
    // Each thread has its own set: another one knows a lock of this process by its heartbeat.
    return held.has(path) || (!isMainThread && silentMs < 3 * heartbeatMs);
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it is there, but another user's.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function touch(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // The folder was removed: the next write to the run says so.
  }
}
