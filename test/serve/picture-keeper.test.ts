import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PictureKeeper } from '../../serve/evaluations/picture-keeper.js';

const never = new AbortController().signal;
const size = { height: 1, width: 1 };
const frame = new Uint8Array(3);
const picture = (place: number, label: number, predicted: number, confidence = 0.5) => ({
  place,
  label,
  predicted,
  confidence,
  frame,
});

async function encoded(keeper: PictureKeeper) {
  const pictures = [];
  for await (const some of keeper.encode(size, never)) pictures.push(...some);
  return pictures;
}

test('right answers are sampled, wrong ones kept while there is room', () => {
  const keeper = new PictureKeeper({ capacity: 16, classes: 2 });
  for (let place = 0; place < 10; place += 1) keeper.offer(picture(place, 0, 0));
  for (let place = 10; place < 20; place += 1) keeper.offer(picture(place, 0, 1));
  assert.deepEqual(keeper.places, [0, 1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
});

test('when wrong ones are too many, the fullest cell gives up its least sure', () => {
  const keeper = new PictureKeeper({ capacity: 3, classes: 3 });
  const offers = [
    picture(0, 0, 1, 0.9),
    picture(1, 2, 1, 0.1),
    picture(2, 0, 1, 0.6),
    picture(3, 0, 1, 0.8),
    picture(4, 0, -1, 0),
  ];
  for (const offer of offers) keeper.offer(offer);
  assert.deepEqual(keeper.places, [0, 1, 4], 'the only one of a cell stays, however unsure');
});

test('without room nothing is kept', async () => {
  const keeper = new PictureKeeper({ capacity: 0, classes: 2 });
  for (let place = 0; place < 10; place += 1) keeper.offer(picture(place, 0, place % 2));
  assert.deepEqual(await encoded(keeper), []);
});

test('a frame is copied, so that what follows in its memory does not show', async () => {
  const keeper = new PictureKeeper({ capacity: 1, classes: 1 });
  const memory = Uint8Array.of(1, 2, 3);
  keeper.offer({ ...picture(7, 0, -1), frame: memory });
  const [before] = await encoded(keeper);
  memory.fill(9);
  const [after] = await encoded(keeper);
  assert.equal(before?.place, 7);
  assert.deepEqual(after, before);
});
