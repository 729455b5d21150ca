import type { OpenSession } from '../../../runtime/session.js';
import type { StateTensors } from '../../../train/engine.js';
import type { StepDescription } from '../../../train/step-graph.js';
import type { BaseModel } from './base-model.js';
import type { Course } from './course.js';
import type { LabelledFrames } from './held-out.js';

/** What is to be learned, and from what. */
export interface Task extends Pick<Course, 'labels' | 'seed' | 'pause' | 'onEpoch'> {
  readonly base: BaseModel;
  readonly taught: LabelledFrames;
  readonly heldOut: LabelledFrames;
  /** Undefined for as many as the method takes by itself. */
  readonly epochs: number | undefined;
  readonly open: OpenSession;
}

/** What was learned. */
export interface Learned extends Pick<Course, 'batch' | 'epochs'> {
  /** All parameters of the network by name. */
  readonly weights: StateTensors;
  readonly steps: number;
}

/** What both methods have in common of a step. */
export const stepRule = {
  optimizer: { kind: 'momentum', momentum: 0.9, nesterov: true },
  weightDecay: 0,
  labelSmoothing: 0,
} as const satisfies Partial<StepDescription>;
