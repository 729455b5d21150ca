import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openModelFile } from '../../runtime/model-file.js';
import { kiln } from '../cli/kiln.js';
import { commandsIn, words } from '../documented-commands.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const program = fileURLToPath(new URL('../../examples/from-code.js', import.meta.url));

test('the program trains and exports with a network, a recipe and a dataset of its own', async (t) => {
  const runs = await temporaryFolder(t);
  const { stdout } = await promisify(execFile)(process.execPath, [program, runs]);
  assert.match(
    stdout,
    /^finished at step 100: [\d.]+ right on validation\n.*stripes\.onnx: [\d.]+ right on test\n$/,
  );
  const { metadata } = openModelFile(await readFile(join(runs, 'stripes.onnx')));
  assert.equal(metadata.name, 'stripes-two-convolutions');
  assert.deepEqual(metadata.labels, ['horizontal', 'vertical', 'rising', 'falling']);
  // Guessing is right for one in four.
  assert.ok(metadata.evaluation !== null && metadata.evaluation.precisionAt1 > 0.9);
});

test('the commands of the page about it do what they say', async (t) => {
  const runs = await temporaryFolder(t);
  const commands = commandsIn(await readFile(join(root, 'examples', 'README.md'), 'utf8'));
  const [train, ...others] = commands.filter((command) => command.startsWith('npx kiln'));
  assert.deepEqual(others, ['npx kiln export stripes --out stripes.onnx']);
  const quick = ['--runs', runs, '--steps', '3', '--device', 'cpu'];
  const trained = await kiln([...words(train!).slice(2), ...quick], { cwd: root });
  assert.equal(trained.code, 0, trained.stderr);
  assert.match(
    trained.stdout,
    /two-convolutions on stripes \(train: 800 examples\), recipe half-cosine, 3 steps/,
  );
  const out = join(runs, 'stripes.onnx');
  const exported = await kiln(['export', 'stripes', '--out', out, '--runs', runs], { cwd: root });
  assert.equal(exported.code, 0, exported.stderr);
  assert.match(exported.stdout, /stripes\.onnx: stripes-two-convolutions, /);
});

test('kiln inspect and kiln data take modules too', async () => {
  const layers = await kiln(['inspect', 'examples/network.ts'], { cwd: root });
  assert.match(layers.stdout, /^two-convolutions: 3,994 parameters/);
  const data = await kiln(['data', 'examples/dataset.ts'], { cwd: root });
  assert.match(data.stdout, /^stripes: 32×32 RGB, 4 labels/);
});
