import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uniform } from '../../data/random.js';
import { symmetricEigen, whiteningFilters } from '../../train/whitening.js';

const input = { channels: 3, height: 8, width: 8 };
const size = 12;

/** Pictures whose neighbours and channels go together, as photographs' do. */
function smoothPictures(count: number): Float32Array {
  const images = new Float32Array(count * 192);
  for (let image = 0; image < count; image += 1) {
    const [a, b, c] = [1, 2, 3].map((which) => 2 * uniform(9, image, which) - 1);
    for (let i = 0; i < 192; i += 1) {
      const [row, column] = [Math.floor(i / 8) % 8, i % 8];
      const noise = 0.2 * (uniform(10, image, i) - 0.5);
      images[image * 192 + i] = a! + 0.1 * (b! * row + c! * column) + noise;
    }
  }
  return images;
}

/** Mean of y·yᵀ over the answers y of the first `size` filters to every patch. */
function momentsOfAnswers(images: Float32Array, filters: Float32Array): number[] {
  const sums = new Array<number>(size * size).fill(0);
  let count = 0;
  for (let start = 0; start < images.length; start += 192) {
    for (let row = 0; row < 7; row += 1) {
      for (let column = 0; column < 7; column += 1) {
        const patch = Array.from({ length: size }, (_, i) => {
          const [channel, down, right] = [Math.floor(i / 4), Math.floor(i / 2) % 2, i % 2];
          return images[start + channel * 64 + (row + down) * 8 + column + right]!;
        });
        const answers = Array.from({ length: size }, (_, f) =>
          patch.reduce((sum, value, i) => sum + value * filters[f * size + i]!, 0),
        );
        for (const [i, a] of answers.entries())
          for (const [j, b] of answers.entries()) sums[i * size + j]! += a * b;
        count += 1;
      }
    }
  }
  return sums.map((sum) => sum / count);
}

function farthestFromIdentity(matrix: readonly number[]): number {
  return Math.max(...matrix.map((value, at) => Math.abs(value - (at % (size + 1) === 0 ? 1 : 0))));
}

test('answers to the patches are uncorrelated and of variance 1', () => {
  const images = smoothPictures(40);
  const filters = whiteningFilters(images, input, { dims: [2 * size, 3, 2, 2], epsilon: 0 });
  assert.ok(farthestFromIdentity(momentsOfAnswers(images, filters)) < 1e-3);
  // CONTROL: the patches themselves are far from it.
  const identity = Float32Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
  assert.ok(farthestFromIdentity(momentsOfAnswers(images, identity)) > 0.3);
});

test('the second half of the filters are the negatives of the first', () => {
  const filters = whiteningFilters(smoothPictures(5), input, { dims: [2 * size, 3, 2, 2], epsilon: 5e-4 });
  const half = filters.length / 2;
  for (let i = 0; i < half; i += 1) assert.equal(filters[half + i], -filters[i]!);
});

test('epsilon keeps directions without variance finite', () => {
  const filters = whiteningFilters(new Float32Array(192).fill(1), input, {
    dims: [2 * size, 3, 2, 2],
    epsilon: 1e-2,
  });
  assert.ok(filters.every((weight) => Math.abs(weight) <= 10.001));
});

test('eigenvalues and vectors put the matrix together again', () => {
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1)
    for (let j = i; j < size; j += 1) {
      matrix[i * size + j] = uniform(1, i, j);
      matrix[j * size + i] = uniform(1, i, j);
    }
  const { values, vectors } = symmetricEigen(matrix, size);
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < size; j += 1) {
      let sum = 0;
      for (let k = 0; k < size; k += 1) sum += vectors[i * size + k]! * values[k]! * vectors[j * size + k]!;
      assert.ok(Math.abs(sum - matrix[i * size + j]!) < 1e-12);
    }
  }
});
