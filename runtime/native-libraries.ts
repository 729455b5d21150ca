import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Provider } from './classifier.js';

/**
 * Why a provider need not be asked for: its library does not lie beside the binding. Asking all the same would
 * throw too, but not before ONNX Runtime has written a paragraph to stderr.
 */
export function missingLibrary(provider: Provider): string | undefined {
  if (provider !== 'cuda') return undefined;
  const name = cudaLibraries[process.platform];
  if (name === undefined) return `onnxruntime-node has no CUDA provider for ${process.platform}`;
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node'); // …/onnxruntime-node/dist/index.js
  const folder = join(dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch);
  return existsSync(join(folder, name)) ? undefined : `${name} does not lie beside onnxruntime-node`;
}

const cudaLibraries: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'libonnxruntime_providers_cuda.so',
  win32: 'onnxruntime_providers_cuda.dll',
};
