import type { Connection } from './connection.js';
import { element } from './elements.js';

/**
 * Has a link to a file fetch it with the visitor's key, which a link of its own does not carry; without a key the link
 * does as ever.
 *
 * @param name of the file that is kept
 */
export function downloadWithKey(link: HTMLAnchorElement, connection: Connection, name: () => string): void {
  link.addEventListener('click', async (event) => {
    if (Object.keys(connection.headers).length === 0) return;
    event.preventDefault();
    const response = await connection.open(new URL(link.href)).catch(() => undefined);
    if (response === undefined) return;
    saveFile(name(), await response.blob());
  });
}

/** Has the browser keep a file that the page holds. */
export function saveFile(name: string, content: Blob): void {
  const file = URL.createObjectURL(content);
  element('a', { href: file, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(file), 10_000); // the download has begun by then
}

/** A link to a file of the service. */
export function downloadLink(connection: Connection, path: string, text: string): HTMLAnchorElement {
  const name = path.split('/').at(-1)!;
  const link = element('a', { href: connection.url(path).href, download: name }, text);
  downloadWithKey(link, connection, () => name);
  return link;
}
