import { servingMessage } from './supervise.js';

/** The other end of supervise.ts: what a process does that is supervised. */
export interface Supervised {
  /** Says that the service is up, and closes it should the supervisor end. */
  serving(close: () => Promise<void>): void;
}

/** Ends the process when its supervisor ends, however that does: nobody is left behind. */
export function underSupervision(): Supervised {
  let leave = (): void => process.exit(1); // while it starts there is nothing to close
  process.once('disconnect', () => leave());
  process.channel?.unref(); // a refusal to start ends the process by itself
  return {
    serving(close) {
      leave = () => void close();
      process.send?.(servingMessage);
    },
  };
}
