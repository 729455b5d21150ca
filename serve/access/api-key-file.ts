import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { KilnError } from '../../errors/errors.js';

/** A key as the service knows it. */
interface KnownKey {
  readonly name: string;
  /** sha256 of the key. */
  readonly hash: Buffer;
}

/** `alice:9f86d0…`, a comment after it. */
const keyLine = /^(?<name>[A-Za-z0-9._-]{1,64}):(?<hash>[0-9a-f]{64})$/;

/** How often the file is looked at for changes, in ms. */
const defaultIntervalMs = 1000;

/** The keys of a file; changes of the file count as soon as they are seen. */
export class ApiKeyFile {
  readonly #path: string;
  #keys: readonly KnownKey[];

  private constructor(path: string, keys: readonly KnownKey[]) {
    this.#path = path;
    this.#keys = keys;
  }

  /** @throws KilnError FILE_NOT_FOUND; OPTION_INVALID naming the line that is none */
  static async open(path: string): Promise<ApiKeyFile> {
    return new ApiKeyFile(path, await readKeys(path));
  }

  /**
   * The name of a key, undefined for one that is not of the file. It takes as long whichever it is: every hash is
   * compared, each in constant time.
   */
  nameOf(key: string): string | undefined {
    const hash = hashOf(key);
    let found: string | undefined;
    for (const known of this.#keys) if (timingSafeEqual(known.hash, hash)) found = known.name;
    return found;
  }

  /** Follows the file until `close`. A file that cannot be read as one leaves the keys as they were. */
  watch(report: (error: unknown) => void, intervalMs = defaultIntervalMs): void {
    watchFile(this.#path, { interval: intervalMs, persistent: false }, () => {
      readKeys(this.#path).then((keys) => {
        this.#keys = keys;
      }, report);
    });
  }

  close(): void {
    unwatchFile(this.#path);
  }
}

/** A new key and its line of the file. The key is random enough that its hash needs no salt. */
export function makeApiKey(name: string): { readonly key: string; readonly line: string } {
  const key = `kiln_${randomBytes(32).toString('base64url')}`;
  const line = `${name}:${hashOf(key).toString('hex')}`;
  if (keyLine.test(line)) return { key, line };
  throw new KilnError('OPTION_INVALID', {
    expected: 'a name of at most 64 letters, digits, dots, hyphens and underscores',
    received: name,
  });
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

async function readKeys(path: string): Promise<KnownKey[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new KilnError('FILE_NOT_FOUND', {
      expected: `a file of API keys at ${path}`,
      received: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  });
  return text.split('\n').flatMap((line, index) => {
    const content = line.replace(/#.*/, '').trim();
    if (content === '') return [];
    const { name, hash } = keyLine.exec(content)?.groups ?? {};
    if (name !== undefined && hash !== undefined) return [{ name, hash: Buffer.from(hash, 'hex') }];
    // Its content is not told: it may be a key where its hash should be.
    throw new KilnError('OPTION_INVALID', {
      expected: `apiKeys: lines of name:sha256, the hash in 64 hexadecimal digits`,
      received: `line ${index + 1} of ${path}`,
    });
  });
}
