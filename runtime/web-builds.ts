/** What one build of onnxruntime-web consists of, by name or by address. */
export interface WebBuild<Name = string> {
  readonly script: Name;
  readonly wasm: Name;
}

/** onnxruntime-web's build for each provider. The one with WebGPU is larger, and slower on WebAssembly. */
export const webBuilds = {
  wasm: { script: 'ort.wasm.bundle.min.mjs', wasm: 'ort-wasm-simd-threaded.wasm' },
  webgpu: { script: 'ort.webgpu.bundle.min.mjs', wasm: 'ort-wasm-simd-threaded.asyncify.wasm' },
} as const satisfies Record<'wasm' | 'webgpu', WebBuild>;
