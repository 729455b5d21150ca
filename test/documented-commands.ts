import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files whose fenced `sh` blocks are promises. */
async function documents(root: string): Promise<string[]> {
  const docs = (await readdir(join(root, 'docs'))).filter((name) => name.endsWith('.md')).sort();
  return ['README.md', ...docs.map((name) => join('docs', name)), join('bench', 'README.md')];
}

/** Every command line in fenced `sh` blocks, in the order of the documents. */
export async function documentedCommands(root: string): Promise<string[]> {
  const commands: string[] = [];
  for (const document of await documents(root)) {
    commands.push(...commandsIn(await readFile(join(root, document), 'utf8')));
  }
  return commands;
}

export function commandsIn(markdown: string): string[] {
  return Array.from(markdown.matchAll(/^```sh\n(.*?)^```$/gms), ([, block]) =>
    block!.split('\n').filter((line) => line !== '' && !line.startsWith('#')),
  ).flat();
}

/** A command line's words, quotes taken off. */
export function words(command: string): string[] {
  return Array.from(command.matchAll(/'([^']*)'|(\S+)/g), ([, quoted, plain]) => quoted ?? plain!);
}
