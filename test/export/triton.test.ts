import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportModel } from '../../export/export.js';
import { exportFile } from '../../export/export-file.js';
import { tritonConfig, tritonLabels } from '../../export/triton-config.js';
import { modelDigest } from '../../runtime/model-digest.js';
import { openModelFile } from '../../runtime/model-file.js';
import { tinycnn, tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { parseTritonConfig } from '../fixtures/triton-config.js';
import { smallShapes, trainSmall } from '../train/small-run.js';

const triton = { kind: 'triton' } as const;
const { metadata } = openModelFile(tinyModel({ name: 'tiny', labels: ['cat', 'dog'] }));

test("config.pbtxt is a ModelConfig of Triton's schema, with the tensors of the file", () => {
  const tensor = (name: string) => ({
    name,
    data_type: 'TYPE_FP32',
    dims: [2],
    label_filename: 'labels.txt',
  });
  const images = { data_type: 'TYPE_UINT8', dims: [32, 32, 3] };
  assert.deepEqual(parseTritonConfig(tritonConfig('tiny', metadata)), {
    name: 'tiny',
    platform: 'onnxruntime_onnx',
    max_batch_size: 32,
    input: [{ name: 'images', format: 'FORMAT_NHWC', ...images }],
    output: [tensor('probabilities'), tensor('logits')],
    instance_group: [{ kind: 'KIND_AUTO', count: 1 }],
    dynamic_batching: {
      preferred_batch_size: [4, 8, 16, 32],
      max_queue_delay_microseconds: 0,
      default_queue_policy: {
        timeout_action: 'REJECT',
        default_timeout_microseconds: 10_000_000,
        max_queue_size: 256,
      },
    },
    model_warmup: [1, 4, 8, 16, 32].map((batch_size) => ({
      name: `batch of ${batch_size}`,
      batch_size,
      inputs: { images: { ...images, random_data: true } },
    })),
  });
});

const mistakes = {
  'a field that the schema lacks': ['max_queue_size', 'max_queue_length'],
  'a value that its enum lacks': ['TYPE_UINT8', 'TYPE_BYTE'],
  'a text where a number belongs': ['max_batch_size: 32', 'max_batch_size: "32"'],
  'a second value of a single field': ['max_batch_size: 32', 'max_batch_size: 32 max_batch_size: 32'],
} as const;

for (const [mistake, [right, wrong]] of Object.entries(mistakes)) {
  test(`control: the schema refuses ${mistake}`, () => {
    const text = tritonConfig('tiny', metadata);
    assert.ok(text.includes(right));
    assert.throws(() => parseTritonConfig(text.replace(right, wrong)));
  });
}

test('labels stand one a line in the order of the outputs, whatever is in them', () => {
  assert.equal(tritonLabels({ ...metadata, labels: ['cat', 'Öl', 'two\nlines'] }), 'cat\nÖl\ntwo lines\n');
});

test('an exported file becomes the next version of its model, and what was tuned stays', async (t) => {
  const folder = await temporaryFolder(t);
  const source = join(folder, 'file.onnx');
  const out = join(folder, 'repository');
  await writeFile(source, tinyModel());
  const first = await exportFile({ source, out, format: triton });
  assert.equal(first.path, join(out, 'tiny', '1', 'model.onnx'));
  assert.deepEqual(await readFile(first.path), await readFile(source));
  assert.equal(first.digest, modelDigest(tinyModel()));
  assert.deepEqual((await readdir(join(out, 'tiny'))).sort(), ['1', 'config.pbtxt', 'labels.txt']);

  const config = join(out, 'tiny', 'config.pbtxt');
  await writeFile(config, 'tuned');
  await mkdir(join(out, 'tiny', '9')); // retired by hand
  await writeFile(source, tinyModel({ seed: 1 }));
  const second = await exportFile({ source, out, format: triton }).catch((error: unknown) => error);
  assert.equal((second as { code?: string }).code, 'EXPORT_CONFLICT', 'version 9 holds no model');
  await writeFile(join(out, 'tiny', '9', 'model.onnx'), tinyModel());
  const tenth = await exportFile({ source, out, format: triton });
  assert.equal(tenth.path, join(out, 'tiny', '10', 'model.onnx'));
  assert.deepEqual(await readFile(tenth.path), Buffer.from(tinyModel({ seed: 1 })));
  assert.deepEqual(
    tenth.beside.map(({ state }) => state),
    ['kept', 'kept'],
  );
  assert.equal(await readFile(config, 'utf8'), 'tuned');
});

test('exports at the same time take versions of their own', async (t) => {
  const out = await temporaryFolder(t);
  const source = join(out, 'file.onnx');
  await writeFile(source, tinyModel());
  await exportFile({ source, out, format: triton });
  const results = await Promise.all(
    Array.from({ length: 8 }, () => exportFile({ source, out, format: triton })),
  );
  const versions = results.map(({ path }) => Number(path.split('/').at(-2)));
  assert.deepEqual(
    versions.sort((a, b) => a - b),
    [2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.equal((await readdir(join(out, 'tiny'))).length, 9 + 2, 'no draft is left');
});

test('a model of other labels does not become a version, under a name of its own it does', async (t) => {
  const out = await temporaryFolder(t);
  const source = join(out, 'file.onnx');
  await writeFile(source, tinyModel());
  await exportFile({ source, out, format: triton });
  await writeFile(source, tinyModel({ labels: ['cat', 'dog'] }));
  await assert.rejects(exportFile({ source, out, format: triton }), {
    code: 'EXPORT_CONFLICT',
    expected: /tiny.1.model\.onnx with pictures 32×32 and labels cat, dog$/,
    received: /labels airplane, automobile, /,
  });
  const { path } = await exportFile({ source, out, format: triton, name: 'pets' });
  assert.equal(path, join(out, 'pets', '1', 'model.onnx'));
});

test('a name that leads out of the repository is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const source = join(folder, 'file.onnx');
  for (const name of ['../out', '..', '.hidden', 'a/b', '']) {
    await writeFile(source, tinyModel());
    const options = { source, out: join(folder, 'repository'), format: triton, name };
    await assert.rejects(exportFile(options), { code: 'OPTION_INVALID', received: name }, name);
  }
  assert.deepEqual(await readdir(folder), ['file.onnx']);
});

test('a run becomes a version as well', async (t) => {
  const runs = await temporaryFolder(t);
  await trainSmall({ runs, run: 'small', readers: 0 });
  const out = join(runs, 'repository');
  const options = {
    source: 'small',
    runs,
    network: tinycnn,
    dataset: smallShapes,
    evaluation: 'none',
  } as const;
  const { path, parity } = await exportModel({ ...options, out, format: triton });
  assert.equal(path, join(out, 'shapes-tinycnn', '1', 'model.onnx'));
  assert.ok(parity.pictures > 0);
  const exported = openModelFile(await readFile(path));
  const text = await readFile(join(out, 'shapes-tinycnn', 'config.pbtxt'), 'utf8');
  assert.equal(text, tritonConfig('shapes-tinycnn', exported.metadata));
  const computed: string[] = [];
  const onProgress = (what: string) => computed.push(what);
  await assert.rejects(exportModel({ ...options, out, format: triton, name: '../out', onProgress }), {
    code: 'OPTION_INVALID',
  });
  assert.deepEqual(computed, [], 'refused before anything is computed');
});
