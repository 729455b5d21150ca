import { closest } from '../../errors/closest.js';
import { KilnError } from '../../errors/errors.js';
import { entries } from './entries.js';
import { type Setting, variableName } from './setting.js';

/** The variable that names the configuration file. */
export const configVariable = 'KILN_CONFIG';

const known: readonly string[] = [
  configVariable,
  'KILN_DEBUG',
  ...entries.map(({ setting }) => variableName(setting.flag)),
];

/** What Kubernetes sets in every pod of a namespace with a Service named kiln; KILN_PORT among it. */
const ofKubernetes = { name: /^KILN_(SERVICE|PORT)_/, value: /^(tcp|udp|sctp):\/\// };

/** The text of a setting in the environment; an empty variable counts as none. */
export function textInEnvironment(
  { flag, standardVariable }: Setting<unknown>,
  environment: NodeJS.ProcessEnv,
): { readonly text: string | undefined; readonly variable: string } {
  const own = variableName(flag);
  for (const variable of standardVariable === undefined ? [own] : [own, standardVariable]) {
    const text = environment[variable];
    if (text !== undefined && text !== '' && !ofKubernetes.value.test(text)) return { text, variable };
  }
  return { text: undefined, variable: own };
}

/**
 * Refuses a variable that looks like a mistyped one of ours. Others may begin with KILN_ as well, so what resembles
 * none is left alone.
 *
 * @throws KilnError OPTION_INVALID naming the variable that is meant
 */
export function assertKnownVariables(environment: NodeJS.ProcessEnv): void {
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith('KILN_') || text === '' || known.includes(variable)) continue;
    if (ofKubernetes.name.test(variable)) continue;
    const meant = closest(variable.slice('KILN_'.length), withoutPrefix);
    if (meant === undefined) continue;
    throw new KilnError('OPTION_INVALID', {
      expected: `a variable that kiln knows; did you mean KILN_${meant}?`,
      received: variable,
    });
  }
}

const withoutPrefix = known.map((name) => name.slice('KILN_'.length));
