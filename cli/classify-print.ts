import { once } from 'node:events';
import type { ResultFormat } from './classify-format.js';
import type { PictureInput } from './classify-inputs.js';
import type { PictureClassifier } from './classify-result.js';
import { interruption } from './interruption.js';
import { type Progress, progressOf } from './progress.js';

/**
 * Prints each result as it comes. The exit code is 1 where a picture failed, which a file of a folder that is no picture
 * does not; Ctrl-C ends it after what is under way, with 130.
 */
export async function printResults(
  classifier: PictureClassifier,
  inputs: readonly PictureInput[],
  format: ResultFormat,
): Promise<void> {
  const skipped: string[] = [];
  const progress = progressFor(inputs.length);
  const interrupt = interruption();
  let done = 0;
  try {
    await print(format.begin(classifier.model));
    for await (const { input, ...result } of classifier.classify(inputs)) {
      if (interrupt.signal.aborted) break;
      const failed = 'error' in result;
      if (failed && input.found && result.error.code === 'UNSUPPORTED_IMAGE') {
        skipped.push(input.name);
      } else {
        await print(format.result(input.name, result));
        if (failed) process.exitCode = 1;
      }
      done += 1;
      progress?.update(done);
    }
    await print(format.end());
  } finally {
    progress?.stop();
    interrupt.dispose();
  }
  if (interrupt.signal.aborted) process.exitCode = 130;
  if (skipped.length > 0)
    console.error(`skipped ${skipped.length} of ${done} (no pictures): ${excerpt(skipped)}`);
}

/** From so many pictures on. */
const many = 64;

/** Where results scroll by in the same terminal, they are the progress. */
function progressFor(total: number): Progress | undefined {
  const shown = total >= many && process.stderr.isTTY && !process.stdout.isTTY;
  return shown ? progressOf('classifying', total) : undefined;
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

function excerpt(names: readonly string[]): string {
  return names.length > 8 ? `${names.slice(0, 8).join(', ')} and ${names.length - 8} more` : names.join(', ');
}
