import { type Problem, workerBroke } from '../../browser/problem.js';
import { PageError } from '../page-error.js';
import type {
  ActivationsRequest,
  InspectorAnswers,
  InspectorReply,
  InspectorRequest,
  InspectRequest,
} from './inspector-messages.js';

type Unnumbered<Request> = Request extends unknown ? Omit<Request, 'id'> : never;

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: PageError) => void;
}

/**
 * A model file in a worker of its own, which reads it and runs it with its layers' outputs: files have many megabytes,
 * and the page is not to be held up.
 */
export class Inspector {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  /** Why it answers no more. */
  #end: Problem | undefined;

  constructor(script: URL) {
    this.#worker = new Worker(script, { type: 'module', name: 'inspector' });
    this.#worker.onmessage = ({ data }: MessageEvent<InspectorReply>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (data.kind === 'done')
        waiting?.resolve(data.answer as never); // of this request's kind
      else waiting?.reject(new PageError(data.problem));
    };
    this.#worker.onerror = ({ message }) => {
      this.#end = workerBroke(message);
      for (const { reject } of this.#waiting.values()) reject(new PageError(this.#end));
      this.#waiting.clear();
    };
  }

  /**
   * Reads the file; to be called once, first.
   *
   * @throws PageError MODEL_UNREACHABLE, MODEL_DIGEST_MISMATCH, MODEL_INVALID, MODEL_NOT_KILN, WORKER_FAILED
   */
  inspect(request: Omit<InspectRequest, 'kind'>): Promise<InspectorAnswers['inspect']> {
    return this.#ask({ kind: 'inspect', ...request });
  }

  /**
   * What every layer gives for a picture, in the order of the graph.
   *
   * @throws PageError UNSUPPORTED_IMAGE, IMAGE_UNDECODABLE, IMAGE_TOO_LARGE, MODEL_INVALID, RUNTIME_FAILED, INFERENCE_FAILED,
   *   WORKER_FAILED
   */
  activations(request: Omit<ActivationsRequest, 'kind'>): Promise<InspectorAnswers['activations']> {
    return this.#ask({ kind: 'activations', ...request });
  }

  /** Ends the worker; what it was asked stays without an answer. */
  close(): void {
    this.#worker.terminate();
    this.#waiting.clear();
  }

  #ask<Answer>(request: Unnumbered<InspectorRequest>): Promise<Answer> {
    if (this.#end !== undefined) return Promise.reject(new PageError(this.#end));
    const id = this.#nextId++;
    return new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ ...request, id } satisfies InspectorRequest);
    });
  }
}
