import { Exporter } from './exporter.js';
import { RunsThread } from './runs-thread.js';

/** What the routes need. */
export interface Runs {
  readonly reader: RunsThread;
  readonly exporter: Exporter;
}

/** Where the trainer puts them. */
const defaultFolder = 'runs';

/**
 * @param folder where training runs lie; it need not be there
 * @param closing aborts when the service begins to close
 */
export function openRuns(folder: string | undefined, closing: AbortSignal): Runs {
  const path = folder ?? defaultFolder;
  return { reader: new RunsThread(path), exporter: new Exporter(path, closing) };
}
