import { Argument, type Command } from 'commander';
import { bashCompletion, fishCompletion, zshCompletion } from './completion-scripts.js';
import { completionTree } from './completion-tree.js';

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** `kiln completion SHELL` */
export function registerCompletion(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands, options and their values in a shell')
    .addArgument(new Argument('<shell>', 'for which').choices(Object.keys(shells)))
    .addHelpText(
      'after',
      `
To have it in every shell:
  bash   kiln completion bash > ~/.local/share/bash-completion/completions/kiln
  zsh    kiln completion zsh > _kiln, in a folder of $fpath
  fish   kiln completion fish > ~/.config/fish/completions/kiln.fish`,
    )
    .action((shell: keyof typeof shells) => {
      process.stdout.write(shells[shell](completionTree(program)));
    });
}
