import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { bashCompletion, fishCompletion, zshCompletion } from '../../cli/completion-scripts.js';
import { completionTree, everyCommand } from '../../cli/completion-tree.js';
import { buildProgram } from '../../cli/program.js';
import { temporaryFolder } from '../fixtures/temporary-folder.js';
import { kiln } from './kiln.js';

const program = completionTree(buildProgram());
const commands = everyCommand(program);
const scripts = {
  bash: bashCompletion(program),
  zsh: zshCompletion(program),
  fish: fishCompletion(program),
};

/** Runs a script; undefined where the shell is not installed. */
async function shell(t: TestContext, name: string, script: string, ...options: readonly string[]) {
  const file = join(await temporaryFolder(t), 'script');
  await writeFile(file, script);
  const ran = spawnSync(name, [...options, file], { encoding: 'utf8' });
  return ran.error === undefined ? ran : undefined;
}

for (const [name, script] of Object.entries(scripts)) {
  test(`${name} reads its script`, async (t) => {
    const ran = await shell(t, name, script, '-n');
    if (ran === undefined) return t.skip(`no ${name} here`);
    assert.equal(ran.status, 0, ran.stderr);
    assert.notEqual((await shell(t, name, `${script}\nif (`, '-n'))?.status, 0, 'control');
  });
}

/** What bash offers after each line, the word at the cursor being the last. */
async function offeredByBash(
  t: TestContext,
  lines: readonly (readonly string[])[],
): Promise<string[][] | undefined> {
  const tries = lines.map((words) => {
    const quoted = words.map((word) => `'${word}'`).join(' ');
    return `COMP_WORDS=(kiln ${quoted}); COMP_CWORD=${words.length}; _kiln; echo "\${COMPREPLY[*]}"`;
  });
  const ran = await shell(t, 'bash', [scripts.bash, ...tries].join('\n'));
  if (ran === undefined) return undefined;
  assert.equal(ran.stderr, '');
  return ran.stdout.split('\n').map((line) => line.split(' ').filter(Boolean));
}

test('bash is offered every command, option and value', async (t) => {
  const lines: string[][] = [];
  const expected: string[][] = [];
  for (const { path, commands: below, options, choices } of commands) {
    lines.push([...path, ''], [...path, '-']);
    expected.push(
      [...below.map(({ path }) => path.at(-1)!), ...choices],
      options.flatMap(({ flags }) => flags),
    );
    for (const { flags, value } of options) {
      const [flag] = flags.slice(-1) as [string];
      if (value.kind === 'none') continue;
      lines.push([...path, flag, ''], [...path, flag, '=']);
      const values = value.kind === 'choice' ? [...value.choices] : []; // without any, bash completes files
      expected.push(values, values);
    }
  }
  assert.ok(lines.length > 200);
  const offered = await offeredByBash(t, lines);
  if (offered === undefined) return t.skip('no bash here');
  assert.deepEqual(offered.slice(0, -1), expected);

  const [begun, operand, joined, deep] = (await offeredByBash(t, [
    ['class'],
    ['classify', 'tiny.onnx', '--model-'],
    ['eval', '--split', '=', 'te'],
    ['bench', 'train', '--r'],
  ]))!;
  assert.deepEqual(begun, ['classify']);
  assert.deepEqual(operand, ['--model-name', '--model-version']);
  assert.deepEqual(joined, ['test']);
  assert.deepEqual(deep, ['--rounds'], 'of bench train, not of train');
});

test('fish is offered the same', async (t) => {
  const asked = ['kiln ', 'kiln runs ', 'kiln bench train --r', 'kiln train --engine o'];
  const tries = asked.map((line) => `complete -C '${line}' | string replace -r '\\t.*' '' | string join ' '`);
  const ran = await shell(t, 'fish', [scripts.fish, ...tries].join('\n'), '--no-config');
  if (ran === undefined) return t.skip('no fish here');
  assert.deepEqual(ran.stdout.trim().split('\n'), [
    program.commands
      .map(({ path }) => path[0]!)
      .sort()
      .join(' '),
    'compare list remove',
    '--rounds',
    'onnx',
  ]);
});

test('zsh and fish know every command and option', () => {
  for (const { path, options } of commands) {
    const at = `complete -c kiln -n '${['__kiln_at', ...path].join(' ')}' `;
    const ofZsh = scripts.zsh.split(`\n${['_kiln', ...path].join('_')}() {`)[1]?.split('\n}')[0];
    for (const { flags } of options) {
      const named = flags.map((flag) => flag.replace(/^--/, '-l ').replace(/^-(?=\w$)/, '-s ')).join(' ');
      assert.ok(scripts.fish.includes(`${at}${named} `), `${path} ${flags}`);
      for (const flag of flags) assert.match(ofZsh!, new RegExp(`'\\*${flag}=?\\[`), `${path} ${flag}`);
    }
  }
});

test('kiln completion prints the script, and what is hidden is not completed', async () => {
  const { code, stdout } = await kiln(['completion', 'zsh']);
  assert.equal(code, 0);
  assert.equal(stdout, scripts.zsh);
  const serve = commands.find(({ path }) => path.join(' ') === 'serve');
  const flags = serve?.options.flatMap((option) => option.flags);
  assert.ok(flags?.includes('--config'));
  assert.ok(!flags?.includes('--supervised'));
  const refused = await kiln(['completion', 'tcsh']);
  assert.match(refused.stderr, /Allowed choices are bash, zsh, fish/);
});
