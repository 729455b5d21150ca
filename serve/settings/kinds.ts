import { isIP } from 'node:net';
import Type, { type TSchema } from 'typebox';
import type { Device } from '../../runtime/classifier.js';

/** A kind of value: what it may be, and what a text on the command line or in the environment means. */
export interface Kind<T> {
  readonly schema: TSchema & { readonly '~unsafe': T };
  /** For people: `a whole number from 0 to 65535`. */
  readonly expects: string;
  /** `path`: a relative one in a configuration file begins at that file. `list`: its flag may be repeated. */
  readonly form: 'value' | 'path' | 'switch' | 'list';
  /** A text without a meaning comes back as it is, for the schema to refuse. */
  parse(text: string): unknown;
}

export function whole(least: number, most: number): Kind<number> {
  return {
    schema: Type.Unsafe<number>(Type.Integer({ minimum: least, maximum: most })),
    expects: `a whole number from ${least} to ${most}`,
    form: 'value',
    parse: (text) => (/^\d+$/.test(text) ? Number(text) : text),
  };
}

export const switched: Kind<boolean> = {
  schema: Type.Unsafe<boolean>(Type.Boolean()),
  expects: 'true or false',
  form: 'switch',
  parse: (text) => switchWords[text.toLowerCase()] ?? text,
};

const switchWords: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };

export function oneOf<const T extends string>(words: readonly T[]): Kind<T> {
  return text(Type.Enum([...words]), `one of ${words.join(', ')}`);
}

/** One device, or several of which each gives workers. */
export const devices: Kind<Device | readonly Device[]> = {
  schema: Type.Unsafe<Device | readonly Device[]>(
    Type.Union([deviceWord(), Type.Array(deviceWord(), { minItems: 1 })]),
  ),
  expects: 'auto, cpu, cuda, cuda:N or webgpu',
  form: 'list',
  parse: separated,
};

function deviceWord() {
  return Type.String({ pattern: '^(auto|cpu|webgpu|cuda(:\\d{1,3})?)$' });
}

/** A word of a given form. */
export function word(pattern: RegExp, expects: string): Kind<string> {
  return text(Type.String({ pattern: pattern.source }), expects);
}

export const path: Kind<string> = {
  ...text<string>(Type.String({ minLength: 1 }), 'a path'),
  form: 'path',
};

/** `https://example.com`, as browsers send it. */
export const origins = list(
  (item) => URL.canParse(item) && /^https?:/.test(item) && new URL(item).origin === item,
  'origins such as https://example.com, without a path',
);

/** Addresses, networks and the names that stand for some, in the words of proxy-addr, which Fastify asks. */
export const networks = list((item) => {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(item)) return true;
  const [address = '', bits, ...rest] = item.split('/');
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return rest.length === 0 && /^\d+$/.test(bits ?? '0') && Number(bits ?? 0) <= most;
}, 'addresses or networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal');

/** Without user and password: these would show in logs. */
export const endpoint: Kind<string> = text(
  Type.Refine(Type.String(), (url) => {
    if (!URL.canParse(url)) return false;
    const { protocol, username, password } = new URL(url);
    return /^https?:$/.test(protocol) && username === '' && password === '';
  }),
  'an http or https URL without user and password',
);

function text<T extends string>(schema: TSchema, expects: string): Kind<T> {
  return { schema: Type.Unsafe<T>(schema), expects, form: 'value', parse: (given) => given };
}

/** Several; separated by commas where one text holds them. */
function list(accepts: (item: string) => boolean, expects: string): Kind<readonly string[]> {
  return {
    schema: Type.Unsafe<readonly string[]>(Type.Array(Type.Refine(Type.String(), accepts))),
    expects,
    form: 'list',
    parse: separated,
  };
}

function separated(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}
