import { type CompletedCommand, type CompletedOption, everyCommand } from './completion-tree.js';

/**
 * The scripts hold all that there is to complete, so that no Node.js has to start at the press of a key; a new kiln has
 * new ones.
 */

/** For bash 3.2 and later, with or without the package bash-completion. */
export function bashCompletion(program: CompletedCommand): string {
  const commands = everyCommand(program);
  const descents = commands.slice(1).map(({ path }) => {
    const parent = path.slice(0, -1).join(' ');
    return `      ${quote(`${parent} ${path.at(-1)}`.trim())}) path=${quote(path.join(' '))};;`;
  });
  const values = commands.flatMap(({ path, options }) =>
    options
      .filter(({ value }) => value.kind !== 'none')
      .map(({ flags, value }) => {
        const patterns = flags.map((flag) => quote(`${path.join(' ')} ${flag}`)).join('|');
        const words = value.kind === 'choice' ? ` words=${quote(value.choices.join(' '))}` : '';
        return `    ${patterns})${words};;`;
      }),
  );
  const words = commands.map(({ path, commands: below, options, choices }) => {
    const flags = options.flatMap((option) => option.flags);
    const others = [...below.map(nameOf), ...choices];
    return `      ${quote(path.join(' '))}) flags=${quote(flags.join(' '))} words=${quote(others.join(' '))};;`;
  });
  return `# kiln completion bash
_kiln() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} path='' flags='' words='' word
  # bash takes --flag=value for three words
  if [[ $current == '=' ]]; then current=''
  elif [[ $previous == '=' ]]; then previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case "\${path:+$path }$word" in
${descents.join('\n')}
    esac
  done
  COMPREPLY=()
  case "$path $previous" in
${values.join('\n')}
    *)
      case $path in
${words.join('\n')}
      esac
      [[ $current == -* ]] && words=$flags;;
  esac
  # without words bash completes files
  [[ -z $words ]] || COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o bashdefault -o default -F _kiln kiln
`;
}

/** For a folder of $fpath, or to be sourced after compinit. */
export function zshCompletion(program: CompletedCommand): string {
  return `#compdef kiln
# kiln completion zsh
${everyCommand(program).map(zshFunction).join('\n')}
if [[ $funcstack[1] == _kiln ]]; then _kiln "$@"; else compdef _kiln kiln; fi
`;
}

function zshFunction(command: CompletedCommand): string {
  const { path, commands, options, choices } = command;
  const specs = options.flatMap(zshOption);
  if (commands.length === 0) {
    specs.push(quote(choices.length === 0 ? '*:file:_files' : `*:value:(${choices.join(' ')})`));
    return `${zshName(path)}() {\n  _arguments -s \\\n    ${specs.join(' \\\n    ')}\n}`;
  }
  const named = commands.map((one) => quote(`${nameOf(one).replaceAll(':', '\\:')}:${one.description}`));
  const calls = commands.map((one) => `        ${nameOf(one)}) ${zshName(one.path)};;`);
  return `${zshName(path)}() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands=(
    ${named.join('\n    ')}
  )
  _arguments -C \\
    ${specs.join(' \\\n    ')} \\
    '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands;;
    argument)
      case $words[1] in
${calls.join('\n')}
      esac;;
  esac
}`;
}

function zshName(path: readonly string[]): string {
  return ['_kiln', ...path].join('_');
}

function zshOption({ flags, description, value }: CompletedOption): string[] {
  const help = description.replace(/[\\[\]:]/g, '\\$&');
  const action = { none: '', file: ':value:_files', choice: '' }[value.kind];
  const argument = value.kind === 'choice' ? `:value:(${value.choices.join(' ')})` : action;
  return flags.map((flag) => {
    const joined = value.kind !== 'none' && flag.startsWith('--') ? '=' : '';
    return quote(`*${flag}${joined}[${help}]${argument}`);
  });
}

export function fishCompletion(program: CompletedCommand): string {
  const commands = everyCommand(program);
  const places = commands.slice(1).map(({ path }) => fishQuote(path.join(' ')));
  const lines = commands.flatMap((command) => {
    const here = `complete -c kiln -n ${fishQuote(['__kiln_at', ...command.path].join(' '))}`;
    const { commands: below, options, choices } = command;
    return [
      ...below.map((one) => `${here} -f -a ${nameOf(one)} -d ${fishQuote(one.description)}`),
      ...(choices.length === 0 ? [] : [`${here} -f -a ${fishQuote(choices.join(' '))}`]),
      ...options.map((option) => `${here} ${fishOption(option)}`),
    ];
  });
  return `# kiln completion fish
function __kiln_at
    set -l path
    for word in (commandline -opc)[2..]
        if contains -- (string trim -- "$path $word") ${places.join(' ')}
            set path (string trim -- "$path $word")
        end
    end
    test "$path" = "$argv"
end
${lines.join('\n')}
`;
}

function fishOption({ flags, description, value }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const argument = {
    none: [],
    file: ['-r'],
    choice: value.kind === 'choice' ? ['-x', '-a', fishQuote(value.choices.join(' '))] : [],
  }[value.kind];
  return [...names, ...argument, '-d', fishQuote(description)].join(' ');
}

function nameOf({ path }: CompletedCommand): string {
  return path.at(-1) ?? '';
}

/** For bash and zsh. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function fishQuote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
