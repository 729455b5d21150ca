import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

const running = new Set<ChildProcess>();

const endMs = 15_000;

/**
 * Starts a service in a session of its own: Linux divides the cores between sessions before it divides them between
 * threads, so this puts every service into the same place beside the generator. What it leaves behind ends with it, and
 * it ends with this process.
 */
export function startGroup(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn(program, args, { ...options, detached: true });
  if (running.size === 0) process.on('SIGINT', leave).on('SIGTERM', leave);
  running.add(child);
  child.once('exit', () => {
    running.delete(child);
    if (running.size === 0) process.off('SIGINT', leave).off('SIGTERM', leave);
  });
  return child;
}

/** SIGTERM; SIGKILL for what is left when the first process has ended, or after 15 s. */
export async function stopGroup(child: ChildProcess): Promise<void> {
  const ended = hasEnded(child) ? Promise.resolve() : once(child, 'exit');
  signal(child, 'SIGTERM');
  await Promise.race([ended, delay(endMs, undefined, { ref: false })]);
  signal(child, 'SIGKILL');
  await ended;
}

export function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function leave(): void {
  for (const child of running) signal(child, 'SIGTERM');
  process.exit(130);
}

function signal({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // Nobody of the group is left.
  }
}
