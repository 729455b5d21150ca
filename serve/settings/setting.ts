import { Check } from 'typebox/value';
import { KilnError } from '../../errors/errors.js';
import type { Kind } from './kinds.js';

/** The chapters of --help and of the documentation, in their order. */
export const chapters = [
  'Models',
  'Address',
  'Batching',
  'Limits',
  'Access',
  'Evaluations',
  'Runs',
  'Operations',
] as const;

export interface About {
  readonly chapter: (typeof chapters)[number];
  /** `--port <n>`, or `[models]` for the command's argument; its environment variable follows from it. */
  readonly flag: string;
  readonly description: string;
  /** What holds without a value, where the default itself does not say it. */
  readonly otherwise?: string;
  /** A variable of a standard that counts where our own is not set. */
  readonly standardVariable?: string;
}

export interface Defaulted<T> extends Kind<T>, About {
  readonly default: T;
}

export interface Unset<T> extends Kind<T>, About {
  readonly default: undefined;
}

/** One option of the service, wherever it is given. */
export type Setting<T> = Defaulted<T> | Unset<T>;

export function setting<T>(kind: Kind<T>, about: About & { readonly default: NoInfer<T> }): Defaulted<T>;
export function setting<T>(kind: Kind<T>, about: About & { readonly otherwise: string }): Unset<T>;
export function setting<T>(kind: Kind<T>, about: About & { readonly default?: T }) {
  return { default: undefined, ...kind, ...about };
}

/** `--max-batch` of `--max-batch <rows>`. */
export function flagName(flag: string): string {
  return flag.split(' ', 1)[0]!;
}

/** `--page` or `--no-page` of either. */
export function switchFlag(flag: string, on: boolean): string {
  return flag.replace(/^--(no-)?/, on ? '--' : '--no-');
}

/** `KILN_MAX_BATCH` of `--max-batch <rows>`, `KILN_MODELS` of `[models]`. */
export function variableName(flag: string): string {
  const words = flagName(flag).replace(/^--(no-)?|[[\]]/g, '');
  return `KILN_${words.replaceAll('-', '_').toUpperCase()}`;
}

/**
 * @param origin where the value stands, for the refusal
 * @throws KilnError OPTION_INVALID
 */
export function assertSetting(
  name: string,
  { schema, expects }: Setting<unknown>,
  value: unknown,
  origin?: string,
): void {
  if (Check(schema, value)) return;
  const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
  throw new KilnError('OPTION_INVALID', {
    expected: `${name}: ${expects}`,
    received: origin === undefined ? shown : `${shown} (${origin})`,
  });
}
