import { KilnError } from '../errors/errors.js';
import type { Device, Provider } from './classifier.js';

/** One thing to ask a runtime for. */
export interface Candidate {
  readonly provider: Provider;
  /** Which GPU, from 0. */
  readonly deviceId: number;
}

/** `auto`, `cpu`, `cuda`, `cuda:1`, `webgpu`. @throws OPTION_INVALID for anything else */
export function parseDevice(text: string): Device {
  if (text === 'auto' || text === 'cpu' || text === 'cuda' || text === 'webgpu') return text;
  const gpu = /^cuda:(\d{1,3})$/.exec(text)?.[1];
  if (gpu !== undefined) return `cuda:${Number(gpu)}`;
  throw new KilnError('OPTION_INVALID', {
    expected: 'auto, cpu, cuda, cuda:N or webgpu as device',
    received: text,
  });
}

/** What to try for a device, in order: CUDA comes first, and only `auto` may fall back. */
export function candidates(device: Device): readonly Candidate[] {
  if (device === 'auto') return [{ provider: 'cuda', deviceId: 0 }, cpu];
  if (device === 'cpu') return [cpu];
  if (device === 'webgpu') return [{ provider: 'webgpu', deviceId: 0 }];
  return [{ provider: 'cuda', deviceId: device === 'cuda' ? 0 : Number(device.slice('cuda:'.length)) }];
}

const cpu: Candidate = { provider: 'cpu', deviceId: 0 };
