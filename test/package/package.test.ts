import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { photo } from '../fixtures/photo-folder.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { link, pack, projectWith, root, run } from './installed.js';

test('the package, installed in an empty project', async (t) => {
  const project = await projectWith(t, await pack(t));
  const modules = join(project, 'node_modules');
  const installed = join(modules, 'onnx-kiln');
  const entries = await readdir(installed, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(installed.length + 1));
  await writeFile(join(project, 'picture.png'), await photo([40, 60, 200], 1));

  await t.test('holds what running takes, and nothing of its making', async () => {
    const sources = files.filter((file) => /(?<!\.d)\.ts$|\.map$|\.tsbuildinfo$/.test(file));
    const shown = await linksOf(join(installed, 'README.md'));
    assert.deepEqual(
      sources.filter((file) => !file.startsWith('examples/') && !shown.includes(file)),
      [],
    );
    assert.deepEqual(
      files.filter((file) => /^(dist\/)?(test|bench\/peers)\/.*(?<!\.md)$|^dist\/examples\//.test(file)),
      [],
    );
    // The rest of WebAssembly is a dependency's.
    assert.deepEqual(
      files.filter((file) => file.endsWith('.wasm') && !file.startsWith('dist/train/tfjs/')),
      [],
    );
    // CONTROL: the patterns meet what the working tree has of both.
    assert.ok(files.includes('examples/network.ts') && files.includes('dist/index.d.ts'));
    assert.ok(files.some((file) => file.endsWith('.wasm')));
  });

  await t.test('tells nothing of the machine that built it', async () => {
    const tells = (text: string) => text.includes(root);
    for (const file of files.filter((name) => /\.([cm]?js|json|d\.ts|html|css|md)$/.test(name)))
      assert.ok(!tells(await readFile(join(installed, file), 'utf8')), file);
    assert.ok(tells(`//# sourceURL=${join(root, 'index.ts')}`), 'CONTROL');
  });

  await t.test('has every page, picture, source and folder that its README shows', async () => {
    const shown = await linksOf(join(installed, 'README.md'));
    assert.ok(
      ['docs/lifecycle.svg', 'networks/deepcnn.ts', 'examples'].every((path) => shown.includes(path)),
    );
    assert.deepEqual(
      shown.filter((path) => !files.some((file) => file === path || file.startsWith(`${path}/`))),
      [],
    );
  });

  await t.test('offers kiln on the command line', async () => {
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const said = await run('npx', ['--no-install', 'kiln', '--version'], { cwd: project });
    assert.equal(said.stdout.trim(), version);
    const kiln = join(modules, '.bin', 'kiln');
    const classified = await run(kiln, ['classify', 'picture.png', '--json'], { cwd: project });
    assert.match(
      classified.stdout,
      /"label": ?"(airplane|automobile|bird|cat|deer|dog|frog|horse|ship|truck)"/,
    );
  });

  await t.test('serves the model that it ships, with its page', async () => {
    const model = join(installed, 'models', 'cifar10-deepcnn.onnx');
    const options = ['--port', '0', '--device', 'cpu', '--workers', '1'];
    const child = spawn(join(modules, '.bin', 'kiln'), ['serve', model, ...options], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const [address] = /http:\/\/[\d.:]+/.exec(line) ?? [];
    assert.ok(address !== undefined, line);
    const page = await (await fetch(address)).text();
    const [script] = /[\w/.-]+\.js/.exec(page) ?? [];
    for (const path of [script!, 'ort/ort-wasm-simd-threaded.wasm'])
      assert.equal((await fetch(new URL(path, address), { method: 'HEAD' })).status, 200, path);
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
  });

  await t.test('is typed without reservations, and does in a program what its types say', async () => {
    const consumer = join('test', 'package', 'consumer.ts');
    await cp(join(installed, 'examples'), join(project, 'examples'), { recursive: true });
    await cp(join(root, consumer), join(project, consumer));
    await link(join(root, 'node_modules', '@types', 'node'), join(modules, '@types', 'node'));
    const compilerOptions = {
      target: 'ES2022',
      module: 'NodeNext',
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      types: ['node'],
      strict: true,
      skipLibCheck: false,
    };
    await writeFile(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions, include: ['examples', 'test'] }),
    );
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const compiled = await run(process.execPath, [tsc, '-p', project]).catch((error) => error);
    assert.equal(compiled.stdout, '');
    const folder = await temporaryFolder(t);
    const ran = await run(process.execPath, [consumer.replace('.ts', '.js'), folder, 'picture.png'], {
      cwd: project,
    });
    assert.match(ran.stdout, /^two-two-convolutions: (dark|light)$/m);
  });

  await t.test('gives each of its entries a file and types', async () => {
    const { exports, bin } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
    const targets = Object.values<string | Record<string, string>>(exports).flatMap((target) =>
      typeof target === 'string' ? [target] : Object.values(target),
    );
    const missing = [...targets, ...Object.values<string>(bin)]
      .map((target) => target.replace(/^\.\//, ''))
      .filter((target) => !target.includes('*') && !files.includes(target));
    assert.deepEqual(missing, []);
  });
});

/** What a page links to beside itself. */
async function linksOf(page: string): Promise<readonly string[]> {
  const links = (await readFile(page, 'utf8')).matchAll(/\]\(([^):#]+)\)/g);
  return Array.from(links, ([, path]) => path!);
}
