import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as tar from 'tar';
import Type from 'typebox';
import { Parse } from 'typebox/value';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const run = promisify(execFile);

const packed = Type.Array(Type.Object({ filename: Type.String(), size: Type.Integer() }));
const lockfile = Type.Object({
  packages: Type.Record(
    Type.String(),
    Type.Object({
      dev: Type.Optional(Type.Boolean()),
      devOptional: Type.Optional(Type.Boolean()),
      peer: Type.Optional(Type.Boolean()),
    }),
  ),
});

/** What `npm pack` makes of this build, in a folder that goes with the test. */
export async function pack(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  const [entry] = Parse(packed, JSON.parse(stdout));
  return join(folder, entry!.filename);
}

/**
 * An empty project with the package in it: as npm would, unpacked, its command linked, and beside it what
 * package-lock.json says that running it takes. What only developing takes is not there.
 */
export async function projectWith(t: TestContext, tarball: string): Promise<string> {
  const project = await temporaryFolder(t);
  const modules = join(project, 'node_modules');
  const target = join(modules, 'onnx-kiln');
  await mkdir(target, { recursive: true });
  await tar.extract({ file: tarball, cwd: target, strip: 1 });
  for (const name of await runtimePackages())
    await link(join(root, 'node_modules', name), join(modules, name));
  await link(join(target, 'bin', 'kiln.mjs'), join(modules, '.bin', 'kiln'));
  await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  return project;
}

export async function link(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  if (existsSync(to)) return;
  await symlink(from, to);
}

async function runtimePackages(): Promise<string[]> {
  const { packages } = Parse(lockfile, JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  return Object.entries(packages).flatMap(([path, { dev, devOptional, peer }]) => {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    return name === undefined || dev || devOptional || peer ? [] : [name];
  });
}
