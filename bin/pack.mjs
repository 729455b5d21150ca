// Builds anew and writes the package as onnx-kiln-<version>.tgz. npm's own `prepack` would not run: scripts are off.
// Arguments go to npm: `npm run pack -- --pack-destination out`.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
// Whatever an earlier layout of the sources left there would be packed too.
rmSync(fileURLToPath(new URL('../dist', import.meta.url)), { recursive: true, force: true });
await build();

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const { status, stdout } = spawnSync('npm', ['pack', '--json', ...process.argv.slice(2)], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
  shell: process.platform === 'win32', // where npm is a script
});
if (status !== 0) {
  process.exitCode = 1;
} else {
  const [{ filename, size, unpackedSize, entryCount }] = JSON.parse(stdout);
  console.log(`${filename}: ${megabytes(size)}, unpacked ${megabytes(unpackedSize)} in ${entryCount} files`);
}
