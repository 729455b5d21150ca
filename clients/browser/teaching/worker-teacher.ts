import { ClassifierError, type Problem, workerBroke } from '../problem.js';
import type { Lesson, Teacher, TeachingOptions, TeachingPicture } from './teacher.js';
import type { Answers, Question, TeachingReply, TeachingRequest } from './teaching-messages.js';

type QuestionOf<Kind extends Question['kind']> = Extract<Question, { kind: Kind }>;

interface Pending {
  readonly onProgress: TeachingOptions['onProgress'];
  /** With what belongs to the question: `Answers`. */
  readonly resolve: (answer: never) => void;
  readonly reject: (reason: unknown) => void;
}

/** A teacher at work in its Web Worker. */
export class WorkerTeacher implements Teacher {
  readonly frame: Teacher['frame'];
  readonly provider: string;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  /** Why nothing is answered any more. */
  #end: Problem | undefined;

  /** `openTeacher` makes these. */
  constructor(worker: Worker, { frame, provider }: Pick<Teacher, 'frame' | 'provider'>) {
    this.frame = frame;
    this.provider = provider;
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<TeachingReply>) => this.#receive(data);
    worker.onerror = ({ message }) => this.#stop(workerBroke(message));
  }

  async teach(
    labels: readonly string[],
    pictures: readonly TeachingPicture[],
    { signal, onProgress, ...options }: TeachingOptions,
  ): Promise<Lesson> {
    const lesson = this.#nextId++;
    const question = { kind: 'teach', id: lesson, labels, pictures, options } as const;
    const exam = await this.#ask<'teach'>(question, signal, onProgress);
    return {
      labels: [...labels],
      ...exam,
      classify: (frames, count) =>
        this.#ask<'classify'>({ kind: 'classify', id: this.#nextId++, lesson, frames, count }),
      model: (name) => this.#ask<'model'>({ kind: 'model', id: this.#nextId++, lesson, name }),
      close: async () => this.#send({ kind: 'close', lesson }),
    };
  }

  async close(): Promise<void> {
    this.#stop({ code: 'TEACHER_CLOSED', message: 'The teacher has been closed.' });
  }

  #ask<Kind extends Question['kind']>(
    question: QuestionOf<Kind>,
    signal?: AbortSignal,
    onProgress?: TeachingOptions['onProgress'],
  ): Promise<Answers[Kind]> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#end !== undefined) throw new ClassifierError(this.#end);
      const { id } = question;
      const abort = (): void => {
        this.#pending.delete(id);
        this.#send({ kind: 'abort', id });
        reject(signal?.reason);
      };
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          signal?.removeEventListener('abort', abort);
          settle(value);
        };
      signal?.addEventListener('abort', abort);
      this.#pending.set(id, { onProgress, resolve: settled(resolve), reject: settled(reject) });
      this.#send(question);
    });
  }

  #send(request: TeachingRequest): void {
    this.#worker.postMessage(request);
  }

  #receive(reply: TeachingReply): void {
    if (!('id' in reply)) return;
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    if (reply.kind === 'progress') {
      pending.onProgress?.(reply.progress);
      return;
    }
    this.#pending.delete(reply.id);
    if (reply.kind === 'answer') pending.resolve(reply.answer as never);
    else pending.reject(new ClassifierError(reply.problem));
  }

  #stop(problem: Problem): void {
    this.#end ??= problem;
    this.#worker.terminate();
    for (const { reject } of this.#pending.values()) reject(new ClassifierError(problem));
    this.#pending.clear();
  }
}
