import assert from 'node:assert/strict';
import { test } from 'node:test';
import { candidates, parseDevice } from '../../runtime/device.js';

test('devices are read from text', () => {
  for (const device of ['auto', 'cpu', 'cuda', 'cuda:1', 'webgpu']) assert.equal(parseDevice(device), device);
  for (const text of ['', 'gpu', 'cuda:', 'cuda:-1', 'cuda:x', 'CPU']) {
    assert.throws(() => parseDevice(text), { code: 'OPTION_INVALID', received: text });
  }
});

test('only auto falls back, and CUDA comes first', () => {
  const providers = (device: Parameters<typeof candidates>[0]) =>
    candidates(device).map(({ provider }) => provider);
  assert.deepEqual(providers('auto'), ['cuda', 'cpu']);
  assert.deepEqual(providers('cuda'), ['cuda']);
  assert.deepEqual(providers('webgpu'), ['webgpu']);
  assert.deepEqual(candidates('cuda:3'), [{ provider: 'cuda', deviceId: 3 }]);
});
