import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openModelFile } from '../../runtime/model-file.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { kiln } from './kiln.js';

test('demo tells a whole life, beyond 90 %, without data', async (t) => {
  const cwd = await temporaryFolder(t);
  const { code, stdout, stderr } = await kiln(['demo'], { cwd, env: { KILN_DATA_DIR: join(cwd, 'none') } });
  assert.equal(code, 0, stderr);
  for (const chapter of ['Data', 'Train', 'Evaluate', 'Export', 'Serve', 'Classify']) {
    assert.match(stdout, new RegExp(`^\\d ${chapter} `, 'm'));
  }
  const told = /precision @ 1: ([\d.]+) %/.exec(stdout)?.[1];
  const file = join('runs', 'demo', 'shapes-deepcnn.onnx');
  assert.ok(stdout.includes(`npx kiln serve ${file}`));
  const { metadata } = openModelFile(await readFile(join(cwd, file)));
  assert.ok(metadata.evaluation!.precisionAt1 > 0.9, `precision @ 1 = ${metadata.evaluation!.precisionAt1}`);
  assert.equal(told, (100 * metadata.evaluation!.precisionAt1).toFixed(2));
  assert.match(stdout, /\/classify with this (\w+):\n +\1 \d/, 'the picture is recognised');
});
