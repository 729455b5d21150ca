import type { OpenSession, Session } from '../runtime/session.js';
import type { EngineDevice } from './engine.js';
import { releaseLoaded } from './forward-pass.js';

/** A family of graphs, each loaded when it is first needed. */
export class OnnxSessions<Kind extends string> {
  readonly #write: (kind: Kind) => Uint8Array;
  readonly #open: OpenSession;
  readonly #sessions = new Map<Kind, Promise<Session>>();
  #device: EngineDevice | undefined;

  /** @param write gives a graph as an ONNX file */
  constructor(write: (kind: Kind) => Uint8Array, open: OpenSession) {
    this.#write = write;
    this.#open = open;
  }

  /** Undefined until the first graph is loaded. */
  get device(): EngineDevice | undefined {
    return this.#device;
  }

  /** @throws DEVICE_UNAVAILABLE, MODEL_INVALID */
  get(kind: Kind): Promise<Session> {
    let session = this.#sessions.get(kind);
    if (session === undefined) {
      session = this.#load(kind);
      this.#sessions.set(kind, session);
    }
    return session;
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await releaseLoaded(session);
  }

  async #load(kind: Kind): Promise<Session> {
    const session = await this.#open(this.#write(kind));
    this.#device = { engine: 'onnx', provider: session.provider, failed: session.failed };
    return session;
  }
}
