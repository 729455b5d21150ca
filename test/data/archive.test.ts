import assert from 'node:assert/strict';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Archive, ArchivedPicture } from '../../data/archive/archive.js';
import { type ArchiveLimits, defaultArchiveLimits } from '../../data/archive/limits.js';
import { openArchive } from '../../data/archive/open.js';
import { type TarEntry, tarGzOf, tarOf, zipOf } from '../fixtures/archives.js';
import { tinyBatch } from '../fixtures/cifar10.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const labels = ['cat', 'dog', 'Öl'];
const never = new AbortController().signal;

/** Opens the bytes as an archive of a model with these labels. */
async function opened(
  t: TestContext,
  bytes: Uint8Array,
  { of = labels, limits = {} }: { of?: readonly string[]; limits?: Partial<ArchiveLimits> } = {},
): Promise<Archive> {
  const path = join(await temporaryFolder(t), 'upload');
  await writeFile(path, bytes);
  const file = await open(path);
  t.after(() => file.close());
  return openArchive(file, of, { ...defaultArchiveLimits, ...limits }, never);
}

async function all(archive: Archive): Promise<ArchivedPicture[]> {
  const pictures: ArchivedPicture[] = [];
  for await (const picture of archive.pictures()) pictures.push(picture);
  return pictures;
}

/** Name, label and content of each picture. */
async function told(archive: Archive) {
  return (await all(archive)).map(({ name, label, content }) => {
    return [name, label, content.kind === 'file' ? Buffer.from(content.bytes).toString() : content.kind];
  });
}

const files = {
  'cat/1.png': 'first',
  'dog/deep/er/2.png': 'second',
  'Öl/3': 'third',
  'cat/.DS_Store': 'hidden',
  '__MACOSX/cat/1.png': 'hidden',
  'README.txt': 'beside',
};
const expected = [
  ['cat/1.png', 0, 'first'],
  ['dog/deep/er/2.png', 1, 'second'],
  ['Öl/3', 2, 'third'],
];

const zipFiles = (inside = '', method = 8) =>
  zipOf(
    Object.entries(files).map(([name, text]) => ({
      name: inside + name,
      content: Buffer.from(text),
      method,
    })),
  );
const tarFiles = (inside = '') =>
  Object.entries(files).map(
    ([name, text]): TarEntry => ({ path: inside + name, content: Buffer.from(text) }),
  );

const sameFiles = {
  zip: zipFiles(),
  'stored zip': zipFiles('', 0),
  tar: tarOf([{ path: 'cat/', type: 'Directory' }, ...tarFiles()]),
  'tar.gz': tarGzOf(tarFiles()),
};

for (const [kind, bytes] of Object.entries(sameFiles)) {
  test(`a ${kind} of class folders gives its pictures in order, and passes over the rest`, async (t) => {
    const archive = await opened(t, bytes);
    assert.equal(archive.format, kind.replace('stored ', ''));
    assert.equal(archive.count, 3);
    assert.equal(archive.passedOver, 3);
    assert.deepEqual(await told(archive), expected);
    assert.deepEqual(await told(archive), expected, 'it can be read again');
  });
}

test('all of it may lie in one more folder, and names may begin with ./', async (t) => {
  const inside = expected.map(([name, ...rest]) => [`photos/${name}`, ...rest]);
  assert.deepEqual(await told(await opened(t, zipFiles('photos/'))), inside);
  assert.deepEqual(await told(await opened(t, tarGzOf(tarFiles('photos/')))), inside);
  assert.equal((await opened(t, tarOf(tarFiles('./')))).count, 3);
});

test('some of the labels are enough; a folder that is no label is refused with what was expected', async (t) => {
  const picture = (name: string) => zipOf([{ name, content: Buffer.from('x') }]);
  assert.equal((await opened(t, picture('dog/1'))).count, 1);
  for (const name of ['Cat/1.png', 'photos/Cat/1.png']) {
    await assert.rejects(opened(t, picture(name)), {
      code: 'DATASET_MISMATCH',
      expected: /cat, dog, Öl$/,
      received: '"Cat"',
    });
  }
  await assert.rejects(opened(t, picture('1.png')), {
    code: 'ARCHIVE_INVALID',
    received: /none in a folder/,
  });
  // Decomposed, as macOS writes it.
  assert.equal((await opened(t, picture('Öl/1'.normalize('NFD')))).count, 1);
});

