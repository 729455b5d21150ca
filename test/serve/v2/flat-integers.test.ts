import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { extractFlatIntegers } from '../../../serve/v2/flat-integers.js';

const extract = (json: string) => extractFlatIntegers(Buffer.from(json));

test('a list of bytes is read as JSON.parse reads it, and the rest of the document is kept', () => {
  const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 1 });
  const space = fc.constantFrom('', ' ', '\n', '\r\n\t');
  fc.assert(
    fc.property(fc.string(), bytes, space, fc.jsonValue(), (name, data, gap, more) => {
      const list = `[${data.map((value) => `${gap}${value}${gap}`).join(',')}]`;
      const after = JSON.stringify(JSON.stringify(more)); // a value in which every quote is escaped
      const json = `{"name":${JSON.stringify(name)},"data"${gap}:${gap}${list}${gap},"more":${after}}`;
      const found = extract(json);
      assert.ok(found !== undefined);
      const { data: expected, ...others } = JSON.parse(json);
      assert.deepEqual([...found.values], expected);
      assert.deepEqual(JSON.parse(found.rest), { ...others, data: null });
    }),
  );
});

const left = {
  'larger than a byte': '{"data":[1,256]}',
  negative: '{"data":[1,-1]}',
  'not whole': '{"data":[1,2.0]}',
  'with a leading zero': '{"data":[1,02]}',
  'no number': '{"data":[1,"2"]}',
  nested: '{"data":[[1,2]]}',
  empty: '{"data":[]}',
  'without an end': '{"data":[1,2',
  'with a comma too many': '{"data":[1,2,]}',
  'no list': '{"data":1}',
  'no key but a value': '{"a":"data","b":[1]}',
  'a part of a longer key': '{"a\\"data":[1,2]}',
  'one of several': '{"a":{"data":[1]},"data":[2]}',
};

for (const [what, json] of Object.entries(left)) {
  test(`a list that is ${what} is left to JSON.parse`, () => assert.equal(extract(json), undefined));
}

test('a broken document stays broken without its list', () => {
  for (const json of ['{"data":[1,2]', '["x"data":[1,2]]', '{"a":"b"data":[1,2]}', '{"data":[1,2]]}']) {
    const found = extract(json);
    assert.ok(found !== undefined, json);
    assert.throws(() => JSON.parse(found.rest), json);
  }
});
