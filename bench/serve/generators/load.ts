/** Requests that are alike but for their bodies, which are sent one after another, again and again. */
export interface HttpRequests {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodies: readonly Buffer[];
  /** Pictures in each body. */
  readonly pictures: number;
}

/** A closed loop: every connection sends its next request when the last was answered. */
export interface Load {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  readonly requests: HttpRequests;
  readonly connections: number;
  readonly seconds: number;
}

/** In ms. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

export interface LoadResult {
  /** Answers, all of them 2xx. */
  readonly answers: number;
  readonly answersPerSecond: number;
  readonly latency: Latency;
}

/** Sends a load from this machine. Throws where one answer is not a 2xx: a refusal is faster than an answer. */
export type LoadGenerator = (load: Load) => Promise<LoadResult>;
