import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { openDataset } from '../data/registry.js';
import { type Finished, kiln, kilnProgram } from './cli/kiln.js';
import { commandsIn, documentedCommands, words } from './documented-commands.js';
import { zipOf } from './fixtures/archives.js';
import { writePhotos } from './fixtures/photo-folder.js';
import { noisyPictures } from './fixtures/pictures.js';
import { temporaryFolder } from './fixtures/temporary-folder.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

type Check =
  /** Run as it stands, or with other values so that it is quick and needs no data; every option is kept. */
  | { readonly kind: 'run'; readonly quick?: string; readonly says: RegExp }
  /** A service that stays up for the requests below. */
  | { readonly kind: 'serve'; readonly quick: string }
  /** A request by curl, made by fetch. */
  | { readonly kind: 'request'; readonly status: number; readonly says: RegExp; readonly body?: string }
  | { readonly kind: 'elsewhere'; readonly reason: string };

const small = '--batch 4 --device cpu';

/** A training on CIFAR-10 that is checked by two small steps on a few photographs, its options kept. */
function onPhotos(options: string): Record<string, Check> {
  const quick = `${options.replace(/--batch \d+ /, '')} --steps 2 ${small}`;
  return {
    [`npx kiln train --dataset cifar10 --data-dir data ${options}`]: {
      kind: 'run',
      quick: `npx kiln train --dataset folder --data-dir my-photos ${quick}`,
      says: /finished at step 2 /,
    },
  };
}

