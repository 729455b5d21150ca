import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { KilnError } from '../errors/errors.js';
import type { Dataset } from './dataset.js';
import { allocateTable, type ExampleTable, rowRange, splitTable } from './memory.js';
import { permutation } from './random.js';

/** Pictures are 32×32. */
const side = 32;
/** Bytes of one colour plane; a record is a label and the planes R, G, B, each row by row. */
const plane = side * side;
const recordBytes = 1 + 3 * plane;
const classes = 10;

const trainFiles = [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`);
const testFile = 'test_batch.bin';
const labelFile = 'batches.meta.txt';

/** The files that make the dataset, in the order in which its digest reads them. */
export const cifar10Files: readonly string[] = [labelFile, ...trainFiles, testFile];

/** The archive's folder, which a data folder contains. */
export const cifar10Folder = 'cifar-10-batches-bin';

/** How many records a file holds and how many examples validation takes; tests open smaller ones. */
export interface Cifar10Layout {
  readonly recordsPerFile: number;
  /** A multiple of 10: each class gives the same number. */
  readonly validation: number;
}

const official: Cifar10Layout = { recordsPerFile: 10_000, validation: 5_000 };

/** Never changed: figures measured on `validation` are comparable only while it holds the same pictures. */
const validationSeed = 20_151_104;

/**
 * CIFAR-10 in its binary format (https://www.cs.toronto.edu/~kriz/cifar.html).
 *
 * `validation` takes 500 pictures of each class from the five training files, chosen by a fixed seed;
 * `train` is the other 45,000. Both stand in the order of the files, so the choice belongs to one order of
 * records. The digest is sha256 over the records of data_batch_1 … 5 and test_batch as they stand.
 *
 * @param folder holds data_batch_1 … 5.bin, test_batch.bin and batches.meta.txt
 * @throws KilnError DATASET_CORRUPT for a file that is short, long or holds a label above 9
 */
export async function openCifar10(folder: string, layout: Cifar10Layout = official): Promise<Dataset> {
  const labels = await readLabels(join(folder, labelFile));
  const files = [...trainFiles, testFile];
  const table = allocateTable(files.length * layout.recordsPerFile, side, side);
  const hash = createHash('sha256');
  for (const [position, file] of files.entries()) {
    const path = join(folder, file);
    const records = await readFile(path);
    checkRecords(records, path, layout.recordsPerFile);
    hash.update(records);
    unpack(records, table, position * layout.recordsPerFile);
  }

  const trainCount = trainFiles.length * layout.recordsPerFile;
  const { kept, held } = holdOut(table.labels.subarray(0, trainCount), layout.validation);
  return {
    name: 'cifar10',
    labels,
    height: side,
    width: side,
    digest: hash.digest('hex'),
    split: splitTable(table, {
      train: kept,
      validation: held,
      'train+validation': rowRange(0, trainCount),
      test: rowRange(trainCount, table.labels.length),
    }),
  };
}

async function readLabels(path: string): Promise<string[]> {
  const labels = (await readFile(path, 'utf8')).split(/\r?\n/).filter((line) => line !== '');
  if (labels.length !== classes) {
    throw corrupt(path, `${classes} names, one a line`, `${labels.length} names`);
  }
  return labels;
}

function checkRecords(records: Uint8Array, path: string, count: number): void {
  const size = count * recordBytes;
  if (records.length !== size) {
    const whole = Math.min(count, Math.floor(records.length / recordBytes));
    throw corrupt(
      path,
      `${size} bytes: ${count} records of ${recordBytes}`,
      records.length < size
        ? `${records.length} bytes: record ${whole} at offset ${whole * recordBytes} is cut or missing`
        : `${records.length} bytes: ${records.length - size} too many from offset ${size} on`,
    );
  }
  for (let offset = 0; offset < size; offset += recordBytes) {
    const label = records[offset]!;
    if (label >= classes) {
      throw corrupt(
        path,
        `labels from 0 to ${classes - 1}`,
        `${size} bytes: label ${label} at offset ${offset}`,
      );
    }
  }
}

function corrupt(path: string, expected: string, received: string): KilnError {
  return new KilnError('DATASET_CORRUPT', {
    message: `The file ${basename(path)} of CIFAR-10 is damaged.`,
    expected: `${expected}; remove ${dirname(path)} to fetch the dataset again`,
    received,
  });
}

/** Planes R, G, B of each record → interleaved rows of the table, from `firstRow` on. */
function unpack(records: Uint8Array, table: ExampleTable, firstRow: number): void {
  const { images, labels } = table;
  let row = firstRow;
  let to = firstRow * 3 * plane;
  for (let offset = 0; offset < records.length; offset += recordBytes) {
    labels[row++] = records[offset]!;
    const end = offset + 1 + plane;
    for (let red = offset + 1; red < end; red++) {
      images[to] = records[red]!;
      images[to + 1] = records[red + plane]!;
      images[to + 2] = records[red + 2 * plane]!;
      to += 3;
    }
  }
}

/** Takes `count` rows, the same number of each class, in a seeded random order; both lists come back sorted. */
function holdOut(labels: Int32Array, count: number): { kept: Uint32Array; held: Uint32Array } {
  const quota = count / classes;
  const missing = new Int32Array(classes).fill(quota);
  const isHeld = new Uint8Array(labels.length);
  for (const row of permutation(validationSeed, 0, labels.length)) {
    const label = labels[row]!;
    if (missing[label]! > 0) {
      missing[label]!--;
      isHeld[row] = 1;
    }
  }
  const scarce = missing.findIndex((open) => open > 0);
  if (scarce >= 0) {
    throw new KilnError('DATASET_CORRUPT', {
      message: 'The training files of CIFAR-10 do not hold enough pictures of every class.',
      expected: `at least ${quota} pictures of each class for the validation split`,
      received: `${quota - missing[scarce]!} pictures with label ${scarce}`,
    });
  }
  const rows = rowRange(0, labels.length);
  return { kept: rows.filter((row) => isHeld[row] === 0), held: rows.filter((row) => isHeld[row] === 1) };
}
