import Type, { type Static } from 'typebox';
import { datatypes } from './tensors.js';

const parameters = Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean()]), {
  description: 'Those that are not known are ignored.',
});
const shape = Type.Array(Type.Integer({ minimum: 0 }));
const datatype = Type.Unsafe<(typeof datatypes)[number]>(Type.Enum([...datatypes]));

/** `$inference_request`; the tensor's contents are checked against its shape apart. */
export const inferRequest = Type.Object({
  id: Type.Optional(Type.String()),
  parameters: Type.Optional(parameters),
  inputs: Type.Array(
    Type.Object({
      name: Type.String(),
      shape,
      datatype,
      parameters: Type.Optional(parameters),
      data: Type.Optional(
        Type.Unknown({
          description: 'Nested like the shape, or flat; absent where binary_data_size is given.',
        }),
      ),
    }),
  ),
  outputs: Type.Optional(
    Type.Array(Type.Object({ name: Type.String(), parameters: Type.Optional(parameters) })),
  ),
});
export type InferRequestJson = Static<typeof inferRequest>;
export type Parameters = Static<typeof parameters>;

const responseOutput = Type.Object({
  name: Type.String(),
  shape,
  datatype,
  parameters: Type.Optional(parameters),
  data: Type.Optional(
    Type.Array(Type.Union([Type.Number(), Type.String()]), {
      description: 'Flat, row-major; absent where binary_data_size is given.',
    }),
  ),
});

/** `$inference_response` */
export const inferResponse = Type.Object({
  model_name: Type.String(),
  model_version: Type.String(),
  id: Type.Optional(Type.String()),
  outputs: Type.Array(responseOutput),
});
export type InferResponseJson = Static<typeof inferResponse>;
export type ResponseOutput = Static<typeof responseOutput>;
