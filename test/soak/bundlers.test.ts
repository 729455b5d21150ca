import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { browserTest } from '../clients/chromium.js';
import {
  isolation,
  type LibraryBrowser,
  startBrowser,
  startSite,
  strictPolicy,
} from '../clients/library-page.js';
import { photo } from '../fixtures/photo-folder.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { pack, root, run } from '../package/installed.js';

const program = `
import { loadClassifier } from 'onnx-kiln/browser';
async function classify() {
  const classifier = await loadClassifier('model.onnx', options);
  const picture = await (await fetch('picture.png')).blob();
  const { predictions } = await classifier.classify(picture);
  return \`\${predictions.length} on \${classifier.provider}\`;
}
classify().catch((error) => \`\${error} \${error.received}\`).then((said) => (document.title = said));
`;
const withOptions = (options: string): string => program.replace('options', options);
const htmlWith = (script: string): string =>
  `<!doctype html><title>waiting</title><script type="module" src="${script}"></script>`;

/** A project with the package, bundlers, and a page to bundle; `public/` is copied beside what they make. */
async function newProject(t: TestContext): Promise<string> {
  const project = await temporaryFolder(t);
  const tarball = await pack(t);
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  const bundlers = ['vite@8', 'webpack@5', 'webpack-cli', 'rollup@4', '@rollup/plugin-node-resolve'];
  await run('npm', ['install', '--ignore-scripts', '--no-audit', tarball, ...bundlers], { cwd: project });
  await mkdir(join(project, 'public'));
  await copyFile(join(root, 'models', 'cifar10-deepcnn.onnx'), join(project, 'public', 'model.onnx'));
  await writeFile(join(project, 'public', 'picture.png'), await photo([40, 60, 200], 1));
  await writeFile(join(project, 'main.js'), withOptions('{}'));
  await writeFile(join(project, 'index.html'), htmlWith('/main.js'));
  return project;
}

/** What the page of this address says in the end. */
async function saidAt(browser: LibraryBrowser, url: string): Promise<string> {
  const page = await browser.open({ url });
  await page.waitForFunction(() => document.title !== 'waiting');
  const said = await page.title();
  await page.close();
  return said;
}

browserTest('a program that imports onnx-kiln/browser classifies, whatever bundled it', async (t) => {
  const project = await newProject(t);
  const browser = await startBrowser();
  t.after(() => browser.close());
  const npx = (...args: string[]) => run('npx', ['--no-install', ...args], { cwd: project });
  const built = async (folder: string): Promise<string> => {
    for (const name of ['model.onnx', 'picture.png'])
      await copyFile(join(project, 'public', name), join(project, folder, name));
    const headers = { ...isolation, 'content-security-policy': strictPolicy };
    const files = { '/favicon.ico': () => ({ status: 204 }) };
    const site = await startSite({ folder: join(project, folder), headers, files });
    t.after(() => site.close());
    return saidAt(browser, site.url);
  };

  await t.test('Vite, built', async () => {
    await npx('vite', 'build');
    assert.equal(await built('dist'), '5 on wasm');
  });

  await t.test("Vite's development server", { timeout: 120_000 }, async (t) => {
    const args = ['--no-install', 'vite', '--host', '127.0.0.1', '--port', '0'];
    const child = spawn('npx', args, {
      cwd: project,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
      env: { ...process.env, NO_COLOR: '1' }, // on CI it would paint its address
    });
    t.after(() => process.kill(-child.pid!));
    for await (const line of createInterface({ input: child.stdout })) {
      const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(line) ?? [];
      if (url === undefined) continue;
      assert.equal(await saidAt(browser, url), '5 on wasm');
      break;
    }
  });

  for (const mode of ['production', 'development'])
    await t.test(`webpack, ${mode}`, async () => {
      await npx('webpack', './main.js', '--mode', mode, '--devtool', 'source-map', '--output-path', mode);
      await writeFile(join(project, mode, 'index.html'), htmlWith('main.js'));
      assert.equal(await built(mode), '5 on wasm');
    });

  await t.test('Rollup, with the files that kiln browser writes', async () => {
    await writeFile(join(project, 'main.js'), withOptions("{ worker: 'onnx-kiln/classifier-worker.js' }"));
    await npx('rollup', 'main.js', '--plugin', 'node-resolve', '--file', 'rolled/main.js');
    await writeFile(join(project, 'rolled', 'index.html'), htmlWith('main.js'));
    assert.match(await built('rolled'), /WORKER_FAILED|could not be loaded/, 'CONTROL: they are missed');
    await npx('kiln', 'browser', 'rolled/onnx-kiln');
    assert.equal(await built('rolled'), '5 on wasm');
  });
});
