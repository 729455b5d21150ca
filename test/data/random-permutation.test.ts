import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permutation } from '../../data/random.js';

test('a permutation holds every index once', () => {
  for (const count of [0, 1, 2, 1_000]) {
    const sorted = permutation(1, 0, count).toSorted();
    assert.deepEqual(
      sorted,
      Uint32Array.from({ length: count }, (_, i) => i),
    );
  }
});

test('the same arguments give the same order, another epoch or seed another one', () => {
  const order = permutation(5, 2, 1_000);
  assert.deepEqual(permutation(5, 2, 1_000), order);
  assert.notDeepEqual(permutation(5, 3, 1_000), order);
  assert.notDeepEqual(permutation(6, 2, 1_000), order);
});

/** How often each of the 24 orders of four came; χ² with 23 degrees of freedom passes 55 once in 5,000 times. */
function chiSquareOfOrders(order: (epoch: number) => Uint32Array): number {
  const trials = 4_800;
  const seen = new Map<string, number>();
  for (let epoch = 0; epoch < trials; epoch++) {
    const key = order(epoch).join();
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  const expected = trials / 24;
  const present = [...seen.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  return present + (24 - seen.size) * expected;
}

test('all orders are equally likely', () => {
  assert.ok(chiSquareOfOrders((epoch) => permutation(0, epoch, 4)) < 55);
});

test('control: the well-known faulty shuffle, which swaps with any position, is found uneven', () => {
  const faulty = (epoch: number): Uint32Array => {
    const order = Uint32Array.from([0, 1, 2, 3]);
    for (let i = 0; i < 4; i++) {
      const other = permutation(i, epoch, 4)[0]!;
      [order[i], order[other]] = [order[other]!, order[i]!];
    }
    return order;
  };
  assert.ok(chiSquareOfOrders(faulty) > 55);
});
