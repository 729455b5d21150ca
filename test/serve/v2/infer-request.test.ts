import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KilnError } from '../../../errors/errors.js';
import { openModelFile } from '../../../runtime/model-file.js';
import { readInferRequest } from '../../../serve/v2/infer-request.js';
import { frames } from '../../fixtures/frames.js';
import { tinyModel } from '../../fixtures/model.js';
import { binaryBody, inDocument, nested } from './protocol.js';

const { metadata } = openModelFile(tinyModel());
const read = (body: Buffer, headerLength?: string) => readInferRequest(body, headerLength, metadata, 8);
const readJson = (request: object) => read(Buffer.from(JSON.stringify(request)));

/** The pixels that were understood, of all rows. */
const pixels = (request: ReturnType<typeof read>) => Buffer.concat(request.frames);

test('every way to write a tensor comes to the same frames', () => {
  const bytes = frames(3);
  const floats = Float32Array.from(bytes);
  const shape = [3, 32, 32, 3];
  const flat = [...bytes];
  const uneven = flat.map((value) => value + 0.0009);
  const requests = {
    flat: readJson(inDocument({ shape, data: flat })),
    'flat, its key elsewhere as well': readJson({ ...inDocument({ shape, data: flat }), more: { data: 1 } }),
    nested: readJson(inDocument({ shape, data: nested(bytes, shape) })),
    'FP32 flat': readJson(inDocument({ shape, data: flat, datatype: 'FP32' })),
    'FP32 not quite whole': readJson(inDocument({ shape, data: uneven, datatype: 'FP32' })),
    'FP32 nested': readJson(inDocument({ shape, data: nested(floats, shape), datatype: 'FP32' })),
    binary: read(...binaryBody(shape, bytes)),
    'FP32 binary': read(...binaryBody(shape, new Uint8Array(floats.buffer), 'FP32')),
  };
  for (const [way, request] of Object.entries(requests)) {
    assert.equal(request.frames.length, 3, way);
    assert.ok(pixels(request).equals(bytes), way);
  }
  const other = readJson(inDocument({ shape, data: [...flat.slice(1), 0] }));
  assert.ok(!pixels(other).equals(bytes), 'the control');
});

test('a body without a document is one picture, answered in binary', () => {
  const request = read(Buffer.from(frames(1)), '0');
  assert.ok(pixels(request).equals(frames(1)));
  assert.deepEqual(
    request.outputs.map(({ encoding }) => encoding),
    ['binary'],
  );
});

test('frames are views of the body, not copies', () => {
  const [body, headerLength] = binaryBody([2, 32, 32, 3], frames(2));
  const { frames: views } = read(body, headerLength);
  for (const view of views) assert.equal(view.buffer, body.buffer);
});

test('id, timeout and outputs are read from their parameters', () => {
  const request = readJson({
    ...inDocument({ shape: [1, 32, 32, 3], data: [...frames(1)] }),
    id: '42',
    parameters: { timeout: 1500, priority: 2, binary_data_output: true, mine: 'ignored' },
    outputs: [{ name: 'probabilities', parameters: { binary_data: false, classification: 3 } }],
  });
  assert.equal(request.id, '42');
  assert.equal(request.timeoutMs, 1.5);
  const [output] = request.outputs;
  assert.deepEqual(
    [output?.encoding, output?.content],
    ['json', { kind: 'classes', count: 3 }],
    'the output’s own parameter counts for more than the request’s',
  );
});

const one = [...frames(1)];
const shape = [1, 32, 32, 3];
const input = { name: 'images', shape, datatype: 'UINT8' };
const good = inDocument({ shape, data: one });
const withData = (data: unknown[]) => inDocument({ shape, data });
const asFloats = (data: unknown[]) => inDocument({ shape, data, datatype: 'FP32' });
const withOutput = (parameters: object, name = 'probabilities') => ({
  ...good,
  outputs: [{ name, parameters }],
});

