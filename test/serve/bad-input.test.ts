import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import type { ErrorCode } from '../../errors/errors.js';
import { png as handMadePng } from '../fixtures/png.js';
import { noise, picture, png } from './pictures.js';
import { answerOf, post, postForm, refusalOf, startApp } from './serving.js';

let app: FastifyInstance;
let close: () => Promise<void>;
before(async () => {
  ({ app, close } = await startApp());
});
after(() => close());

/** All probabilities of the one picture. */
async function probabilities(bytes: Uint8Array, type: string): Promise<number[]> {
  const response = await post(app, bytes, { type, top: '10' });
  assert.equal(response.statusCode, 200, response.body);
  const [result] = answerOf(response).results;
  assert.ok(result !== undefined && 'predictions' in result);
  return result.predictions.sort((a, b) => a.index - b.index).map(({ probability }) => probability);
}

/** Asserts that two files are the same picture to the service, and a third is not. */
async function assertSame(
  unusual: { readonly file: Uint8Array; readonly type: string },
  plain: Uint8Array,
  tolerance: number,
): Promise<void> {
  const received = await probabilities(unusual.file, unusual.type);
  const distance = async (file: Uint8Array) => {
    const expected = await probabilities(file, 'image/png');
    return Math.max(...expected.map((value, index) => Math.abs(value - received[index]!)));
  };
  assert.ok((await distance(plain)) <= tolerance, `${await distance(plain)}`);
  assert.ok((await distance(await png(99))) > tolerance, 'the control: another picture is further off');
}

const raw = (data: Uint8Array, channels: 1 | 3 | 4 = 3) =>
  sharp(data, { raw: { width: 32, height: 32, channels } });
const quarter = <T>(values: ArrayLike<T>) => Array.from({ length: 1024 }, (_, index) => values[index]!);

test('16 bits a channel', async () => {
  const rows = Buffer.alloc(32 * (1 + 32 * 6));
  for (const [index, value] of noise(5).entries()) {
    const [row, column] = [Math.floor(index / 96), index % 96];
    rows.writeUInt16BE(value * 257, row * 193 + 1 + column * 2);
  }
  const file = handMadePng({ width: 32, height: 32, depth: 16, colourType: 2, rows });
  await assertSame({ file, type: 'image/png' }, await png(5), 1e-6);
});

test('CMYK', async () => {
  const flat = sharp({ create: { width: 64, height: 64, channels: 3, background: '#777777' } });
  const file = await flat.clone().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
  assert.equal((await sharp(file).metadata()).space, 'cmyk');
  assert.equal((await probabilities(file, 'image/jpeg')).length, 10);
});

test('grey', async () => {
  const grey = Uint8Array.from(quarter(noise(5)));
  const file = await raw(grey, 1).toColourspace('b-w').png().toBuffer();
  assert.equal((await sharp(file).metadata()).channels, 1);
  const same = raw(Uint8Array.from([...grey].flatMap((value) => [value, value, value])));
  await assertSame({ file, type: 'image/png' }, await same.png().toBuffer(), 1e-6);
});

test('alpha goes over white', async () => {
  const colours = noise(5);
  const clear = (pixel: number) => pixel % 2 === 0;
  const rgba = quarter(colours).flatMap((_, pixel) => [
    ...colours.subarray(pixel * 3, pixel * 3 + 3),
    clear(pixel) ? 0 : 255,
  ]);
  const over = colours.map((value, index) => (clear(Math.floor(index / 3)) ? 255 : value));
  const file = await raw(Uint8Array.from(rgba), 4).webp({ lossless: true, exact: true }).toBuffer();
  await assertSame({ file, type: 'image/webp' }, await raw(over).png().toBuffer(), 1e-6);
});

test('of an animation the first picture', async () => {
  const both = sharp(Buffer.concat([noise(5), noise(6)]), {
    raw: { width: 32, height: 64, channels: 3, pageHeight: 32 },
  });
  const file = await both.webp({ lossless: true, delay: [100, 100] }).toBuffer();
  assert.equal((await sharp(file).metadata()).pages, 2);
  await assertSame({ file, type: 'image/webp' }, await png(5), 1e-6);
});

test('EXIF orientation', async () => {
  const upright = await picture(5).png().toBuffer();
  const stored = await sharp(upright).rotate(-90).withMetadata({ orientation: 6 }).png().toBuffer();
  assert.equal((await sharp(stored).metadata()).orientation, 6);
  await assertSame({ file: stored, type: 'image/png' }, upright, 1e-6);
});

