import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type BuildFailure, build } from 'esbuild';

/** Bundles a compiled module for a browser, where no `node:` import resolves. */
async function bundle(path: string): Promise<string> {
  const entry = fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const options = {
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    logLevel: 'silent',
  } as const;
  const { outputFiles } = await build({ entryPoints: [entry], ...options });
  return outputFiles[0]?.text ?? '';
}

for (const path of [
  'images/frame.js',
  'images/sniff.js',
  'runtime/metadata.js',
  'runtime/web-classifier.js',
]) {
  test(`${path} runs in a browser`, async () => {
    const code = await bundle(path);
    assert.ok(code.length > 500);
    assert.doesNotMatch(code, /onnxruntime-node/);
  });
}

test('control: a module that needs Node is caught', async () => {
  await assert.rejects(bundle('images/small-png.js'), (error: BuildFailure) => {
    assert.match(error.message, /node:zlib/);
    return true;
  });
});
