import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** When a process that crashed is started again. */
export interface RestartPolicy {
  /** The wait before the first restart; each further one waits twice as long. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** So many crashes within `withinMs` are borne; one more is the last. */
  readonly crashes: number;
  readonly withinMs: number;
}

const defaultPolicy: RestartPolicy = {
  firstDelayMs: 100,
  longestDelayMs: 10_000,
  crashes: 5,
  withinMs: 60_000,
};

/** What the process says once it serves; before that its end is a refusal to start. */
export const servingMessage = 'serving';

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly served: boolean;
}

const forwarded = ['SIGTERM', 'SIGINT'] as const;

/**
 * Runs a program and starts it again whenever it crashes: a signal that nobody here sent, or a failure after it has
 * served. A refusal of its first start is no crash. SIGTERM and SIGINT are handed on, each time they come, and end
 * the supervision too.
 *
 * @param report told of each crash
 * @returns the exit code with which the last process ended; 128 and the signal's number where a signal ended it
 */
export async function supervise(
  program: string,
  args: readonly string[],
  report: (line: string) => void,
  policy: RestartPolicy = defaultPolicy,
): Promise<number> {
  const stop = new AbortController();
  let child: ChildProcess | undefined;
  const hand = (signal: NodeJS.Signals): void => {
    stop.abort();
    child?.kill(signal);
  };
  for (const signal of forwarded) process.on(signal, hand);
  try {
    const crashes: number[] = [];
    for (let served = false; ; ) {
      child = start(program, args);
      const ended = await end(child);
      served ||= ended.served;
      const refused = ended.signal === null && !served;
      if (stop.signal.aborted || ended.code === 0 || refused) return codeOf(ended);
      crashes.push(performance.now());
      const recent = crashes.filter((at) => at > performance.now() - policy.withinMs).length;
      const how = ended.signal ?? `exit code ${ended.code}`;
      if (recent > policy.crashes) {
        report(`the service ended by ${how}, ${recent} times within ${policy.withinMs / 1000} s: given up`);
        return codeOf(ended);
      }
      const delayMs = Math.min(policy.firstDelayMs * 2 ** (recent - 1), policy.longestDelayMs);
      report(`the service ended by ${how}; it starts again in ${delayMs} ms`);
      await sleep(delayMs, undefined, { signal: stop.signal }).catch(() => undefined);
      if (stop.signal.aborted) return codeOf(ended);
    }
  } finally {
    for (const signal of forwarded) process.off(signal, hand);
  }
}

/**
 * Its own process group, where there are any: Ctrl-C reaches a whole group, and the process would take that and the
 * signal handed on for two, of which the second leaves at once.
 */
function start(program: string, args: readonly string[]): ChildProcess {
  return fork(program, args, { detached: process.platform !== 'win32' });
}

async function end(child: ChildProcess): Promise<Ended> {
  let served = false;
  child.on('message', (message) => {
    served ||= message === servingMessage;
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return { code, signal, served };
}

function codeOf({ code, signal }: Ended): number {
  return code ?? 128 + constants.signals[signal!];
}
