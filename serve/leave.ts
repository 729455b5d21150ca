import closeWithGrace from 'close-with-grace';
import { defaultSettings } from './settings/defaults.js';

/** For what comes after draining: worker threads end, files are closed. */
const afterDrainingMs = 3000;

/** A listener would have a crash repeat the instruction that failed, for ever: the process would hang instead of end. */
const crashes = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV'] as const;

/**
 * Closes on SIGINT, SIGTERM and on an error that nothing caught, then leaves; a second signal leaves at once, and so
 * does a close that takes longer than draining may.
 *
 * @param report told of the error that ends the process, if one does
 * @returns what does the same without a signal
 */
export function closeOnSignals(
  close: () => Promise<void>,
  report: (error: unknown) => void,
  drainMs = defaultSettings.drainMs,
): () => Promise<void> {
  const delay = drainMs + afterDrainingMs;
  const leaving = closeWithGrace(
    { delay, logger: false, skip: [...crashes], onSecondSignal: die, onTimeout: () => die('SIGTERM') },
    async ({ err }) => {
      if (err !== undefined) report(err);
      await close();
    },
  );
  return async () => leaving.close();
}

/**
 * Ends the process by the signal's default action: process.exit would unload ONNX Runtime under a worker that is
 * running, which aborts with a message of its own.
 */
function die(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
