import type { Problem } from '../problem.js';
import type { Lesson, Teacher, TeachingOptions, TeachingPicture, TeachingProgress } from './teacher.js';

export interface OpenRequest {
  readonly kind: 'open';
  readonly model: Uint8Array;
  readonly threads: number;
  /** Folder of ONNX Runtime's files, with a slash at its end; undefined for beside the worker. */
  readonly runtimeUrl: string | undefined;
}

/** A lesson goes by the number of the question that asked for it. */
export interface TeachRequest {
  readonly kind: 'teach';
  readonly id: number;
  readonly labels: readonly string[];
  readonly pictures: readonly TeachingPicture[];
  readonly options: Omit<TeachingOptions, 'signal' | 'onProgress'>;
}

export interface ClassifyRequest {
  readonly kind: 'classify';
  readonly id: number;
  readonly lesson: number;
  readonly frames: Uint8Array;
  readonly count: number;
}

export interface ModelRequest {
  readonly kind: 'model';
  readonly id: number;
  readonly lesson: number;
  readonly name: string;
}

/** What is answered under its number. */
export type Question = TeachRequest | ClassifyRequest | ModelRequest;

/** What the answer to each question holds. */
export interface Answers {
  readonly teach: Pick<Lesson, 'heldOut' | 'heldOutIndices'>;
  /** float32 [count, labels] */
  readonly classify: Float32Array;
  /** An ONNX file. */
  readonly model: Uint8Array;
}

export type TeachingRequest =
  | OpenRequest
  | Question
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'close'; readonly lesson: number };

export type TeachingReply =
  | { readonly kind: 'opened'; readonly teacher: Pick<Teacher, 'frame' | 'provider'> }
  | { readonly kind: 'refused'; readonly problem: Problem }
  | { readonly kind: 'progress'; readonly id: number; readonly progress: TeachingProgress }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answers[Question['kind']] }
  | { readonly kind: 'failed'; readonly id: number; readonly problem: Problem };
