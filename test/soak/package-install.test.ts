import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { photo } from '../fixtures/photo-folder.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { pack, run } from '../package/installed.js';

test('npm installs the tarball into an empty project, with what the registry has, and it runs', async (t) => {
  const project = await temporaryFolder(t);
  const tarball = await pack(t);
  await writeFile(join(project, 'package.json'), '{ "private": true }');
  await writeFile(join(project, 'picture.png'), await photo([40, 60, 200], 1));
  await run('npm', ['install', '--ignore-scripts', '--no-audit', tarball], { cwd: project });

  const classified = await run('npx', ['--no-install', 'kiln', 'classify', 'picture.png', '--json'], {
    cwd: project,
  });
  assert.match(classified.stdout, /"probability"/);
  const program = "import('onnx-kiln').then(({ train, serve }) => console.log(typeof train, typeof serve))";
  const imported = await run(process.execPath, ['-e', program], { cwd: project });
  assert.equal(imported.stdout, 'function function\n');
});
