import { lstat, readdir } from 'node:fs/promises';
import { isAbsolute, parse } from 'node:path';
import type { Run } from '../../train/run.js';

/**
 * Whether all that is read of a run lies in its folder: a link could lead anywhere on the machine, and what it leads to
 * is not to be told over HTTP.
 */
export async function isWithoutLinks(run: Run): Promise<boolean> {
  const parts = [run.folder, run.configFile, run.logFile, run.metricsFile, run.checkpoints];
  const stats = await Promise.all(parts.map((path) => lstat(path).catch(() => undefined)));
  if (stats.some((found) => found?.isSymbolicLink())) return false;
  const checkpoints = await readdir(run.checkpoints, { withFileTypes: true }).catch(() => []);
  return !checkpoints.some((entry) => entry.isSymbolicLink());
}

/** A part's name; one of the user's own, which a run knows by its module's path, is called as the module is. */
export function partName(reference: string): string {
  return isAbsolute(reference) ? parse(reference).name : reference;
}
