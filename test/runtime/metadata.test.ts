import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KilnError } from '../../errors/errors.js';
import { decodeModel } from '../../onnx/decode.js';
import { encodeMetadata, parseMetadata } from '../../runtime/metadata.js';
import { tinyModel } from '../fixtures/model.js';

const entries = Object.fromEntries(
  decodeModel(tinyModel()).metadataProps.map(({ key, value }) => [key, value]),
);

function refuses(changed: Record<string, string>, expected: RegExp, received: RegExp): void {
  assert.throws(
    () => parseMetadata(changed),
    (error) => {
      assert.ok(error instanceof KilnError, String(error));
      assert.equal(error.code, 'MODEL_NOT_KILN');
      assert.match(error.expected, expected);
      assert.match(error.received, received);
      return true;
    },
  );
}

test('what is encoded is read back, from a record and from a map', () => {
  const metadata = parseMetadata(entries);
  assert.equal(metadata.labels.length, 10);
  assert.deepEqual(encodeMetadata(metadata), entries);
  assert.deepEqual(parseMetadata(new Map(Object.entries(entries))), metadata);
});

test('keys of other programs are left alone', () => {
  assert.deepEqual(parseMetadata({ ...entries, author: 'x', 'kiln.later': '1' }), parseMetadata(entries));
});

test('missing fields are named', () => {
  const { 'kiln.labels': _labels, 'kiln.frame': _frame, ...rest } = entries;
  refuses(rest, /^metadata kiln\.labels, kiln\.frame$/, /kiln\.format/);
  refuses({}, /kiln\.labels/, /without metadata/);
});

test('a wrong value is named with its place', () => {
  refuses({ ...entries, 'kiln.labels': '["one", 2]' }, /kiln\.labels\.1 .*string/, /^2$/);
  refuses({ ...entries, 'kiln.frame': '{"height":32,"width":0}' }, /kiln\.frame/, /0|height/);
  refuses({ ...entries, 'kiln.format': '2' }, /kiln\.format/, /^2$/);
});

test('a value that is no JSON is named', () => {
  refuses({ ...entries, 'kiln.labels': '[plane' }, /^JSON in kiln\.labels$/, /plane/);
});
