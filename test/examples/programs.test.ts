import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openModelFile } from '../../runtime/model-file.js';
import { commandsIn } from '../documented-commands.js';
import { classColours, photo, write, writePhotos } from '../fixtures/photo-folder.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const labels = ['berry 2', 'berry 10', 'Öl'];
const blue = await photo(classColours['berry 10'], 5);

const program = (name: string) => fileURLToPath(new URL(`../../examples/${name}.js`, import.meta.url));

async function run(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program(name), ...args], { cwd: root });
  return stdout;
}

/** A program that listens, and the address that its last line tells. */
async function listening(t: TestContext, name: string, ...args: string[]) {
  const env = { ...process.env, PORT: '0' };
  const child = spawn(process.execPath, [program(name), ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const address = /http:\/\/\S+$/.exec(line)?.[0];
    if (address === undefined) continue;
    const end = () => {
      child.kill('SIGTERM');
      return exited;
    };
    return { address, line, end };
  }
  throw new Error(`${name} listens nowhere`);
}

const picture = (bytes: Buffer, headers = {}) => ({
  method: 'POST',
  headers: { 'content-type': 'image/png', ...headers },
  body: new Uint8Array(bytes),
});

test('a folder is classified, and what is no picture in it is told', async (t) => {
  const folder = await temporaryFolder(t);
  await write(join(folder, 'blue.png'), blue);
  await write(join(folder, 'notes.txt'), 'no picture');
  await write(join(folder, 'deeper', 'blue.png'), blue);
  const [one, other, ...none] = (await run('classify-a-folder', folder)).trim().split('\n').sort();
  assert.match(one ?? '', /^blue\.png: \w+ [\d.]+ %, \w+ [\d.]+ %, \w+ [\d.]+ %$/);
  assert.match(other ?? '', /^notes\.txt: .*\.$/);
  assert.deepEqual(none, []);
});

test('photographs become a page that names others', async (t) => {
  const folder = await temporaryFolder(t);
  const photos = join(folder, 'photos');
  await writePhotos(photos, 6);
  const { address, line, end } = await listening(t, 'photos-to-page', photos, '1', join(folder, 'runs'));
  assert.ok(line.startsWith(`${labels.join(', ')}: `), line);
  assert.match(await (await fetch(address)).text(), /<html/);
  const answer = await fetch(`${address}/classify?top=3`, picture(blue));
  const { results } = (await answer.json()) as { results: { predictions: { label: string }[] }[] };
  assert.deepEqual(results[0]?.predictions.map(({ label }) => label).sort(), [...labels].sort());
  assert.deepEqual(await end(), [0, null]);
});

test('a trained file learns other labels, from weights that it has', async (t) => {
  const folder = await temporaryFolder(t);
  const photos = join(folder, 'photos');
  await writePhotos(photos, 6);
  const shipped = join(root, 'models', 'cifar10-deepcnn.onnx');
  const said = await run('fine-tune', photos, shipped, '1', join(folder, 'runs'));
  assert.match(said, /cifar10-deepcnn\.onnx/);
  assert.match(said, /^finished at step \d+: /m);
  const { metadata } = openModelFile(await readFile(join(folder, 'runs', 'fine-tuned.onnx')));
  assert.deepEqual(metadata.labels, labels);
});

test('embedded, the service answers below its prefix to whom the app around lets in', async (t) => {
  const { address, end } = await listening(t, 'embed-in-fastify');
  const password = { authorization: 'Bearer open sesame' };
  const answer = await fetch(`${address}/ml/classify`, picture(blue, password));
  assert.equal(answer.status, 200);
  // CONTROL: without the password neither the app nor its part answers.
  assert.equal((await fetch(`${address}/ml/classify`, picture(blue))).status, 401);
  assert.match(await (await fetch(address, { headers: password })).text(), /POST a picture/);
  assert.deepEqual(await end(), [0, null]);
});

test('the page about them names every example', async () => {
  const page = await readFile(join(root, 'examples', 'README.md'), 'utf8');
  const files = (await readdir(join(root, 'examples'))).filter((name) => name !== 'README.md');
  for (const name of files) assert.ok(page.includes(`](${name}`), name);
  const programs = commandsIn(page).flatMap(
    (command) => /dist\/examples\/(\S+)\.js/.exec(command)?.[1] ?? [],
  );
  for (const name of programs) assert.ok(files.includes(`${name}.ts`), name);
});
