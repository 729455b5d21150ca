import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ErrorCode, KilnError } from '../../../errors/errors.js';
import { loadDataset, loadNetwork, loadRecipe } from '../../../train/parts/load.js';
import { moduleFolder, networkSource } from '../../fixtures/part-modules.js';

const source = networkSource();
const recipe = `{
  name: 'r', batch: 4, length: { epochs: 1 }, optimizer: { kind: 'sgd' }, weightDecay: 0, labelSmoothing: 0,
  distortions: (size) => [{ kind: 'centre-crop', height: size.height, width: size.width }],
  learningRate: () => 0.1, emaDecay: () => 0.9,
}`;

const load = {
  network: (path: string) => loadNetwork(path),
  recipe: (path: string) => loadRecipe(path),
  dataset: (path: string) => loadDataset(path, { dataDir: '.' }),
} as const;

interface Refusal {
  readonly title: string;
  readonly kind: keyof typeof load;
  /** Name and text of the module; other names in the path are files that are not there. */
  readonly file: readonly [name: string, text: string];
  readonly path?: string;
  readonly code?: ErrorCode;
  readonly says: RegExp;
}

const refused: readonly Refusal[] = [
  {
    title: 'a path that does not exist, naming the closest file',
    kind: 'network',
    file: ['network.ts', source],
    path: 'netwrok.ts',
    code: 'FILE_NOT_FOUND',
    says: /the module of a network; did you mean .*network\.ts\? \| .*netwrok\.ts, which is not there/,
  },
  {
    title: 'another kind of file',
    kind: 'network',
    file: ['network.txt', source],
    says: /a file ending in \.ts, \.mts, \.js, \.mjs \| .*network\.txt$/,
  },
  {
    title: 'a folder of pictures in place of a dataset',
    kind: 'dataset',
    file: ['photos/cat.txt', ''],
    path: 'photos',
    says: /\| .*photos \(a folder of pictures is --dataset folder --data-dir FOLDER\)$/,
  },
  {
    title: 'a syntax error, with file, line and column',
    kind: 'network',
    file: ['mine.ts', 'const a = 1;\nexport const b = a.;\n'],
    says: /mine\.ts:2:20: Expected identifier but found ";"/,
  },
  {
    title: 'an import that leads nowhere',
    kind: 'network',
    file: ['mine.ts', `import { a } from './absent.js';\nexport const b = a;`],
    says: /mine\.ts:1:1\d: Could not resolve "\.\/absent\.js"/,
  },
  {
    title: 'code that throws while it is imported, with its line',
    kind: 'recipe',
    file: ['mine.ts', `interface A {}\n\nthrow new RangeError('not today');\n`],
    says: /to run without an error \| RangeError: not today at .*mine\.ts:3:7$/,
  },
  {
    title: 'a layer that settles after the run',
    kind: 'recipe',
    file: [
      'mine.ts',
      `export default ${recipe.replace('batch: 4,', 'batch: 4, freezing: [{ layers: 1, after: 1.5 }],')}`,
    ],
    says: /freezing\.0\.after must be <= 1/,
  },
  {
    title: 'a forward pass that throws, with its line',
    kind: 'network',
    file: [
      'mine.ts',
      source.replace('const features =', 'if (classes > 9) null.boom;\n    const features ='),
    ],
    says: /TypeError: Cannot read properties of null \(reading 'boom'\) at .*mine\.ts:12:\d+$/,
  },
  {
    title: 'shapes that do not fit, with the line of the operator',
    kind: 'network',
    file: ['mine.ts', source.replace('[features.size(1), classes]', '[7, classes]')],
    code: 'SHAPE_MISMATCH',
    says: /\[1, 192\] and \[7, 10\] at .*mine\.ts:21:\d+$/,
  },
  {
    title: 'anything but logits',
    kind: 'network',
    file: [
      'mine.ts',
      source.replace(/return mul\(.*;/, 'return dense(features, weights, biases) && features;'),
    ],
    says: /logits \[1, 10\] from one-layer .* \| \[1, 192\]$/,
  },
  {
    title: 'a network without the members of one',
    kind: 'network',
    file: [
      'mine.js',
      `export default { name: 'a/b', input: { channels: 1, height: 8.5 }, preprocessing: {} };`,
    ],
    says: /a network \(name, input, preprocessing, forward\) \| default: must have required properties forward;/,
  },
  {
    title: 'a crop that is not the input',
    kind: 'network',
    file: ['mine.ts', source.replace('crop: { height: 8', 'crop: { height: 9')],
    says: /a crop of one-layer to its input, 8×8 \| 8×9$/,
  },
  {
    title: "a name of kiln's own",
    kind: 'network',
    file: ['mine.ts', networkSource({ name: 'deepcnn' })],
    says: /a name of its own \| deepcnn, which is one of kiln's$/,
  },
  {
    title: 'several that may be meant',
    kind: 'network',
    file: ['mine.ts', `${source}\nexport const other = { ...network, name: 'other' };`],
    says: /\| network and other: make the one that is meant the default export$/,
  },
  { title: 'no export at all', kind: 'recipe', file: ['mine.js', 'const a = 1;'], says: /\| no export$/ },
  {
    title: 'an optimizer that there is not',
    kind: 'recipe',
    file: ['mine.js', `export default ${recipe.replace("'sgd'", "'adam'")}`],
    says: /\| default: optimizer\.kind must be equal to constant/,
  },
  {
    title: 'a rate that is no number',
    kind: 'recipe',
    file: ['mine.js', `export default ${recipe.replace('() => 0.1', '({ step }) => 1 / (step - 50)')}`],
    says: /a finite learningRate at step 50 of 100 \| Infinity$/,
  },
  {
    title: 'a function that opens something else',
    kind: 'dataset',
    file: ['mine.js', `export default async () => ({ name: 'mine', labels: ['only'] });`],
    says: /a dataset \(name, labels, height, width, digest, split\) \| must have required properties height,/,
  },
  {
    title: 'pictures without as many labels',
    kind: 'dataset',
    file: [
      'mine.ts',
      `import { createDataset } from 'onnx-kiln';
       const split = { images: new Uint8Array(2 * 12), labels: new Int32Array(3) };
       const splits = { train: split, validation: split, test: split };
       export default () => createDataset({ name: 'mine', labels: ['a', 'b'], height: 2, width: 2, splits });`,
    ],
    says: /3 pictures of 2×2, one a label \| 24 bytes$/,
  },
];

for (const {
  title,
  kind,
  file: [name, text],
  path = name,
  code = 'PART_INVALID',
  says,
} of refused) {
  test(`refused: ${title}`, async (t) => {
    const folder = await moduleFolder(t, { [name]: text });
    await assert.rejects(load[kind](join(folder, path)), (error) => {
      assert.ok(error instanceof KilnError, String(error));
      assert.equal(error.code, code);
      assert.match(`${error.expected} | ${error.received}`, says);
      return true;
    });
  });
}

test('control: what the cases above are made of is accepted', async (t) => {
  const folder = await moduleFolder(t, { 'network.ts': source, 'recipe.mjs': `export default ${recipe}` });
  assert.equal((await load.network(join(folder, 'network.ts'))).part.name, 'one-layer');
  assert.equal((await load.recipe(join(folder, 'recipe.mjs'))).part.batch, 4);
});
