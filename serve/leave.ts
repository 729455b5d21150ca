import closeWithGrace from 'close-with-grace';

/** Longer than the server's own limit on draining. */
const delay = 15_000;

/**
 * Closes on SIGINT, SIGTERM and on an error that nothing caught, then leaves; a second signal leaves at once.
 *
 * @param report told of the error that ends the process, if one does
 */
export function closeOnSignals(close: () => Promise<void>, report: (error: unknown) => void): void {
  closeWithGrace(
    { delay, logger: false, onSecondSignal: die, onTimeout: () => die('SIGTERM') },
    async ({ err }) => {
      if (err !== undefined) report(err);
      await close();
    },
  );
}

/**
 * Ends the process by the signal's default action: process.exit would unload ONNX Runtime under a worker that is
 * running, which aborts with a message of its own.
 */
function die(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
