import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { KilnError } from '../errors/errors.js';
import { webBuilds } from './web-builds.js';

/**
 * The files of a build in the installed onnxruntime-web, wherever it lies: their paths by name.
 *
 * @throws KilnError FILE_NOT_FOUND where the package, or one of its files, is missing
 */
export async function webBuildFiles(build: keyof typeof webBuilds): Promise<ReadonlyMap<string, string>> {
  const { script, wasm } = webBuilds[build];
  try {
    const folder = dirname(createRequire(import.meta.url).resolve(`onnxruntime-web/${wasm}`));
    const files = new Map([script, wasm].map((name) => [name, join(folder, name)]));
    for (const path of files.values()) await access(path);
    return files;
  } catch (cause) {
    throw new KilnError('FILE_NOT_FOUND', {
      message: "ONNX Runtime's files for browsers are not installed.",
      expected: `${script} and ${wasm} of the package onnxruntime-web`,
      received: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}
