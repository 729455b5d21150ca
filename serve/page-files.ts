import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Paths of files by their names on the page, e.g. `chunks/view.js`. */
export type PageFiles = Readonly<Record<string, string>>;

/** The files of a folder and of the folders in it; hidden ones are none of them. */
export async function filesOf(folder: string): Promise<PageFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => relative(folder, join(parentPath, name)).split(sep));
  const visible = paths.filter((path) => !path.some((part) => part.startsWith('.')));
  return Object.fromEntries(visible.map((path) => [path.join('/'), join(folder, ...path)]));
}

/** What each file holds, as `sha256-` and base64: the form in which a browser is told what to expect. */
export async function integritiesOf(files: PageFiles): Promise<Readonly<Record<string, string>>> {
  const found = Object.entries(files).map(async ([name, path]) => {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
    return [name, `sha256-${hash.digest('base64')}`];
  });
  return Object.fromEntries(await Promise.all(found));
}
