import { writeFileSync } from 'node:fs';
import { underSupervision } from '../../serve/supervised.js';

/** A process that ends as its arguments say; started by supervise.test.ts. */
const [stage, way, file] = process.argv.slice(2) as [stage: string, way: string, file?: string];
if (stage === 'serving') underSupervision().serving(async () => process.exit(0));

if (file !== undefined) {
  // Ends at the second of a signal, and says in a file how many came.
  let count = 0;
  process.on(way, () => {
    count += 1;
    writeFileSync(file, String(count));
    if (count === 2) process.exit(9);
  });
  setInterval(() => undefined, 1000);
  writeFileSync(file, '0');
} else {
  // Messages are on their way once the event loop has turned.
  setTimeout(() => (way.startsWith('SIG') ? process.kill(process.pid, way) : process.exit(Number(way))), 20);
}
