import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { modelDigest } from '../../runtime/model-digest.js';
import { tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { kiln } from './kiln.js';

test('an exported file goes into a model repository, with what was written told', async (t) => {
  const cwd = await temporaryFolder(t);
  await writeFile(join(cwd, 'tiny.onnx'), tinyModel());
  const args = [
    'export',
    'tiny.onnx',
    '--format',
    'kserve',
    '--storage-uri',
    's3://bucket/models',
    '--out',
    'out',
  ];
  const { code, stdout, stderr } = await kiln(args, { cwd });
  assert.equal(code, 0, stderr);
  const path = join('out', 'tiny', '1', 'model.onnx');
  const size = tinyModel().length.toLocaleString('en-US');
  const beside = ['tiny/labels.txt', 'tiny/config.pbtxt', 'tiny.yaml'].map(
    (file) => `  written        ${join('out', file)}\n`,
  );
  assert.equal(
    stdout,
    `${path}: tiny, ${size} bytes, sha256 ${modelDigest(tinyModel())}\n${beside.join('')}`,
  );
  assert.deepEqual(await readFile(join(cwd, path)), Buffer.from(tinyModel()));
});

const refusals = {
  'an address without a manifest': [
    ['run', '--format', 'triton', '--storage-uri', 's3://b/m'],
    /--storage-uri together with --format kserve/,
  ],
  'a manifest without an address': [['run', '--format', 'kserve'], /--format kserve alone/],
  'a file that would stay the file it is': [['tiny.onnx'], /--format onnx/],
  'a budget for nothing': [['tiny.onnx', '--budget', '1'], /--budget together with --precision fp16 or int8/],
  "a choice among a run's weights for a file": [
    ['tiny.onnx', '--format', 'triton', '--weights', 'raw'],
    /received +--weights/,
  ],
} as const;

test('what cannot be meant is refused, and nothing is written', async (t) => {
  const cwd = await temporaryFolder(t);
  await writeFile(join(cwd, 'tiny.onnx'), tinyModel());
  await Promise.all(
    Object.entries(refusals).map(async ([what, [args, says]]) => {
      const { code, stderr } = await kiln(['export', ...args, '--out', 'out'], { cwd });
      assert.equal(code, 1, what);
      assert.match(stderr, says, what);
      assert.match(stderr, /OPTION_INVALID/, what);
    }),
  );
  assert.deepEqual(await readdir(cwd), ['tiny.onnx']);
});
