import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { fromJson } from '@bufbuild/protobuf';
import { Ajv, type ValidateFunction } from 'ajv';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { parse } from 'yaml';
import { DataType, ModelConfigSchema } from '../../../third_party/triton/model_config_pb.js';
import { frames } from '../../fixtures/frames.js';
import { startApp } from '../serving.js';
import { binaryBody, inDocument, nested } from './protocol.js';

interface Operation {
  readonly responses: Readonly<
    Record<string, { readonly content?: { readonly 'application/json': { readonly schema: object } } }>
  >;
}
interface Description {
  readonly paths: Readonly<Record<string, { readonly get?: Operation; readonly post?: Operation }>>;
}

/** dist/test/serve/v2 → the protocol's own description. */
const file = new URL(
  '../../../../third_party/open-inference-protocol/open_inference_rest.yaml',
  import.meta.url,
);
const description: Description = parse(await readFile(file, 'utf8'));
const ajv = new Ajv({ strict: false }).addSchema(description, 'protocol');
const schema = (name: string): ValidateFunction =>
  ajv.compile({ $ref: `protocol#/components/schemas/${name}` });
const isError = schema('inference_error_response');

const shape = [2, 32, 32, 3];
const bytes = frames(2);
const inferRequest = {
  id: 'a',
  ...inDocument({ shape, data: nested(bytes, shape) }),
  outputs: [{ name: 'probabilities' }],
};

let app: FastifyInstance;
let close: () => Promise<void>;
before(async () => {
  ({ app, close } = await startApp());
});
after(() => close());

