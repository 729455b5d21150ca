import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ConfigFile, readConfigFile } from '../../serve/settings/config-file.js';
import { defaultSettings } from '../../serve/settings/defaults.js';
import { entries } from '../../serve/settings/entries.js';
import { printSettings } from '../../serve/settings/print.js';
import { resolveSettings, type Sources } from '../../serve/settings/resolve.js';
import { assertSetting, flagName, variableName } from '../../serve/settings/setting.js';
import { settingsTables } from '../../serve/settings/table.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const file = (values: ConfigFile['values']): ConfigFile => ({ path: '/etc/kiln/serve.json', values });
const resolved = (sources: Partial<Sources>) =>
  resolveSettings({ flags: {}, environment: {}, file: undefined, ...sources });

test('a flag counts before the environment, that before the file, and that before the default', () => {
  const sources = {
    flags: { port: '1', 'limits.files': '4' },
    environment: { KILN_PORT: '2', KILN_WORKERS: '2' },
    file: file({ port: 3, workers: 3, maxBatch: 3, limits: { files: 5, maxPixels: 7 } }),
  };
  const { settings, origins } = resolved(sources);
  assert.deepEqual([settings.port, origins.port], [1, '--port']);
  assert.deepEqual([settings.workers, origins.workers], [2, 'KILN_WORKERS']);
  assert.deepEqual([settings.maxBatch, origins.maxBatch], [3, '/etc/kiln/serve.json']);
  assert.deepEqual([settings.maxDelayMs, origins.maxDelayMs], [0, 'default']);
  assert.deepEqual(settings.limits, { ...defaultSettings.limits, files: 4, maxPixels: 7 });
  assert.equal(resolved({ ...sources, flags: {} }).settings.port, 2, 'the control: without the flag');
});

test('texts become values: switches, lists, devices; an empty variable is none', () => {
  const { settings, origins } = resolved({
    flags: { corsOrigins: ['https://a.example', 'http://b.example:81'], page: false },
    environment: {
      KILN_METRICS: '0',
      KILN_MODEL_CONTROL: 'true',
      KILN_DEVICE: 'cuda:0, cuda:1',
      KILN_TRUST_PROXY: 'loopback,10.0.0.0/8',
      KILN_HOST: '',
    },
  });
  assert.deepEqual(settings.corsOrigins, ['https://a.example', 'http://b.example:81']);
  assert.deepEqual([settings.page, settings.metrics, settings.modelControl], [false, false, true]);
  assert.equal(origins.page, '--no-page');
  assert.deepEqual(settings.device, ['cuda:0', 'cuda:1']);
  assert.deepEqual(settings.trustProxy, ['loopback', '10.0.0.0/8']);
  assert.equal(settings.host, '127.0.0.1');
});

test('the variable of the standard counts where our own is not set', () => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318';
  const standard = resolved({ environment: { OTEL_EXPORTER_OTLP_ENDPOINT } });
  assert.equal(standard.settings.otlpEndpoint, OTEL_EXPORTER_OTLP_ENDPOINT);
  assert.equal(standard.origins.otlpEndpoint, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  const own = { OTEL_EXPORTER_OTLP_ENDPOINT, KILN_OTLP_ENDPOINT: 'http://mine:4318' };
  assert.equal(resolved({ environment: own }).settings.otlpEndpoint, 'http://mine:4318');
});

