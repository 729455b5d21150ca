// Compiles the TypeScript tree into dist/ and bundles TensorFlow.js, the browser library, the page and two large
// libraries into it.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const packageFolder = (name) => {
  const require = createRequire(import.meta.url);
  for (const folder of require.resolve.paths(name) ?? []) {
    if (existsSync(join(folder, name, 'package.json'))) return join(folder, name);
  }
  throw new Error(`${name} is not installed: run "npm ci" in ${root} first`);
};

/** Type-checks and compiles every .ts file into dist/, mirroring the tree. */
function compile() {
  const tsc = join(packageFolder('typescript'), 'bin', 'tsc');
  const result = spawnSync(process.execPath, [tsc, '-p', root], { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) throw new Error('tsc reported errors');
}

/** Libraries of hundreds of small modules, and each of their entries that we import. */
const manyModules = {
  typebox: ['typebox', 'typebox/compile', 'typebox/schema', 'typebox/value'],
  '@bufbuild/protobuf': ['@bufbuild/protobuf', '@bufbuild/protobuf/codegenv2', '@bufbuild/protobuf/wkt'],
};

/**
 * Puts each of these libraries into a few files and has the compiled code import those: Node takes 0.4 s to find and
 * load the modules one by one, at the start of every command. Sources and types are not concerned.
 */
async function bundleLibraries() {
  const { build: bundle } = await import('esbuild');
  const dist = join(root, 'dist');
  const entries = Object.values(manyModules).flat();
  rmSync(join(dist, 'libraries'), { recursive: true, force: true });
  const fileOf = (entry) => join('libraries', entry.replaceAll('/', '-').replace('@', ''));
  await bundle({
    entryPoints: entries.map((entry) => ({ in: entry, out: fileOf(entry) })),
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    platform: 'neutral',
    mainFields: ['module', 'main'],
    format: 'esm',
    target: 'es2022',
    legalComments: 'linked',
    outdir: dist,
    chunkNames: 'libraries/[name]-[hash]',
    logLevel: 'warning',
  });
  const names = Object.keys(manyModules).join('|');
  const imports = new RegExp(`(\\bfrom |\\bimport\\()["']((?:${names})(?:/[^"']*)?)["']`, 'g');
  for (const name of readdirSync(dist, { recursive: true })) {
    if (!name.endsWith('.js') || name.startsWith('libraries')) continue;
    const file = join(dist, name);
    const code = readFileSync(file, 'utf8');
    const rewritten = code.replace(imports, (_match, keyword, entry) => {
      if (!entries.includes(entry)) throw new Error(`${name} imports ${entry}: add it to manyModules`);
      const path = relative(dirname(file), `${join(dist, fileOf(entry))}.js`)
        .split(sep)
        .join('/');
      return `${keyword}'${path.startsWith('.') ? path : `./${path}`}'`;
    });
    if (rewritten !== code) writeFileSync(file, rewritten);
  }
}

/** Bundles entries of `clients/` for browsers into `target`: each is one file of its own, if `options` do not split. */
async function bundleForBrowsers(target, entries, options = {}) {
  const { build: bundle } = await import('esbuild');
  await bundle({
    entryPoints: entries.map((entry) => join(root, 'clients', entry)),
    entryNames: '[name]',
    outdir: target,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    minifyIdentifiers: true,
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: true,
    define: { KILN_VERSION: JSON.stringify(version) },
    logLevel: 'warning',
    ...options,
  });
}

/** Bundles the page, each of its views apart, and its worker; the service adds ONNX Runtime to them. */
export async function bundlePage(target = join(root, 'dist', 'clients', 'page', 'public')) {
  const source = join(root, 'clients', 'page');
  rmSync(join(target, 'chunks'), { recursive: true, force: true }); // their names change with what is in them
  await bundleForBrowsers(target, ['page/page.ts'], { splitting: true, chunkNames: 'chunks/[name]-[hash]' });
  await bundleForBrowsers(target, [
    'browser/classifier-worker.ts',
    'page/model/inspector-worker.ts',
    'page/teach/frame-worker.ts',
    'browser/teaching/teacher-worker.ts',
  ]);
  await bundleForBrowsers(target, ['page/service-worker.ts'], { format: 'iife', sourcemap: false });
  for (const file of readdirSync(source))
    if (/\.(html|css|svg)$/.test(file)) cpSync(join(source, file), join(target, file));
}

/**
 * Bundles `onnx-kiln/browser`: the module, its workers, and the scripts of onnxruntime-web, which its package does not
 * let bundlers have as files. The WebAssembly they find in that package: 41 MB that ours need not hold.
 */
export async function bundleBrowserLibrary(target = join(root, 'dist', 'clients', 'browser', 'library')) {
  const entries = ['browser/index.ts', 'browser/classifier-worker.ts', 'browser/teaching/teacher-worker.ts'];
  await bundleForBrowsers(target, entries, {
    minifyWhitespace: false, // with it go the comments that bundlers read
    sourcemap: false, // no map is in the package, and a bundler would ask for it
  });
  const runtime = join(packageFolder('onnxruntime-web'), 'dist');
  mkdirSync(join(target, 'onnxruntime-web'), { recursive: true });
  for (const name of ['ort.wasm.bundle.min.mjs', 'ort.webgpu.bundle.min.mjs']) {
    const script = readFileSync(join(runtime, name), 'utf8');
    writeFileSync(join(target, 'onnxruntime-web', name), script.replace(/^\/\/# sourceMappingURL=.*$/m, ''));
  }
}

/**
 * Puts TensorFlow.js for Node into `target`: tfjs-core with every gradient, and the wasm backend. Published, the first
 * registers no gradients, and the file that does is an ES module that Node takes for CommonJS.
 */
export async function bundleTensorFlow(target = join(root, 'dist', 'train', 'tfjs', 'tensorflow')) {
  const { build: bundle } = await import('esbuild');
  await bundle({
    stdin: {
      contents: [
        "export * from '@tensorflow/tfjs-core';",
        "import '@tensorflow/tfjs-core/dist/register_all_gradients.js';",
        "import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';",
        "import '@tensorflow/tfjs-backend-wasm';",
      ].join('\n'),
      resolveDir: root,
    },
    bundle: true,
    platform: 'node',
    mainFields: ['module', 'main'], // one and the same tfjs-core for all of them
    format: 'cjs',
    target: 'node20',
    legalComments: 'linked',
    outfile: join(target, 'tensorflow.cjs'),
    logLevel: 'error',
  });
  const binaries = join(packageFolder('@tensorflow/tfjs-backend-wasm'), 'dist');
  for (const file of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'])
    cpSync(join(binaries, file), join(target, file));
}

export async function build() {
  if (!existsSync(join(root, 'tsconfig.json'))) return; // an installed package ships its dist/
  compile();
  await bundleLibraries();
  await bundleTensorFlow();
  await bundleBrowserLibrary();
  if (existsSync(join(root, 'clients', 'page', 'page.ts'))) await bundlePage();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await build().catch((error) => {
    console.error(`build failed: ${error.message}`);
    process.exitCode = 1;
  });
}