test('CIFAR records: known by their size, labels by their bytes', async (t) => {
  const ten = Array.from({ length: 10 }, (_, index) => `class ${index}`);
  const records = tinyBatch(0, 130);
  const archive = await opened(t, records, { of: ten });
  assert.equal(archive.format, 'cifar-10');
  assert.equal(archive.count, 130);
  const pictures = await all(archive);
  assert.deepEqual(
    pictures.map(({ label }) => label),
    Array.from({ length: 130 }, (_, index) => index % 10),
  );
  const [, , third] = pictures;
  assert.ok(third?.content.kind === 'pixels');
  const { data } = third.content.pixels;
  const at = (plane: number, pixel: number) => records[2 * 3073 + 1 + plane * 1024 + pixel];
  assert.deepEqual([...data.subarray(4 * 77, 4 * 78)], [at(0, 77), at(1, 77), at(2, 77), 255]);

  await assert.rejects(opened(t, records), { code: 'DATASET_MISMATCH', received: /^cifar-10 records/ });
  const wrong = records.slice();
  wrong[129 * 3073] = 10;
  await assert.rejects(opened(t, wrong, { of: ten }), {
    code: 'ARCHIVE_INVALID',
    received: '10 in record 129',
  });
});

test('CIFAR-100 records go by the coarse or the fine label, as many as the model has', async (t) => {
  const records = new Uint8Array(3 * 3074);
  for (const [index, [coarse, fine]] of [
    [19, 99],
    [0, 5],
    [7, 0],
  ].entries()) {
    records.set([coarse!, fine!], index * 3074);
  }
  for (const [classes, expected] of [
    [20, [19, 0, 7]],
    [100, [99, 5, 0]],
  ] as const) {
    const of = Array.from({ length: classes }, (_, index) => `${index}`);
    const archive = await opened(t, records, { of });
    assert.equal(archive.format, 'cifar-100');
    assert.deepEqual(
      (await all(archive)).map(({ label }) => label),
      expected,
    );
  }
});

const one = { name: 'cat/1', content: Buffer.from('x') };
const flat = Buffer.alloc(3 * 2 ** 20);

const refused: Readonly<Record<string, [Buffer, Partial<ArchiveLimits>?]>> = {
  'a zip name that leads upwards': [zipOf([{ ...one, name: 'cat/../../evil' }])],
  'an absolute zip name': [zipOf([{ ...one, name: '/etc/cat/1' }])],
  'a drive letter': [zipOf([{ ...one, name: 'C:/cat/1' }])],
  'a tar name that leads upwards': [tarOf([{ path: 'cat/../../evil', content: flat.subarray(0, 5) }])],
  'an absolute tar name': [tarOf([{ path: '/cat/1', content: flat.subarray(0, 5) }])],
  'a zip bomb': [zipOf([{ ...one, content: flat }])],
  'a bomb of entries that share their bytes': [
    zipOf([
      { ...one, content: flat.subarray(0, 2 ** 20) },
      ...Array.from({ length: 99 }, () => ({ ...one, content: flat.subarray(0, 2 ** 20), sharing: 0 })),
    ]),
  ],
  'a gzip bomb': [gzipSync(tarOf([{ path: 'cat/1', content: flat }]))],
  'a large entry': [zipOf([{ ...one, content: Buffer.alloc(11, 'x') }]), { entryBytes: 10 }],
  'a large tar entry': [tarOf([{ path: 'cat/1', content: flat.subarray(0, 11) }]), { entryBytes: 10 }],
  'much together': [zipOf([one, { ...one, content: Buffer.alloc(100) }]), { unpackedBytes: 100 }],
  'much together in a tar.gz': [
    tarGzOf([{ path: 'cat/1', content: flat.subarray(0, 5000) }]),
    { unpackedBytes: 4096 },
  ],
  'many entries': [zipOf([one, one, one]), { entries: 2 }],
  'many tar entries': [tarOf([{ path: 'cat/1' }, { path: 'cat/2' }, { path: 'cat/3' }]), { entries: 2 }],
  'deep folders': [zipOf([{ ...one, name: 'cat/a/b/c/1' }]), { depth: 3 }],
  'a long name': [zipOf([{ ...one, name: `cat/${'ö'.repeat(60)}` }]), { nameBytes: 100 }],
  'an encrypted entry': [zipOf([{ ...one, flags: 1 }])],
  'a method that is neither': [zipOf([{ ...one, method: 12 }])],
  'an entry count that lies': [zipOf([one, one], 60_000)],
  'a zip without an entry': [zipOf([])],
  'half a zip': [zipFiles().subarray(0, 100)],
  'half a tar': [tarOf(tarFiles()).subarray(0, 700)],
  'half a tar.gz': [sameFiles['tar.gz'].subarray(0, 100)],
  'gzip of something else': [gzipSync(Buffer.from('no tar '.repeat(200)))],
  nothing: [Buffer.alloc(0)],
  'a picture': [Buffer.from('\x89PNG\r\n\x1a\n and so on', 'latin1')],
};

