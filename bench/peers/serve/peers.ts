import Type from 'typebox';
import Value from 'typebox/value';
import { type Endpoint, pngEndpoint, readTensor, tensorEndpoint } from '../../serve/endpoints.js';
import type { BenchPictures } from '../../serve/pictures.js';

export interface Peer {
  readonly name: string;
  /** The Python program beside this file; README.md says how each is set up. */
  readonly program: string;
  /** Answers 200 once the service takes requests. */
  readonly ready: string;
  /** One PNG a request. */
  readonly pictures: (pictures: BenchPictures) => Endpoint;
  /** 32 frames a request as binary tensors, where the peer speaks the Open Inference Protocol. */
  readonly tensors?: (pictures: BenchPictures) => Endpoint;
}

const top = Type.Object({ predictions: Type.Array(Type.Object({ index: Type.Integer() })) });

async function readTop(answer: Response): Promise<number[]> {
  return [Value.Parse(top, await answer.json()).predictions[0]!.index];
}

/** kiln's own request, answered in the peers' form. */
function rawPng(pictures: BenchPictures): Endpoint {
  return { ...pngEndpoint(pictures), read: readTop };
}

export const peers: readonly Peer[] = [
  { name: 'FastAPI', program: 'fastapi_service.py', ready: '/health', pictures: rawPng },
  { name: 'LitServe', program: 'litserve_service.py', ready: '/health', pictures: rawPng },
  { name: 'BentoML', program: 'bentoml_service.py', ready: '/readyz', pictures: base64List },
  {
    name: 'pytriton',
    program: 'pytriton_service.py',
    ready: '/v2/models/tensors/ready', // bound last
    pictures: bytesTensor,
    tensors: (pictures) => tensorEndpoint(pictures, { model: 'tensors', batch: 32 }),
  },
];

/** A list of one base64 string: BentoML batches requests by joining their lists. */
function base64List({ pngs }: BenchPictures): Endpoint {
  return {
    requests: {
      path: '/classify',
      headers: { 'content-type': 'application/json' },
      bodies: pngs.map((png) => Buffer.from(JSON.stringify({ pictures: [png.toString('base64')] }))),
      pictures: 1,
    },
    read: async (answer) =>
      Value.Parse(Type.Array(top), await answer.json()).map(({ predictions }) => predictions[0]!.index),
  };
}

/** Room for the document with any length of picture: one header must serve all requests. */
const documentBytes = 256;

/** A tensor of one BYTES element, a picture after its length, and probabilities back, in binary both. */
function bytesTensor({ pngs }: BenchPictures): Endpoint {
  const bodies = pngs.map((png) => {
    const document = JSON.stringify({
      inputs: [
        {
          name: 'picture',
          shape: [1, 1],
          datatype: 'BYTES',
          parameters: { binary_data_size: 4 + png.length },
        },
      ],
      outputs: [{ name: 'probabilities', parameters: { binary_data: true } }],
    });
    const length = Buffer.alloc(4);
    length.writeUInt32LE(png.length);
    return Buffer.concat([Buffer.from(document.padEnd(documentBytes)), length, png]);
  });
  return {
    requests: {
      path: '/v2/models/pictures/infer',
      headers: {
        'content-type': 'application/octet-stream',
        'inference-header-content-length': String(documentBytes),
      },
      bodies,
      pictures: 1,
    },
    read: readTensor,
  };
}
