import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { hasEnded, startGroup, stopGroup } from '../../serve/child-group.js';
import type { Peer } from './peers.js';

export interface PeerOptions {
  /** The interpreter of the environment that holds requirements.txt. */
  readonly python: string;
  /** The ONNX file. */
  readonly model: string;
  readonly workers: number;
}

export interface RunningPeer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Compiled, this file lies in dist/bench/peers/serve; the programs are not copied there. */
const folder = fileURLToPath(new URL('../../../../bench/peers/serve/', import.meta.url));

const startMs = 60_000;

/** Triton's Python stubs give each other one second to meet, which a busy machine may exceed. */
const attempts = 3;

/** Starts a peer and waits until it is ready. Throws with the end of its log otherwise. */
export async function startPeer(peer: Peer, options: PeerOptions): Promise<RunningPeer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(peer, options);
    } catch (error) {
      if (attempt === attempts) throw error;
    }
  }
}

async function start(peer: Peer, { python, model, workers }: PeerOptions): Promise<RunningPeer> {
  const port = await freePort();
  const child = startGroup(python, [peer.program], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      MODEL: model,
      WORKERS: String(workers),
      PORT: String(port),
      PYTHONDONTWRITEBYTECODE: '1',
      BENTOML_DO_NOT_TRACK: 'True',
      ORT_DISABLE_TELEMETRY: '1',
    },
  });
  const log = tailOf(child);
  const url = `http://127.0.0.1:${port}`;
  const begin = performance.now();
  while (!(await isReady(url + peer.ready))) {
    if (hasEnded(child) || performance.now() - begin > startMs) {
      await stopGroup(child);
      throw new Error(`${peer.name} does not start: ${log()}`);
    }
    await delay(100);
  }
  return { url, stop: () => stopGroup(child) };
}

async function isReady(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.ok === true;
}

/** The last lines of what a child writes. */
function tailOf({ stdout, stderr }: ChildProcess): () => string {
  let text = '';
  for (const stream of [stdout, stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-2000);
    });
  }
  return () => text.trim().split('\n').slice(-3).join(' ');
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('a listener has an address');
}