const impossible: readonly [Partial<Sources>, RegExp, string][] = [
  [{ flags: { port: '70000' } }, /^port: a whole number from 0 to 65535$/, '70000 (--port)'],
  [{ flags: { port: '80x' } }, /^port: /, '80x (--port)'],
  [{ environment: { KILN_MAX_BATCH: '0' } }, /^maxBatch: .* from 1 to 1024$/, '0 (KILN_MAX_BATCH)'],
  [{ environment: { KILN_METRICS: 'yes' } }, /^metrics: true or false$/, 'yes (KILN_METRICS)'],
  [{ file: file({ limits: { files: '8' } }) }, /^limits\.files: /, '8 (/etc/kiln/serve.json)'],
  [{ flags: { device: ['tpu'] } }, /^device: auto, cpu, cuda/, '["tpu"] (--device)'],
  [
    { flags: { corsOrigins: ['https://a.example/path'] } },
    /origins such as/,
    '["https://a.example/path"] (--cors-origin)',
  ],
  [{ flags: { trustProxy: ['10.0.0.0/33'] } }, /addresses or networks/, '["10.0.0.0/33"] (--trust-proxy)'],
  [
    { flags: { otlpEndpoint: 'http://me:secret@h' } },
    /without user and password/,
    'http://me:secret@h (--otlp-endpoint)',
  ],
  // Outweighed by the flag, and wrong all the same.
  [{ flags: { port: '1' }, file: file({ port: -1 }) }, /^port: /, '-1 (/etc/kiln/serve.json)'],
];

for (const [sources, expected, received] of impossible) {
  test(`${received} is refused with the place where it stands`, () => {
    assert.throws(() => resolved(sources), { code: 'OPTION_INVALID', expected, received });
  });
}

test('a mistyped variable is refused; what only begins like ours is not', () => {
  assert.throws(() => resolved({ environment: { KILN_WORKRES: '2' } }), {
    code: 'OPTION_INVALID',
    expected: 'a variable that kiln knows; did you mean KILN_WORKERS?',
    received: 'KILN_WORKRES',
  });
  const ofKubernetes = {
    KILN_PORT: 'tcp://10.96.0.1:8080',
    KILN_PORT_8080_TCP_ADDR: '10.96.0.1',
    KILN_SERVICE_HOST: '10.96.0.1',
    KILN_SERVICE_PORT: '8080',
  };
  const { settings } = resolved({
    environment: { ...ofKubernetes, KILN_DEBUG: '1', KILN_FIRING_CURVE: 'x' },
  });
  assert.equal(settings.port, 8080);
});

test('what is printed is a configuration file with the same values', async (t) => {
  const folder = await temporaryFolder(t);
  const first = resolved({
    flags: { models: 'm.onnx', device: ['cpu'], apiKeys: 'keys.txt' },
    file: file({ limits: { files: 3 }, tlsKey: 'key.pem' }),
  });
  const path = join(folder, 'kiln.serve.json');
  await writeFile(path, printSettings(first));
  const again = resolved({ file: await readConfigFile(path) });
  const { settings } = first;
  const absolute = {
    models: join(process.cwd(), 'm.onnx'),
    apiKeys: join(process.cwd(), 'keys.txt'),
    dataDir: resolve(settings.dataDir), // KILN_DATA_DIR may be written with dots
  };
  assert.deepEqual(again.settings, { ...settings, ...absolute });
  assert.equal(settings.tlsKey, '/etc/kiln/key.pem', 'a path of a file begins at the file');
  const { $sources } = JSON.parse(printSettings(first));
  assert.equal($sources['limits.files'], '/etc/kiln/serve.json');
  assert.equal($sources.rateLimit, 'not set: no limit');
  assert.deepEqual(
    Object.keys($sources),
    entries.map(({ name }) => name),
  );
});

test('every default passes its own check, and no two options share a name', () => {
  for (const { name, setting } of entries) {
    if (setting.default !== undefined) assertSetting(name, setting, setting.default);
  }
  for (const nameOf of [flagName, variableName]) {
    const names = entries.map(({ setting }) => nameOf(setting.flag));
    assert.equal(new Set(names).size, names.length);
  }
});

test('docs/serving-options.md has the tables of the map', async () => {
  const text = await readFile(join(root, 'docs', 'serving-options.md'), 'utf8');
  assert.equal(
    text.slice(text.indexOf('\n## ') + 1),
    settingsTables(),
    'node bin/serving-options.mjs writes them',
  );
});
