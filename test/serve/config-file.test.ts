import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readConfigFile } from '../../serve/settings/config-file.js';
import { resolveSettings } from '../../serve/settings/resolve.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const example = fileURLToPath(new URL('../../../examples/serve.config.ts', import.meta.url));

test('the example, in TypeScript, is one', async () => {
  const file = await readConfigFile(example);
  const { settings } = resolveSettings({ flags: {}, environment: {}, file });
  assert.equal(settings.limits.files, 8);
  assert.match(settings.models, /^\/.*models.cifar10-deepcnn\.onnx$/);
});

test('JSON and JavaScript', async (t) => {
  const folder = await temporaryFolder(t);
  const texts = { 'a.json': '{"port":9}', 'b.mjs': 'export default { port: 3 * 3 };' };
  for (const [name, text] of Object.entries(texts)) {
    await writeFile(join(folder, name), text);
    assert.deepEqual((await readConfigFile(join(folder, name))).values, { port: 9 });
  }
});

const refused: Readonly<Record<string, { text: string; expected: RegExp; received: RegExp }>> = {
  'a.json': { text: '{"maxBtach":1}', expected: /did you mean maxBatch\?/, received: /^maxBtach in / },
  'b.json': {
    text: '{"maxPixels":1}',
    expected: /did you mean limits\.maxPixels\?/,
    received: /^maxPixels in /,
  },
  'c.json': {
    text: '{"limits":{"pixels":1}}',
    expected: /did you mean limits\.\w+\?/,
    received: /^limits\.pixels in /,
  },
  'i.json': { text: '{"limits":8}', expected: /^limits in .* to be an object$/, received: /^8$/ },
  'd.json': { text: '{"port":', expected: /^JSON in /, received: /JSON/ },
  'e.json': { text: '[]', expected: /to hold an object$/, received: /^\[\]$/ },
  'f.mjs': { text: 'export const port = 1;', expected: /to hold an object$/, received: /^undefined$/ },
  'g.ts': { text: 'export default {', expected: /a module that can be loaded/, received: /g\.ts:1:/ },
  'h.yaml': { text: 'port: 1', expected: /ending in \.json, \.ts/, received: /h\.yaml$/ },
};

for (const [name, { text, expected, received }] of Object.entries(refused)) {
  test(`a file ${text} (${name}) is refused`, async (t) => {
    const path = join(await temporaryFolder(t), name);
    await writeFile(path, text);
    await assert.rejects(readConfigFile(path), { code: 'CONFIG_INVALID', expected, received });
  });
}

test('a file that is not there', async (t) => {
  const path = join(await temporaryFolder(t), 'none.json');
  await assert.rejects(readConfigFile(path), { code: 'FILE_NOT_FOUND', received: /ENOENT/ });
});
