import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What may stand in a log line as it is. */
const acceptable = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * Names requests: by the client's `x-request-id` where it can be written to a log as it is, else by a random prefix
 * and a count, which is unique among restarts and cheap.
 */
export function requestIds(): (request: { readonly headers: IncomingHttpHeaders }) => string {
  const prefix = randomBytes(4).toString('hex');
  let count = 0;
  return ({ headers }) => {
    const given = headers['x-request-id'];
    if (typeof given === 'string' && acceptable.test(given)) return given;
    count += 1;
    return `${prefix}-${count.toString(36)}`;
  };
}
