import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { promisify } from 'node:util';
import type { DoctorReport, Gpu } from './report.js';

const run = promisify(execFile);

/** The oldest Node that kiln's package.json admits. */
export const oldestNode = { major: 20, minor: 19 } as const;

export function nodeFacts(version = process.versions.node): DoctorReport['node'] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const supported = major > oldestNode.major || (major === oldestNode.major && minor >= oldestNode.minor);
  return { version, supported, required: `>=${oldestNode.major}.${oldestNode.minor}` };
}

export async function cpuFacts(): Promise<DoctorReport['cpu']> {
  return {
    model: os.cpus()[0]?.model.trim() || 'unknown',
    cores: os.availableParallelism(),
    features: featuresIn(await cpuFlags()),
  };
}

export function memoryFacts(): DoctorReport['memory'] {
  return { totalMiB: Math.round(os.totalmem() / 2 ** 20), freeMiB: Math.round(os.freemem() / 2 ** 20) };
}

/** Each with its names in Linux's /proc/cpuinfo and in macOS's sysctl. */
const features: readonly (readonly [feature: string, ...flags: string[]])[] = [
  ['SSE4.2', 'sse4_2', 'sse4.2'],
  ['AVX', 'avx', 'avx1.0'],
  ['AVX2', 'avx2'],
  ['FMA', 'fma'],
  ['AVX-512', 'avx512f'],
  ['AVX-512 VNNI', 'avx512_vnni', 'avx512vnni'],
  ['AVX VNNI', 'avx_vnni'],
  ['AMX', 'amx_tile'],
  ['NEON', 'asimd', 'hw.optional.neon:'],
  ['NEON dot product', 'asimddp', 'hw.optional.arm.feat_dotprod:'],
  ['I8MM', 'i8mm', 'hw.optional.arm.feat_i8mm:'],
  ['SVE', 'sve'],
];

/** What of the instructions that matter here a list of CPU flags names. */
export function featuresIn(flags: string): string[] {
  const present = new Set(flags.toLowerCase().split(/\s+/));
  return features.filter(([, ...names]) => names.some((name) => present.has(name))).map(([name]) => name);
}

async function cpuFlags(): Promise<string> {
  if (process.platform === 'linux') {
    const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
    return /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1] ?? '';
  }
  if (process.platform === 'darwin') {
    const lists = await output('sysctl', ['-n', 'machdep.cpu.features', 'machdep.cpu.leaf7_features']);
    const switches = await output('sysctl', ['hw.optional']);
    return `${lists} ${switches
      .split('\n')
      .filter((line) => line.endsWith(' 1'))
      .join('\n')}`;
  }
  return '';
}

/** NVIDIA's GPUs; none where its driver's nvidia-smi is not there or sees none. */
export async function gpuFacts(): Promise<Gpu[]> {
  return parseGpus(
    await output('nvidia-smi', [
      '--query-gpu=name,memory.total,driver_version',
      '--format=csv,noheader,nounits',
    ]),
  );
}

/** Reads `NVIDIA H200, 143771, 580.159.03`, a line a GPU. */
export function parseGpus(csv: string): Gpu[] {
  const gpus: Gpu[] = [];
  for (const line of csv.split('\n')) {
    const [name, memory, driver] = line.split(',').map((field) => field.trim());
    if (!name || !driver) continue;
    gpus.push({ name, memoryMiB: Number.parseInt(memory ?? '', 10) || 0, driver });
  }
  return gpus;
}

/** What a program prints; nothing where it is not there, fails or hangs. */
export async function output(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(program, args, { timeout: 20_000 })).stdout;
  } catch {
    return '';
  }
}
