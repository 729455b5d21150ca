import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { browserFiles } from '../../cli/browser-files.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { kiln } from './kiln.js';

test('kiln browser writes the library with the runtime that it asks for', async (t) => {
  const folder = join(await temporaryFolder(t), 'kiln');
  const { code, stdout } = await kiln(['browser', folder, '--no-webgpu']);
  assert.equal(code, 0);
  const written = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  const files = await browserFiles(['wasm']);
  assert.deepEqual(written.sort(), [...files.keys()].sort());
  for (const [name, path] of files) {
    assert.ok((await readFile(join(folder, name))).equals(await readFile(path)), name);
    assert.ok(stdout.includes(`${join(folder, name)}: `), name);
  }
  const worker = await readFile(join(folder, 'classifier-worker.js'), 'utf8');
  const asked = (text: string) =>
    Array.from(text.matchAll(/new URL\("([^"]+)", import/g), ([, path]) => join(path!));
  const all = [...(await browserFiles()).keys()];
  assert.deepEqual(asked(worker).sort(), all.filter((name) => name.includes('/')).sort());
});