interface Refused {
  readonly status: number;
  readonly code: ErrorCode;
  readonly received: RegExp;
  readonly bytes: () => Promise<Uint8Array>;
}

const refusedPictures: Record<string, Refused> = {
  'not an image': {
    status: 415,
    code: 'UNSUPPORTED_IMAGE',
    received: /13 bytes/,
    bytes: async () => Buffer.from('not a picture'),
  },
  '0 bytes': {
    status: 400,
    code: 'IMAGE_UNDECODABLE',
    received: /0 bytes/,
    bytes: async () => new Uint8Array(0),
  },
  'a truncated small PNG': {
    status: 400,
    code: 'IMAGE_UNDECODABLE',
    received: /./,
    bytes: async () => (await png(1)).subarray(0, 1000),
  },
  'a truncated large PNG': {
    status: 400,
    code: 'IMAGE_UNDECODABLE',
    received: /./,
    bytes: async () => (await png(1, 300)).subarray(0, 100_000),
  },
  '30,000×30,000': {
    status: 413,
    code: 'IMAGE_TOO_LARGE',
    received: /30000×30000/,
    bytes: async () =>
      handMadePng({ width: 30_000, height: 30_000, depth: 8, colourType: 2, rows: new Uint8Array(100) }),
  },
  GIF: {
    status: 415,
    code: 'UNSUPPORTED_IMAGE',
    received: /gif/,
    bytes: () => picture(1).gif().toBuffer(),
  },
};

for (const [name, { status, code, received, bytes }] of Object.entries(refusedPictures)) {
  test(`${name} is refused, raw and in a form`, async () => {
    for (const response of [
      await post(app, await bytes()),
      await postForm(app, { 'a.png': await bytes() }),
    ]) {
      assert.equal(response.statusCode, status, response.body);
      const refusal = refusalOf(response);
      assert.equal(refusal.code, code);
      assert.match(refusal.received, received);
      assert.ok(refusal.message.length > 0 && refusal.expected.length > 0);
      assert.equal(refusal.results?.length, 1);
    }
    assert.equal((await post(app, await png(1))).statusCode, 200, 'the next request is served');
  });
}

test('a wrong content type is refused before decoding', async () => {
  for (const type of ['text/plain', 'application/json', 'image/gif', 'nonsense']) {
    const response = await post(app, await png(1), { type });
    assert.equal(response.statusCode, 415, type);
    assert.equal(refusalOf(response).code, 'UNSUPPORTED_MEDIA_TYPE');
    assert.ok(refusalOf(response).received.includes(type));
  }
});

test('a request without a picture', async () => {
  const nothing = await app.inject({ method: 'POST', url: '/classify' });
  const empty = await postForm(app, {});
  for (const response of [nothing, empty]) {
    assert.equal(response.statusCode, 400, response.body);
    assert.equal(refusalOf(response).code, 'IMAGE_MISSING');
  }
});

test('a broken form', async () => {
  const response = await app.inject({
    method: 'POST',
    url: '/classify',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
    payload: '--x\r\ncontent-disposition: form-data; name="a"; filename="a.png"\r\n\r\nhalf a pict',
  });
  assert.equal(response.statusCode, 400, response.body);
  assert.equal(refusalOf(response).code, 'REQUEST_INVALID');
});

test('top out of range, and parameters that do not exist', async () => {
  const refused = [
    ['top=0', 'querystring/top must be >= 1', '0'],
    ['top=11', 'querystring/top must be <= 10', '11'],
    ['top=x', 'querystring/top must be integer', '"x"'],
    ['topp=3', 'querystring must NOT have additional properties', '"topp"'],
  ] as const;
  for (const [query, expected, received] of refused) {
    const response = await app.inject({
      method: 'POST',
      url: `/classify?${query}`,
      headers: { 'content-type': 'image/png' },
      payload: await png(1),
    });
    assert.equal(response.statusCode, 400, query);
    assert.deepEqual(refusalOf(response), {
      code: 'REQUEST_INVALID',
      message: 'The request is not well formed.',
      expected,
      received,
    });
  }
});

test('an address that does not exist', async () => {
  const response = await app.inject({ url: '/classify' });
  assert.equal(response.statusCode, 404);
  assert.deepEqual(refusalOf(response), {
    code: 'ROUTE_NOT_FOUND',
    message: 'There is nothing under this address.',
    expected: 'a route that /docs lists',
    received: 'GET /classify',
  });
});

test('an address that is no URL is refused in the same form', async () => {
  const response = await app.inject('/%zz');
  assert.equal(response.statusCode, 400);
  assert.equal(refusalOf(response).code, 'REQUEST_INVALID');
});
