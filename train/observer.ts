import type { Batch } from '../data/composer.js';
import type { TimedEvaluation } from '../runtime/evaluation.js';
import type { EngineDevice, Inspection, Losses, Rates, TrainingState, WeightSet } from './engine.js';
import type { Plan } from './plan.js';
import type { Run } from './run.js';

export interface Precision {
  readonly ema: number;
  readonly raw: number;
}

/** What one set of weights answers on the validation split. */
export interface Validated {
  readonly result: TimedEvaluation;
  /** Mean cross-entropy in nats, neither smoothed nor with weight decay. */
  readonly loss: number;
  /** float32 [count, classes], in the order of the split. */
  readonly logits: Float32Array;
}

/** Why a run ended: all steps done; its time was up; validation got no better; it was told to. */
export type EndOfRun = 'finished' | 'out of time' | 'stopped early' | 'interrupted';

/** What happens in a run, for `onEvent`. */
export type TrainEvent =
  /** A remark; it stands in log.txt too. */
  | { readonly kind: 'message'; readonly text: string }
  /** Once the first step has shown what computes. */
  | { readonly kind: 'device'; readonly device: EngineDevice }
  | {
      readonly kind: 'step';
      /** Steps done. */
      readonly step: number;
      readonly totalSteps: number;
      readonly loss: number;
      readonly losses: Losses;
      readonly rates: Rates;
      readonly examplesPerSecond: number;
    }
  /** The tutorial's line, every ten steps. */
  | { readonly kind: 'logged'; readonly text: string }
  | {
      readonly kind: 'validated';
      /** Steps done. */
      readonly step: number;
      readonly precision: Precision;
      readonly answers: Readonly<Record<WeightSet, Validated>>;
    }
  | {
      readonly kind: 'saved';
      readonly step: number;
      readonly path: string;
      /** What the checkpoint holds. */
      readonly state: TrainingState;
    }
  /** The last one; a run that fails has none. */
  | { readonly kind: 'ended'; readonly end: EndOfRun; readonly step: number; readonly seconds: number };

/** The inside of a step that is about to be done, for an observer that asked to see it. */
export interface InspectedStep {
  /** Steps done before it. */
  readonly step: number;
  readonly batch: Batch;
  readonly rates: Rates;
  /** Before the step. */
  readonly state: TrainingState;
  readonly inspection: Inspection;
}

/** Writes a part of a run's folder while the run goes on. What it throws ends the run, with a checkpoint. */
export interface RunObserver {
  /** Whether it wants to see a step's inside, which costs about as much as the step. Steps count from 0. */
  inspects(step: number): boolean;
  inspected(step: InspectedStep): void;
  /** Told in order; the run waits for it. */
  report(event: TrainEvent): void | Promise<void>;
  /**
   * After the last event, however the run ends.
   * @param failure what ended it, where it did not end by itself
   */
  close(failure?: unknown): Promise<void>;
}

/** What an observer may know beforehand. */
export interface Observed {
  readonly run: Run;
  readonly plan: Plan;
  /** What the run begins with, or is resumed at: what was written after its step is written again. */
  readonly state: TrainingState;
  /** What was measured at that step already, and stays. */
  readonly validation: Precision | null;
  /** Devices that share the examples of each step. */
  readonly towers: number;
}
