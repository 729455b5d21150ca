import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buildProgram } from '../../cli/program.js';
import { entries } from '../../serve/settings/entries.js';
import { flagName } from '../../serve/settings/setting.js';
import { kiln } from './kiln.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('serve --print-config shows flags, environment and the example file together, and starts nothing', async () => {
  const args = [
    'serve',
    '--config',
    'examples/serve.config.ts',
    '--port',
    '9000',
    '--print-config',
    '--no-page',
  ];
  const { code, stdout, stderr } = await kiln(args, { cwd: root, env: { KILN_WORKERS: '3', NODE_ENV: '' } });
  assert.equal(code, 0, stderr);
  const { port, workers, queueRows, page, metrics, $sources } = JSON.parse(stdout);
  assert.deepEqual([port, workers, queueRows, page, metrics], [9000, 3, 512, false, true]);
  assert.deepEqual(
    [$sources.port, $sources.workers, $sources.metrics],
    ['--port', 'KILN_WORKERS', 'default'],
  );
  assert.match($sources.queueRows, /serve\.config\.ts$/);
});

test('every setting has its flag, and --help shows it', () => {
  const serve = buildProgram().commands.find((command) => command.name() === 'serve');
  assert.ok(serve !== undefined);
  const help = serve.helpInformation();
  for (const { setting } of entries)
    assert.ok(help.includes(setting.flag.replace(/[[\]]/g, '')), setting.flag);
  const flags = new Set(serve.options.map(({ long }) => long));
  for (const { setting } of entries) {
    if (setting.form === 'switch') {
      const name = flagName(setting.flag).replace(/^--(no-)?/, '');
      assert.ok(flags.has(`--${name}`) && flags.has(`--no-${name}`), name);
    }
  }
});

test('api-key prints the key once and the line of its hash', async () => {
  const { code, stdout, stderr } = await kiln(['api-key', 'alice']);
  assert.equal(code, 0);
  const [key = ''] = /^kiln_[\w-]{43}$/m.exec(stderr) ?? [];
  assert.equal(stdout, `alice:${createHash('sha256').update(key).digest('hex')}\n`);
});
