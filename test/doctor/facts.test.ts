import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { libraryFacts, parseLoaderCache } from '../../doctor/libraries.js';
import { featuresIn, gpuFacts, nodeFacts, output, parseGpus } from '../../doctor/machine.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

test('the oldest Node is the one that package.json names', async () => {
  const manifest = await readFile(fileURLToPath(new URL('../../../package.json', import.meta.url)), 'utf8');
  assert.equal(nodeFacts().required, JSON.parse(manifest).engines.node);
  const supported = (version: string) => nodeFacts(version).supported;
  assert.deepEqual(['18.20.0', '20.18.3', '20.19.0', '24.0.0'].map(supported), [false, false, true, true]);
});

test('instructions are read from the flags of Linux and macOS', () => {
  assert.deepEqual(featuresIn('fpu sse4_2 avx2 fma avx512f avx512_vnni'), [
    'SSE4.2',
    'AVX2',
    'FMA',
    'AVX-512',
    'AVX-512 VNNI',
  ]);
  assert.deepEqual(featuresIn('fp asimd asimddp'), ['NEON', 'NEON dot product']);
  assert.deepEqual(featuresIn('SSE4.2 AVX1.0 AVX2'), ['SSE4.2', 'AVX', 'AVX2']);
  assert.deepEqual(featuresIn('avx512'), [], 'a part of a flag is none');
});

test("nvidia-smi's lines become GPUs", async () => {
  assert.deepEqual(parseGpus('NVIDIA H200, 143771, 580.159.03\nTesla T4, 15360, 535.1\n'), [
    { name: 'NVIDIA H200', memoryMiB: 143_771, driver: '580.159.03' },
    { name: 'Tesla T4', memoryMiB: 15_360, driver: '535.1' },
  ]);
  assert.deepEqual(parseGpus('No devices were found'), []);
  assert.ok(Array.isArray(await gpuFacts()));
  assert.equal(await output('kiln-no-such-program', []), '');
});

test("the loader's cache is read: the first 64-bit library of a name", () => {
  const cache = `3 libs found in cache
\tlibcudart.so.13 (libc6,x86-64) => /usr/lib/x86_64-linux-gnu/libcudart.so.13
\tlibcudart.so.13 (libc6,x86-64) => /opt/libcudart.so.13
\tlibcudnn.so.9 (libc6) => /usr/lib32/libcudnn.so.9`;
  assert.deepEqual(
    [...parseLoaderCache(cache)],
    [['libcudart.so.13', '/usr/lib/x86_64-linux-gnu/libcudart.so.13']],
  );
});

test('a library is found with its version, lies out of reach, or is missing', async (t) => {
  if (`${process.platform}-${process.arch}` !== 'linux-x64') return t.skip('CUDA is for Linux x64');
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'lib'));
  await writeFile(join(folder, 'lib', 'libcudart.so.13.0.96'), '');
  const path = join(folder, 'lib', 'libcudart.so.13');
  await symlink('libcudart.so.13.0.96', path);
  const libraries = await libraryFacts({
    found: new Map([['libcudart.so.13', path]]),
    unreachable: new Map([['libcudnn.so.9', '/usr/local/cuda/lib64/libcudnn.so.9']]),
  });
  const facts = (name: string) => libraries.find((library) => library.name === name);
  const neededBy = 'onnx cuda';
  assert.deepEqual(facts('libcudart.so.13'), {
    ...{ name: 'libcudart.so.13', part: 'CUDA 13', neededBy },
    ...{ status: 'found', path, version: '13.0.96' },
  });
  assert.equal(facts('libcudnn.so.9')?.status, 'unreachable');
  assert.deepEqual(facts('libcublas.so.13'), {
    ...{ name: 'libcublas.so.13', part: 'CUDA 13', neededBy },
    status: 'missing',
  });
});
