import { fileURLToPath } from 'node:url';

/** The page that `kiln serve` has at `/`, as it is built: for `pageFolder` of `serve`. */
export const pageFolder = fileURLToPath(new URL('../clients/page/public/', import.meta.url));
