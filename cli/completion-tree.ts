import type { Command } from 'commander';

/** What can be completed after a command; what else may stand there are files. */
export interface CompletedCommand {
  /** From the program on: `['runs', 'list']`; empty for the program itself. */
  readonly path: readonly string[];
  readonly description: string;
  readonly commands: readonly CompletedCommand[];
  readonly options: readonly CompletedOption[];
  /** Values that arguments take, where there is a list of them. */
  readonly choices: readonly string[];
}

export interface CompletedOption {
  /** `-V` and `--version` */
  readonly flags: readonly string[];
  readonly description: string;
  readonly value:
    | { readonly kind: 'none' }
    | { readonly kind: 'file' }
    | { readonly kind: 'choice'; readonly choices: readonly string[] };
}

/** A program as its help shows it, hidden options left out. */
export function completionTree(command: Command, path: readonly string[] = []): CompletedCommand {
  const help = command.createHelp();
  return {
    path,
    description: command.description(),
    commands: help
      .visibleCommands(command)
      .filter((one) => one.name() !== 'help')
      .map((one) => completionTree(one, [...path, one.name()])),
    options: help.visibleOptions(command).map(({ short, long, description, argChoices, ...option }) => ({
      flags: [short, long].filter((flag) => flag !== undefined),
      description,
      value: takenValue(option.required || option.optional, argChoices),
    })),
    choices: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  };
}

function takenValue(takesOne: boolean, choices: readonly string[] | undefined): CompletedOption['value'] {
  if (!takesOne) return { kind: 'none' };
  return choices === undefined ? { kind: 'file' } : { kind: 'choice', choices };
}

/** A command and all below it. */
export function everyCommand(command: CompletedCommand): CompletedCommand[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}
