import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvFormat, jsonFormat, type ResultFormat, tableFormat } from '../../cli/classify-format.js';
import type { PictureResult } from '../../cli/classify-result.js';
import { KilnError } from '../../errors/errors.js';

const model = { name: 'tiny', digest: 'abc' };
const named: PictureResult = {
  predictions: [
    { label: 'cat, "tabby"', index: 3, probability: 0.75 },
    { label: 'dog', index: 5, probability: 0.25 },
  ],
};
const missing = new KilnError('FILE_NOT_FOUND', { expected: 'a file', received: 'line 1\nline 2' }).toJSON();

function printed(format: ResultFormat, results: Readonly<Record<string, PictureResult>>): string {
  const pieces = Object.entries(results).map(([name, result]) => format.result(name, result));
  return [format.begin(model), ...pieces, format.end()].join('');
}

test('JSON is one document, however many results it is put together from', () => {
  assert.deepEqual(JSON.parse(printed(jsonFormat(), {})), { model, results: [] });
  assert.deepEqual(JSON.parse(printed(jsonFormat(), { 'a.png': named, 'b.png': { error: missing } })), {
    model,
    results: [
      { name: 'a.png', ...named },
      { name: 'b.png', error: missing },
    ],
  });
});

test('CSV quotes as RFC 4180 has it, and a picture that failed has one line', () => {
  assert.equal(
    printed(csvFormat(), { 'a, b.png': named, 'b.png': { error: missing } }),
    'file,rank,label,probability,error\r\n' +
      '"a, b.png",1,"cat, ""tabby""",0.75,\r\n' +
      '"a, b.png",2,dog,0.25,\r\n' +
      'b.png,,,,"FILE_NOT_FOUND: There is no such file. line 1\nline 2"\r\n',
  );
});

test('the table has one line a picture', () => {
  assert.equal(printed(tableFormat(5), { a: named }), 'a      cat, "tabby" 75.0 %, dog 25.0 %\n');
});
