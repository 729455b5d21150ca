import { encodeClassifier } from '../../../export/encode-classifier.js';
import type { Classifier } from '../../../runtime/classifier.js';
import { EvaluationTally } from '../../../runtime/evaluation.js';
import type { ClassifierMetadata } from '../../../runtime/metadata.js';
import { openModelFile } from '../../../runtime/model-file.js';
import type { OpenSession } from '../../../runtime/session.js';
import { classifierOf } from '../../../runtime/session-classifier.js';
import type { StateTensors } from '../../../train/engine.js';
import type { BaseModel } from './base-model.js';
import type { LabelledFrames } from './held-out.js';
import type { LessonFacts } from './lesson-file.js';
import type { Lesson } from './teacher.js';

/** Pictures of the exam that are classified at once. */
const batch = 16;

/** A lesson in the calling thread. What classifies is the file that `model` writes, and that file was examined. */
export class LocalLesson implements Lesson {
  readonly heldOut: Lesson['heldOut'];
  readonly heldOutIndices: Lesson['heldOutIndices'];
  readonly #encode: (name: string) => Uint8Array;
  readonly #classifier: Classifier;
  #closed: Promise<void> | undefined;

  private constructor(
    classifier: Classifier,
    { heldOut, heldOutIndices }: Pick<Lesson, 'heldOut' | 'heldOutIndices'>,
    encode: (name: string) => Uint8Array,
  ) {
    this.#classifier = classifier;
    this.heldOut = heldOut;
    this.heldOutIndices = heldOutIndices;
    this.#encode = encode;
  }

  static async open(
    base: BaseModel,
    weights: StateTensors,
    facts: LessonFacts,
    heldOut: LabelledFrames,
    open: OpenSession,
  ): Promise<LocalLesson> {
    const write = (name: string, evaluation: ClassifierMetadata['evaluation']) =>
      encodeClassifier(base.network, weights, { ...facts, name, evaluation });
    const file = openModelFile(write('lesson', null));
    const classifier = classifierOf(file, '', await open(file.bytes));
    const evaluation = await evaluate(classifier, heldOut);
    const exam = { heldOut: summary(evaluation), heldOutIndices: heldOut.indices };
    return new LocalLesson(classifier, exam, (name) => write(name, evaluation));
  }

  get labels(): readonly string[] {
    return this.#classifier.metadata.labels;
  }

  classify(frames: Uint8Array, count: number): Promise<Float32Array> {
    return this.#classifier.classify(frames, count);
  }

  async model(name: string): Promise<Uint8Array> {
    return this.#encode(name);
  }

  close(): Promise<void> {
    this.#closed ??= this.#classifier.close();
    return this.#closed;
  }
}

type Evaluation = ClassifierMetadata['evaluation'];

/** Null where nothing was held out. */
async function evaluate(classifier: Classifier, { frames, labels }: LabelledFrames): Promise<Evaluation> {
  if (frames.length === 0) return null;
  const tally = new EvaluationTally(classifier.metadata.labels);
  for (let first = 0; first < frames.length; first += batch) {
    const part = frames.slice(first, first + batch);
    const answers = await classifier.classify(concatenated(part), part.length);
    tally.add(answers, labels.subarray(first, first + part.length));
  }
  const { count, precisionAt1, interval, top5 } = tally.result();
  return {
    split: 'held-out',
    count,
    precisionAt1,
    interval: [...interval],
    top5,
    rawPrecisionAt1: precisionAt1,
  };
}

function summary(evaluation: Evaluation): Lesson['heldOut'] {
  if (evaluation === null) return { correct: 0, count: 0, interval: [0, 1] };
  const { precisionAt1, count, interval } = evaluation;
  return { correct: Math.round(precisionAt1 * count), count, interval };
}

function concatenated(frames: readonly Uint8Array[]): Uint8Array {
  const size = frames[0]!.length;
  const all = new Uint8Array(frames.length * size);
  for (const [index, frame] of frames.entries()) all.set(frame, index * size);
  return all;
}
