import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { probe } from '../../doctor/probe.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const compiled = fileURLToPath(new URL('../../', import.meta.url));
const require = createRequire(import.meta.url);
const packageFolder = (name: string) => dirname(require.resolve(`${name}/package.json`));
const skip = `${process.platform}-${process.arch}` !== 'linux-x64' && 'CUDA is for Linux x64';

/** The compiled trial beside an onnxruntime-node whose CUDA provider is no library. @returns the trial's program */
function withBrokenProvider(folder: string): string {
  for (const part of ['doctor', 'errors', 'libraries', 'onnx', 'runtime', 'third_party'])
    cpSync(join(compiled, part), join(folder, part), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');

  const modules = join(folder, 'node_modules');
  const runtime = packageFolder('onnxruntime-node');
  const binaries = join('bin', 'napi-v6', 'linux', 'x64');
  cpSync(join(runtime, 'dist'), join(modules, 'onnxruntime-node', 'dist'), { recursive: true });
  cpSync(join(runtime, 'package.json'), join(modules, 'onnxruntime-node', 'package.json'));
  mkdirSync(join(modules, 'onnxruntime-node', binaries), { recursive: true });
  for (const file of ['onnxruntime_binding.node', 'libonnxruntime.so.1'])
    cpSync(join(runtime, binaries, file), join(modules, 'onnxruntime-node', binaries, file));
  for (const name of ['cuda', 'shared'])
    writeFileSync(
      join(modules, 'onnxruntime-node', binaries, `libonnxruntime_providers_${name}.so`),
      'no library',
    );
  const common = 'onnxruntime-common';
  cpSync(join(packageFolder('onnxruntime-node'), '..', common), join(modules, common), { recursive: true });
  return join(folder, 'doctor', 'trial.js');
}

test('a broken CUDA provider is reported with the reason; the CPU beside it works', { skip }, async (t) => {
  const program = withBrokenProvider(await temporaryFolder(t));
  const cuda = await probe({ engine: 'onnx', provider: 'cuda' }, { program });
  assert.ok(cuda.status === 'fails');
  assert.match(cuda.reason, /Failed to load shared library: .*(file too short|invalid ELF header)/);
  const cpu = await probe({ engine: 'onnx', provider: 'cpu' }, { program });
  assert.equal(cpu.status, 'works');
});
