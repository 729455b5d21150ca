import { type FileHandle, open, stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { glob, isDynamicPattern } from 'tinyglobby';
import { KilnError } from '../errors/errors.js';
import { acceptedFormats, isAccepted, sniff } from '../images/sniff.js';
import type { Picture } from '../runtime/classify-files.js';

/** A picture of the command line. */
export interface PictureInput extends Picture {
  /** Found in a folder or by a pattern: what is no picture there is passed over. */
  readonly found: boolean;
}

/**
 * The pictures that paths stand for, in the order of the paths: a file for itself, `-` for what standard input holds,
 * a folder for every file in it however deep, a pattern (`*.png`) for what fits, both in natural order and without
 * hidden files. A name without a file stays among them and fails when it is read.
 *
 * @throws KilnError OPTION_INVALID for `-` twice or at a terminal, FILE_NOT_FOUND where a folder or all of them hold nothing
 */
export async function picturesAt(paths: readonly string[]): Promise<readonly PictureInput[]> {
  if (paths.indexOf('-') !== paths.lastIndexOf('-')) {
    throw new KilnError('OPTION_INVALID', { expected: '- once: it reads standard input', received: 'twice' });
  }
  if (paths.includes('-') && process.stdin.isTTY) {
    throw new KilnError('OPTION_INVALID', { expected: 'a picture piped into -', received: 'a terminal' });
  }
  const found = await Promise.all(paths.map(picturesOf));
  return found.flat();
}

async function picturesOf(path: string): Promise<readonly PictureInput[]> {
  if (path === '-') return [{ name: path, found: false, read: () => buffer(process.stdin) }];
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isDirectory()) {
    const below = path.endsWith('/') ? path : `${path}/`;
    const files = (await filesThatFit('**', path)).map((file) => `${below}${file}`);
    if (files.length > 0) return files.map(foundFile);
    throw new KilnError('FILE_NOT_FOUND', { expected: `pictures in ${path}`, received: 'an empty folder' });
  }
  const files = stats === undefined && isDynamicPattern(path) ? await filesThatFit(path, '.') : [];
  if (files.length > 0) return files.map(foundFile);
  return [{ name: path, found: false, read: () => readPicture(path) }];
}

async function filesThatFit(pattern: string, cwd: string): Promise<string[]> {
  const files = await glob(pattern, { cwd, absolute: isAbsolute(pattern), expandDirectories: false });
  return files.sort(naturally);
}

const natural = new Intl.Collator('en', { numeric: true });

/** `9.png` before `10.png`; names that are equal so, such as `a1` and `a01`, by their code units. */
function naturally(a: string, b: string): number {
  return natural.compare(a, b) || (a < b ? -1 : 1);
}

function foundFile(path: string): PictureInput {
  return { name: path, found: true, read: () => readPicture(path) };
}

/**
 * A file that begins as a picture does; of any other no more than its beginning is read.
 * @throws KilnError FILE_NOT_FOUND, UNSUPPORTED_IMAGE
 */
async function readPicture(path: string): Promise<Uint8Array> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const { buffer: head, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    const format = sniff(head.subarray(0, bytesRead));
    if (isAccepted(format) || bytesRead === 0) return await file.readFile();
    throw new KilnError('UNSUPPORTED_IMAGE', {
      expected: acceptedFormats.join(', '),
      received: format ?? `a file that begins with ${head.toString('hex', 0, Math.min(8, bytesRead))}`,
    });
  } catch (cause) {
    if (cause instanceof KilnError) throw cause;
    const received = cause instanceof Error ? cause.message : String(cause);
    throw new KilnError('FILE_NOT_FOUND', { expected: `a readable file ${path}`, received, cause });
  } finally {
    await file?.close();
  }
}
