import { type Entry, entries } from './entries.js';
import { chapters, type Setting, variableName } from './setting.js';

/** Every setting as tables in Markdown, one a chapter: docs/serving-options.md holds them. */
export function settingsTables(): string {
  return chapters
    .map((chapter) => {
      const rows = entries.filter(({ setting }) => setting.chapter === chapter).map(row);
      return `## ${chapter}\n\n| flag | in a file | environment | default | |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
    })
    .join('\n');
}

/** What holds where nothing is given, for people. */
export function defaultOf({ default: value, otherwise }: Setting<unknown>): string {
  return otherwise ?? String(value);
}

function row({ name, setting }: Entry): string {
  const variables = [variableName(setting.flag), setting.standardVariable ?? []].flat();
  const cells = [
    code(setting.flag),
    code(name),
    variables.map(code).join(', '),
    setting.otherwise ?? code(defaultOf(setting)),
    `${setting.description}${range(setting)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** What a value may be, where the description does not list it. */
function range({ expects, form }: Setting<unknown>): string {
  return form === 'value' && expects.startsWith('a whole number') ? ` (${expects})` : '';
}

function code(text: string): string {
  return `\`${text}\``;
}