/** In the order in which they run: one needs what an earlier one made. */
const checks: Readonly<Record<string, Check>> = {
  'npm ci && npm start': {
    kind: 'elsewhere',
    reason: 'test/cli/serve.test.ts starts the command behind it; installing is what ran before this test',
  },
  'npm ci && npm test': { kind: 'elsewhere', reason: 'is what runs this test, in .ci/run' },
  'npx kiln demo': { kind: 'elsewhere', reason: 'test/cli/demo.test.ts' },
  'npx kiln data cifar10 --data-dir data --download': {
    kind: 'run',
    quick: 'npx kiln data shapes --data-dir data --download',
    says: /^shapes: 32×32 RGB, 10 labels/,
  },
  'npx kiln data cifar100 --data-dir data --download': {
    kind: 'run',
    quick: 'npx kiln data shapes --data-dir data --download',
    says: /^Duplicates: none found$/m,
  },
  'npx kiln data folder --data-dir my-photos --sheet sheet.png': {
    kind: 'run',
    says: /^folder: 32×32 RGB, 3 labels: berry 2, berry 10, Öl$/m,
  },
  'npx kiln train --dataset folder --data-dir my-photos': {
    kind: 'run',
    quick: 'npx kiln train --dataset folder --data-dir my-photos --epochs 1 --device cpu',
    says: /^batches of 16 in place of 512: .*finished at step /ms,
  },
  'npx kiln export folder-deepcnn-fast --out my-photos.onnx': {
    kind: 'run',
    says: /^my-photos\.onnx: folder-deepcnn, /,
  },
  'npx kiln train --dataset cifar10 --data-dir data --recipe fast --run first': {
    kind: 'run',
    quick: `npx kiln train --dataset shapes --data-dir data --recipe fast --run first --steps 2 ${small}`,
    says: /finished at step 2 /,
  },
  'npx kiln eval first --split test': { kind: 'run', says: /precision @ 1 +\d/ },
  'npx kiln export first --out first.onnx': { kind: 'run', says: /^first\.onnx: shapes-deepcnn, / },
  'npx kiln export first.onnx --format triton --out repository': {
    kind: 'run',
    says: /^repository\/shapes-deepcnn\/1\/model\.onnx: shapes-deepcnn, /,
  },
  'npx kiln export first.onnx --format kserve --storage-uri s3://bucket/models --out repository': {
    kind: 'run',
    says: /^ +written +repository\/shapes-deepcnn\.yaml$/m,
  },
  'npm run pack': { kind: 'elsewhere', reason: 'builds dist/ anew, which holds this test; test/package/' },
  'npm install --ignore-scripts ./onnx-kiln-0.1.0.tgz': {
    kind: 'elsewhere',
    reason: 'it needs the network; test/package/, test/soak/package-install.test.ts',
  },
  'docker build -f deploy/Dockerfile -t onnx-kiln .': { kind: 'elsewhere', reason: 'test/deploy/' },
  'docker run --rm -p 127.0.0.1:8080:8080 onnx-kiln': { kind: 'elsewhere', reason: 'test/deploy/' },
  'kubectl apply -k deploy/kubernetes': { kind: 'elsewhere', reason: 'test/deploy/' },
  'npx kiln serve --config examples/serve.config.ts --port 9000 --print-config': {
    kind: 'elsewhere',
    reason: 'test/cli/serve-settings.test.ts',
  },
  'npx kiln api-key alice >> api-keys.txt': {
    kind: 'elsewhere',
    reason: 'test/cli/serve-settings.test.ts',
  },
  'npx kiln serve --api-keys api-keys.txt --rate-limit 600': {
    kind: 'elsewhere',
    reason: 'test/serve/api-keys.test.ts, test/serve/rate-limit.test.ts',
  },
  'npx kiln serve --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem': {
    kind: 'elsewhere',
    reason: 'test/serve/tls.test.ts',
  },
  'npm install @opentelemetry/core@2 @opentelemetry/exporter-trace-otlp-http@0.223 @opentelemetry/resources@2 @opentelemetry/sdk-trace-base@2':
    { kind: 'elsewhere', reason: 'test/serve/tracing.test.ts runs with these packages' },
  'npx kiln browser kiln': {
    kind: 'run',
    says: /^kiln\/classifier-worker\.js: \d+ kB\nkiln\/index\.js: .*asyncify\.wasm: 26,\d+ kB\n$/s,
  },
  'npx kiln inspect first.onnx': { kind: 'run', says: /^shapes-deepcnn\n=+\n/ },
  'npx kiln serve first.onnx --port 8080': {
    kind: 'serve',
    quick: 'npx kiln serve first.onnx --port 0 --device cpu',
  },
  "curl -F images=@cat.jpg -F images=@ship.png 'http://127.0.0.1:8080/classify?top=3'": {
    kind: 'request',
    status: 200,
    says: /"name":"cat\.jpg","predictions":\[.*"name":"ship\.png","predictions":\[/,
  },
  'npx kiln classify first.onnx cat.jpg ship.png': {
    kind: 'run',
    says: /^cat\.jpg .* %\nship\.png .* %\n$/,
  },
  'npx kiln classify http://127.0.0.1:8080 cat.jpg ship.png --json': {
    kind: 'elsewhere',
    reason: 'test/cli/classify-service.test.ts',
  },
  'npx kiln classify cat.jpg ship.png --model first.onnx': {
    kind: 'run',
    says: /^cat\.jpg .* %\nship\.png .* %\n$/,
  },
  "curl --data-binary @cat.png -H 'content-type: image/png' http://127.0.0.1:8080/classify": {
    kind: 'request',
    status: 200,
    says: /"name":"image","predictions":\[\{"label":"\w+","index":\d,"probability":/,
  },
  'curl -H \'content-type: application/json\' -d \'{"dataset":"cifar10","split":"test"}\' http://127.0.0.1:8080/evaluations':
    {
      kind: 'request',
      body: '{"dataset":"shapes","split":"test"}',
      status: 202,
      says: /"status":"running"/,
    },
  'curl -F archive=@my-photos.zip http://127.0.0.1:8080/evaluations': {
    kind: 'request',
    status: 202,
    says: /"source":"archive"/,
  },
  'npx kiln train --dataset cifar10 --data-dir data --network deepcnn --recipe tutorial --steps 100000 --seed 0 --run tutorial':
    {
      kind: 'run',
      quick: `npx kiln train --dataset folder --data-dir my-photos --network deepcnn --recipe tutorial --steps 2 --seed 0 --run tutorial ${small}`,
      says: /Filling queue with 20000 CIFAR images.*: step 0, loss = \d.*finished at step 2 /s,
    },
  'npx kiln train --resume tutorial': { kind: 'run', says: /resumed at step 2\n/ },
  'npx kiln train --dataset shapes --engine tfjs --steps 20 --batch 16': {
    kind: 'run',
    quick:
      'npx kiln train --dataset folder --data-dir my-photos --engine tfjs --steps 2 --batch 4 --device cpu',
    says: /tfjs engine on (wasm|tensorflow cpu).*finished at step 2 /s,
  },
  'npx kiln train --dataset cifar10 --data-dir data --recipe tutorial --towers 2 --run two-towers': {
    kind: 'run',
    quick: `npx kiln train --dataset folder --data-dir my-photos --recipe tutorial --towers 2 --run two-towers --steps 2 ${small}`,
    says: /2 towers that share the CPU, .*finished at step 2 /s,
  },
  ...onPhotos('--network deepcnn-local --run local'),
  'npx kiln train --dataset cifar10 --data-dir data --network speednet --recipe speedrun --run speedrun': {
    kind: 'run',
    quick: `npx kiln train --dataset shapes --data-dir data --network speednet --recipe speedrun --run speedrun --steps 2 ${small}`,
    says: /finished at step 2 /,
  },
  'npx kiln export first.onnx --precision fp16 --out first-fp16.onnx': {
    kind: 'run',
    quick: 'npx kiln export first.onnx --precision fp16 --budget 100 --out first-fp16.onnx',
    says: /^first-fp16\.onnx: /,
  },
  'npx kiln export first.onnx --precision int8 --out first-int8.onnx': {
    kind: 'run',
    quick: 'npx kiln export first.onnx --precision int8 --budget 100 --out first-int8.onnx',
    says: /^first-int8\.onnx: /,
  },
  'npx kiln bench export models/cifar10-deepcnn.onnx --json': {
    kind: 'run',
    quick: 'npx kiln bench export first.onnx --rounds 1 --json',
    says: /"agreement": /,
  },
  'npx kiln export speedrun --tta --out speednet.onnx --data-dir data': {
    kind: 'run',
    quick: 'npx kiln export speedrun --tta --out speednet.onnx --data-dir data --no-eval',
    says: /speednet\.onnx: shapes-speednet,/,
  },
  ...onPhotos('--shuffle-buffer 1000 --run buffer'),
  ...onPhotos('--no-ema --run no-ema'),
  ...onPhotos('--batch 128 --run one-tower'),
  ...onPhotos('--batch 128 --towers 2 --run two-towers'),
  'npx kiln data svhn --data-dir data --download': {
    kind: 'run',
    quick: 'npx kiln data shapes --data-dir data --download',
    says: /^shapes: 32×32 RGB, 10 labels/,
  },
  'npx kiln train --dataset svhn --data-dir data --run svhn': {
    kind: 'run',
    quick: 'npx kiln train --dataset folder --data-dir my-photos --run svhn --steps 2 --batch 4 --device cpu',
    says: /finished at step 2 /,
  },
  'npx kiln eval buffer --split validation --compare-ema': { kind: 'run', says: /McNemar's test +p = / },
  'npx kiln eval tutorial --split validation --weights raw': {
    kind: 'run',
    says: /\d pictures of folder/,
  },
  'npx kiln eval tutorial --follow --interval 300': { kind: 'run', says: /: precision @ 1 = 0\.\d{3}\n$/ },
  'npx kiln eval tutorial --compare-ema': { kind: 'run', says: /McNemar's test +p = / },
  'npx kiln find-lr --dataset cifar10 --data-dir data --recipe tutorial --from 1e-4 --to 10': {
    kind: 'run',
    quick: `npx kiln find-lr --dataset folder --data-dir my-photos --recipe tutorial --from 1e-4 --to 1e-3 --steps 20 ${small}`,
    says: /^20 rates from 1\.0e-4 to 0\.001; smoothed loss:\n/,
  },
  'npx kiln runs': {
    kind: 'run',
    says: /│ tutorial +│ deepcnn +│ folder +│ tutorial +│ +2 of 2 +│ finished +│/,
  },
  'npx kiln runs compare first tutorial': { kind: 'run', says: /│ recipe +│ fast +│ tutorial +│/ },
  'npx kiln eval first.onnx --dataset cifar10 --data-dir data --json': {
    kind: 'run',
    quick: 'npx kiln eval first.onnx --dataset shapes --data-dir data --json',
    says: /"precisionAt1": [\d.]+,\s+"count": 2000,/,
  },
  'npx kiln doctor': { kind: 'run', says: /kiln can train and serve here\.\n$/ },
  'npx kiln doctor --json': { kind: 'run', says: /^\{\n {2}"kiln": ".*"ok": true,/s },
  'npm run setup:cuda -- --dry-run': { kind: 'elsewhere', reason: 'test/setup/main.test.ts' },
  'npm run setup:cuda': {
    kind: 'elsewhere',
    reason: 'it needs the network; test/setup/ installs from files',
  },
  'npm run setup:cuda -- --download-only archives': {
    kind: 'elsewhere',
    reason: 'it needs the network; test/setup/download.test.ts',
  },
  'npm run setup:cuda -- --from archives': { kind: 'elsewhere', reason: 'test/setup/main.test.ts' },
  'npx kiln inspect deepcnn': { kind: 'run', says: /1,068,298 parameters, 18\.5 M multiply-adds/ },
  'tensorboard --logdir runs': { kind: 'elsewhere', reason: "it needs Python's TensorBoard" },
  'npx kiln bench summaries --json': {
    kind: 'run',
    quick: 'npx kiln bench summaries --json --rounds 1 --batch 4',
    says: /"shareOfTraining": /,
  },
  'npx kiln bench train --json': {
    kind: 'run',
    quick: 'npx kiln bench train --json --rounds 1 --batch 4',
    says: /"shareOfPeak": [\d.]+/,
  },
  'npx kiln bench serve models/cifar10-deepcnn.onnx --json': {
    kind: 'run',
    quick: 'npx kiln bench serve first.onnx --json --only png --rounds 1 --seconds 1 --connections 4',
    says: /"shareOfBare": [\d.]+/,
  },
  'npx kiln runs remove tutorial': {
    kind: 'run',
    quick: 'npx kiln runs remove tutorial --yes',
    says: /^removed .*tutorial \(/,
  },
};

test('the documents name these commands and no other', async () => {
  assert.deepEqual([...new Set(await documentedCommands(root))].sort(), Object.keys(checks).sort());
});

test('control: a command in a fenced block is found, a remark is not', () => {
  assert.deepEqual(commandsIn('```sh\nnpx kiln a\n# why\nb\n```\n\n```\nnot sh\n```\n'), ['npx kiln a', 'b']);
});

test('a quick version keeps the command and every option of the documented one', () => {
  for (const [command, check] of Object.entries(checks)) {
    if (!('quick' in check) || check.quick === undefined) continue;
    const quick = words(check.quick);
    assert.deepEqual(quick.slice(0, 3), words(command).slice(0, 3));
    for (const option of words(command).filter((word) => word.startsWith('--'))) {
      assert.ok(quick.includes(option), `${option} of ${command}`);
    }
  }
});

test('what is started elsewhere is there', async () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(
    await readFile(join(root, 'package.json'), 'utf8'),
  );
  assert.match(scripts.start ?? '', /kiln\.mjs serve models\/cifar10-deepcnn\.onnx$/);
  assert.match(scripts.test ?? '', /bin\/test\.mjs$/);
  assert.match(await readFile(join(root, '.ci', 'run'), 'utf8'), /^npm ci\nnpm test$/m);
  assert.match(await readFile(join(root, 'test', 'cli', 'demo.test.ts'), 'utf8'), /kiln\(\['demo'\]/);
});

test('every documented command does what it says', async (t) => {
  const cwd = await temporaryFolder(t);
  await makePictures(cwd);
  let service: Service | undefined;
  t.after(() => service?.child.kill('SIGKILL'));
  for (const [command, check] of Object.entries(checks)) {
    if (check.kind === 'elsewhere') continue;
    await t.test(command, async () => {
      switch (check.kind) {
        case 'run': {
          const { code, stdout, stderr }: Finished = await kiln(words(check.quick ?? command).slice(2), {
            cwd,
          });
          assert.equal(code, 0, stderr);
          assert.match(stdout, check.says);
          return;
        }
        case 'serve':
          service = await startService(words(check.quick).slice(2), cwd);
          return;
        case 'request': {
          const response = await request(command, service!.address, cwd, check.body);
          const text = await response.text();
          assert.match(text, check.says);
          assert.equal(response.status, check.status);
        }
      }
    });
  }
});

async function makePictures(folder: string): Promise<void> {
  await writePhotos(join(folder, 'my-photos'), 10);
  const raw = { width: 60, height: 40, channels: 3 } as const;
  const picture = () => sharp(noisyPictures(1, raw.height, raw.width), { raw });
  await picture().jpeg().toFile(join(folder, 'cat.jpg'));
  await picture().png().toFile(join(folder, 'cat.png'));
  await writeFile(join(folder, 'ship.png'), await picture().png().toBuffer());
  const label = (await openDataset({ name: 'shapes', dataDir: folder })).labels[0]!;
  const content = await picture().png().toBuffer();
  await writeFile(join(folder, 'my-photos.zip'), zipOf([{ name: `${label}/one.png`, content }]));
}

interface Service {
  readonly child: ChildProcess;
  readonly address: string;
}

async function startService(args: readonly string[], cwd: string): Promise<Service> {
  const child = spawn(process.execPath, [kilnProgram, ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const address = /http:\/\/[\d.]+:\d+/.exec(line)?.[0];
  assert.ok(address !== undefined, line);
  return { child, address };
}

/** What curl would send: its options -F, -H, -d and --data-binary. */
async function request(
  command: string,
  address: string,
  folder: string,
  otherBody: string | undefined,
): Promise<Response> {
  const [, ...args] = words(command);
  const url = new URL(args.pop()!);
  const headers: Record<string, string> = {};
  const form = new FormData();
  let body: FormData | Blob | string = form;
  for (let index = 0; index < args.length; index += 2) {
    const [option, value] = [args[index]!, args[index + 1]!];
    if (option === '-H') {
      const [name, text] = value.split(': ') as [string, string]; // as the documents write headers
      headers[name] = text;
    } else if (option === '-F') {
      const [field, file] = value.split('=@') as [string, string];
      form.append(field, new Blob([await readFile(join(folder, file))]), file);
    } else if (option === '--data-binary') {
      body = new Blob([await readFile(join(folder, value.slice(1)))]);
    } else {
      assert.equal(option, '-d');
      body = otherBody ?? value;
    }
  }
  return fetch(new URL(url.pathname + url.search, address), { method: 'POST', headers, body });
}