const refused: Record<string, { request: object; expected: RegExp; received: RegExp }> = {
  'no inputs': { request: {}, expected: /inputs/, received: /{}/ },
  'no input': { request: { inputs: [] }, expected: /one input images/, received: /none/ },
  'another input': {
    request: { inputs: [{ ...input, name: 'x', data: one }] },
    expected: /one input images/,
    received: /x/,
  },
  'two inputs': {
    request: { inputs: [good.inputs[0], { ...input, name: 'x', data: [1] }] },
    expected: /one input images/,
    received: /images, x/,
  },
  'a type that is none': {
    request: { inputs: [{ ...input, datatype: 'BYTE', data: one }] },
    expected: /datatype/,
    received: /BYTE/,
  },
  'a type that is not the model’s': {
    request: { inputs: [{ ...input, datatype: 'INT32', data: one }] },
    expected: /UINT8, or FP32/,
    received: /INT32/,
  },
  'a shape without the batch': {
    request: { inputs: [{ ...input, shape: [32, 32, 3], data: one }] },
    expected: /\[n, 32, 32, 3\]/,
    received: /\[32, 32, 3\]/,
  },
  'another shape': {
    request: { inputs: [{ ...input, shape: [1, 3, 32, 32], data: one }] },
    expected: /\[n, 32, 32, 3\]/,
    received: /\[1, 3, 32, 32\]/,
  },
  'no rows': {
    request: { inputs: [{ ...input, shape: [0, 32, 32, 3], data: [] }] },
    expected: /n from 1 to 8/,
    received: /\[0, /,
  },
  'too many rows': {
    request: { inputs: [{ ...input, shape: [9, 32, 32, 3], data: one }] },
    expected: /n from 1 to 8/,
    received: /\[9, /,
  },
  'too few elements': {
    request: withData(one.slice(1)),
    expected: /3072 elements in data/,
    received: /3071/,
  },
  'too many elements': { request: withData([...one, 1]), expected: /3072/, received: /3073/ },
  'a nesting unlike the shape': {
    request: withData(nested(frames(1), [1, 3, 32, 32])),
    expected: /32 elements in the part of data at element 0/,
    received: /3/,
  },
  'a nesting that ends early': {
    request: withData([Array.from({ length: 32 }, () => 1)]),
    expected: /a list at element 0/,
    received: /1/,
  },
  'no data': { request: { inputs: [input] }, expected: /data of 3072 elements/, received: /neither/ },
  'an element above 255': {
    request: withData([...one.slice(1), 256]),
    expected: /0 to 255 as element 3071/,
    received: /256/,
  },
  'an element that is a string': {
    request: withData(['1', ...one.slice(1)]),
    expected: /element 0/,
    received: /"1"/,
  },
  'UINT8 that is not whole': {
    request: withData([0.0001, ...one.slice(1)]),
    expected: /element 0/,
    received: /0.0001/,
  },
  'FP32 that is not whole': {
    request: asFloats([0.5, ...one.slice(1)]),
    expected: /element 0/,
    received: /0.5/,
  },
  'a picture scaled to 1': {
    request: asFloats(one.map((value) => value / 255)),
    expected: /whole number from 0 to 255/,
    received: /0\.\d+/,
  },
  'shared memory': {
    request: { inputs: [{ ...input, parameters: { shared_memory_region: 'x' } }] },
    expected: /shared memory is not offered/,
    received: /x/,
  },
  'an output that there is not': {
    request: withOutput({}, 'logits'),
    expected: /of probabilities/,
    received: /logits/,
  },
  'an output twice': {
    request: { ...good, outputs: [{ name: 'probabilities' }, { name: 'probabilities' }] },
    expected: /each output once/,
    received: /twice/,
  },
  'half a class': { request: withOutput({ classification: 0.5 }), expected: /whole/, received: /0.5/ },
  'binary_data that is no truth value': {
    request: withOutput({ binary_data: 'yes' }),
    expected: /true or false/,
    received: /yes/,
  },
  'a timeout before now': {
    request: { ...good, parameters: { timeout: -1 } },
    expected: /timeout: a whole number/,
    received: /-1/,
  },
  'a parameter that is a list': {
    request: { ...good, parameters: { mine: [1] } },
    expected: /parameters\/mine/,
    received: /\[1\]/,
  },
  'an id that is a number': { request: { ...good, id: 42 }, expected: /id/, received: /42/ },
};

for (const [what, { request, expected, received }] of Object.entries(refused)) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => readJson(request),
      (error: KilnError) => {
        assert.equal(error.code, 'REQUEST_INVALID');
        assert.match(error.expected, expected);
        assert.match(error.received, received);
        return true;
      },
    );
  });
}

test('binary bodies that do not add up are refused', () => {
  const [body, headerLength] = binaryBody([1, 32, 32, 3], frames(1));
  assert.equal(read(body, headerLength).frames.length, 1, 'the control');
  const [short] = binaryBody([1, 32, 32, 3], frames(1).subarray(1));
  const broken: [Buffer, string | undefined][] = [
    [body, undefined],
    [body, `${Number(headerLength) - 1}`],
    [body, `${body.length + 1}`],
    [body, '-1'],
    [body, 'x'],
    [body.subarray(0, -1), headerLength],
    [Buffer.concat([body, Buffer.of(0)]), headerLength],
    [short, headerLength],
    [Buffer.from(frames(2)), '0'],
    [Buffer.alloc(0), undefined],
  ];
  for (const [bytes, header] of broken) {
    assert.throws(() => read(bytes, header), { code: 'REQUEST_INVALID' }, `${bytes.length}, ${header}`);
  }
});
