import { Pointer } from 'typebox/value';
import { KilnError } from '../../errors/errors.js';

/** A compiled schema, narrowed to what it takes to check a document. */
interface Validator<T> {
  Check(document: unknown): document is T;
  Errors(document: unknown): Problem[];
}

interface Problem {
  readonly keyword: string;
  /** A JSON pointer. */
  readonly instancePath: string;
  readonly message: string;
}

/** Longest excerpt of a document that a refusal shows. */
const excerptLength = 80;

/** @throws KilnError REQUEST_INVALID for what is no JSON, or not what the schema says */
export function parseJson<T>(text: string, validator: Validator<T>): T {
  const document = jsonOf(text);
  if (validator.Check(document)) return document;
  const [problem] = validator.Errors(document);
  throw new KilnError('REQUEST_INVALID', {
    expected: problem === undefined ? 'a document of the protocol' : expectation(problem),
    received: excerpt(JSON.stringify(Pointer.Get(document, problem?.instancePath ?? '')) ?? 'nothing'),
  });
}

function expectation({ keyword, instancePath, message }: Problem): string {
  if (keyword === 'boolean') return `no ${instancePath}`; // a member that the schema excludes
  return `${instancePath === '' ? 'a document' : instancePath} that ${message}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new KilnError('REQUEST_INVALID', {
      expected: 'a JSON document',
      received: text === '' ? 'an empty body' : excerpt(text),
      cause,
    });
  }
}

function excerpt(text: string): string {
  return text.length > excerptLength ? `${text.slice(0, excerptLength)}…` : text;
}