for (const [what, [bytes, limits]] of Object.entries(refused)) {
  test(`refused before a picture is read: ${what}`, async (t) => {
    await assert.rejects(opened(t, bytes, { ...(limits && { limits }) }), { code: 'ARCHIVE_INVALID' });
  });
}

test('control: within its limits each of them opens', async (t) => {
  const generous = { ratio: 5000, entryBytes: 2 ** 23 };
  for (const what of [
    'a zip bomb',
    'a gzip bomb',
    'a large entry',
    'many entries',
    'deep folders',
    'a long name',
  ]) {
    assert.ok((await opened(t, refused[what]![0], { limits: generous })).count > 0, what);
  }
});

test('a zip64 end record that promises more entries than there are is refused', async (t) => {
  const bytes = zipOf([one], 0xffff);
  const end = bytes.length - 22;
  const record = Buffer.alloc(56);
  record.write('PK\x06\x06', 'latin1');
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(2n ** 40n, 24);
  record.writeBigUInt64LE(2n ** 40n, 32);
  record.writeBigUInt64LE(BigInt(bytes.readUInt32LE(end + 16)), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(end), 8);
  locator.writeUInt32LE(1, 16);
  const lying = Buffer.concat([bytes.subarray(0, end), record, locator, bytes.subarray(end)]);
  await assert.rejects(opened(t, lying), { code: 'ARCHIVE_INVALID', received: '1099511627776' });
});

test('links and devices are passed over', async (t) => {
  const tar = tarOf([
    { path: 'cat/link', type: 'SymbolicLink', linkpath: '/etc/passwd' },
    { path: 'cat/device', type: 'CharacterDevice' },
    { path: 'cat/1', content: Buffer.from('x') },
  ]);
  const zip = zipOf([{ ...one, name: 'cat/link', content: Buffer.from('/etc/passwd'), mode: 0o120777 }, one]);
  for (const [bytes, links] of [
    [tar, 2],
    [zip, 1],
  ] as const) {
    const archive = await opened(t, bytes);
    assert.deepEqual([archive.count, archive.passedOver], [1, links]);
    assert.deepEqual(await told(archive), [['cat/1', 0, 'x']]);
  }
});

test('a zip entry that is not what it says is damaged, and its neighbours are whole', async (t) => {
  const good = { ...one, name: 'dog/good' };
  const damages = [
    { crc: 1 },
    { unpackedSize: 5 },
    { packed: Buffer.from('not deflated at all') },
    { method: 0, unpackedSize: 2, packed: Buffer.from('xy') },
  ];
  for (const damage of damages) {
    const pictures = await told(await opened(t, zipOf([{ ...one, ...damage }, good])));
    assert.deepEqual(
      pictures,
      [
        ['cat/1', 0, 'damaged'],
        ['dog/good', 1, 'x'],
      ],
      JSON.stringify(damage),
    );
  }
});

test('an abort ends the reading', async (t) => {
  const path = join(await temporaryFolder(t), 'upload');
  for (const bytes of Object.values(sameFiles)) {
    await writeFile(path, bytes);
    const file = await open(path);
    const reason = new Error('enough');
    const opening = openArchive(file, labels, defaultArchiveLimits, AbortSignal.abort(reason));
    await assert.rejects(opening, reason);
    await file.close();
  }
});
