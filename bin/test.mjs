// Runs the compiled tests with node's own runner, one process a file, and ends with `N passed, N failed, N skipped`.
// Arguments are parts of file names: `npm test -- cifar10 batcher` runs the matching files only. `--soak` runs the long
// ones of test/soak instead, which are left out otherwise.
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../dist/test', import.meta.url));
const soak = process.argv.includes('--soak');
const wanted = process.argv.slice(2).filter((argument) => argument !== '--soak');
const files = readdirSync(folder, { recursive: true })
  .filter(
    (name) =>
      name.endsWith('.test.js') &&
      /^soak[\\/]/.test(name) === soak &&
      (wanted.length === 0 || wanted.some((part) => name.includes(part))),
  )
  .map((name) => join(folder, name))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(', ')}`);
  process.exit(1);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
const isLeaf = (event) => event.details?.type !== 'suite' && !files.includes(event.name);

// Two files at a time: one computes while the other waits for a process, a timer or the disk. More would be in each
// other's way, for inference uses every core; and what test/soak measures would be disturbed by anything.
const concurrency = soak ? 1 : Math.min(2, availableParallelism());
const stream = run({ files, concurrency, timeout: soak ? 3_600_000 : 600_000 });
stream.on('test:pass', (event) => {
  if (!isLeaf(event)) return;
  if (event.skip !== undefined || event.todo !== undefined) counts.skipped += 1;
  else counts.passed += 1;
});
stream.on('test:fail', (event) => {
  if (event.details?.type === 'suite' && event.details.error?.failureType === 'subtestsFailed') return;
  counts.failed += 1;
  failures.push(`${event.file ?? ''} ${event.name}`);
});
stream.on('end', () => {
  setImmediate(() => {
    for (const failure of failures) console.log(`failed: ${failure}`);
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    process.exitCode = counts.failed > 0 ? 1 : 0;
  });
});
stream.compose(new spec()).pipe(process.stdout);
