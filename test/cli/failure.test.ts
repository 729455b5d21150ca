import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeFailure } from '../../cli/failure.js';
import { KilnError } from '../../errors/errors.js';

const cause = new Error('the reason below');
const error = new KilnError('MODEL_NOT_FOUND', {
  expected: 'an ONNX file at a.onnx',
  received: 'none',
  cause,
});

test('a failure of the table is four facts and no stack', () => {
  assert.equal(
    describeFailure(error, false),
    'kiln: There is no such model file. (MODEL_NOT_FOUND)\n  expected  an ONNX file at a.onnx\n  received  none',
  );
});

test('KILN_DEBUG shows where it comes from and what caused it', () => {
  const text = describeFailure(error, true);
  assert.match(text, /failure\.test\.js/);
  assert.match(text, /^caused by: Error: the reason below$/m);
});

test('anything else is called unexpected', () => {
  assert.match(
    describeFailure(new TypeError('x is no function'), false),
    /^kiln: x is no function \(unexpected/,
  );
  assert.equal(describeFailure('thrown text', false), 'kiln: thrown text');
});
