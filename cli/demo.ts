import type { Command } from 'commander';
import { integer } from './options.js';

interface Options {
  readonly runs: string;
  readonly steps?: number;
}

/** `kiln demo` */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('train, evaluate, export, serve and ask a model: its whole life, without data or network')
    .option('--runs <dir>', 'where the run called demo is kept', 'runs')
    .option('--steps <n>', 'train for n steps instead of one epoch', integer(1))
    .action(async (options: Options) => {
      const { tellDemo } = await import('./demo-story.js');
      await tellDemo(options, (line) => console.log(line));
    });
}
