import { type PictureSource, preparePicture } from '../../browser/picture-source.js';
import { toProblem, workerBroke } from '../../browser/problem.js';
import { PageError } from '../page-error.js';
import type { FrameReply, FrameRequest } from './frame-messages.js';

/** What a network reads of every picture, and what is not even decoded. */
export interface FrameRule {
  readonly height: number;
  readonly width: number;
  /** Width × height of a picture, at most. */
  readonly maxPixels: number;
}

/** A picture as a network gets it. */
export interface Framed {
  /** uint8 RGB [height, width, 3] */
  readonly frame: Uint8Array;
  /** JPEG, square. */
  readonly thumbnail: Blob;
}

interface Pending {
  readonly resolve: (reply: Extract<FrameReply, { kind: 'frame' }>) => void;
  readonly reject: (error: PageError) => void;
}

/** Pictures become frames in a worker, by the rule and the code of everything else in kiln. */
export class Frames {
  readonly #workerUrl: URL;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #nextId = 0;

  constructor(workerUrl: URL) {
    this.#workerUrl = workerUrl;
  }

  /**
   * @param source the picture as it is now
   * @throws PageError UNSUPPORTED_IMAGE, IMAGE_UNDECODABLE, IMAGE_TOO_LARGE, WORKER_FAILED
   */
  async withThumbnail(source: PictureSource, rule: FrameRule): Promise<Framed> {
    const { frame, thumbnail } = await this.#ask(source, rule, true);
    return { frame, thumbnail: thumbnail! };
  }

  /** As `withThumbnail`. @returns uint8 RGB [height, width, 3] */
  async frame(source: PictureSource, rule: FrameRule): Promise<Uint8Array> {
    return (await this.#ask(source, rule, false)).frame;
  }

  async #ask(source: PictureSource, { height, width, maxPixels }: FrameRule, thumbnail: boolean) {
    const fallback = { code: 'IMAGE_UNDECODABLE', message: 'The picture could not be read.' };
    const { picture, transfer } = await preparePicture(source, maxPixels).catch((error) => {
      throw new PageError(toProblem(error, fallback));
    });
    const id = this.#nextId++;
    const worker = this.#start();
    return new Promise<Extract<FrameReply, { kind: 'frame' }>>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      const request: FrameRequest = { id, picture, height, width, maxPixels, thumbnail };
      worker.postMessage(request, [...transfer]);
    });
  }

  /** The worker; one that broke is followed by another. */
  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(this.#workerUrl, { type: 'module', name: 'frames' });
    worker.onmessage = ({ data }: MessageEvent<FrameReply>) => this.#receive(data);
    worker.onerror = ({ message }) => {
      worker.terminate();
      this.#worker = undefined;
      for (const { reject } of this.#pending.values()) reject(new PageError(workerBroke(message)));
      this.#pending.clear();
    };
    this.#worker = worker;
    return worker;
  }

  #receive(reply: FrameReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if (reply.kind === 'frame') pending?.resolve(reply);
    else pending?.reject(new PageError(reply.problem));
  }
}
