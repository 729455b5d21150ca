import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { peers } from '../../bench/peers/serve/peers.js';
import { benchServe } from '../../bench/serve/bench.js';
import { multipartEndpoint, pngEndpoint } from '../../bench/serve/endpoints.js';
import { benchPictures } from '../../bench/serve/pictures.js';
import { formatServeBench } from '../../bench/serve/report.js';
import { expectedLabels, verify } from '../../bench/serve/verify.js';
import { tinyModel } from '../fixtures/model.js';
import { startApp } from '../serve/serving.js';

/** Without CIFAR-10. */
const folder = await mkdtemp(join(tmpdir(), 'kiln-'));
after(() => rm(folder, { recursive: true }));
const pictures = await benchPictures(folder);

test('kiln bench serve measures the service beside the bare model', async () => {
  const model = join(folder, 'tiny.onnx');
  await writeFile(model, tinyModel());
  const options = {
    model,
    device: 'cpu',
    dataDir: folder,
    generator: 'autocannon',
    connections: [2],
    rounds: 1,
    seconds: 0.2,
    requests: 10,
    reloads: 2,
  } as const;
  const result = await benchServe(options, ['v2', 'png']);
  assert.deepEqual(Object.keys(result.sections), ['png', 'v2']); // in their own order
  const { png, v2 } = result.sections;
  assert.ok(png !== undefined && v2 !== undefined);
  assert.equal(png.bare.imagesPerSecond, Math.max(...png.bare.tried.map((form) => form.imagesPerSecond)));
  assert.equal(v2.pictures, 32);
  for (const { imagesPerSecond, shareOfBare } of [...png.loads, ...v2.loads])
    assert.ok(imagesPerSecond * shareOfBare > 0);
  assert.match(formatServeBench(result), /one PNG, 2 at once[^\n]+% of \d+\/s bare/);
});

test('control: a service that answers with another label is not measured', async (t) => {
  const { app, close } = await startApp();
  t.after(close);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const expected = await expectedLabels(tinyModel(), pictures);
  await verify(url, multipartEndpoint(pictures), expected);
  const others = expected.map((label, index) => (index === 5 ? (label + 1) % 10 : label));
  await assert.rejects(verify(url, pngEndpoint(pictures), others), /picture 5 label \d, not \d/);
});

test("every request of a peer holds the picture's bytes, whatever its form", () => {
  const [png] = pictures.pngs;
  assert.ok(png !== undefined);
  const read: Readonly<Record<string, (body: Buffer) => Buffer>> = {
    FastAPI: (body) => body,
    LitServe: (body) => body,
    BentoML: (body) => Buffer.from(JSON.parse(body.toString()).pictures[0], 'base64'),
    pytriton: (body) => {
      const { inputs } = JSON.parse(body.toString('utf8', 0, 256));
      assert.equal(inputs[0].parameters.binary_data_size, body.length - 256);
      assert.equal(body.readUInt32LE(256), body.length - 260);
      return body.subarray(260);
    },
  };
  for (const peer of peers) {
    assert.deepEqual(read[peer.name]?.(peer.pictures(pictures).requests.bodies[0]!), png, peer.name);
  }
});
