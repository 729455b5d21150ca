import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import Type from 'typebox';
import Value from 'typebox/value';
import { KilnError } from '../../../errors/errors.js';
import type { HttpRequests, Load, LoadResult } from './load.js';

const run = promisify(execFile);

const summary = Type.Object({
  answers: Type.Integer(),
  failed: Type.Integer(),
  microseconds: Type.Number(),
  p50: Type.Number(),
  p99: Type.Number(),
});

/**
 * wrk, where it is installed: in C, about 15 µs of a core a request, so that it leaves more of the cores to what it
 * measures than autocannon does.
 * @throws KilnError OPTION_INVALID where there is none
 */
export async function loadByWrk({ url, requests, connections, seconds }: Load): Promise<LoadResult> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'kiln-wrk-'));
  try {
    await writeFile(path.join(folder, 'bodies'), lengthPrefixed(requests.bodies));
    await writeFile(path.join(folder, 'script.lua'), script(requests, path.join(folder, 'bodies')));
    const { stdout } = await run('wrk', [
      ...['--threads', '1', '--connections', String(connections), '--timeout', '30s'],
      ...['--duration', `${Math.max(1, Math.round(seconds))}s`],
      ...['--script', path.join(folder, 'script.lua'), url],
    ]).catch(refuseMissing);
    return resultOf(requests.path, Value.Parse(summary, JSON.parse(stdout.slice(stdout.lastIndexOf('{')))));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function resultOf(path: string, { answers, failed, microseconds, p50, p99 }: Type.Static<typeof summary>) {
  if (failed > 0 || answers === 0) throw new Error(`${path}: ${answers} answers, ${failed} of them no 2xx`);
  return {
    answers,
    answersPerSecond: answers / (microseconds / 1e6),
    latency: { p50: p50 / 1000, p99: p99 / 1000 },
  };
}

function refuseMissing(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT') throw error;
  throw new KilnError('OPTION_INVALID', {
    expected: '--generator autocannon, or wrk where it is installed',
    received: 'no program wrk on the PATH',
  });
}

/** Each body after its length, which is a little-endian uint32. */
function lengthPrefixed(bodies: readonly Buffer[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(body.length);
      return [length, body];
    }),
  );
}

/** Builds every request once, sends them in turn and writes the summary as JSON. */
function script({ path, headers }: HttpRequests, bodies: string): string {
  const table = Object.entries(headers).map(([name, value]) => `[${lua(name)}] = ${lua(value)}`);
  return `
local requests, last = {}, 0
function init()
  local file = assert(io.open(${lua(bodies)}, "rb"))
  while true do
    local head = file:read(4)
    if head == nil then break end
    local a, b, c, d = head:byte(1, 4)
    local body = file:read(a + 256 * (b + 256 * (c + 256 * d)))
    requests[#requests + 1] = wrk.format("POST", ${lua(path)}, { ${table.join(', ')} }, body)
  end
end
function request()
  last = last % #requests + 1
  return requests[last]
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"answers":%d,"failed":%d,"microseconds":%d,"p50":%f,"p99":%f}',
    summary.requests, errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    summary.duration, latency:percentile(50), latency:percentile(99)))
end
`;
}

/** A Lua string; JSON's escapes are Lua's for printable ASCII. */
function lua(text: string): string {
  return JSON.stringify(text);
}
