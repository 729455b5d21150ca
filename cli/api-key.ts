import type { Command } from 'commander';

/** `kiln api-key NAME` */
export function registerApiKey(program: Command): void {
  program
    .command('api-key')
    .description(
      'make a key for `kiln serve --api-keys FILE`: the key itself on stderr, its line of the file on stdout',
    )
    .argument('<name>', 'whose key it is; the log names it')
    .action(async (name: string) => {
      const { makeApiKey } = await import('../serve/access/api-key-file.js');
      const { key, line } = makeApiKey(name);
      console.error(`The key of ${name}, which is not kept anywhere:\n${key}`);
      console.log(line);
    });
}
