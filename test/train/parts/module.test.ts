import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { KilnError } from '../../../errors/errors.js';
import { Graph } from '../../../onnx/graph.js';
import { relu } from '../../../onnx/operators/index.js';
import { importModule } from '../../../train/parts/module.js';
import { moduleFolder } from '../../fixtures/part-modules.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

test('onnx-kiln, and sources of the checkout, mean the running kiln', async (t) => {
  const folder = await moduleFolder(t, {
    'mine.ts': `
      import * as kiln from 'onnx-kiln';
      import { Graph } from '${join(root, 'onnx', 'graph.js')}';
      import { relu } from '${join(root, 'onnx', 'operators', 'index.ts')}';
      export { Graph, relu };
      export const { Graph: sameGraph, KilnError } = kiln;
    `,
  });
  const exports = await importModule(join(folder, 'mine.ts'));
  assert.equal(exports.Graph, Graph);
  assert.equal(exports.sameGraph, Graph);
  assert.equal(exports.relu, relu);
  assert.equal(exports.KilnError, KilnError);
});

test('TypeScript and JavaScript import each other, packages and data', async (t) => {
  const folder = await moduleFolder(t, {
    'mine.mts': `
      import { basename } from 'node:path';
      import common from 'common';
      import { modern } from 'modern';
      import { half } from './lib/half.js';
      import numbers from './numbers.json';
      import { Kind } from './lib/kind';
      export const found: readonly unknown[] = [basename('a/b'), common.answer, modern, half(6), numbers, Kind.Two];
    `,
    'lib/half.ts': `export function half(x: number): number { return x / 2; }`,
    'lib/kind.ts': `export enum Kind { One = 1, Two }`,
    'numbers.json': '[1, 2]',
    'node_modules/common/package.json': '{ "name": "common", "main": "main.js" }',
    'node_modules/common/main.js': 'module.exports = { answer: 42 };',
    'node_modules/modern/package.json': '{ "name": "modern", "type": "module", "exports": "./m.js" }',
    'node_modules/modern/m.js': `export const modern = import.meta.url.endsWith('/modern/m.js');`,
  });
  const { found } = await importModule(join(folder, 'mine.mts'));
  assert.deepEqual(found, ['b', 42, true, 3, [1, 2], 2]);
});

test('import.meta is that of each file', async (t) => {
  const folder = await moduleFolder(t, {
    'mine.js': `export { inner } from './lib/inner.js'; 
      export const [url, dirname, filename] = [import.meta.url, import.meta.dirname, import.meta.filename];`,
    'lib/inner.js': `export const inner = import.meta.url; // not "import.meta.url" in a text`,
  });
  assert.deepEqual(
    { ...(await importModule(join(folder, 'mine.js'))) },
    {
      url: pathToFileURL(join(folder, 'mine.js')).href,
      dirname: folder,
      filename: join(folder, 'mine.js'),
      inner: pathToFileURL(join(folder, 'lib', 'inner.js')).href,
    },
  );
});

test('an unchanged module is one module, a changed one another', async (t) => {
  const folder = await moduleFolder(t, { 'mine.ts': 'export const part = {};' });
  const path = join(folder, 'mine.ts');
  const { part } = await importModule(path);
  assert.equal((await importModule(path)).part, part);
  await writeFile(path, 'export const part = { changed: true };');
  assert.deepEqual((await importModule(path)).part, { changed: true });
});

test('nothing is left in the folder for temporary files', async (t) => {
  const folder = await moduleFolder(t, { 'good.ts': 'export const a = 1;', 'bad.ts': 'export const' });
  const temporary = await temporaryFolder(t);
  const { TMPDIR } = process.env;
  process.env.TMPDIR = temporary;
  t.after(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  });
  await importModule(join(folder, 'good.ts'));
  await assert.rejects(importModule(join(folder, 'bad.ts')));
  assert.deepEqual(await readdir(temporary), []);
});
