/** Whether the client holds the answer with this ETag already (RFC 9110, section 13.1.2). */
export function isHeld(ifNoneMatch: string | undefined, etag: string): boolean {
  const held = ifNoneMatch?.split(',').map((one) => one.trim().replace(/^W\//, ''));
  return held?.some((one) => one === etag || one === '*') === true;
}
