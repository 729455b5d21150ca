import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { webBuildFiles } from '../runtime/web-build-files.js';
import type { webBuilds } from '../runtime/web-builds.js';

/** `onnx-kiln/browser`, as it is built. */
const library = fileURLToPath(new URL('../clients/browser/library/', import.meta.url));

/** Where `onnx-kiln/browser` looks for ONNX Runtime, from its own folder. */
const runtimeFolder = 'onnxruntime-web';

/**
 * What a site needs for `onnx-kiln/browser` to run: paths here, by the path that each has on the site.
 *
 * @param builds of ONNX Runtime; default: all
 * @throws KilnError FILE_NOT_FOUND without onnxruntime-web
 */
export async function browserFiles(
  builds: readonly (keyof typeof webBuilds)[] = ['wasm', 'webgpu'],
): Promise<Map<string, string>> {
  const scripts = (await readdir(library)).filter((name) => name.endsWith('.js')).sort();
  const files = new Map(scripts.map((name) => [name, join(library, name)]));
  for (const build of builds)
    for (const [name, path] of await webBuildFiles(build)) files.set(`${runtimeFolder}/${name}`, path);
  return files;
}
