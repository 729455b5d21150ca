import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { PictureInput } from '../../cli/classify-inputs.js';
import { openLocally } from '../../cli/classify-locally.js';
import type { PictureClassifier } from '../../cli/classify-result.js';
import { openService } from '../../cli/classify-service.js';
import { KilnError } from '../../errors/errors.js';
import { makeApiKey } from '../../serve/access/api-key-file.js';
import { defaultSettings } from '../../serve/settings/defaults.js';
import { tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { png } from '../serve/pictures.js';
import { openApp } from '../serve/serving.js';

const options = { top: 2, apiKey: undefined, model: undefined, version: undefined };

/** Small and large pictures, one that cannot be read, one that is too large for the service, one that is damaged. */
async function inputs(count: number): Promise<PictureInput[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index): Promise<PictureInput> => {
      const bytes = await png(index, index % 5 === 0 ? 150 : 32);
      const read = async () => {
        if (index === 3) throw new KilnError('FILE_NOT_FOUND', { expected: 'a file', received: 'none' });
        return index === 7 ? bytes.subarray(0, 900) : bytes;
      };
      return { name: `${index}.png`, found: false, read };
    }),
  );
}

async function answersOf(classifier: PictureClassifier, pictures: readonly PictureInput[]) {
  const answers: unknown[] = [];
  for await (const { input, ...result } of classifier.classify(pictures)) {
    answers.push([input.name, 'error' in result ? result.error.code : result.predictions]);
  }
  return answers;
}

async function listen(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a service that is busy at times names the same as the file on this machine, in the same order', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'tiny.onnx'), tinyModel());
  const pictures = await inputs(40);
  const local = await openLocally(join(folder, 'tiny.onnx'), { device: 'cpu', top: 2, count: 40 });
  const expected = await answersOf(local, pictures);
  await local.close();
  assert.deepEqual(
    [expected[3], expected[7]],
    [
      ['3.png', 'FILE_NOT_FOUND'],
      ['7.png', 'IMAGE_UNDECODABLE'],
    ],
  );

  const limits = { ...defaultSettings.limits, files: 4 };
  const app = await openApp(t, { limits });
  let requests = 0;
  let busy = 0;
  const address = await listen(t, async (request, response) => {
    const payload = await buffer(request);
    requests += 1;
    if (requests === 3 || requests === 5) {
      busy += 1;
      response.writeHead(503, { 'retry-after': '0' }).end('{}');
      return;
    }
    if (requests === 7) {
      response.writeHead(200, { 'content-length': 100 }).write('{', () => request.socket.destroy());
      return;
    }
    const { statusCode, headers, body } = await app.inject({
      method: request.method === 'POST' ? 'POST' : 'GET',
      url: request.url!.replace('/kiln/', '/'),
      headers: request.headers as Record<string, string>,
      payload,
    });
    response.writeHead(statusCode, headers as Record<string, string>).end(body);
  });
  const service = await openService(`${address}/kiln`, options);
  assert.deepEqual(service.model, { ...local.model, version: '1' });
  assert.deepEqual(await answersOf(service, pictures), expected);
  assert.equal(busy, 2);
  assert.ok(requests >= 1 + 10 + 3, `${requests} requests: forms of four at most, three of them twice`);
});

test('what is in memory at once is bounded, however many pictures there are', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'tiny.onnx'), tinyModel());
  const bytes = await png(1);
  let reads = 0;
  const read = async () => {
    reads += 1;
    return bytes;
  };
  const pictures = Array.from({ length: 2000 }, (_, index) => ({ name: `${index}`, found: false, read }));
  const local = await openLocally(join(folder, 'tiny.onnx'), { device: 'cpu', top: 1, count: 1 });
  const names: string[] = [];
  for await (const { input } of local.classify(pictures)) {
    names.push(input.name);
    // A group that waits for the consumer, those that run, one that is gathered, and what is prepared.
    if (names.length <= 1000) assert.ok(reads - names.length <= 32 * 5, `${reads} at ${names.length}`);
  }
  await local.close();
  assert.deepEqual(
    names,
    pictures.map(({ name }) => name),
  );
});

test('a key is asked for, a picture over the limit is not sent, and what is no service is named so', async (t) => {
  const folder = await temporaryFolder(t);
  const { key, line } = makeApiKey('alice');
  await writeFile(join(folder, 'keys.txt'), `${line}\n`);
  const limits = { ...defaultSettings.limits, fileBytes: 5000 };
  const app = await openApp(t, { apiKeys: join(folder, 'keys.txt'), limits });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  await assert.rejects(openService(address, options), { code: 'API_KEY_MISSING' });
  await assert.rejects(openService(address, { ...options, apiKey: key, model: 'none' }), {
    code: 'MODEL_NOT_SERVED',
  });
  const service = await openService(address, { ...options, apiKey: key, top: 99 });
  const [large, small] = await answersOf(service, await inputs(2));
  assert.deepEqual(large, ['0.png', 'REQUEST_TOO_LARGE']);
  assert.equal((small as [string, unknown[]])[1].length, 10, 'no more labels than there are');

  const page = await listen(t, (_request, response) =>
    response.setHeader('content-type', 'text/html').end('<p>'),
  );
  await assert.rejects(openService(page, options), {
    code: 'SERVICE_UNUSABLE',
    received: 'no JSON but "<p>"',
  });
  const other = await listen(t, (_request, response) => response.end('{"ok":true}'));
  await assert.rejects(openService(other, options), { code: 'SERVICE_UNUSABLE', received: '{"ok":true}' });
  await assert.rejects(openService('http://', options), { code: 'OPTION_INVALID' });
});
