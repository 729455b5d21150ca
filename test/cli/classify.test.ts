import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { encode } from 'fast-png';
import { loadClassifier } from '../../runtime/node-classifier.js';
import { topPredictions } from '../../runtime/top-predictions.js';
import { frames } from '../fixtures/frames.js';
import { cifar10Labels, tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { kiln, kilnProgram } from './kiln.js';

interface Answer {
  readonly model: unknown;
  readonly results: readonly {
    readonly name: string;
    readonly predictions?: unknown;
    readonly error?: { readonly code: string };
  }[];
}

test('classify names pictures, and one that cannot be read fails no other', async (t) => {
  const cwd = await temporaryFolder(t);
  const pictures = frames(2);
  const png = (index: number) =>
    encode({
      width: 32,
      height: 32,
      channels: 3,
      depth: 8,
      data: pictures.subarray(index * 3072, (index + 1) * 3072),
    });
  await writeFile(join(cwd, 'tiny.onnx'), tinyModel());
  await writeFile(join(cwd, 'a.png'), png(0));
  await writeFile(join(cwd, 'b.png'), png(1));
  await writeFile(join(cwd, 'text.png'), 'not a picture');
  const names = ['a.png', 'text.png', 'none.png', 'b.png'];
  const options = ['--model', 'tiny.onnx', '--top', '2', '--device', 'cpu'];

  const classifier = await loadClassifier(tinyModel(), { device: 'cpu', threads: 1 });
  const expected = await classifier.classify(pictures, 2);
  const [first, second] = [expected.subarray(0, 10), expected.subarray(10)].map((row) =>
    topPredictions(row, cifar10Labels, 2),
  );
  await classifier.close();

  const json = await kiln(['classify', ...names, ...options, '--json'], { cwd });
  assert.equal(json.code, 1, 'two pictures were refused');
  const answer: Answer = JSON.parse(json.stdout);
  assert.deepEqual(answer.model, { name: 'tiny', digest: classifier.digest });
  assert.deepEqual(
    answer.results.map(({ name, predictions, error }) => [name, predictions ?? error?.code]),
    [
      ['a.png', first],
      ['text.png', 'UNSUPPORTED_IMAGE'],
      ['none.png', 'FILE_NOT_FOUND'],
      ['b.png', second],
    ],
  );

  await mkdir(join(cwd, 'folder'));
  await writeFile(join(cwd, 'folder', 'p10.png'), png(1));
  await writeFile(join(cwd, 'folder', 'p9.png'), png(0));
  await writeFile(join(cwd, 'folder', 'notes.txt'), 'not a picture');
  const csv = await kiln(['classify', 'tiny.onnx', 'folder', '--top', '1', '--device', 'cpu', '--csv'], {
    cwd,
  });
  assert.equal(csv.code, 0, 'what is no picture in a folder fails nothing');
  assert.equal(csv.stderr, 'skipped 1 of 3 (no pictures): folder/notes.txt\n');
  const line = (name: string, [best]: NonNullable<typeof first>) =>
    `folder/${name},1,${best!.label},${best!.probability},\r\n`;
  assert.equal(
    csv.stdout,
    `file,rank,label,probability,error\r\n${line('p9.png', first!)}${line('p10.png', second!)}`,
  );

  const piped = spawnSync(process.execPath, [kilnProgram, 'classify', '-', ...options, '--json'], {
    cwd,
    input: png(0),
    encoding: 'utf8',
  });
  assert.deepEqual(JSON.parse(piped.stdout).results, [{ name: '-', predictions: first }]);

  const table = await kiln(['classify', 'a.png', ...options], { cwd });
  assert.equal(table.code, 0);
  assert.match(table.stdout, new RegExp(`^a\\.png {2}${first![0]!.label} \\d+\\.\\d %, `));
});
