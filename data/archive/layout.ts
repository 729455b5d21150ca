import { KilnError } from '../../errors/errors.js';
import { type ArchiveLimits, archiveInvalid, quoted } from './limits.js';

/** Where the pictures of an archive lie. */
export interface ArchiveLayout {
  readonly count: number;
  readonly passedOver: number;
  /** The label of the entry of this name; undefined for one that is passed over. */
  labelOf(name: string): number | undefined;
}

/**
 * Learns from the names alone how an archive is laid out: `<class>/…/picture`, perhaps all of it in one more folder,
 * because people pack the folder itself. Hidden entries and what macOS adds are passed over.
 */
export class LayoutScan {
  readonly #limits: ArchiveLimits;
  readonly #labels: readonly string[];
  /** Folder names of the first and the second level that hold files. */
  readonly #first = new Set<string>();
  readonly #second = new Set<string>();
  /** Files at least one and at least two folders deep. */
  #inFirst = 0;
  #inSecond = 0;
  #entries = 0;
  #files = 0;

  constructor(labels: readonly string[], limits: ArchiveLimits) {
    this.#labels = labels;
    this.#limits = limits;
  }

  /**
   * @param isFile false for folders, links and whatever else there may be
   * @throws KilnError ARCHIVE_INVALID for a name that leads out of the archive, or exceeds a limit
   */
  add(name: string, isFile: boolean): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) {
      throw archiveInvalid(`at most ${this.#limits.entries} entries`, 'more');
    }
    const path = parsePath(name, this.#limits);
    if (isFile) this.#addFile(path);
    else if (!name.endsWith('/')) this.#files += 1; // a link is passed over as a file would be
  }

  /**
   * @throws KilnError ARCHIVE_INVALID without a picture in a class folder, DATASET_MISMATCH for a class folder that is
   *   no label
   */
  finish(): ArchiveLayout {
    const [only] = this.#first.size === 1 ? this.#first : [];
    const inside = only !== undefined && !this.#labels.includes(only) && this.#second.size > 0;
    const count = inside ? this.#inSecond : this.#inFirst;
    if (count === 0) {
      throw archiveInvalid(
        'pictures in folders named as their labels',
        `${this.#files} files, none in a folder`,
      );
    }
    this.#requireLabels(inside ? this.#second : this.#first);
    const level = inside ? 1 : 0;
    return {
      count,
      passedOver: this.#files - count,
      labelOf: (name) => {
        const path = parsePath(name, this.#limits);
        const folder = path.length > level + 1 && !isHidden(path) ? path[level] : undefined;
        return folder === undefined ? undefined : this.#labels.indexOf(folder);
      },
    };
  }

  #addFile(path: readonly string[]): void {
    this.#files += 1;
    if (isHidden(path)) return;
    const [first, second] = path;
    if (path.length >= 2) {
      this.#first.add(first!);
      this.#inFirst += 1;
    }
    if (path.length >= 3) {
      this.#second.add(second!);
      this.#inSecond += 1;
    }
  }

  #requireLabels(folders: ReadonlySet<string>): void {
    const unknown = Array.from(folders).filter((folder) => !this.#labels.includes(folder));
    if (unknown.length === 0) return;
    const some = unknown.slice(0, 8).map(quoted).join(', ');
    throw new KilnError('DATASET_MISMATCH', {
      expected: `folders named as the model's labels: ${this.#labels.join(', ')}`,
      received: unknown.length > 8 ? `${some} and ${unknown.length - 8} more` : some,
    });
  }
}

/**
 * The folders and the file of an entry's name. File systems spell letters with accents in two ways; a label has one.
 *
 * @throws KilnError ARCHIVE_INVALID for a name that is absolute, leads upwards, or is too long or too deep
 */
function parsePath(name: string, { nameBytes, depth }: ArchiveLimits): string[] {
  if (Buffer.byteLength(name) > nameBytes) {
    throw archiveInvalid(`names of at most ${nameBytes} bytes`, quoted(name));
  }
  if (/^[/\\]|^[A-Za-z]:|\0/.test(name)) throw archiveInvalid('names relative to the archive', quoted(name));
  const path = name
    .normalize('NFC')
    .split(/[/\\]/)
    .filter((part) => part !== '' && part !== '.');
  if (path.includes('..')) throw archiveInvalid('names that stay inside the archive', quoted(name));
  if (path.length > depth + 1) throw archiveInvalid(`at most ${depth} folders deep`, quoted(name));
  return path;
}

function isHidden(path: readonly string[]): boolean {
  return path.some((part) => part.startsWith('.') || part === '__MACOSX');
}
