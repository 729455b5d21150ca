import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Why the figures of another process cannot be had here; `false` where they can. */
export const noProcessFigures =
  process.platform !== 'linux' && 'memory and descriptors are read from /proc, which is only on Linux';

/** Memory that a process holds, in MiB. */
export function residentMebibytes(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) / 1024;
}

/** Files and sockets that a process has open. */
export const openDescriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

/** Threads of a process. */
export const threads = (pid: number): number => readdirSync(`/proc/${pid}/task`).length;

/** Waits, ten seconds at most, until a figure has come down to `goal`; resolves to what it is then. */
export async function comesDownTo(goal: number, figure: () => number): Promise<number> {
  for (let tries = 0; tries < 100 && figure() > goal; tries += 1) await delay(100);
  return figure();
}
