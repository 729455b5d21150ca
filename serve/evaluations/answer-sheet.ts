import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Answers } from './answers.js';

/** What is known of the pictures of an evaluation that is done. */
export interface AnswerSheet {
  readonly answers: Answers;
  /** One a picture, empty for those that were not counted; undefined where pictures have none. */
  readonly names: readonly string[] | undefined;
  /** Pixels; undefined in evaluations of a kiln that did not write it down. */
  readonly frameHeight: number | undefined;
}

/** Names that share their folders pack to a fifth. */
export function packNames(names: readonly string[]): Uint8Array {
  return deflateRawSync(JSON.stringify(names), { level: 1 });
}

export function unpackNames(packed: Uint8Array): readonly string[] {
  return JSON.parse(inflateRawSync(packed).toString());
}
