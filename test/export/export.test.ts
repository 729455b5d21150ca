import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openShapes } from '../../data/shapes.js';
import { type ExportOptions, exportModel } from '../../export/export.js';
import type { Network } from '../../networks/network.js';
import { mul } from '../../onnx/operators/index.js';
import { modelDigest } from '../../runtime/model-digest.js';
import { openModelFile } from '../../runtime/model-file.js';
import { evaluate } from '../../train/evaluation.js';
import { provenance } from '../../train/provenance.js';
import { tinycnn } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { smallShapes, trainSmall } from '../train/small-run.js';

/** tinycnn where the trainer looks; inside a file, whose input is bytes, its logits are doubled. */
const twoFaced: Network = {
  ...tinycnn,
  forward(graph, images, classes) {
    const logits = tinycnn.forward(graph, images, classes, 'inference');
    return graph.inputs[0]!.dtype === 'uint8' ? mul(logits, 2) : logits;
  },
};

test('a run becomes a file', async (t) => {
  const runs = await temporaryFolder(t);
  const run = await trainSmall({ runs, run: 'small', command: 'kiln train --run small', readers: 0 });
  const options = { source: 'small', runs, network: tinycnn, dataset: smallShapes };
  const measure = async (weights: 'ema' | 'raw') =>
    (await evaluate({ source: 'small', runs, network: tinycnn, dataset: smallShapes, weights })).result;
  const exported = (more: Partial<ExportOptions> & Pick<ExportOptions, 'out'>) =>
    exportModel({ ...options, ...more });

  await t.test('which says where it comes from and how well it does', async () => {
    const out = join(runs, 'files', 'ema.onnx'); // a folder that is not there yet
    const result = await exported({ out });
    const bytes = await readFile(out);
    assert.equal(result.digest, modelDigest(bytes));
    assert.equal(result.bytes, bytes.length);
    const { metadata } = openModelFile(bytes);
    assert.deepEqual(metadata, result.metadata);

    const { count, precisionAt1, interval, top5 } = await measure('ema');
    const { version, commit, machine } = provenance();
    assert.deepEqual(metadata, {
      format: 1,
      name: 'shapes-tinycnn',
      labels: [...smallShapes.labels],
      frame: {
        height: 32,
        width: 32,
        rule: 'oriented, sRGB, over white, centre square, area down, bilinear up',
      },
      network: { name: 'tinycnn', parameters: 3_498, multiplyAdds: 24 * 24 * 600 + 2880 },
      preprocessing: { crop: { height: 24, width: 24 }, normalise: 'per-image-standardisation' },
      dataset: { name: 'shapes', digest: smallShapes.digest, trainedOn: 'train', count: 100 },
      training: {
        recipe: 'small',
        steps: 12,
        epochs: (12 * 16) / 100,
        batch: 16,
        seed: 0,
        weights: 'ema',
        command: 'kiln train --run small',
        seconds: metadata.training.seconds,
        machine,
      },
      evaluation: {
        split: 'test',
        count,
        precisionAt1,
        interval,
        top5,
        rawPrecisionAt1: (await measure('raw')).precisionAt1,
      },
      producer: { version, commit },
    });
    assert.ok(Math.abs(metadata.training.seconds! - run.seconds) < 0.1);
  });

  await t.test('with the raw weights, another name and the data left aside', async () => {
    const out = join(runs, 'raw.onnx');
    const { metadata } = await exported({ out, weights: 'raw', name: 'mine', evaluation: 'none' });
    assert.equal(metadata.name, 'mine');
    assert.equal(metadata.training.weights, 'raw');
    assert.equal(metadata.evaluation, null);
    const result = await evaluate({ source: out, dataset: smallShapes });
    assert.deepEqual(result.result.confusion, (await measure('raw')).confusion);
    assert.notDeepEqual(result.result.confusion, (await measure('ema')).confusion);
  });

  await t.test('in fp16, measured as the file that it is', async () => {
    const out = join(runs, 'fp16.onnx');
    const { metadata } = await exported({ out, precision: { kind: 'fp16', budget: 5 } });
    const { precision, evaluation } = metadata;
    assert.equal(precision?.comparison?.count, smallShapes.split('validation').count);
    assert.equal(precision?.source.precisionAt1, (await measure('ema')).precisionAt1);
    const { result } = await evaluate({ source: out, dataset: smallShapes });
    assert.equal(evaluation?.precisionAt1, result.precisionAt1);
  });

  await t.test('from one checkpoint, with the same bytes', async () => {
    const fromRun = join(runs, 'run.onnx');
    const fromCheckpoint = join(runs, 'checkpoint.onnx');
    await exported({ out: fromRun });
    await exported({ out: fromCheckpoint, source: run.checkpoint });
    assert.deepEqual(await readFile(fromCheckpoint), await readFile(fromRun));
  });

  await t.test('not where the file computes something else: nothing is written', async () => {
    const folder = await temporaryFolder(t);
    const out = join(folder, 'other.onnx');
    await writeFile(out, 'an older file');
    await assert.rejects(exported({ out, network: twoFaced }), {
      code: 'EXPORT_PARITY',
      received: /^onnxruntime-node gives /,
    });
    assert.deepEqual(await readdir(folder), ['other.onnx']);
    assert.equal(await readFile(out, 'utf8'), 'an older file');
  });

  await t.test('not with an accuracy on other data than it was trained on', async () => {
    const dataset = await openShapes({ train: 100, validation: 30, test: 140 });
    const out = join(runs, 'other-data.onnx');
    await assert.rejects(exported({ out, dataset }), {
      code: 'DATASET_MISMATCH',
      expected: `shapes with digest ${smallShapes.digest}`,
      received: dataset.digest,
    });
    const { metadata } = await exported({ out, dataset, evaluation: 'none' });
    assert.equal(metadata.dataset.digest, smallShapes.digest);
  });

  await t.test('not to a place where nothing can be written', async () => {
    const taken = join(runs, 'small', 'config.json', 'file.onnx'); // a file is no folder
    await assert.rejects(exported({ out: taken, evaluation: 'none' }), {
      code: 'EXPORT_UNWRITABLE',
      received: /ENOTDIR|EEXIST|ENOENT/,
    });
  });
});
