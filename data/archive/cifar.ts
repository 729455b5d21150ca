import type { FileHandle } from 'node:fs/promises';
import { KilnError } from '../../errors/errors.js';
import type { Pixels } from '../../images/frame.js';
import { cifarSide } from '../cifar-files.js';
import type { Archive, ArchivedPicture } from './archive.js';
import { archiveInvalid } from './limits.js';

/** The two binary formats of https://www.cs.toronto.edu/~kriz/cifar.html; a record is its labels and three planes. */
interface CifarFormat {
  readonly format: 'cifar-10' | 'cifar-100';
  /** How many classes each label byte distinguishes. */
  readonly classes: readonly number[];
}

const formats: readonly CifarFormat[] = [
  { format: 'cifar-10', classes: [10] },
  { format: 'cifar-100', classes: [20, 100] },
];

const plane = cifarSide * cifarSide;
const recordsAtOnce = 64;

/** The format whose records fill a file of this size without a rest; of both, the one with the model's classes. */
export function cifarFormatOf(size: number, classes: number): CifarFormat | undefined {
  const fitting = formats.filter((format) => size > 0 && size % bytesOf(format) === 0);
  return fitting.find((format) => placeOf(format, classes) >= 0) ?? fitting[0];
}

/**
 * A file of CIFAR records. It holds no names: labels are the model's in the order of the file's numbers, the coarse or
 * the fine ones of CIFAR-100 by how many the model has.
 *
 * @throws KilnError DATASET_MISMATCH where the model has another number of labels, ARCHIVE_INVALID for a number that is
 *   no label; the signal's reason
 */
export async function openCifar(
  file: FileHandle,
  cifar: CifarFormat,
  labels: readonly string[],
  signal: AbortSignal,
): Promise<Archive> {
  const place = placeOf(cifar, labels.length);
  if (place < 0) {
    throw new KilnError('DATASET_MISMATCH', {
      expected: `a file with the model's ${labels.length} labels`,
      received: `${cifar.format} records, with ${cifar.classes.join(' and ')} labels`,
    });
  }
  let count = 0;
  for await (const record of readRecords(file, cifar)) {
    signal.throwIfAborted();
    const wrong = cifar.classes.findIndex((classes, position) => record[position]! >= classes);
    if (wrong >= 0) {
      throw archiveInvalid(
        `labels below ${cifar.classes[wrong]} in ${cifar.format} records`,
        `${record[wrong]} in record ${count}`,
      );
    }
    count += 1;
  }
  return { format: cifar.format, count, passedOver: 0, pictures: () => readPictures(file, cifar, place) };
}

function placeOf({ classes }: CifarFormat, count: number): number {
  return classes.indexOf(count);
}

function bytesOf({ classes }: CifarFormat): number {
  return classes.length + 3 * plane;
}

async function* readPictures(
  file: FileHandle,
  cifar: CifarFormat,
  place: number,
): AsyncGenerator<ArchivedPicture> {
  let index = 0;
  for await (const record of readRecords(file, cifar)) {
    const pixels = pixelsOf(record.subarray(cifar.classes.length));
    yield { name: `record ${index}`, label: record[place]!, content: { kind: 'pixels', pixels } };
    index += 1;
  }
}

/** Each record is valid until the next is asked for. */
async function* readRecords(file: FileHandle, cifar: CifarFormat): AsyncGenerator<Uint8Array> {
  const size = bytesOf(cifar);
  const buffer = new Uint8Array(recordsAtOnce * size);
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    const whole = bytesRead - (bytesRead % size);
    if (whole === 0) return;
    for (let start = 0; start < whole; start += size) yield buffer.subarray(start, start + size);
    position += whole;
  }
}

/** Planes R, G, B → RGBA, [32, 32, 4], opaque. */
function pixelsOf(planes: Uint8Array): Pixels {
  const data = new Uint8Array(4 * plane);
  for (let from = 0, to = 0; from < plane; from += 1, to += 4) {
    data[to] = planes[from]!;
    data[to + 1] = planes[from + plane]!;
    data[to + 2] = planes[from + 2 * plane]!;
    data[to + 3] = 255;
  }
  return { width: cifarSide, height: cifarSide, data };
}
