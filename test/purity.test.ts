import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';

/** Everything that a browser must be able to take as it is: no import of Node's, however deep. */
const pure = [
  'clients/browser/teaching/local-teacher.js',
  'clients/http/client.js',
  'export/inference-graph.js',
  'export/layers.js',
  'images/frame.js',
  'networks/deepcnn.js',
  'networks/network.js',
  'networks/registry.js',
  'onnx/decode.js',
  'onnx/encode.js',
  'onnx/gradients.js',
  'onnx/graph.js',
  'onnx/initialisers.js',
  'onnx/lowering.js',
  'onnx/operator.js',
  'onnx/operators/index.js',
  'onnx/shape.js',
  'onnx/types.js',
  'runtime/metadata.js',
  'runtime/model-file.js',
  'train/optimizers.js',
  'train/session-engine.js',
  'train/step-graph.js',
];

/** Bundles compiled files for a browser; esbuild refuses what only Node has. */
async function bundle(entry: { file: string } | { code: string }): Promise<{ code: string; meta: Metafile }> {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const result = await build({
    ...('file' in entry
      ? { entryPoints: [entry.file] }
      : { stdin: { contents: entry.code, resolveDir: folder } }),
    absWorkingDir: folder,
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  return { code: result.outputFiles[0]!.text, meta: result.metafile };
}

for (const file of pure) {
  test(`${file} runs in a browser`, async () => {
    const { code, meta } = await bundle({ file });
    assert.ok(file in meta.inputs, `the bundle holds ${Object.keys(meta.inputs).join(', ')}`);
    assert.doesNotMatch(code, /["'`]node:/);
    assert.doesNotMatch(code, /\brequire\(/);
    const outside = Object.values(meta.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    assert.deepEqual(outside, []);
  });
}

const impure = {
  'an import of node:fs': `import { readFileSync } from 'node:fs'; console.log(readFileSync);`,
  'the same without its prefix': `import { readFileSync } from 'fs'; console.log(readFileSync);`,
  'a late import': `export const read = () => import('node:fs');`,
  'one that a file further down imports': `export * from './runtime/onnxruntime-node.js';`,
};

for (const [name, code] of Object.entries(impure)) {
  test(`control: ${name} is refused`, async () => {
    await assert.rejects(bundle({ code }), /Could not resolve "(node:)?\w+"/);
  });
}
