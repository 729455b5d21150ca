import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { splitNames } from '../../../data/dataset.js';
import { datasetNames } from '../../../data/registry.js';
import { tarGzOf, tarOf, zipOf } from '../../fixtures/archives.js';
import { png as handMadePng } from '../../fixtures/png.js';
import { noise } from '../../serve/pictures.js';
import { form } from '../../serve/serving.js';
import { binaryBody, inDocument } from '../../serve/v2/protocol.js';
import type { Sent } from './client.js';
import { damaged } from './mutations.js';
import { type PictureFile, pictureFiles } from './picture-files.js';
import { asPicture } from './questions.js';

/** What is sent, how often, and the statuses that it may come to. */
interface MutatedInput {
  readonly count: number;
  readonly requests: fc.Arbitrary<Sent>;
  readonly statuses: readonly number[];
}

/** What most of it is made from. */
export const files: readonly PictureFile[] = await pictureFiles();

const sizes = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;

/** PNGs with the right checksums whose header, filters and rows need not be true, nor fit each other. */
const madeUp = fc
  .record({
    width: fc.oneof(
      { weight: 9, arbitrary: fc.nat({ max: 40 }) },
      fc.constantFrom(7_000, 0x7fffffff, 0xffffffff),
    ),
    height: fc.oneof(
      { weight: 9, arbitrary: fc.nat({ max: 40 }) },
      fc.constantFrom(7_000, 0x7fffffff, 0xffffffff),
    ),
    depth: fc.oneof({ weight: 4, arbitrary: fc.constant(8) }, fc.constantFrom(0, 1, 2, 3, 4, 16, 255)),
    colourType: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(0, 2, 4, 6) }, fc.nat({ max: 7 })),
    interlace: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat({ max: 2 })),
    pattern: fc.uint8Array({ minLength: 1, maxLength: 64 }),
    highestFilter: fc.constantFrom(0, 4, 4, 5),
    surplus: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: -2, max: 2 })),
  })
  .map(({ pattern, highestFilter, surplus, ...header }) => {
    const channels = sizes[header.colourType as keyof typeof sizes] ?? 1;
    const rowBytes = 1 + Math.ceil((Math.min(header.width, 40) * channels * header.depth) / 8);
    const length = Math.max(0, Math.min(header.height, 40) * rowBytes + surplus);
    const rows = Uint8Array.from({ length }, (_, index) => {
      const value = pattern[index % pattern.length]!;
      return index % rowBytes === 0 ? value % (highestFilter + 1) : value;
    });
    return asPicture(handMadePng({ ...header, rows }), 'image/png');
  });

const wholeForm = await form({ 'a.png': files[0]!.bytes, 'b.webp': files.at(-1)!.bytes });

/** A request for an evaluation of which each part is as likely well described as not. */
const evaluation = fc.record(
  {
    dataset: fc.oneof(
      fc.constantFrom(...datasetNames),
      fc.oneof(fc.constantFrom('__proto__', 'constructor', '../shapes', ''), fc.string(), fc.jsonValue()),
    ),
    split: fc.oneof(fc.constantFrom(...splitNames), fc.jsonValue()),
    limit: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.oneof(fc.integer(), fc.double(), fc.jsonValue())),
  },
  { requiredKeys: [] },
);

/** What may stand in a request line or in a header. */
const anyText = fc.stringMatching(/^[!-~]{0,80}$/);

const asEvaluation = (body: Uint8Array): Sent => ({
  method: 'POST',
  path: '/evaluations',
  headers: { 'content-type': 'application/json' },
  body,
});

const labelled = files.slice(0, 4).map(({ bytes }, index) => ({
  name: `photos/${index % 2 === 0 ? 'cat' : 'dog'}/${index}.png`,
  content: bytes,
}));
const entries = labelled.map(({ name, content }) => ({ path: name, content }));
const archives = [zipOf(labelled), tarOf(entries), tarGzOf(entries)].map((bytes) => ({ bytes }));

/** Requests of the Open Inference Protocol: in JSON, with the tensor behind the document, and compressed. */
const frame = { shape: [1, 32, 32, 3], data: [...noise(1)] };
const document = { bytes: Buffer.from(JSON.stringify(inDocument(frame))) };
const [binary, headerLength] = binaryBody(frame.shape, noise(1));
const asInference = (body: Uint8Array, headers: Readonly<Record<string, string>>): Sent => ({
  method: 'POST',
  path: '/v2/models/cifar10-deepcnn/infer',
  headers,
  body,
});
const inferences = fc.oneof(
  damaged([document]).map(({ bytes }) => asInference(bytes, { 'content-type': 'application/json' })),
  damaged([{ bytes: binary }]).map(({ bytes }) =>
    asInference(bytes, {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': headerLength,
    }),
  ),
  damaged([{ bytes: gzipSync(document.bytes) }]).map(({ bytes }) =>
    asInference(bytes, { 'content-type': 'application/json', 'content-encoding': 'gzip' }),
  ),
);

export const mutatedInputs: Readonly<Record<string, MutatedInput>> = {
  'damaged files': {
    count: 10_000,
    requests: damaged(files).map(({ file, bytes }) => asPicture(bytes, file.type)),
    statuses: [200, 400, 413, 415],
  },
  'PNGs that nobody would write': { count: 2000, requests: madeUp, statuses: [200, 400, 413, 415] },
  'damaged forms': {
    count: 2000,
    requests: damaged([{ bytes: wholeForm.payload }]).map(({ bytes }) =>
      asPicture(bytes, wholeForm.headers['content-type']),
    ),
    statuses: [200, 400, 413, 415],
  },
  'forms with another boundary': {
    count: 500,
    requests: anyText.map((boundary) =>
      asPicture(wholeForm.payload, `multipart/form-data; boundary=${boundary}`),
    ),
    statuses: [200, 400, 413, 415],
  },
  'made-up evaluations': {
    count: 1000,
    requests: evaluation.map((body) => asEvaluation(Buffer.from(JSON.stringify(body)))),
    statuses: [400, 404, 409, 422],
  },
  'damaged JSON': {
    count: 1000,
    requests: damaged([{ bytes: Buffer.from('{"dataset":"cifar10","split":"test","limit":100}') }]).map(
      ({ bytes }) => asEvaluation(bytes),
    ),
    statuses: [400, 404, 409, 422],
  },
  // 202: it can be read after all.
  'damaged archives': {
    count: 300,
    requests: damaged(archives).map(({ bytes }) => ({
      ...asEvaluation(bytes),
      headers: { 'content-type': 'application/octet-stream' },
    })),
    statuses: [202, 400, 409, 413, 415, 422],
  },
  'damaged tensors': { count: 1500, requests: inferences, statuses: [200, 400, 413, 415] },
  'addresses that nobody has': {
    count: 1000,
    requests: fc
      .tuple(
        fc.constantFrom('/', '/evaluations/', '/model?', '/model/', '/model/file?digest=', '/docs/'),
        anyText,
      )
      .map(([path, rest]) => ({ method: 'GET', path: path + rest })),
    statuses: [200, 301, 302, 304, 400, 404, 414],
  },
  'parameters that do not exist': {
    count: 500,
    requests: fc
      .tuple(fc.constantFrom('', 'top=', 'model=', 'version=', 'top=1&'), anyText)
      .map(([name, value]) => ({
        ...asPicture(files[0]!.bytes, 'image/png'),
        path: `/classify?${name}${value}`,
      })),
    statuses: [200, 400, 404],
  },
};
