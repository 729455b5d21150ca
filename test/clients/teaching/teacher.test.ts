import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TeachingOptions, TeachingPicture } from '../../../clients/browser/teaching/teacher.js';
import { permutation } from '../../../data/random.js';
import { openModelFile } from '../../../runtime/model-file.js';
import { loadClassifier } from '../../../runtime/node-classifier.js';
import { tinyModel } from '../../fixtures/model.js';
import { accuracy, figures, openTeacher, picturesOf, together } from './shapes-teacher.js';

const pictures = picturesOf('train');
const unseen = picturesOf('test');
const teacher = await openTeacher();

/** Teaches, and measures on pictures that the lesson has never seen. */
async function taught(examples: readonly TeachingPicture[], options: TeachingOptions) {
  const lesson = await teacher.teach(figures, examples, options);
  const answers = await lesson.classify(together(unseen), unseen.length);
  return { lesson, answers, accuracy: accuracy(answers, unseen) };
}

const lastLayer = taught(pictures, { layers: 'last', seed: 7 });

/** Three pictures of each figure. */
const few = figures.flatMap((_, figure) => pictures.filter(({ label }) => label === figure).slice(0, 3));

/** Every picture with the label of another. */
function shuffled(examples: readonly TeachingPicture[]): TeachingPicture[] {
  const order = permutation(1, 0, examples.length);
  return examples.map(({ frame }, at) => ({ frame, label: examples[order[at]!]!.label }));
}

test('a new last layer learns three figures from 30 pictures', async (t) => {
  const { lesson, accuracy } = await lastLayer;
  assert.ok(accuracy >= 0.7, `${accuracy} of unseen pictures`);
  assert.equal(lesson.heldOut.count, 6);
  const heldOut = lesson.heldOutIndices.map((index) => pictures[index]!.label);
  assert.deepEqual(heldOut.toSorted(), [0, 0, 1, 1, 2, 2]);
  await t.test('control: not from pictures whose labels are shuffled', async () => {
    const control = await taught(shuffled(pictures), { layers: 'last' });
    assert.ok(control.accuracy < 0.55, `${control.accuracy} of unseen pictures`);
  });
});

test('all layers learn, and progress says how it goes', async () => {
  const losses: number[] = [];
  const { accuracy } = await taught(pictures, {
    layers: 'all',
    epochs: 8,
    onProgress: ({ loss, epoch, epochs, heldOut }) => {
      losses.push(loss);
      assert.equal(epoch, losses.length);
      assert.equal(epochs, 8);
      assert.equal(heldOut.count, 6);
    },
  });
  assert.equal(losses.length, 8);
  assert.ok(losses.at(-1)! < losses[0]! / 2, losses.join(' '));
  assert.ok(accuracy >= 0.7, `${accuracy} of unseen pictures`);
});

test('the file is a kiln file that answers in onnxruntime-node what the lesson answers', async (t) => {
  const { lesson, answers } = await lastLayer;
  const file = await lesson.model('my-figures');
  const { metadata } = openModelFile(file);
  assert.equal(metadata.name, 'my-figures');
  assert.deepEqual(metadata.labels, figures);
  assert.equal(metadata.dataset.count, 24);
  assert.equal(metadata.training.seed, 7);
  assert.equal(metadata.training.epochs, 20);
  const { correct, count, interval } = lesson.heldOut;
  assert.equal(metadata.evaluation?.precisionAt1, correct / count);
  assert.deepEqual(metadata.evaluation.interval, interval);
  const classifier = await loadClassifier(file, { device: 'cpu', threads: 1 });
  t.after(() => classifier.close());
  const native = await classifier.classify(together(unseen), unseen.length);
  assert.ok(native.every((value, at) => Math.abs(value - answers[at]!) <= 1e-5));
});

test('the same seed gives the same bytes, another one does not', async () => {
  for (const layers of ['last', 'all'] as const) {
    const fileOf = async (seed: number): Promise<Buffer> => {
      const lesson = await teacher.teach(figures, few, { layers, epochs: 1, seed });
      return Buffer.from(await lesson.model('same'));
    };
    const once = await fileOf(0);
    assert.ok(once.equals(await fileOf(0)), layers);
    assert.ok(!once.equals(await fileOf(1)), layers);
  }
});

test('a lesson that is given up ends with the reason of its signal', async () => {
  const abort = new AbortController();
  let epochs = 0;
  const lesson = teacher.teach(figures, few, {
    layers: 'last',
    signal: abort.signal,
    onProgress: () => {
      epochs += 1;
      abort.abort(new Error('no more'));
    },
  });
  await assert.rejects(lesson, /no more/);
  assert.equal(epochs, 1);
});

test('without three pictures of a class nothing is held out, and the file says so', async () => {
  const examples = [few[0]!, few[3]!].map(({ frame }, label) => ({ frame, label }));
  const lesson = await teacher.teach(['one', 'other'], examples, { layers: 'last', epochs: 1 });
  assert.deepEqual(lesson.heldOut, { correct: 0, count: 0, interval: [0, 1] });
  assert.equal(openModelFile(await lesson.model('few')).metadata.evaluation, null);
});

const refused = {
  'one class': [['only'], pictures.slice(0, 1), 'OPTION_INVALID'],
  'a name twice': [['star', 'star', 'dots'], pictures, 'OPTION_INVALID'],
  'a name without a letter': [['square', ' ', 'dots'], pictures, 'OPTION_INVALID'],
  'a class without a picture': [[...figures, 'ring'], pictures, 'DATASET_UNUSABLE'],
  'a picture without a class': [['square', 'star'], pictures, 'DATASET_UNUSABLE'],
  'a picture of another size': [
    figures,
    [...pictures, { frame: new Uint8Array(12), label: 0 }],
    'SHAPE_MISMATCH',
  ],
} as const satisfies Record<string, readonly [readonly string[], readonly TeachingPicture[], string]>;

for (const [name, [labels, examples, code]] of Object.entries(refused)) {
  test(`${name} is refused`, async () => {
    await assert.rejects(teacher.teach(labels, examples, { layers: 'last' }), { code });
  });
}

test('no epoch and half a seed are refused', async () => {
  for (const options of [{ epochs: 0 }, { seed: 0.5 }]) {
    await assert.rejects(teacher.teach(figures, pictures, { layers: 'last', ...options }), {
      code: 'OPTION_INVALID',
    });
  }
});

test("a file of somebody's own network cannot be taught in a browser", async () => {
  await assert.rejects(openTeacher(tinyModel()), { code: 'NETWORK_UNKNOWN' });
});