function assertValid(validate: ValidateFunction, value: unknown, what: string): void {
  assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(value)}`);
}

test('the request that is sent below is one of the protocol', () => {
  const validate = schema('inference_request');
  assertValid(validate, inferRequest, 'request');
  assert.ok(!validate({ ...inferRequest, inputs: undefined }), 'the control');
});

for (const [path, operations] of Object.entries(description.paths)) {
  for (const [method, operation] of Object.entries(operations)) {
    if (method !== 'get' && method !== 'post') continue;
    const url = path.replace(`\${MODEL_NAME}`, 'tiny').replace(`\${MODEL_VERSION}`, '1');
    // The description leaves out that the version may be left out.
    for (const address of new Set([url, url.replace('/versions/1', '')])) {
      test(`${method.toUpperCase()} ${address} answers as described`, async () => {
        const payload = method === 'post' ? inferRequest : undefined;
        const response = await app.inject({ method, url: address, ...(payload && { payload }) });
        assert.equal(response.statusCode, 200, response.body);
        assert.match(String(response.headers['content-type']), /^application\/json/);
        const described = operation.responses['200']?.content?.['application/json'].schema;
        if (described === undefined) return; // health has no described body
        const validate = ajv.compile({ components: description, ...inPlace(described) });
        assertValid(validate, response.json(), address);
        for (const damaged of damages(response.json()))
          assert.ok(!validate(damaged), JSON.stringify(damaged));
      });
    }
  }
}

/** A `$ref` into the description, from a schema of its own. */
function inPlace(described: object): object {
  return '$ref' in described ? { $ref: `protocol${String(described.$ref)}` } : described;
}

/** Controls: the answer without its first member, and with that of a wrong type. */
function damages(answer: Record<string, unknown>): object[] {
  const [first = ''] = Object.keys(answer);
  const { [first]: _, ...rest } = answer;
  return [rest, { ...answer, [first]: 1 }];
}

test('the health answers say what the specification’s text says', async () => {
  assert.deepEqual((await app.inject('/v2/health/live')).json(), { live: true });
  assert.deepEqual((await app.inject('/v2/health/ready')).json(), { live: true, ready: true });
  assert.deepEqual((await app.inject('/v2/models/tiny/ready')).json(), { name: 'tiny', ready: true });
});

test('metadata tells the batch as a dimension of any size', async () => {
  assert.deepEqual((await app.inject('/v2/models/tiny')).json(), {
    name: 'tiny',
    versions: ['1'],
    platform: 'onnx_onnxv1',
    inputs: [{ name: 'images', datatype: 'UINT8', shape: [-1, 32, 32, 3] }],
    outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, 10] }],
  });
});

const infer = { method: 'POST', url: '/v2/models/tiny/infer' } as const;
const octets = { 'content-type': 'application/octet-stream' };
const refused: Record<string, InjectOptions & { readonly status: number }> = {
  'an unknown model': { url: '/v2/models/x', status: 404 },
  'an unknown version': { url: '/v2/models/tiny/versions/2', status: 404 },
  'readiness of an unknown model': { url: '/v2/models/x/ready', status: 404 },
  'configuration of an unknown model': { url: '/v2/models/x/config', status: 404 },
  'statistics of an unknown model': { url: '/v2/models/x/stats', status: 404 },
  'inference with an unknown model': { ...infer, url: '/v2/models/x/infer', payload: {}, status: 404 },
  'an unknown address': { url: '/v2/nothing', status: 404 },
  'an unknown address below a model': { url: '/v2/models/tiny/nothing', status: 404 },
  'a GET of an inference': { url: infer.url, status: 405 },
  'a POST of metadata': { method: 'POST', url: '/v2', payload: { a: 1 }, status: 405 },
  'a DELETE of a model': { method: 'DELETE', url: '/v2/models/tiny', status: 405 },
  'a GET of the index': { url: '/v2/repository/index', status: 405 },
  'no body': { ...infer, status: 400 },
  'no JSON': {
    ...infer,
    headers: { 'content-type': 'application/json' },
    payload: '{"inputs":',
    status: 400,
  },
  'another document': { ...infer, payload: { instances: [] }, status: 400 },
  'a picture': { ...infer, headers: { 'content-type': 'image/png' }, payload: 'x', status: 415 },
  'a length that is none': {
    ...infer,
    headers: { ...octets, 'inference-header-content-length': 'x' },
    payload: binaryBody(shape, bytes)[0],
    status: 400,
  },
  'too much': { ...infer, headers: octets, payload: Buffer.alloc(5e6), status: 413 },
  'another site’s page': { ...infer, headers: { origin: 'http://evil.example' }, payload: {}, status: 403 },
  'model control that is off': { method: 'POST', url: '/v2/repository/models/tiny/load', status: 503 },
};

for (const [what, { status, ...request }] of Object.entries(refused)) {
  test(`${what} is refused with ${status} and the protocol’s error object`, async () => {
    const response = await app.inject(request);
    assert.equal(response.statusCode, status, response.body);
    assert.match(String(response.headers['content-type']), /^application\/json/);
    assertValid(isError, response.json(), what);
    assert.deepEqual(Object.keys(response.json()), ['error']);
    assert.match(response.json().error, /\w/);
    assert.equal(response.headers.allow !== undefined, status === 405);
  });
}

test('the control: the service’s own report is no error object of the protocol', async () => {
  const report = (await app.inject('/nothing')).json();
  assert.notDeepEqual(Object.keys(report), ['error']);
  assert.ok(!isError({ error: { code: 'x' } }));
});

test('the configuration is a ModelConfig of Triton', async () => {
  const config = fromJson(ModelConfigSchema, (await app.inject('/v2/models/tiny/config')).json());
  assert.equal(config.maxBatchSize, 32);
  assert.deepEqual(config.input[0]?.dims, [32n, 32n, 3n]);
  assert.equal(config.input[0]?.dataType, DataType.TYPE_UINT8);
  assert.equal(config.output[0]?.dataType, DataType.TYPE_FP32);
  assert.equal(config.schedulingChoice.case, 'dynamicBatching');
  assert.throws(() => fromJson(ModelConfigSchema, { max_batch_sizes: 1 }), 'the control');
});
