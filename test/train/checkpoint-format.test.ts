import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KilnError } from '../../errors/errors.js';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../train/checkpoint.js';

const checkpoint: Checkpoint = {
  metadata: {
    step: 7,
    network: 'tinycnn',
    labels: ['a', 'b'],
    dataset: { name: 'shapes', digest: 'd' },
    trainedOn: 'train',
    recipe: 'small',
    batch: 4,
    seed: 0,
    validation: { ema: 0.5, raw: 0.25 },
  },
  state: {
    step: 7,
    tensors: new Map([
      ['conv1/weights', { dims: [2, 3], data: Float32Array.of(1, -2, 3.5, 1e-30, 5, -0) }],
      ['conv1/biases', { dims: [1], data: Float32Array.of(Math.fround(0.1)) }],
      ['scale', { dims: [], data: Float32Array.of(9) }],
    ]),
  },
};

const isCorrupt = (error: unknown) => error instanceof KilnError && error.code === 'CHECKPOINT_CORRUPT';

test('a checkpoint is a safetensors file, read here by the format alone', () => {
  const bytes = encodeCheckpoint(checkpoint);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  const start = 8 + headerBytes;
  assert.equal(start % 8, 0);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const { __metadata__, ...entries } = header;
  assert.ok(Object.values(__metadata__).every((value) => typeof value === 'string'));
  assert.match(__metadata__.sha256, /^[0-9a-f]{64}$/);
  assert.deepEqual(JSON.parse(__metadata__.kiln), checkpoint.metadata);
  let end = 0;
  for (const [name, { dims, data }] of checkpoint.state.tensors) {
    const { dtype, shape, data_offsets: offsets } = entries[name];
    assert.deepEqual([dtype, shape, offsets], ['F32', dims, [end, end + 4 * data.length]]);
    for (const [index, value] of data.entries()) {
      assert.ok(Object.is(view.getFloat32(start + end + 4 * index, true), value));
    }
    end = offsets[1];
  }
  assert.equal(bytes.length, start + end);
});

test('what is written is read, and equal contents give equal bytes', () => {
  const bytes = encodeCheckpoint(checkpoint);
  assert.deepEqual(decodeCheckpoint(bytes), checkpoint);
  assert.deepEqual(encodeCheckpoint(decodeCheckpoint(bytes)), bytes);
  // At an odd address too.
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  assert.deepEqual(decodeCheckpoint(shifted.subarray(1)), checkpoint);
});

test('a file cut anywhere is recognised', () => {
  const bytes = encodeCheckpoint(checkpoint);
  for (let length = 0; length < bytes.length; length += 1) {
    assert.throws(() => decodeCheckpoint(bytes.subarray(0, length)), isCorrupt, `${length} bytes`);
  }
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  assert.throws(() => decodeCheckpoint(longer), isCorrupt);
});

test('a flipped bit is recognised, wherever it is', () => {
  const bytes = encodeCheckpoint(checkpoint);
  for (let index = 0; index < bytes.length; index += 1) {
    const damaged = bytes.slice();
    damaged[index]! ^= 1 << (index % 8);
    assert.throws(() => decodeCheckpoint(damaged), isCorrupt, `byte ${index}`);
  }
  decodeCheckpoint(bytes.slice());
});
