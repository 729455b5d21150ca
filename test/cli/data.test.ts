import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openShapes } from '../../data/shapes.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { kiln } from './kiln.js';

test('data shapes shows counts and digest', async () => {
  const { code, stdout } = await kiln(['data', 'shapes']);
  assert.equal(code, 0);
  assert.match(stdout, /^shapes: 32×32 RGB, 10 labels: circle, /);
  assert.match(
    stdout,
    /^ {2}train +9,000\n {2}validation +1,000\n {2}train\+validation +10,000\n {2}test +2,000$/m,
  );
  const { digest } = await openShapes();
  assert.match(stdout, new RegExp(`digest ${digest}`));
});

test('data cifar10 downloads nothing unasked, and says where it looked', async (t) => {
  const folder = await temporaryFolder(t);
  const { code, stderr } = await kiln(['data', 'cifar10', '--data-dir', folder]);
  assert.equal(code, 1);
  assert.match(stderr, /\(DATASET_NOT_FOUND\)/);
  assert.match(stderr, /--data-dir/);
  assert.ok(stderr.includes(folder));
});
