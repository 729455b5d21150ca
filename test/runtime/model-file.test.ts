import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { KilnError } from '../../errors/errors.js';
import { decodeModel } from '../../onnx/decode.js';
import { openModelFile } from '../../runtime/model-file.js';
import {
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from '../../third_party/onnx/onnx_pb.js';
import { tinyModel } from '../fixtures/model.js';

const file = tinyModel();

/** The tiny model after some change. */
function changed(change: (graph: GraphProto, model: ModelProto) => void): Uint8Array {
  const model = decodeModel(file);
  assert.ok(model.graph !== undefined);
  change(model.graph, model);
  return toBinary(ModelProtoSchema, model);
}

function refuses(
  bytes: Uint8Array,
  code: 'MODEL_INVALID' | 'MODEL_NOT_KILN',
  expected: RegExp,
  received: RegExp,
): void {
  assert.throws(
    () => openModelFile(bytes),
    (error) => {
      assert.ok(error instanceof KilnError, String(error));
      assert.equal(error.code, code);
      assert.match(error.expected, expected);
      assert.match(error.received, received);
      return true;
    },
  );
}

test('a whole file is opened, also after decoding and encoding', () => {
  assert.equal(openModelFile(file).metadata.name, 'tiny');
  assert.equal(openModelFile(changed(() => undefined)).metadata.name, 'tiny');
});

test('a file that was cut anywhere is refused', () => {
  for (let share = 0; share < 1; share += 1 / 16) {
    const cut = file.subarray(0, Math.floor(file.length * share));
    assert.throws(
      () => openModelFile(cut),
      (error) =>
        error instanceof KilnError && (error.code === 'MODEL_INVALID' || error.code === 'MODEL_NOT_KILN'),
      `${cut.length} of ${file.length} bytes`,
    );
  }
});

test('something that is not ONNX is refused', () => {
  refuses(Buffer.from('<!doctype html><title>404</title>'), 'MODEL_INVALID', /whole ONNX/, /33 bytes/);
});

test('other inputs are named beside the expected one', () => {
  const expected = /images uint8 \[batch, \?, \?, 3\]/;
  const renamed = changed((graph) => {
    graph.input[0]!.name = 'pixels';
  });
  refuses(renamed, 'MODEL_INVALID', expected, /^pixels uint8 \[batch, 32, 32, 3\]$/);
  const floats = changed((graph) => {
    const type = graph.input[0]!.type!.value;
    assert.ok(type.case === 'tensorType');
    type.value.elemType = 1;
  });
  refuses(floats, 'MODEL_INVALID', expected, /^images float \[batch, 32, 32, 3\]$/);
  const fixed = changed((graph) => {
    const type = graph.input[0]!.type!.value;
    assert.ok(type.case === 'tensorType');
    type.value.shape!.dim[0]!.value = { case: 'dimValue', value: 1n };
  });
  refuses(fixed, 'MODEL_INVALID', expected, /^images uint8 \[1, 32, 32, 3\]$/);
});

test('a missing output is named', () => {
  const without = changed((graph) => {
    graph.output = graph.output.filter((output) => output.name !== 'logits');
  });
  refuses(without, 'MODEL_INVALID', /probabilities .* and logits/, /^probabilities float \[batch, 10\]$/);
});

test('a file of another exporter lacks metadata', () => {
  const bare = changed((_graph, model) => {
    model.metadataProps = [];
  });
  refuses(bare, 'MODEL_NOT_KILN', /kiln\.labels/, /without metadata/);
});

test('labels that do not fit the outputs are refused', () => {
  const fewer = changed((_graph, model) => {
    model.metadataProps.find(({ key }) => key === 'kiln.labels')!.value = '["cat","dog"]';
  });
  refuses(fewer, 'MODEL_INVALID', /probabilities float \[batch, 2\]/, /\[batch, 10\]/);
});

test('weights in another file are refused', () => {
  const split = changed((graph) => {
    graph.initializer.push(
      create(TensorProtoSchema, { name: 'far', dataLocation: TensorProto_DataLocation.EXTERNAL }),
    );
  });
  refuses(split, 'MODEL_INVALID', /one file/, /far/);
});
