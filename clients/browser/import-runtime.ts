import type * as OrtWeb from 'onnxruntime-web';
import { type WebBuild, webBuilds } from '../../runtime/web-builds.js';
import { ClassifierError } from './problem.js';
import type { BrowserProvider } from './worker-messages.js';

/**
 * Where ONNX Runtime lies if nobody says it: in a folder beside this worker. A bundler finds the scripts there and the
 * rest in the package onnxruntime-web, and puts its own addresses here; it knows them by their form.
 */
const besideWorker = {
  webgpu: {
    script: new URL('./onnxruntime-web/ort.webgpu.bundle.min.mjs', import.meta.url),
    wasm: new URL('onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm', import.meta.url),
  },
  wasm: {
    script: new URL('./onnxruntime-web/ort.wasm.bundle.min.mjs', import.meta.url),
    wasm: new URL('onnxruntime-web/ort-wasm-simd-threaded.wasm', import.meta.url),
  },
} as const satisfies Record<BrowserProvider, WebBuild<URL>>;

/** Threads are started while a session is made; where a policy forbids them nothing else would end the wait. */
const initTimeoutMs = 30_000;

/**
 * ONNX Runtime for a provider; its WebAssembly is fetched when a session is made.
 *
 * @param folder where the runtime's files lie, with a slash at its end; undefined for beside the worker
 * @throws ClassifierError RUNTIME_FAILED
 */
export async function importRuntime(
  provider: BrowserProvider,
  folder: string | undefined,
): Promise<typeof OrtWeb> {
  const { script, wasm } =
    folder === undefined ? besideWorker[provider] : within(folder, webBuilds[provider]);
  try {
    // Not bundled: it starts its threads by its own address.
    const ort: typeof OrtWeb = await import(/* webpackIgnore: true */ /* @vite-ignore */ script.href);
    ort.env.wasm.wasmPaths = { wasm };
    ort.env.wasm.initTimeout = initTimeoutMs;
    return ort;
  } catch (error) {
    throw runtimeFailed(error, `ONNX Runtime at ${script.href}`);
  }
}

const within = (folder: string, { script, wasm }: WebBuild): WebBuild<URL> => ({
  script: new URL(script, folder),
  wasm: new URL(wasm, folder),
});

/** RUNTIME_FAILED: what was to start, and what became of it. */
export const runtimeFailed = (error: unknown, expected: string): ClassifierError =>
  new ClassifierError({
    code: 'RUNTIME_FAILED',
    message: 'ONNX Runtime could not be started in this tab.',
    expected,
    received: error instanceof Error ? error.message : String(error),
  });
