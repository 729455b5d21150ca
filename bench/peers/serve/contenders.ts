import { type Endpoint, pngEndpoint, tensorEndpoint } from '../../serve/endpoints.js';
import type { BenchPictures } from '../../serve/pictures.js';
import { startService } from '../../serve/process.js';
import { servedModel } from '../../serve/served-model.js';
import { peers } from './peers.js';
import { type RunningPeer, startPeer } from './process.js';

/** Worker processes or sessions; kiln takes one a core by itself. */
export type Workers = number | 'default';

/** A service that can be started, and how it is asked. */
export interface Contender {
  readonly name: string;
  /** The numbers of workers to try. */
  readonly workers: readonly Workers[];
  readonly start: (workers: Workers) => Promise<RunningPeer>;
  readonly workloads: readonly Workload[];
}

/** One kind of request, and at which concurrencies it is sent. */
export interface Workload {
  readonly name: string;
  readonly endpoint: Endpoint;
  readonly connections: readonly number[];
}

export interface ContenderOptions {
  readonly python: string;
  /** The ONNX file. */
  readonly model: string;
  readonly pictures: BenchPictures;
  /** Names of peers; all of them where none is named. */
  readonly only: readonly string[];
}

const pictureLoad = (endpoint: Endpoint): Workload => ({
  name: 'one PNG',
  endpoint,
  connections: [1, 16, 64, 256],
});
const tensorLoad = (endpoint: Endpoint): Workload => ({ name: '32 frames', endpoint, connections: [4, 8] });

/** kiln first, then its peers. */
export async function contenders(options: ContenderOptions): Promise<readonly Contender[]> {
  const { python, model, pictures, only } = options;
  const others = peers
    .filter(({ name }) => only.length === 0 || only.includes(name))
    .map((peer) => ({
      name: peer.name,
      workers: [1, 2],
      start: (workers: Workers) => startPeer(peer, { python, model, workers: Number(workers) }),
      workloads: [
        pictureLoad(peer.pictures(pictures)),
        ...(peer.tensors === undefined ? [] : [tensorLoad(peer.tensors(pictures))]),
      ],
    }));
  return [await kiln(options), ...others];
}

async function kiln({ model, pictures }: ContenderOptions): Promise<Contender> {
  const start = () => startService(model, ['--device', 'cpu']);
  const service = await start();
  const { name } = await servedModel(service.url);
  await service.stop();
  return {
    name: 'kiln',
    workers: ['default'],
    start,
    workloads: [
      pictureLoad(pngEndpoint(pictures)),
      tensorLoad(tensorEndpoint(pictures, { model: name, batch: 32 })),
    ],
  };
}
