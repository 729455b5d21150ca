import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { KilnClient } from '../../../clients/http/client.js';
import { openShapes } from '../../../data/shapes.js';
import { tinyModel } from '../../fixtures/model.js';
import { temporaryFolder } from '../../fixtures/temporary-folder.js';
import { png } from '../../serve/pictures.js';
import { openApp } from '../../serve/serving.js';
import { splitOpenerOf } from '../../serve/split-opener.js';
import { browserTest, openPage } from '../chromium.js';

/** What the page does; its client is the page's. */
async function visit(bytes: readonly number[]) {
  const client = new KilnClient(location.href, { fetch: globalThis.fetch });
  const file = new File([Uint8Array.from(bytes)], 'noise.png');
  const { results } = await client.classify([file, { name: 'stream', data: file.stream() }]);
  const { digest } = await client.modelFile();
  const { id } = await client.evaluations.start({ dataset: 'shapes', split: 'test', limit: 50 });
  let status = '';
  for await (const evaluation of client.evaluations.watch(id)) status = evaluation.status;
  const refused = await client
    .model({ model: 'other' })
    .catch((error) => [error.code, error.requestId !== '']);
  return { results, digest, status, refused };
}

browserTest('in a page the answers are the same', async (t) => {
  const folder = await temporaryFolder(t);
  const shapes = await openShapes({ train: 10, validation: 10, test: 100 });
  const source = tinyModel({ name: 'shapes', labels: shapes.labels });
  await build({
    stdin: {
      contents: `import { KilnClient } from './client.js'; globalThis.KilnClient = KilnClient; ${visit} globalThis.visit = visit;`,
      resolveDir: fileURLToPath(new URL('../../../clients/http', import.meta.url)),
    },
    bundle: true,
    format: 'esm',
    outfile: join(folder, 'script.js'),
  });
  const html =
    '<!doctype html><link rel="icon" href="data:,"><script type="module" src="script.js"></script>';
  await writeFile(join(folder, 'index.html'), html);
  const { page, close } = await openPage();
  t.after(close); // before the service, which would wait for its connections
  const app = await openApp(t, { source, pageFolder: folder, openSplit: splitOpenerOf(shapes) });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const bytes = await png(1);
  const client = new KilnClient(address);
  const [expected] = (await client.classify(bytes)).results;

  await page.goto(address);
  const found: Awaited<ReturnType<typeof visit>> = await page.evaluate(
    `visit(${JSON.stringify([...bytes])})`,
  );
  assert.ok(expected !== undefined && 'predictions' in expected);
  for (const result of found.results) {
    assert.deepEqual('predictions' in result && result.predictions, expected.predictions);
  }
  assert.deepEqual(
    found.results.map(({ name }) => name),
    ['noise.png', 'stream'],
  );
  assert.equal(found.digest, (await client.model()).digest);
  assert.equal(found.status, 'done');
  assert.deepEqual(found.refused, ['MODEL_NOT_SERVED', true]);
});
