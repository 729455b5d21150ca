import { Argument, type Command, Option } from 'commander';
import { entries } from '../serve/settings/entries.js';
import { type Setting, switchFlag } from '../serve/settings/setting.js';

/**
 * Gives a command a flag for every setting of the service. Texts stay texts: they are read where those of the
 * environment are, by the same rules.
 */
export function addSettings(command: Command): Command {
  for (const { setting } of entries) {
    if (isArgument(setting)) command.addArgument(new Argument(setting.flag, helpOf(setting)));
    else for (const option of optionsOf(setting)) command.addOption(option.helpGroup(`${setting.chapter}:`));
  }
  return command;
}

/** The texts and switches that a command was given, by the settings' names. */
export function givenFlags(command: Command): Readonly<Record<string, unknown>> {
  const options = command.opts<Record<string, unknown>>();
  const given = entries.map(({ name, setting }) => [
    name,
    isArgument(setting) ? command.args[0] : options[new Option(setting.flag).attributeName()],
  ]);
  return Object.fromEntries(given);
}

function isArgument({ flag }: Setting<unknown>): boolean {
  return flag.startsWith('[');
}

/** A switch can be turned both ways, since the environment or a file may have turned it; help shows the useful one. */
function optionsOf(setting: Setting<unknown>): Option[] {
  const { flag, form } = setting;
  const option = new Option(flag, helpOf(setting));
  if (form === 'list') {
    return [option.argParser((text: string, others: string[] | undefined) => [...(others ?? []), text])];
  }
  if (form !== 'switch') return [option];
  const opposite = new Option(switchFlag(flag, option.negate), `not ${flag}`).hideHelp();
  // The positive one first: by itself a negative one would stand for `true` where it is not given.
  return option.negate ? [opposite, option] : [option, opposite];
}

function helpOf({ flag, description, form, default: value, otherwise }: Setting<unknown>): string {
  if (form === 'switch') return flag.startsWith('--no-') ? `without ${description}` : description;
  return `${description} (default: ${otherwise ?? String(value)})`;
}
