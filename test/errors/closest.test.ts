import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closest } from '../../errors/closest.js';

test('a mistyped word finds the nearest candidate', () => {
  assert.equal(closest('cifra10', ['cifar100', 'cifar10', 'shapes']), 'cifar10');
  assert.equal(closest('Shape', ['cifar10', 'shapes']), 'shapes');
});

test('control: a word unlike all candidates finds none', () => {
  assert.equal(closest('imagenet', ['cifar10', 'shapes']), undefined);
  assert.equal(closest('x', []), undefined);
});
