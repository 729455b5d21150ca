import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { writeWhole } from '../../../export/write-whole.js';
import { modelDigest } from '../../../runtime/model-digest.js';
import type { BenchContext } from '../context.js';
import { pngEndpoint } from '../endpoints.js';
import { sendRequests } from '../generators/autocannon.js';
import type { ServiceProcess } from '../process.js';
import { servedModel } from '../served-model.js';
import { usualConnections } from './throughput.js';

export interface MemoryResult {
  /** What was done so many times before each look at the memory. */
  readonly of: 'requests' | 'reloads';
  readonly early: { readonly after: number; readonly mebibytes: number };
  readonly late: { readonly after: number; readonly mebibytes: number };
  /** late / early − 1 */
  readonly growth: number;
}

/** Memory after a tenth of the requests and after all of them, on a service of its own. */
export async function memory(bench: BenchContext): Promise<MemoryResult> {
  const service = await bench.startService(bench.options.model);
  const endpoint = pngEndpoint(bench.pictures);
  return measure('requests', bench.options.requests, service, (amount) =>
    sendRequests({ url: service.url, requests: endpoint.requests, connections: usualConnections }, amount),
  );
}

/** How often the service looks at its files: often, for the sake of the time that this takes. */
const pollMs = 20;
const reloadMs = 60_000;

/** Memory after a tenth of the reloads of a replaced model file and after all of them, on a service of its own. */
export async function reloads(bench: BenchContext): Promise<MemoryResult> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kiln-reloads-'));
  const file = path.join(folder, 'model.onnx');
  const variants = [bench.model, variantOf(bench.model)] as const;
  try {
    await writeWhole(file, variants[0]);
    const service = await bench.startService(folder, '--poll', String(pollMs));
    let turn = 0;
    return await measure('reloads', bench.options.reloads, service, async (amount) => {
      for (let reload = 0; reload < amount; reload += 1) {
        turn += 1;
        const bytes = variants[turn % 2 === 0 ? 0 : 1];
        await writeWhole(file, bytes);
        await served(service.url, modelDigest(bytes));
      }
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function served(url: string, digest: string): Promise<void> {
  const begin = performance.now();
  while ((await servedModel(url)).digest !== digest) {
    if (performance.now() - begin > reloadMs) throw new Error('a replaced model file was not taken up');
    await delay(pollMs);
  }
}

/** A protobuf message with a field appended is a message: the same network under another doc_string, so another digest. */
function variantOf(model: Uint8Array): Uint8Array {
  const text = Buffer.from('another');
  return Buffer.concat([model, Buffer.from([(6 << 3) | 2, text.length]), text]);
}

async function measure(
  of: MemoryResult['of'],
  count: number,
  service: ServiceProcess,
  repeat: (amount: number) => Promise<unknown>,
): Promise<MemoryResult> {
  try {
    const first = Math.ceil(count / 10);
    await repeat(first);
    const early = { after: first, mebibytes: await service.residentMemory() };
    await repeat(count - first);
    const late = { after: count, mebibytes: await service.residentMemory() };
    return { of, early, late, growth: late.mebibytes / early.mebibytes - 1 };
  } finally {
    await service.stop();
  }
}
