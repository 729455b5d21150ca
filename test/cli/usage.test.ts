import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { buildProgram } from '../../cli/program.js';
import { kiln } from './kiln.js';

test('--version is the package’s', async () => {
  const manifest: unknown = JSON.parse(
    await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  const { code, stdout } = await kiln(['--version']);
  assert.equal(code, 0);
  assert.equal(stdout.trim(), (manifest as { version: string }).version); // npm refuses a package without one
});

test('--help lists every command with a description, and examples', async () => {
  const { code, stdout } = await kiln(['--help']);
  assert.equal(code, 0);
  const commands = buildProgram().commands;
  assert.deepEqual(
    commands.map((command) => command.name()),
    [
      'demo',
      'data',
      'find-lr',
      'train',
      'runs',
      'eval',
      'export',
      'inspect',
      'classify',
      'serve',
      'browser',
      'api-key',
      'bench',
      'doctor',
      'completion',
    ],
  );
  for (const command of commands) {
    assert.match(stdout, new RegExp(`^ {2}${command.name()} `, 'm'));
    assert.notEqual(command.description(), '');
    for (const option of command.options) {
      assert.notEqual(option.description, '', `${command.name()} ${option.flags}`);
    }
  }
  assert.match(stdout, /^Examples:\n {2}kiln demo/m);
});

const refusals = {
  'an unknown command': { args: ['srve'], says: /unknown command 'srve'\n\(Did you mean serve\?\)/ },
  'an unknown option': {
    args: ['serve', '--prot', '1'],
    says: /unknown option '--prot'\n\(Did you mean --port\?\)/,
  },
  'a port that is none': {
    args: ['serve', '--port', '70000'],
    says: /\(OPTION_INVALID\)\n {2}expected {2}port: a whole number from 0 to 65535\n {2}received {2}70000 \(--port\)/,
  },
  'a number with letters': {
    args: ['classify', 'a.png', '--top', '3x'],
    says: /--top <k>.*'3x' is invalid\. It must be a whole number of at least 1\./,
  },
  'an unknown device': {
    args: ['serve', '--device', 'tpu'],
    says: /\(OPTION_INVALID\)\n {2}expected {2}device: auto, cpu, cuda, cuda:N or webgpu\n {2}received {2}\["tpu"\] \(--device\)/,
  },
  'a model without pictures': {
    args: ['classify', 'first.onnx'],
    says: /\(OPTION_INVALID\)\n {2}expected {2}pictures after first\.onnx\n {2}received {2}none/,
  },
  'two models': {
    args: ['classify', 'first.onnx', 'a.png', '--model', 'second.onnx'],
    says: /\(OPTION_INVALID\)\n {2}expected {2}one model\n/,
  },
  'a key for no service': {
    args: ['classify', 'first.onnx', 'a.png', '--api-key', 'k'],
    says: /\(OPTION_INVALID\)\n {2}expected {2}--api-key with a service alone\n/,
  },
  'a device of a service': {
    args: ['classify', 'http://127.0.0.1:1', 'a.png', '--device', 'cpu'],
    says: /\(OPTION_INVALID\)\n {2}expected {2}--device with a model file alone\n/,
  },
  'an export without a place': { args: ['export', 'run'], says: /required option '--out <path>'/ },
  'a run that is not there': { args: ['export', 'run', '--out', 'a.onnx'], says: /\(RUN_NOT_FOUND\)/ },
  'a model that is not there': {
    args: ['serve', 'none.onnx'],
    says: /\(MODEL_NOT_FOUND\)\n {2}expected {2}an ONNX file at none\.onnx\n {2}received {2}ENOENT/,
  },
  'a mistyped dataset': { args: ['data', 'shaeps'], says: /\(DATASET_UNKNOWN\).*did you mean shapes\?/s },
};

for (const [name, { args, says }] of Object.entries(refusals)) {
  test(`${name} is refused in words, with exit code 1`, async () => {
    const { code, stdout, stderr } = await kiln(args);
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /^ +at /m, 'a stack');
    assert.equal(code, 1);
    assert.equal(stdout, '');
  });
}

test('KILN_DEBUG=1 adds the stack', async () => {
  const { stderr } = await kiln(['inspect', 'none.onnx'], { env: { KILN_DEBUG: '1' } });
  assert.match(stderr, /^ +at .*read-model/m);
});
