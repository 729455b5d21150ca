import type { Device } from '../../runtime/classifier.js';

/** What is measured, each apart, in this order. */
export const sectionNames = [
  'ready',
  'png',
  'multipart',
  'v2',
  'evaluation',
  'half-load',
  'memory',
  'reloads',
] as const;
export type SectionName = (typeof sectionNames)[number];

/** What sends the requests. */
export const generatorNames = ['autocannon', 'wrk'] as const;
export type GeneratorName = (typeof generatorNames)[number];

export interface ServeBenchOptions {
  /** The ONNX file. */
  readonly model: string;
  readonly device: Device;
  /** Where CIFAR-10 lies, if it does. */
  readonly dataDir: string;
  readonly generator: GeneratorName;
  /** Connections at once, each measured apart; for PNGs alone. */
  readonly connections: readonly number[];
  readonly rounds: number;
  /** Length of one load; the bare model is given a tenth of it in each of its forms. */
  readonly seconds: number;
  /** Requests over which memory is to stay flat. */
  readonly requests: number;
  /** Replacements of a model file over which memory is to stay flat. */
  readonly reloads: number;
}
