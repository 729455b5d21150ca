import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { exportFile } from '../../export/export-file.js';
import { modelDigest } from '../../runtime/model-digest.js';
import { manifestErrors } from '../fixtures/kubernetes-schema.js';
import { tinyModel } from '../fixtures/model.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const kserve = { kind: 'kserve', storageUri: 's3://bucket/models' } as const;

/** A repository with one model of that name, and its manifest. */
async function exported(t: TestContext, name = 'tiny') {
  const folder = await temporaryFolder(t);
  const source = join(folder, 'file.onnx');
  const out = join(folder, 'repository');
  await writeFile(source, tinyModel());
  await exportFile({ source, out, format: kserve, name });
  const path = join(out, `${name}.yaml`);
  return { source, out, path, manifest: parse(await readFile(path, 'utf8')) };
}

test("the manifest is an InferenceService of KServe's schema beside the repository's model", async (t) => {
  const { out, manifest } = await exported(t);
  assert.deepEqual(manifestErrors(manifest), []);
  assert.deepEqual((await readdir(out)).sort(), ['tiny', 'tiny.yaml']);
  assert.deepEqual((await readdir(join(out, 'tiny'))).sort(), ['1', 'config.pbtxt', 'labels.txt']);
  const { metadata, spec } = manifest;
  assert.deepEqual(metadata, {
    name: 'tiny',
    annotations: { 'onnx-kiln/model-sha256': modelDigest(tinyModel()) },
  });
  const { modelFormat, protocolVersion, storageUri, readinessProbe } = spec.predictor.model;
  assert.deepEqual(modelFormat, { name: 'triton' });
  assert.equal(protocolVersion, 'v2');
  assert.equal(storageUri, 's3://bucket/models');
  assert.deepEqual(readinessProbe.httpGet, { path: '/v2/health/ready', port: 8080 });
});

test('control: the schema refuses a field that it lacks, one that is missing and one of another type', async (t) => {
  const { manifest } = await exported(t);
  const { model } = manifest.spec.predictor;
  const broken = {
    'a field too many': { ...model, storageURI: 's3://bucket' },
    'a format without a name': { ...model, modelFormat: { version: '1' } },
    'a port in words': { ...model, livenessProbe: { httpGet: { path: '/', port: {} } } },
    'no quantity': { ...model, resources: { requests: { memory: '1 GB' } } },
  };
  for (const [what, wrong] of Object.entries(broken)) {
    const document = structuredClone({ ...manifest, spec: { predictor: { model: wrong } } });
    assert.notDeepEqual(manifestErrors(document), [], what);
  }
  assert.deepEqual(manifestErrors({ ...manifest, kind: 'InferencService' }), [
    'no schema of serving.kserve.io/v1beta1 InferencService',
  ]);
});

test('a later export brings digest and address up to date and leaves the rest as it is', async (t) => {
  const { source, out, path } = await exported(t);
  const edited = `# ours\n${(await readFile(path, 'utf8')).replace('maxReplicas: 4', 'maxReplicas: 9 # a fair')}`;
  await writeFile(path, edited);
  await writeFile(source, tinyModel({ seed: 1 }));
  const format = { kind: 'kserve', storageUri: 'pvc://models/tiny' } as const;
  const { beside } = await exportFile({ source, out, format });
  assert.equal(beside.find((file) => file.path === path)?.state, 'updated');
  assert.equal(
    await readFile(path, 'utf8'),
    edited
      .replace(modelDigest(tinyModel()), modelDigest(tinyModel({ seed: 1 })))
      .replace('s3://bucket/models', 'pvc://models/tiny'),
  );
});

test("a name that Kubernetes would refuse is brought to its spelling, the model's folder keeps it", async (t) => {
  const names = {
    My_Model: 'my-model',
    '10.cats_': 'kiln-10-cats',
    [`a${'-b'.repeat(40)}`]: /^a(-b){1,24}$/,
  };
  for (const [name, spelled] of Object.entries(names)) {
    const { out, manifest } = await exported(t, name);
    assert.match(
      manifest.metadata.name,
      new RegExp(`^${spelled instanceof RegExp ? spelled.source : spelled}$`),
    );
    assert.ok((await readdir(out)).includes(name));
  }
});

test('an address that is none, and a file that is no manifest, are refused before anything is written', async (t) => {
  const { source, out, path } = await exported(t);
  for (const storageUri of ['bucket/models', 's3://', 's3://a b', '']) {
    const format = { kind: 'kserve', storageUri } as const;
    await assert.rejects(exportFile({ source, out, format }), { code: 'OPTION_INVALID' }, storageUri);
  }
  for (const text of ['kind: Deployment\n', 'a: [', 'text', '']) {
    await writeFile(path, text);
    await assert.rejects(exportFile({ source, out, format: kserve }), { code: 'EXPORT_CONFLICT' }, text);
    assert.equal(await readFile(path, 'utf8'), text);
  }
  assert.deepEqual((await readdir(join(out, 'tiny'))).sort(), ['1', 'config.pbtxt', 'labels.txt']);
});
