import type { ErrorReport } from '../errors/errors.js';

/** A path from the root of a POSIX system, of a Windows drive or of a share, up to what cannot be part of one here. */
const absolutePath = /(?<![\w.:/\\])(?:[A-Za-z]:[\\/]|\\\\|\/)[^\s'"`<>|,;]+/g;

/**
 * A report as a client may have it: it learns what is wrong, not where this machine keeps its files.
 *
 * @param places folders that may have spaces in their names, and what they are called instead
 */
export function withoutPaths(
  { code, ...texts }: ErrorReport,
  places: Readonly<Record<string, string>>,
): ErrorReport {
  const hide = (text: string): string => {
    const named = Object.entries(places).reduce((rest, [path, name]) => rest.replaceAll(path, name), text);
    return named.replace(absolutePath, (path) => path.split(/[\\/]/).findLast((part) => part !== '') ?? '');
  };
  return {
    code,
    message: hide(texts.message),
    expected: hide(texts.expected),
    received: hide(texts.received),
  };
}
