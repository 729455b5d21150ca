import { KilnError } from '../errors/errors.js';

/**
 * What a failed command tells: short where the failure is one of the table's, with the stack where it should not have
 * happened or where KILN_DEBUG=1 asks for it.
 */
export function describeFailure(error: unknown, debug = process.env.KILN_DEBUG === '1'): string {
  if (!(error instanceof Error)) return `kiln: ${String(error)}`;
  const lines =
    error instanceof KilnError
      ? [
          `kiln: ${error.message} (${error.code})`,
          `  expected  ${error.expected}`,
          `  received  ${error.received}`,
        ]
      : [`kiln: ${error.message} (unexpected: KILN_DEBUG=1 shows where it comes from)`];
  if (debug) lines.push(error.stack ?? '', ...causes(error));
  return lines.join('\n');
}

function causes(error: Error): string[] {
  const { cause } = error;
  if (cause === undefined) return [];
  if (!(cause instanceof Error)) return [`caused by: ${String(cause)}`];
  return [`caused by: ${cause.stack ?? cause.message}`, ...causes(cause)];
}
