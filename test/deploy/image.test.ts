import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Copy, DockerfileParser, type Instruction } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { kilnProgram } from '../cli/kiln.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { readManifest } from './manifests.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const text = readFileSync(join(root, 'deploy', 'Dockerfile'), 'utf8');
const dockerfile = DockerfileParser.parse(text);
const pod = readManifest('deployment.yaml').spec.template.spec;
const [container] = pod.containers;

test('the Dockerfile has no mistake that a linter knows', () => {
  assert.deepEqual(validate(text), []);
});

test('control: the linter knows mistakes', () => {
  const broken = text.replace('USER 1000:1000', 'USER').replace('WORKDIR', 'WORKDIRECTORY');
  assert.equal(validate(broken).length, 2);
});

test('what is copied is there: files of the repository, or an earlier stage', () => {
  const stages = dockerfile.getFROMs().map((from) => from.getBuildStage());
  for (const copy of dockerfile.getCOPYs()) {
    const stage = fromStage(copy);
    if (stage !== undefined) assert.ok(stages.includes(stage), stage);
    const sources = stage === undefined ? argumentsOf(copy).slice(0, -1) : [];
    for (const source of sources) assert.ok(existsSync(join(root, source)), source);
  }
});

test('it runs as the pod does: the same user, who is not root, and the same port', () => {
  const user = argumentsOf(last('USER'));
  const { runAsUser, runAsGroup } = pod.securityContext;
  assert.deepEqual(user, [`${runAsUser}:${runAsGroup}`]);
  assert.notEqual(runAsUser, 0);
  assert.deepEqual(argumentsOf(last('EXPOSE')), [String(container.ports[0].containerPort)]);
  assert.match(text, /ORT_DISABLE_TELEMETRY=1/);
});

for (const [where, words] of Object.entries({ image: json('CMD'), pod: container.args as string[] })) {
  test(`the command of the ${where} serves a folder and answers the probes`, async (t) => {
    const models = await temporaryFolder(t);
    await copyFile(join(root, 'models', 'cifar10-deepcnn.onnx'), join(models, 'cifar10-deepcnn.onnx'));
    const address = await serve(t, words, { '/models': models, '0.0.0.0': '127.0.0.1' });
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      const { path } = container[probe].httpGet;
      assert.equal((await fetch(address + path)).status, 200, path);
    }
    assert.equal(await healthcheck(address), 0);
    assert.equal(await healthcheck(`${address}/nothing`), 1, 'control: it can fail');
  });
}

/** Starts what a container would, elsewhere and on a free port. */
async function serve(
  t: TestContext,
  [program, ...words]: string[],
  instead: Readonly<Record<string, string>>,
): Promise<string> {
  assert.equal(program, 'kiln');
  const args = words.map((word) => instead[word] ?? word);
  const child = spawn(process.execPath, [kilnProgram, ...args, '--port', '0', '--device', 'cpu'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /on (http:\/\/[\d.]+:\d+)/.exec(line)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error('kiln has ended');
}

/** The exit code of HEALTHCHECK for a service at this address. */
async function healthcheck(address: string): Promise<number> {
  const [, script] = json('HEALTHCHECK').slice(-2);
  const asked = script!.replace('http://127.0.0.1:8080', address);
  assert.notEqual(asked, script);
  return promisify(execFile)(process.execPath, ['-e', asked]).then(
    () => 0,
    ({ code }) => code,
  );
}

function last(keyword: string): Instruction {
  return dockerfile.getInstructions().findLast((instruction) => instruction.getKeyword() === keyword)!;
}

function argumentsOf(instruction: Instruction): string[] {
  return instruction
    .getArguments()
    .map((argument) => argument.getValue())
    .filter((value) => !value.startsWith('--'));
}

function fromStage(copy: Copy): string | undefined {
  return (
    copy
      .getFlags()
      .find((flag) => flag.getName() === 'from')
      ?.getValue() ?? undefined
  );
}

/** The words of an instruction in its JSON form. */
function json(keyword: string): string[] {
  const range = last(keyword).getTextContent();
  return JSON.parse(range.slice(range.indexOf('[')));
}
