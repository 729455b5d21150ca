import type { Network } from '../networks/network.js';

/**
 * Filters that whiten the patches of pictures (Page, "How to train your ResNet 8: bag of tricks", 2019): the
 * eigenvectors of the patches' second moments, largest eigenvalue last, each divided by √(eigenvalue + epsilon), and
 * then their negatives, so that an activation function that clips one sign loses nothing.
 *
 * @param images float32 [count, channels, height, width]
 * @param filters dims [2 · channels · kh · kw, channels, kh, kw]
 */
export function whiteningFilters(
  images: Float32Array,
  input: Network['input'],
  filters: { readonly dims: readonly number[]; readonly epsilon: number },
): Float32Array {
  const [, channels, kernelHeight, kernelWidth] = filters.dims as [number, number, number, number];
  const size = channels * kernelHeight * kernelWidth;
  const moments = secondMoments(images, input, [kernelHeight, kernelWidth]);
  const { values, vectors } = symmetricEigen(moments, size);
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const weights = new Float32Array(2 * size * size);
  for (const [row, which] of order.entries()) {
    const scale = 1 / Math.sqrt(Math.max(0, values[which]!) + filters.epsilon);
    for (let place = 0; place < size; place += 1) {
      const weight = scale * vectors[place * size + which]!;
      weights[row * size + place] = weight;
      weights[(size + row) * size + place] = -weight;
    }
  }
  return weights;
}

/** Mean of p·pᵀ over all patches p of all pictures, float64 [size, size]; a patch is ordered as a filter is. */
function secondMoments(
  images: Float32Array,
  { channels, height, width }: Network['input'],
  [kernelHeight, kernelWidth]: readonly [number, number],
): Float64Array {
  const offsets: number[] = [];
  for (let channel = 0; channel < channels; channel += 1)
    for (let row = 0; row < kernelHeight; row += 1)
      for (let column = 0; column < kernelWidth; column += 1)
        offsets.push((channel * height + row) * width + column);
  const size = offsets.length;
  const sums = new Float64Array(size * size);
  const patch = new Float64Array(size);
  const picture = channels * height * width;
  let count = 0;
  for (let start = 0; start < images.length; start += picture) {
    for (let row = 0; row + kernelHeight <= height; row += 1) {
      for (let column = 0; column + kernelWidth <= width; column += 1) {
        const corner = start + row * width + column;
        for (let i = 0; i < size; i += 1) patch[i] = images[corner + offsets[i]!]!;
        for (let i = 0; i < size; i += 1)
          for (let j = i; j < size; j += 1) sums[i * size + j]! += patch[i]! * patch[j]!;
        count += 1;
      }
    }
  }
  for (let i = 0; i < size; i += 1) {
    for (let j = i; j < size; j += 1) {
      const mean = sums[i * size + j]! / count;
      sums[i * size + j] = mean;
      sums[j * size + i] = mean;
    }
  }
  return sums;
}

const sweeps = 30;

/**
 * Eigenvalues and, as columns, orthonormal eigenvectors of a symmetric matrix [size, size], by Jacobi's rotations
 * (Golub and Van Loan, "Matrix computations", 8.5), which need nothing but a square root: every machine has the same.
 */
export function symmetricEigen(
  matrix: Float64Array,
  size: number,
): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const a = matrix.slice();
  const vectors = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) vectors[i * size + i] = 1;
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    for (let p = 0; p < size; p += 1) for (let q = p + 1; q < size; q += 1) rotate(a, vectors, size, p, q);
  }
  return { values: Float64Array.from({ length: size }, (_, i) => a[i * size + i]!), vectors };
}

/** Turns the plane of axes p and q so that a[p, q] becomes 0. */
function rotate(a: Float64Array, vectors: Float64Array, size: number, p: number, q: number): void {
  const off = a[p * size + q]!;
  if (off === 0) return;
  const theta = (a[q * size + q]! - a[p * size + p]!) / (2 * off);
  const tangent = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  const turn = (m: Float64Array, i: number, j: number) => {
    const [x, y] = [m[i]!, m[j]!];
    m[i] = cosine * x - sine * y;
    m[j] = sine * x + cosine * y;
  };
  for (let k = 0; k < size; k += 1) turn(a, k * size + p, k * size + q);
  for (let k = 0; k < size; k += 1) turn(a, p * size + k, q * size + k);
  for (let k = 0; k < size; k += 1) turn(vectors, k * size + p, k * size + q);
}
