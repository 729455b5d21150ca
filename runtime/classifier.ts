import type { ClassifierMetadata } from './metadata.js';

/** Execution providers kiln knows how to ask for; `auto` is resolved before a session exists. */
export type Provider = 'cpu' | 'cuda' | 'webgpu';
/** Where a model runs; `auto` is the fastest that this machine has. */
export type Device = 'auto' | Provider | `cuda:${number}`;

/** The names by which the graph in every kiln file is fed and read. */
export const tensorNames = { images: 'images', probabilities: 'probabilities', logits: 'logits' } as const;

/** One row a picture: bytes in, probabilities out. Every runtime's adapter implements this. */
export interface Classifier {
  readonly metadata: ClassifierMetadata;
  /** sha256 (hex) of the model file. */
  readonly digest: string;
  /** The provider that really runs the graph. */
  readonly provider: Provider;
  /**
   * @param images uint8 RGB, [count, frame.height, frame.width, 3]
   * @returns float32 [count, labels], rows sum to 1
   */
  classify(images: Uint8Array, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}
