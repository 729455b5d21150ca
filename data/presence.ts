import { access } from 'node:fs/promises';
import { join } from 'node:path';

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** The first of `files` that `folder` lacks; undefined where it has all of them. */
export async function firstAbsent(folder: string, files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    if (!(await exists(join(folder, file)))) return file;
  }
  return undefined;
}
