import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from './installed.js';

/** A name that programs import, and the file that declares it. */
interface Declared {
  readonly name: string;
  readonly file: string;
}

const declarations = /^export (?:abstract |async )*(?:function\*?|const|class|interface|type) (\w+)/gm;
const reexports = /^export (?:type )?(?:(?<all>\*)|\{(?<names>[^}]*)\}) from '(?<from>\.[^']*)\.js';$/gm;

/** Everything that a module exports, followed to where it is declared. */
async function exportsOf(file: string): Promise<Declared[]> {
  const source = await readFile(join(root, file), 'utf8');
  const exported = Array.from(source.matchAll(declarations), ([, name]) => ({ name: name!, file }));
  for (const { groups } of source.matchAll(reexports)) {
    const others = await exportsOf(join(dirname(file), `${groups?.from}.ts`));
    if (groups?.all !== undefined) exported.push(...others);
    for (const name of groups?.names?.split(',').map((one) => one.trim()) ?? []) {
      if (name === '') continue;
      const [own = ''] = name.replace(/^type /, '').split(' as ');
      const found = others.find((other) => other.name === own);
      assert.ok(found !== undefined, `${own}, which ${file} exports, is declared nowhere`);
      exported.push(found);
    }
  }
  return exported;
}

/** Whether a docstring ends right above the declaration. */
function isDocumented(source: string, name: string): boolean {
  for (const match of source.matchAll(declarations))
    if (match[1] === name) return /\*\/\s*$/.test(source.slice(0, match.index));
  return false;
}

for (const entry of ['index.ts', 'serve/plugin.ts']) {
  test(`everything that ${entry} exports has a docstring`, async () => {
    const exported = await exportsOf(entry);
    const silent: string[] = [];
    for (const { name, file } of exported)
      if (!isDocumented(await readFile(join(root, file), 'utf8'), name)) silent.push(`${name} in ${file}`);
    assert.deepEqual(silent, []);
    const index = exported.map(({ name }) => name);
    assert.ok(entry !== 'index.ts' || (index.includes('train') && index.includes('conv')), 'CONTROL');
  });
}

test('control: a declaration under a plain comment, or under another one, has none', () => {
  const source =
    '/** First. */\nexport const first = 1;\nexport const second = 2;\n// Third.\nexport type Third = 3;\n';
  assert.deepEqual(
    ['first', 'second', 'Third', 'fourth'].map((name) => isDocumented(source, name)),
    [true, false, false, false],
  );
});
