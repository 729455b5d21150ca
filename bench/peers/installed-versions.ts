import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * The packages that a folder's requirements.txt names, `name==version`, as an interpreter's environment holds them.
 * @param peers the folder below bench/peers/
 */
export function installedVersions(python: string, peers: 'serve' | 'train'): readonly string[] {
  // Compiled, this file lies in dist/bench/peers; the requirements are not copied there.
  const file = new URL(`../../../bench/peers/${peers}/requirements.txt`, import.meta.url);
  const names = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => nameOf(line));
  const frozen = execFileSync(python, ['-m', 'pip', 'freeze'], { encoding: 'utf8' });
  return frozen.split('\n').filter((line) => line !== '' && names.includes(nameOf(line)));
}

/** Of `tensorflow_cpu==2.21.0`, as PyPI compares names. */
function nameOf(requirement: string): string {
  return requirement.split('==')[0]!.toLowerCase().replaceAll('_', '-');
}
