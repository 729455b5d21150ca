import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';

/**
 * A file on this machine as a File of the Web, for the client; it is read when it is sent, not before.
 *
 * @throws the error of the file system, such as ENOENT
 */
export async function fileFrom(path: string): Promise<File> {
  return new File([await openAsBlob(path)], basename(path));
}
